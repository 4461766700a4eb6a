"""Page speed: Lighthouse scores of the built sample, and the time from an edit to the reloaded page in `serve`."""

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
from kills import ENV, WEERSLAG, build, copy_sample

from tests.node import run_node

PAGES = (
    "index.html",
    "episodes/01-burger-centraal/index.html",
    "events/burger-centraal/index.html",
    "magazine/index.html",
)
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=["scores", "edits"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        root = Path(folder) / "programme"
        copy_sample(root)
        build(root)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        flags = ["--no-sandbox", "--disable-gpu", f"--remote-debugging-port={port}"]
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        if options.only != "edits":
            measure_scores(root / "public", port, options.runs)
        if options.only != "scores":
            measure_edits(root, browser, options.runs)
        browser.close()


def measure_scores(public: Path, port: int, runs: int) -> None:
    """Print the median score of each category with Lighthouse's default settings: a mid-range phone on slow 4G."""
    handler = functools.partial(_QuietHandler, directory=public)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for page in PAGES:
            address = f"http://127.0.0.1:{server.server_port}/{page}"
            results = [
                json.loads(run_node("lighthouse.js", port, ",".join(CATEGORIES), address, timeout_s=300))[address]
                for _ in range(runs)
            ]
            found = {name: [round(100 * one[name]) for one in results] for name in CATEGORIES}
            print(f"{page:45}" + "".join(f" {name} {statistics.median(of):.0f}" for name, of in found.items()), end="")
            print(f"   (performance of each run: {found['performance']})")
        server.shutdown()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def measure_edits(root: Path, browser: Browser, runs: int) -> None:
    """Print the time from saving show notes until the reloaded page shows the new word."""
    episode = root / "episodes/01-burger-centraal/episode.md"
    text = episode.read_text()
    argv = [*WEERSLAG, "serve", "--port", "0"]
    server = subprocess.Popen(argv, cwd=root, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        tab = browser.new_page()
        tab.goto(f"{server.stdout.readline().strip()}episodes/01-burger-centraal/")
        time.sleep(10)
        took_s, spent_s = [], cpu_s(server.pid)
        for number in range(2 * runs + 1):
            start_s = time.monotonic()
            episode.write_text(f"{text}\n\nwoord-{number}\n")
            while f"woord-{number}" not in tab.inner_text(".notes"):
                time.sleep(0.01)
            took_s.append(time.monotonic() - start_s)
            time.sleep(0.5)
        each_s = (cpu_s(server.pid) - spent_s) / len(took_s)
        times = f"{statistics.median(took_s):.2f} s, slowest {max(took_s):.2f} s of {len(took_s)}"
        print(
            f"an edit of show notes is visible after {times}; the server uses {each_s:.2f} s of processor time for each"
        )
    finally:
        server.kill()
        server.wait()


def cpu_s(pid: int) -> float:
    """Return the processor time of a process and its ended children: proc(5), stat, fields 14 to 17."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
