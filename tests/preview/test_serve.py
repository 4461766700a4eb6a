"""`weerslag serve` as people meet it: an edit, a fault, many tabs, Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

CHECKOUT = Path(__file__).parents[2]
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


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A new programme with one story, and the address at which it is served."""
    root = tmp_path_factory.mktemp("serve") / "programma"
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    (root / "magazine/stories").mkdir(parents=True)
    (root / "programme.yaml").write_text(PROGRAMME)
    (root / "magazine/stories/vooraf.md").write_text(STORY)
    argv = [sys.executable, "-m", "pipeline", "-C", str(root), "serve", "--port", "0"]
    process = subprocess.Popen(
        argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    )
    address = process.stdout.readline().strip()
    yield process, root, address
    if process.poll() is None:
        process.kill()
    process.communicate()


def page(address, path=""):
    try:
        with urllib.request.urlopen(address + path, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def until(truth, within_s=60):
    began = time.monotonic()
    while not truth():
        assert time.monotonic() - began < within_s
        time.sleep(0.05)


def test_an_edit_is_on_every_screen_a_fault_takes_its_place_and_ctrl_c_ends_it(served):
    process, root, address = served
    story = root / "magazine/stories/vooraf.md"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
    until(lambda: page(address)[0] == 200)

    with sync_playwright() as play:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        context, said = browser.new_context(), []
        context.on("console", lambda message: said.append(message.text))
        tabs = [context.new_page() for _ in range(8)]  # two more than a browser opens connections
        for tab in tabs:
            tab.goto(f"{address}stories/vooraf/")
        tabs[0].wait_for_timeout(300)

        story.write_text(STORY.replace("koffie", "stilte"))
        until(lambda: all("stilte" in tab.inner_text("main") for tab in tabs))
        story.write_text(STORY.replace("title:", "titel:"))
        until(lambda: all("`title`" in tab.inner_text("main") for tab in tabs))
        faulty = page(address, "stories/vooraf/")
        story.write_text(STORY)
        until(lambda: all("koffie" in tab.inner_text("main") for tab in tabs))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
        browser.close()

    assert 503 == faulty[0]
    assert "vooraf.md:2:1: error:" in faulty[1]
    assert [] == [text for text in said if "503" not in text and "ERR_" not in text]
    assert (130, "") == (process.returncode, out)
    assert "Traceback" not in err
    assert "interrupted" in err
