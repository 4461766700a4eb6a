"""Search on the site: size of the first request and time to the first result, on generated transcripts."""

import argparse
import functools
import http.server
import random
import statistics
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from pipeline import urls
from pipeline.model import Cue
from pipeline.site import SiteContext, render_site
from tests.site import sample

_WORDS_PER_S = 2.5
_VOCABULARY = 12_000
_SYLLABLES = [
    "be", "ver", "ge", "ont", "aan", "op", "in", "uit", "over", "onder", "be", "lei", "ding", "ge",
    "meen", "te", "bur", "ger", "boom", "men", "sen", "wer", "ken", "groep", "een", "kin", "der", "ster",
    "lijk", "heid", "schap", "loos", "baar", "rij", "den", "huis", "zen", "loop", "brief", "ven", "stra",
    "ten", "re", "gel", "over", "heid", "wij", "ken", "dorp", "pen",
]  # fmt: skip
_QUERIES = ("vergeten", "gemeente", "burgeropvang", "onderwijs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    for hours in (8, 20):
        with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
            public = write_site(Path(folder), hours)
            print_sizes(public, hours)
            browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
            measure_keys(public, browser.new_page, options.runs)
            browser.close()


def write_site(folder: Path, hours: int) -> Path:
    """Write the site of a programme with so many talks of an hour, with words distributed as in real texts (Zipf)."""
    chance = random.Random(7)
    words = ["de", "het", "een", "van", "en", "dat", "is", "in", "die", "ik", "je", "we", "niet", "op", "te", "voor"]
    while len(words) < _VOCABULARY:
        words.append("".join(chance.choices(_SYLLABLES, k=chance.choice([1, 2, 2, 3, 3, 4]))))
    weights = [1 / (rank + 2.7) for rank in range(len(words))]
    releases = [_build_release(number, words, weights, chance) for number in range(1, hours + 1)]
    context = SiteContext(
        programme=sample.programme(), releases=releases, theme=sample.THEME, now=sample.NOW, cover=sample.COVER
    )
    for output in render_site(context):
        file = folder / output.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(output.content)
    return folder / "public"


def _build_release(number: int, words: list[str], weights: list[float], chance: random.Random):
    cues, at_ms = [], 0
    while at_ms < 3_600_000:
        count = chance.randint(6, 16)
        text = " ".join(chance.choices(words, weights, k=count)).capitalize() + chance.choice([".", ".", "", "?"])
        length_ms = int(count / _WORDS_PER_S * 1000)
        cues.append(Cue(start_ms=at_ms, end_ms=at_ms + length_ms, speaker=f"Spreker {at_ms // 120_000 % 3}", text=text))
        at_ms += length_ms
    release = sample.release(1, minutes=60)
    return replace(
        release, transcript=tuple(cues), episode=replace(release.episode, slug=f"{number:02}-gesprek", number=number)
    )


def print_sizes(public: Path, hours: int) -> None:
    """Print the sizes of the files, as they are on disk: a host may compress them to a third."""
    files = sorted((public / urls.SEARCH_FILES).iterdir())
    largest = max(files, key=lambda file: file.stat().st_size)
    total = sum(file.stat().st_size for file in files)
    script = (public / "assets/search.js").stat().st_size
    index = (public / urls.search_file("index")).stat().st_size
    print(
        f"{hours} hours: {len(files)} files, {total / 1000:.0f} kB; the largest {largest.stat().st_size / 1000:.1f} kB;"
    )
    print(f"  script {script / 1000:.1f} kB, index.json {index / 1000:.1f} kB")


def measure_keys(public: Path, open_page, runs: int) -> None:
    """Type words key by key in Chromium; print the time from each key to its results, and what the first word loaded."""
    handler = functools.partial(_QuietHandler, directory=public)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/{urls.search_page('nl')}index.html"
        took_ms, first_bytes, word_bytes = [], [], []
        for _ in range(runs):
            for query in _QUERIES:
                page = open_page()
                page.goto(address)
                took, first, word = _type_query(page, query)
                took_ms.append(took)
                first_bytes.append(first)
                word_bytes.append(word)
                page.close()
        server.shutdown()
    first_ms, later_ms = sorted(one[0] for one in took_ms), sorted(time for one in took_ms for time in one[1:])
    for name, times in (("the first key on a new page", first_ms), ("later keys", later_ms)):
        found = f"median {statistics.median(times):.0f} ms, slowest {times[-1]:.0f} ms of {len(times)}"
        print(f"  from {name} to its first result: {found}")
    print(f"  loaded until the first result is shown: {max(first_bytes) / 1000:.0f} kB at most, with the script")
    print(f"  loaded for a whole word with its results: {max(word_bytes) / 1000:.0f} kB at most")


def _type_query(page: Page, query: str) -> tuple[list[float], int, int]:
    page.evaluate(_RECORD)
    first, took = 0, []
    for end in range(2, len(query) + 1):
        took.append(page.evaluate("(text) => window.typeText(text)", query[:end]))
        first = first or page.evaluate("window.firstBytes")
    return took, first, page.evaluate(_LOADED)


_LOADED = """performance.getEntriesByType('resource').filter((one) => /search/.test(one.name))
  .reduce((total, one) => total + one.decodedBodySize, 0)"""
_RECORD = f"""(() => {{
  const input = document.getElementById('site-search-input');
  const status = document.getElementById('site-search-status');
  const list = document.getElementById('site-search-results');
  window.typeText = (text) => new Promise((resolve) => {{
    const start = performance.now();
    const old = list.firstElementChild;
    const finish = () => {{
      if (list.children.length) window.firstBytes ??= {_LOADED};
      if (status.textContent === '' || (list.firstElementChild === old && list.children.length)) return;
      if (!list.children.length && status.textContent !== 'Niets gevonden') return;
      observer.disconnect();
      resolve(performance.now() - start);
    }};
    const observer = new MutationObserver(finish);
    observer.observe(document.getElementById('site-search'), {{childList: true, subtree: true}});
    input.value = text;
    input.dispatchEvent(new Event('input'));
  }});
}})()"""


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


if __name__ == "__main__":
    main()
