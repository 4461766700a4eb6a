"""`weerslag serve` in a real browser: an edit, an error, many tabs, Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
TIMEOUT_S = 180  # for what happens soon, or never
PROGRAMME = """\
title: Proefprogramma
language: nl
organiser: Overheid van Nu
url: https://example.org/proef/
"""
STORY = """\
---
title: Vooraf
intro: Voor wie er niet bij was.
---
Het begon met koffie.
"""


EPISODE = """\
---
guid: 8a1d5a1e-3a7a-4d3f-9d6e-0c1f5a2b7e11
number: 1
title: Een gesprek
summary: Kort.
published: 2190-06-20 06:00
---
In deze aflevering hoor je woord-0.
"""
PODCAST = """\
podcast:
  guid: 3a6f1c1e-6a55-5c9e-9b0e-2f7a4a0f3c11
  author: Overheid van Nu
  description: Een gesprek om mee te proeven.
  category: [Government]
sound: {formats: [mp3]}
"""


@contextmanager
def serving(root):
    """Run `weerslag serve` in ``root``; return the process and its address."""
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    argv = [sys.executable, "-m", "pipeline", "-C", str(root), "serve", "--port", "0"]
    process = subprocess.Popen(
        argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    )
    try:
        yield process, process.stdout.readline().strip()
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A new programme with one story, and its address."""
    root = tmp_path_factory.mktemp("serve") / "programma"
    (root / "magazine/stories").mkdir(parents=True)
    (root / "programme.yaml").write_text(PROGRAMME)
    (root / "magazine/stories/vooraf.md").write_text(STORY)
    with serving(root) as (process, address):
        yield process, root, address


def edit(file, text):
    """Edit as most editors do: write a new file under a name that is not watched, then rename it."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(text)
    new.replace(file)


def measure_cpu_s(process):
    """Measure the CPU seconds of a process and its finished children (proc(5), `stat`)."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def get(address, path=""):
    try:
        with urllib.request.urlopen(address + path, timeout=TIMEOUT_S) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_until(condition):
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def list_audio(root):
    """List all served audio and all cached objects, with values that change if one is written again."""
    files = [*(root / ".weerslag/preview/audio").iterdir(), *(root / ".weerslag/objects").rglob("*")]
    return {(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.is_file()}


def assert_plays_for_this_machine_only(tab, address):
    sound = tab.eval_on_selector("audio source", "(source) => source.src")
    last = urllib.request.urlopen(urllib.request.Request(sound, headers={"Range": "bytes=-100"}), timeout=TIMEOUT_S)
    assert (206, 100) == (last.status, len(last.read()))
    assert "same-origin" == last.headers["Cross-Origin-Resource-Policy"]
    assert None is last.headers["Access-Control-Allow-Origin"]
    tab.eval_on_selector("audio", "(audio) => { audio.muted = true; audio.currentTime = 3; return audio.play(); }")
    wait_until(lambda: tab.eval_on_selector("audio", "(audio) => audio.currentTime") > 3.2)
    for path in ("", "feed.xml", "episodes/01-gesprek/", sound.removeprefix(address)):
        rebound = urllib.request.Request(address + path, headers={"Host": "elders.example"})
        with pytest.raises(urllib.error.HTTPError, match="400") as refused:
            urllib.request.urlopen(rebound, timeout=TIMEOUT_S)
        assert b"gesprek" not in refused.value.read()


def test_an_edited_word_in_show_notes_appears_with_little_cpu_time_and_unchanged_audio(chromium, tmp_path):
    """Measure CPU time: other tests run at the same time (benchmarks/pages.py measures the time on the clock)."""
    episode = tmp_path / "episodes/01-gesprek/episode.md"
    (episode.parent / "recording").mkdir(parents=True)
    (tmp_path / "programme.yaml").write_text(PROGRAMME + PODCAST)
    episode.write_text(EPISODE)
    talk = "sine=frequency=300:duration=6,volume=-20dB"
    wave = episode.parent / "recording/a.wav"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", talk, "-ar", "48000", str(wave)], check=True)

    with serving(tmp_path) as (process, address):
        wait_until(lambda: get(address, "episodes/01-gesprek/")[0] == 200)
        tab = chromium.browser.new_page()
        tab.goto(f"{address}episodes/01-gesprek/")
        wait_until(lambda: get(address, "press/reports/01-gesprek.html")[0] == 200)  # the slow part is complete
        before, took_s = list_audio(tmp_path), []
        for nth in (1, 2, 3):
            before_s = measure_cpu_s(process)
            edit(episode, EPISODE.replace("woord-0", f"woord-{nth}"))
            wait_until(lambda nth=nth: f"woord-{nth}" in tab.inner_text(".notes"))
            took_s.append(measure_cpu_s(process) - before_s)

        assert "Nog niet gepubliceerd: 20\u00a0juni 2190, 06.00" in tab.inner_text(".preview-note")
        assert_plays_for_this_machine_only(tab, address)
        assert not (tmp_path / "public").exists()
        assert before == list_audio(tmp_path)
        assert min(took_s) < 1, took_s  # a twentieth if only this page is rendered


def test_an_edit_appears_in_every_tab_an_error_replaces_the_page_and_ctrl_c_stops(served, chromium):
    process, root, address = served
    story = root / "magazine/stories/vooraf.md"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
    wait_until(lambda: get(address)[0] == 200)

    with chromium.browser.new_context() as context:
        console = []
        context.on("console", lambda message: console.append(message.text))
        tabs = [context.new_page() for _ in range(8)]  # two more than a browser opens connections to one address
        for tab in tabs:
            tab.goto(f"{address}stories/vooraf/")

        edit(story, STORY.replace("koffie", "stilte"))
        wait_until(lambda: all("stilte" in tab.inner_text("main") for tab in tabs))
        edit(story, STORY.replace("title:", "titel:"))
        wait_until(lambda: all("`title`" in tab.inner_text("main") for tab in tabs))
        faulty = get(address, "stories/vooraf/")
        edit(story, STORY)
        wait_until(lambda: all("koffie" in tab.inner_text("main") for tab in tabs))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=TIMEOUT_S)

    assert 503 == faulty[0]
    assert "vooraf.md:2:1: error:" in faulty[1]
    assert [] == [text for text in console if "503" not in text and "ERR_" not in text]
    assert (130, "") == (process.returncode, out)
    assert "Traceback" not in err
    assert "interrupted" in err
