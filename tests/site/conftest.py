"""The sample programme and its releases, for tests that only look; and a browser to look with."""

import re
import socket
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.site import published, sample

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]


@pytest.fixture(name="programme")
def _programme():
    return sample.programme()


@pytest.fixture(name="releases")
def _releases():
    return sample.releases()


@dataclass(frozen=True, kw_only=True)
class Host:
    """A folder on the web: what a plain host makes of it, byte ranges included."""

    folder: Path
    address: str

    def pages(self):
        return sorted(file.relative_to(self.folder).as_posix() for file in self.folder.rglob("*.html"))


class _Ranged(SimpleHTTPRequestHandler):
    """Serves a folder with byte ranges, without which no browser can seek."""

    extensions_map: ClassVar = {**SimpleHTTPRequestHandler.extensions_map, ".mp3": "audio/mpeg", ".opus": "audio/ogg"}

    def log_message(self, *args):
        pass

    def do_GET(self):
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        file = Path(self.translate_path(self.path))
        if not asked or not file.is_file():
            return super().do_GET()
        whole = file.read_bytes()
        first, last = int(asked[1]), int(asked[2] or len(whole) - 1)
        self.send_response(206)
        self.send_header("Content-Type", self.guess_type(self.path))
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(whole)}")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        self.wfile.write(whole[first : last + 1])
        return None


@pytest.fixture(scope="session", name="serve")
def _serve():
    """Puts folders on the web, each under an address of its own."""
    servers = []

    def run(folder):
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Ranged, directory=folder))
        servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        return Host(folder=folder, address=f"http://127.0.0.1:{server.server_port}/")

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session", name="whole")
def _whole(serve, tmp_path_factory):
    """The programme of this repository as visitors meet it: site, web magazine, shared pictures, and sound."""
    return serve(published.laid_out(tmp_path_factory.mktemp("published")))


@dataclass(frozen=True, kw_only=True)
class Chromium:
    """One browser for all tests of a process, and the port at which others may drive it."""

    browser: Browser
    port: int


@pytest.fixture(scope="session", name="chromium")
def _chromium():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with sync_playwright() as play:
        flags = [*FLAGS, f"--remote-debugging-port={port}"]
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield Chromium(browser=browser, port=port)
        browser.close()


@pytest.fixture(name="open_tab")
def _open_tab(chromium):
    """Opens tabs, each in a context of its own; closes them all."""
    contexts = []

    def run(**options):
        contexts.append(chromium.browser.new_context(**options))
        return contexts[-1].new_page()

    yield run
    for context in contexts:
        context.close()
