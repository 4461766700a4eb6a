"""Before the feed is switched, what it names is asked for over HTTP, as an app would."""

import functools
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.errors import WeerslagError


class Ranges(SimpleHTTPRequestHandler):
    """A web server that can send two bytes."""

    extensions_map = {".mp3": "audio/mpeg", ".html": "text/html", ".xml": "text/xml", "": "application/octet-stream"}  # noqa: RUF012
    asked: list

    def log_message(self, *words):
        pass

    def do_GET(self):
        self.asked.append(self.path)
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
def on_the_web(stage, handler):
    handler.asked = []
    stage.where.mkdir(exist_ok=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(stage.where))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        stage.programme = replace(stage.programme, url=f"http://127.0.0.1:{server.server_port}/")
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def test_what_is_served_well_is_published(stage):
    with on_the_web(stage, Ranges):
        stage.publish(served=True)

    assert (stage.where / "feed.xml").exists()
    assert 3 == len([path for path in Ranges.asked if path.endswith(".mp3")])


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (NoRanges, "not served in parts"),
        (WrongType, "served as text/plain"),
        (WrongLength, r"is served with \d+ bytes, and has \d+"),
        (NoLength, "is served without its length"),
        (Forbidden, "is not served: 403"),
    ],
)
def test_what_is_served_badly_leaves_the_feed_as_it_is(stage, handler, told):
    with on_the_web(stage, handler), pytest.raises(WeerslagError, match=told):
        stage.publish(served=True)

    assert not (stage.where / "feed.xml").exists()
    assert () == stage.ledger.lines


class Cached(Ranges):
    """A cache that holds on to the first feed it saw."""

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


def test_a_cache_before_the_feed_is_told_after_the_switch(stage):
    with on_the_web(stage, Cached):
        _, first = stage.publish(served=True)
        stage.put(4)
        _, second = stage.publish(served=True)

    assert [] == [line for line in first if line.startswith("warned")]
    assert [f"warned {stage.programme.url}feed.xml"] == [line for line in second if line.startswith("warned")]
    assert 2 == len(stage.ledger.lines)  # the feed is out all the same


def test_an_address_where_nobody_answers_leaves_the_feed_as_it_is(stage):
    stage.programme = replace(stage.programme, url="http://127.0.0.1:9/")

    with pytest.raises(WeerslagError, match="does not answer"):
        stage.publish(served=True)
