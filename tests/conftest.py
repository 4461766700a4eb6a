"""Settings and fixtures for all tests: no environment of the user, fixed random draws, gPodder, one browser."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

for name in ("SOURCE_DATE_EPOCH", "NO_COLOR", "FORCE_COLOR", "WEERSLAG_ROOT", "WEERSLAG_ASR_MODEL", "LANGUAGE"):
    os.environ.pop(name, None)
os.environ["WEERSLAG_LANGUAGE"] = "en"  # also where people work in Dutch
os.environ["WEERSLAG_MODELS"] = str(Path(sys.prefix) / "models")  # those that `./dev` installs
os.environ["JDK_JAVA_OPTIONS"] = (
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss8m"  # half the CPU time for a few seconds of Java
)
for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
    del os.environ[name]  # no test may reach a real bucket or another machine

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell ignores SIGINT for background jobs,
    signal.signal(signal.SIGINT, signal.default_int_handler)  # but the programs under test must receive Ctrl-C

EXTERNAL_FIXTURES = {"chromium", "gpo"}
SLOW_FIXTURES = {"print_edition", "screen_edition", "built_once", "epub"}  # each takes seconds to set up

settings.register_profile(
    "weerslag",
    deadline=None,  # two cores are shared by all tests, so a slow example is not a failure
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("weerslag")


COLLECTED_FILES = pytest.StashKey()  # those with at least one test


@pytest.hookimpl(tryfirst=True)  # before `-m` and `-k` take some out
def pytest_collection_modifyitems(config, items):
    """Mark tests by their fixtures, so that `./dev test fast` can leave them out."""
    config.stash[COLLECTED_FILES] = {item.path for item in items}
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if EXTERNAL_FIXTURES & fixtures:
            item.add_marker(pytest.mark.external)
        if SLOW_FIXTURES & fixtures:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def gpo(tmp_path):
    """GPodder with its own home folder; it always exits with 0, so only its output and files are checked."""
    program = shutil.which("gpo")
    assert program, "this test needs gPodder: apt-get install --no-install-recommends gpodder"
    home = {"HOME": tmp_path, "GPODDER_HOME": tmp_path / "gpodder", "GPODDER_DOWNLOAD_DIR": tmp_path / "downloads"}
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **{name: str(path) for name, path in home.items()}}

    def run(*args):
        completed = subprocess.run(
            [program, *args], env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        return completed.stdout

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
    """The browser of a test process (Playwright starts only one), and its remote debugging port."""

    browser: Any
    port: int


@pytest.fixture(scope="session", name="chromium")
def _chromium():
    from playwright.sync_api import sync_playwright

    with socket.socket() as held, sync_playwright() as play:  # bound, so that no other process gets this port
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        flags = [*FLAGS, f"--remote-debugging-port={port}"]
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield Chromium(browser=browser, port=port)
        browser.close()
