"""gPodder, a real podcast client, over real HTTP: it leaves with status 0 whatever happens, so only what it did counts."""

import os
import re
import shutil
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.feed.samples import PROGRAMME, enclosure, outputs, release

SOUND = bytes(range(256)) * 80  # 20 kB: clients take a length under 16 kB for unknown


@contextmanager
def served(files):
    """``files`` by path, on a free port of this machine; without validators, so that no change is ever missed."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            content = files.get(self.path.removeprefix("/"))
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.send_header("Content-Type", "application/rss+xml" if self.path.endswith(".xml") else "audio/mpeg")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content or b"")

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def gpo(tmp_path):
    program = shutil.which("gpo")
    assert program, "this test needs gPodder: apt-get install --no-install-recommends gpodder"
    home = {"HOME": tmp_path, "GPODDER_HOME": tmp_path / "gpodder", "GPODDER_DOWNLOAD_DIR": tmp_path / "downloads"}
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **{name: str(path) for name, path in home.items()}}

    def run(*words):
        done = subprocess.run(
            [program, *words], env=environment, capture_output=True, text=True, timeout=30, check=False
        )
        return done.stdout

    return run


def published(base, *releases):
    programme = replace(PROGRAMME, url=base)
    sounds = {enclosure(it.episode.slug).path: SOUND for it in releases}
    sized = (replace(it, enclosures=(enclosure(it.episode.slug, size_bytes=len(SOUND)),)) for it in releases)
    return sounds | outputs(*sized, programme=programme)


def episodes(gpo, address):
    return re.findall(r"\d+\. (\S+)\s+\W*\s*(\S.*)", gpo("episodes", "--guid", address))


def test_gpodder_subscribes_downloads_and_never_sees_an_episode_twice(gpo, tmp_path):
    files = {}
    with served(files) as base:
        address = f"{base}feed.xml"
        files |= published(base, release(1), release(2))
        gpo("subscribe", address)
        assert {("guid-1", "Aflevering 1"), ("guid-2", "Aflevering 2")} == set(episodes(gpo, address))

        gpo("download")
        downloaded = {file.name: file.read_bytes() for file in (tmp_path / "downloads").rglob("*.mp3")}
        assert {f"0{n}-aflevering": SOUND for n in (1, 2)} == {name[:13]: sound for name, sound in downloaded.items()}

        files |= published(base, release(1, title="Burger voorop"), release(2), release(3))
        gpo("update")
        assert [("guid-1", "Burger voorop"), ("guid-2", "Aflevering 2"), ("guid-3", "Aflevering 3")] == sorted(
            episodes(gpo, address)
        )

        files |= published(base, release(1, guid="another"), release(2), release(3))  # would this test notice? yes
        gpo("update")
        assert {"another", "guid-1", "guid-2", "guid-3"} == {guid for guid, _ in episodes(gpo, address)}
