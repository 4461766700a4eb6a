"""Fixtures of the site tests: the sample programme, its releases, web servers and browser tabs."""

import re
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from tests.shared_folders import share_folder
from tests.site import published, sample


@pytest.fixture(name="programme")
def _programme():
    return sample.programme()


@pytest.fixture(name="releases")
def _releases():
    return sample.releases()


@dataclass(frozen=True, kw_only=True)
class Host:
    """A folder served over HTTP, with byte ranges."""

    folder: Path
    address: str

    def pages(self):
        return sorted(file.relative_to(self.folder).as_posix() for file in self.folder.rglob("*.html"))


class _Ranged(SimpleHTTPRequestHandler):
    """Serves a folder with byte ranges, which browsers need to seek."""

    extensions_map: ClassVar = {**SimpleHTTPRequestHandler.extensions_map, ".mp3": "audio/mpeg", ".opus": "audio/ogg"}

    def log_message(self, *args):
        pass

    def do_GET(self):
        requested = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        file = Path(self.translate_path(self.path))
        if not requested or not file.is_file():
            return super().do_GET()
        content = file.read_bytes()
        first, last = int(requested[1]), int(requested[2] or len(content) - 1)
        self.send_response(206)
        self.send_header("Content-Type", self.guess_type(self.path))
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        self.wfile.write(content[first : last + 1])
        return None


@pytest.fixture(scope="session", name="serve")
def _serve():
    """A function that serves a folder, each at its own address."""
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


@pytest.fixture(scope="session", name="published_site")
def _published_site(serve, tmp_path_factory):
    """The programme of this repository as published: site, web magazine, pictures and audio."""
    return serve(share_folder(tmp_path_factory, "published", published.write_site) / "public")


@pytest.fixture(name="open_tab")
def _open_tab(chromium):
    """A function that opens tabs, each in its own context; all are closed after the test."""
    contexts = []

    def run(**options):
        contexts.append(chromium.browser.new_context(**options))
        return contexts[-1].new_page()

    yield run
    for context in contexts:
        context.close()
