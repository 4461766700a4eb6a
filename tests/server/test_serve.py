"""`weerslag serve` as people meet it: an edit, a fault, many tabs, Ctrl-C."""

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
PATIENCE_S = 180  # for what comes soon, unless it never comes
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
published: 2024-06-20 06:00
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
    """`weerslag serve` of the programme in ``root``: the process, and its address."""
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
    """A new programme with one story, and the address at which it is served."""
    root = tmp_path_factory.mktemp("serve") / "programma"
    (root / "magazine/stories").mkdir(parents=True)
    (root / "programme.yaml").write_text(PROGRAMME)
    (root / "magazine/stories/vooraf.md").write_text(STORY)
    with serving(root) as (process, address):
        yield process, root, address


def edit(file, text):
    """As most editors do it: written aside, under a name that is not watched, and put in place at once."""
    aside = file.with_name(f".{file.name}.new")
    aside.write_text(text)
    aside.replace(file)


def worked_s(process):
    """Seconds that a process and those children of it that are gone kept a processor at work (proc(5), `stat`)."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def page(address, path=""):
    try:
        with urllib.request.urlopen(address + path, timeout=PATIENCE_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def until(truth):
    over = time.monotonic() + PATIENCE_S
    while not truth():
        assert time.monotonic() < over
        time.sleep(0.05)


def sound_of(root):
    """Every sound that is served and every result that is kept, with what cannot stay the same when it is made anew."""
    files = [*(root / "public/audio").iterdir(), *(root / ".weerslag/objects").rglob("*")]
    return {(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.is_file()}


def test_a_word_edited_in_show_notes_is_on_the_screen_for_little_work_and_touches_no_sound(chromium, tmp_path):
    """It is there within a second (benchmarks/pages.py measures that): here, where others are at work too, work counts."""
    episode = tmp_path / "episodes/01-gesprek/episode.md"
    (episode.parent / "recording").mkdir(parents=True)
    (tmp_path / "programme.yaml").write_text(PROGRAMME + PODCAST)
    episode.write_text(EPISODE)
    talk = "sine=frequency=300:duration=6,volume=-20dB"
    wave = episode.parent / "recording/a.wav"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", talk, "-ar", "48000", str(wave)], check=True)

    with serving(tmp_path) as (process, address):
        until(lambda: page(address, "episodes/01-gesprek/")[0] == 200)
        tab = chromium.browser.new_page()
        tab.goto(f"{address}episodes/01-gesprek/")
        until((tmp_path / "press/reports/01-gesprek.html").exists)  # what is built when nobody types is done
        before, took_s = sound_of(tmp_path), []
        for nth in (1, 2, 3):
            began_s = worked_s(process)
            edit(episode, EPISODE.replace("woord-0", f"woord-{nth}"))
            until(lambda nth=nth: f"woord-{nth}" in tab.inner_text(".notes"))
            took_s.append(worked_s(process) - began_s)

        assert before == sound_of(tmp_path)
        assert min(took_s) < 1, took_s  # a twentieth, where nothing but this page is made anew


def test_an_edit_is_on_every_screen_a_fault_takes_its_place_and_ctrl_c_ends_it(served, chromium):
    process, root, address = served
    story = root / "magazine/stories/vooraf.md"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
    until(lambda: page(address)[0] == 200)

    with chromium.browser.new_context() as context:
        said = []
        context.on("console", lambda message: said.append(message.text))
        tabs = [context.new_page() for _ in range(8)]  # two more than a browser opens connections
        for tab in tabs:
            tab.goto(f"{address}stories/vooraf/")

        edit(story, STORY.replace("koffie", "stilte"))
        until(lambda: all("stilte" in tab.inner_text("main") for tab in tabs))
        edit(story, STORY.replace("title:", "titel:"))
        until(lambda: all("`title`" in tab.inner_text("main") for tab in tabs))
        faulty = page(address, "stories/vooraf/")
        edit(story, STORY)
        until(lambda: all("koffie" in tab.inner_text("main") for tab in tabs))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)

    assert 503 == faulty[0]
    assert "vooraf.md:2:1: error:" in faulty[1]
    assert [] == [text for text in said if "503" not in text and "ERR_" not in text]
    assert (130, "") == (process.returncode, out)
    assert "Traceback" not in err
    assert "interrupted" in err
