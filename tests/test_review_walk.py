"""From a recording to listeners: drafted, corrected by keyboard, signed, gated, published, found, and played on another site.

Real speech, the real model, the commands, Chromium, and nginx with the settings that a build writes.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.publish.http_servers import free_port, nginx
from tests.site.tabs import wait_until
from tests.speech.dutch import build_talk, write_wav
from tests.speech.programmes import SLUG, replace_sample_texts, write_talk_programme

pytestmark = [pytest.mark.slow, pytest.mark.external, pytest.mark.long]

CHECKOUT = Path(__file__).parents[1]
TIMEOUT_MS = 60_000
LINES = ("vit-m-hlava", "vit-v-proc", "bl-m-tvar", "bl-m-funkce")
ENV = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
CORRECTED = "Door een mens verbeterd in Krimpenerwaard."


@pytest.fixture(name="www")
def _www():
    """A folder that a web server may read."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(name="open_page")
def _open_page(chromium):
    contexts = []

    def run():
        contexts.append(chromium.browser.new_context())
        return contexts[-1].new_page()

    yield run
    for context in contexts:
        context.close()


def weerslag(root, *args):
    argv = [sys.executable, "-m", "pipeline", "-C", str(root), *args]
    return subprocess.run(argv, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


@contextmanager
def review(root, open_page):
    """Start `weerslag review`, and open the address that it prints."""
    argv = [sys.executable, "-m", "pipeline", "-C", str(root), "review", SLUG, "--by", "mb", "--port", "0", "--no-open"]
    process = subprocess.Popen(argv, env=ENV, stdout=subprocess.PIPE, text=True)
    page = open_page()
    page.goto(process.stdout.readline().strip())
    page.wait_for_selector(".cue[aria-current]")
    yield page
    process.terminate()
    process.communicate()


@contextmanager
def serve(root, www, port):
    """Serve what was published with the settings for nginx that the build wrote."""
    settings = (root / "press/serving/nginx.conf").read_text().replace("/srv/www/podcast/", f"{www}/site/")
    with nginx(www / "server", port, settings):
        yield


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def count_open(page):
    return page.locator(".state:not(.done)").count()


def correct_first_cue(page):
    """Type the right words into the first cue, sign it, and stop editing."""
    press(page, "Enter", "Control+A")
    page.keyboard.type(CORRECTED)
    press(page, "Control+Enter", "Escape")


def hear_second_cue(page):
    """Play the second cue at double speed to its end, and stop."""
    press(page, *["+"] * 4, "Space")
    wait_until(page, "document.querySelectorAll('.state.done').length >= 2")
    if not page.evaluate("document.querySelector('audio').paused"):
        press(page, "Space")


def sign_all_but_one(page):
    """Sign what is left, except for the last cue."""
    while (left := count_open(page)) > 1:
        press(page, "o", "s")
        wait_until(page, f"document.querySelectorAll('.state:not(.done)').length < {left}")


def search_by_keyboard(page, address):
    """Find the corrected words on the published site, and open the first result; return the second it is at."""
    page.goto(f"{address}zoeken/index.html")
    page.focus("#site-search-input")
    page.keyboard.type("krimpenerw")
    page.wait_for_selector("#site-search-results a", timeout=TIMEOUT_MS)
    link = page.locator("#site-search-results a").first
    found = link.inner_text(), int(link.get_attribute("href").rpartition("=")[2])
    link.press("Enter")
    page.wait_for_url("**/episodes/**")
    wait_until(page, f"Math.abs(document.querySelector('audio').currentTime - {found[1]}) < 1.5")
    return found


def play_on_other_site(page, address, www, port):
    """Paste the code of the episode page into a page of another origin, beside a frame with the page itself; play it."""
    page.goto(f"{address}episodes/{SLUG}/index.html")
    code = page.get_attribute("#embed-code", "data-copy")
    folder = www / "other"
    folder.mkdir()
    page_frame = f'<iframe id="page" title="De pagina" src="{address}episodes/{SLUG}/"></iframe>'
    (folder / "index.html").write_text(
        f"<!doctype html><html lang=nl><meta charset=utf-8><title>Ander</title>{code}{page_frame}</html>"
    )
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    with nginx(www / "other-server", port, f"root {folder}; types {{ text/html html; }}"):
        page.goto(f"http://127.0.0.1:{port}/index.html")
        page.frame_locator("iframe:first-of-type").first.locator("#play").press("Enter")
        player = next(frame for frame in page.frames if "/embed/" in frame.url)
        player.wait_for_selector("#play:has-text('Pauzeer')", timeout=TIMEOUT_MS)
        wait_until(player, "document.querySelector('audio').currentTime > 0.3")
        other = next(frame for frame in page.frames if "/embed/" not in frame.url and frame != page.main_frame)
        shown = other.content()
    return code, refused, shown


def test_a_talk_is_drafted_corrected_signed_published_found_and_embedded(tmp_path, www, open_page):
    root, target, port = tmp_path / "programma", str(www / "site"), free_port()
    folder, address = write_talk_programme(root, LINES), f"http://127.0.0.1:{port}/podcast/"
    replace_sample_texts(root)
    settings = root / "programme.yaml"
    settings.write_text(re.sub(r"(?m)^url:.*$", f"url: {address}", settings.read_text()))
    drafted = weerslag(root, "transcribe", SLUG, "--json")
    gates = {"draft": weerslag(root, "publish", target)}
    with review(root, open_page) as desk:
        correct_first_cue(desk)
        hear_second_cue(desk)
        sign_all_but_one(desk)
        gates["one skipped"] = weerslag(root, "publish", target)
        press(desk, "o", "s")
        desk.locator("#left", has_text="Every cue is reviewed.").wait_for(timeout=TIMEOUT_MS)
        gates["signed"] = weerslag(root, "publish", target)
    assert 0 == gates["signed"].returncode, gates["signed"].stdout
    kinds = [json.loads(line)["kind"] for line in (folder / "review.jsonl").read_text().splitlines()]
    with serve(root, www, port):
        text, second = search_by_keyboard(page := open_page(), address)
        code, refused, shown = play_on_other_site(page, address, www, free_port())
    transcript = folder / "transcript.vtt"
    transcript.write_text(transcript.read_text().replace("een mens", "iemand anders"))
    write_wav(folder / "recording/talk.wav", build_talk(LINES, noise_db=-64)[0])
    gates["edited, with another recording"] = weerslag(root, "publish", target)

    assert drafted.returncode == 0, drafted.stdout
    assert {"draft": 4, "one skipped": 4, "signed": 0, "edited, with another recording": 4} == {
        name: one.returncode for name, one in gates.items()
    }, "\n".join(one.stdout for one in gates.values())
    assert "has an unreviewed transcript" in gates["draft"].stdout
    assert "cues of the transcript that nobody reviewed: 1, at 0:" in gates["one skipped"].stdout
    changed = gates["edited, with another recording"].stdout
    assert "cues of the transcript that were edited after their review: 1, at 0:00" in changed
    others = transcript.read_text().count("-->") - 1
    assert f"cues of the transcript that were reviewed with another recording: {others}, at 0:" in changed
    assert {"heard", "signed"} == set(kinds)
    assert (CORRECTED, 0) == (text, second)
    assert 'title="Luister naar' in code
    assert [True] == ["frame-ancestors" in message for message in refused if "Refused" in message or "frame" in message]
    assert CORRECTED not in shown
