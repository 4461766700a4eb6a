"""How fast pages are: Lighthouse's figures for the built sample, and how long an edited word takes to a screen in `serve`."""

import argparse
import functools
import http.server
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from kills import ENV, WEERSLAG, build, copy_of_the_sample

from tests.node import node

PAGES = (
    "index.html",
    "episodes/01-burger-centraal/index.html",
    "events/burger-centraal/index.html",
    "magazine/index.html",
)
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--runs", type=int, default=5)
    words.add_argument("--only", choices=["scores", "edits"])
    said = words.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        root = Path(folder) / "programme"
        copy_of_the_sample(root)
        build(root)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        flags = ["--no-sandbox", "--disable-gpu", f"--remote-debugging-port={port}"]
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        if said.only != "edits":
            scores(root / "public", port, said.runs)
        if said.only != "scores":
            edits(root, browser, said.runs)
        browser.close()


def scores(public: Path, port: int, runs: int) -> None:
    """The median of each category, as Lighthouse gives it by default: a phone of the middle class on slow 4G."""
    handler = functools.partial(_Quiet, directory=public)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for page in PAGES:
            address = f"http://127.0.0.1:{server.server_port}/{page}"
            told = [
                json.loads(node("lighthouse.js", port, ",".join(CATEGORIES), address, timeout_s=300))[address]
                for _ in range(runs)
            ]
            found = {name: [round(100 * one[name]) for one in told] for name in CATEGORIES}
            print(f"{page:45}" + "".join(f" {name} {statistics.median(of):.0f}" for name, of in found.items()), end="")
            print(f"   (performance of each run: {found['performance']})")
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def edits(root: Path, browser: Browser, runs: int) -> None:
    """From the moment at which show notes are saved until their new word stands on the page."""
    episode = root / "episodes/01-burger-centraal/episode.md"
    text = episode.read_text()
    argv = [*WEERSLAG, "serve", "--port", "0"]
    desk = subprocess.Popen(argv, cwd=root, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        tab = browser.new_page()
        tab.goto(f"{desk.stdout.readline().strip()}episodes/01-burger-centraal/")
        time.sleep(10)
        took_s, spent_s = [], cpu_s(desk.pid)
        for nth in range(2 * runs + 1):
            began = time.monotonic()
            episode.write_text(f"{text}\n\nwoord-{nth}\n")
            while f"woord-{nth}" not in tab.inner_text(".notes"):
                time.sleep(0.01)
            took_s.append(time.monotonic() - began)
            time.sleep(0.5)
        each_s = (cpu_s(desk.pid) - spent_s) / len(took_s)
        told = f"{statistics.median(took_s):.2f} s, slowest {max(took_s):.2f} s of {len(took_s)}; the desk takes {each_s:.2f} s of processor time for each"
        print(f"an edited word in show notes is on the screen after {told}")
    finally:
        desk.kill()
        desk.wait()


def cpu_s(pid: int) -> float:
    """Processor time of a process and of its children that ended: proc(5), stat, fields 14 to 17."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
