"""The transcript editor on an hour of talk: opening, answering keys, saving; medians, in milliseconds."""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from pipeline.model import SpokenWord
from pipeline.server.review.timed_words import WordTimer
from tests.server.review_desk import TOKEN, serve_desk, write_programme

CUES, WORDS_PER_CUE, CUE_MS = 1000, 9, 3600
VOCABULARY = (
    "gemeente",
    "bewoners",
    "de",
    "vertrouwen",
    "beleid",
    "Amsterdam",
    "een",
    "afspraak",
    "nakomen",
    "gesprek",
)
KEY = """async (keys) => {
  const times = [];
  for (const key of keys) {
    const target = document.activeElement;
    const start = performance.now();
    target.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    times.push(performance.now() - start);
  }
  return times;
}"""
TYPE = """async (letters) => {
  const times = [];
  for (const letter of letters) {
    const start = performance.now();
    document.execCommand("insertText", false, letter);
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    times.push(performance.now() - start);
  }
  return times;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    cues, words = build_hour()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        root = Path(folder)
        write_programme(root, cues, seconds=CUES * CUE_MS / 1000)
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        with serve_desk(root, timer=WordTimer(spoken=words)) as address:
            tab = browser.new_page()
            opening = [
                measure_opening(tab, f"{address}?token={TOKEN}" if not run else address) for run in range(options.runs)
            ]
            moves = tab.evaluate(KEY, ["ArrowDown"] * 40)
            tab.keyboard.press("Enter")
            letters = tab.evaluate(TYPE, list("een nieuwe zin die niemand zei ") * 2)
            saving = measure_saving(tab, cues[500:540])
        browser.close()
    print(f"opening {CUES} cues, {CUES * WORDS_PER_CUE} words: {describe(opening)}")
    print(f"next cue until its frame: {describe(moves)}")
    print(f"a letter until its frame: {describe(letters)}")
    print(f"saving an edit, as the page waits for it: {describe(saving)}")


def build_hour() -> tuple[list[tuple[int, int, str, str]], list[SpokenWord]]:
    """Build cues and their words."""
    cues, words = [], []
    for number in range(CUES):
        start_ms = number * CUE_MS
        texts = [VOCABULARY[(number * 7 + at * 3) % len(VOCABULARY)] for at in range(WORDS_PER_CUE)]
        cues.append((start_ms, start_ms + CUE_MS, f"Stem {number % 3 + 1}", " ".join(texts)))
        for at, text in enumerate(texts):
            start_s = (start_ms + at * CUE_MS / WORDS_PER_CUE) / 1000
            words.append(SpokenWord(word=text, start_s=start_s, end_s=start_s + 0.3, confidence=(at % 4) / 4 + 0.2))
    return cues, words


def measure_opening(tab: Page, address: str) -> float:
    """Measure from the request of the page until all cues are on it and a frame is drawn."""
    start = time.perf_counter()
    tab.goto(address, wait_until="commit")
    tab.wait_for_selector(f".cue:nth-child({CUES})", state="attached")
    tab.wait_for_selector(".cue[aria-current]")
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")
    return (time.perf_counter() - start) * 1000


def measure_saving(tab: Page, cues: list[tuple[int, int, str, str]]) -> list[float]:
    """Measure requests that each change one cue."""
    edits = [
        [{"start": start, "end": end, "speaker": who, "text": text} for text in (words, f"{words} Nog iets.")]
        for start, end, who, words in cues
    ]
    script = """async (edits) => {
      const times = [];
      for (const [old, now] of edits) {
        const start = performance.now();
        const response = await fetch("api/cues", {method: "POST", headers: {"Content-Type": "application/json"},
          body: JSON.stringify({old: [old], new: [now]})});
        await response.json();
        if (!response.ok) throw new Error(response.status);
        times.push(performance.now() - start);
      }
      return times;
    }"""
    return list(tab.evaluate(script, json.loads(json.dumps(edits))))


def describe(times_ms: list[float]) -> str:
    """Describe the median and the longest."""
    return f"median {statistics.median(times_ms):.0f} ms, longest {max(times_ms):.0f} ms (of {len(times_ms)})"


if __name__ == "__main__":
    main()
