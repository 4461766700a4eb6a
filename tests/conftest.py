"""What all tests stand on: nothing of the person at the machine, chance that draws the same, one way to gPodder, one browser."""

import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

for name in ("SOURCE_DATE_EPOCH", "NO_COLOR", "FORCE_COLOR", "WEERSLAG_ROOT"):
    os.environ.pop(name, None)
for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
    del os.environ[name]  # no test may ever reach somebody's bucket, or ask another machine for what this one serves

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell deafens what it starts in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # and what the tests start must hear a Ctrl-C

settings.register_profile(
    "here",
    deadline=None,  # two cores, shared by all tests: a slow moment says nothing
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("here")


@pytest.fixture
def gpo(tmp_path):
    """GPodder in a home of its own; it leaves with status 0 whatever happens, so only what it did and says counts."""
    program = shutil.which("gpo")
    assert program, "this test needs gPodder: apt-get install --no-install-recommends gpodder"
    home = {"HOME": tmp_path, "GPODDER_HOME": tmp_path / "gpodder", "GPODDER_DOWNLOAD_DIR": tmp_path / "downloads"}
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **{name: str(path) for name, path in home.items()}}

    def run(*words):
        done = subprocess.run(
            [program, *words], env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        return done.stdout

    return run


FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]


@dataclass(frozen=True, kw_only=True)
class Chromium:
    """One browser for all tests of a process (Playwright opens no second), and the port at which others may drive it."""

    browser: Any
    port: int


@pytest.fixture(scope="session", name="chromium")
def _chromium():
    from playwright.sync_api import sync_playwright

    with socket.socket() as held, sync_playwright() as play:  # bound, so that nobody else is given this port meanwhile
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        flags = [*FLAGS, f"--remote-debugging-port={port}"]
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield Chromium(browser=browser, port=port)
        browser.close()
