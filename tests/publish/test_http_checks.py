"""Before the feed is replaced, all files that it refers to are requested over HTTP, as an app does."""

import functools
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.errors import WeerslagError

pytestmark = pytest.mark.slow


class Ranges(SimpleHTTPRequestHandler):
    """A web server that answers the range request."""

    extensions_map = {".mp3": "audio/mpeg", ".html": "text/html", ".xml": "text/xml", "": "application/octet-stream"}  # noqa: RUF012
    requested: list

    def log_message(self, *words):
        pass

    def do_GET(self):
        self.requested.append(self.path)
        if self.headers.get("Range") != "bytes=0-1":
            return super().do_GET()
        self.send_response(206)
        self.send_header("Content-Length", "2")
        self.end_headers()
        return self.wfile.write(b"mp")


class NoRanges(Ranges):
    do_GET = SimpleHTTPRequestHandler.do_GET  # noqa: N815


class WrongType(Ranges):
    extensions_map = {".mp3": "text/plain", "": "text/html"}  # noqa: RUF012


class Forbidden(Ranges):
    def do_HEAD(self):
        self.send_error(403)


class WrongLength(Ranges):
    def send_header(self, keyword, value):
        wrong = self.command == "HEAD" and keyword == "Content-Length"
        super().send_header(keyword, str(int(value) - 1) if wrong else value)


class NoLength(Ranges):
    def send_header(self, keyword, value):
        if self.command != "HEAD" or keyword != "Content-Length":
            super().send_header(keyword, value)


@contextmanager
def serve(podcast, handler):
    handler.requested = []
    podcast.served.mkdir(exist_ok=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(podcast.served))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        podcast.programme = replace(podcast.programme, url=f"http://127.0.0.1:{server.server_port}/")
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def test_a_correct_server_passes(podcast):
    with serve(podcast, Ranges):
        podcast.publish(check_urls=True)

    assert (podcast.served / "feed.xml").exists()
    assert 3 == len([path for path in Ranges.requested if path.endswith(".mp3")])


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        (NoRanges, "no byte ranges"),
        (WrongType, "media type is text/plain; expected audio/mpeg"),
        (WrongLength, r"Content-Length is \d+; the file has \d+ bytes"),
        (NoLength, "no Content-Length"),
        (Forbidden, "HTTP status 403"),
    ],
)
def test_a_faulty_server_leaves_the_feed_unchanged(podcast, handler, message):
    with serve(podcast, handler), pytest.raises(WeerslagError, match=message):
        podcast.publish(check_urls=True)

    assert not (podcast.served / "feed.xml").exists()
    assert () == podcast.log.entries


class Cached(Ranges):
    """A cache that always returns the first feed."""

    first: bytes = b""

    def do_GET(self):
        if not self.path.endswith("feed.xml"):
            return super().do_GET()
        type(self).first = self.first or Path(self.translate_path(self.path)).read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(self.first)))
        self.end_headers()
        return self.wfile.write(self.first)


def test_a_stale_cache_is_reported_after_the_feed_was_replaced(podcast):
    with serve(podcast, Cached):
        _, first = podcast.publish(check_urls=True)
        podcast.put(4)
        _, second = podcast.publish(check_urls=True)

    assert [] == [line for line in first if line.startswith("warned")]
    assert [f"warned {podcast.programme.url}feed.xml"] == [line for line in second if line.startswith("warned")]
    assert 2 == len(podcast.log.entries)  # the feed is published nevertheless


def test_an_unreachable_server_leaves_the_feed_unchanged(podcast):
    podcast.programme = replace(podcast.programme, url="http://127.0.0.1:9/")

    with pytest.raises(WeerslagError, match="no response"):
        podcast.publish(check_urls=True)
