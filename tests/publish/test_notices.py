"""Who asked to be told of a new feed is told, once, and a hub that is down stops nothing."""

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.publish import Notice, notify
from pipeline.publish.feed_items import read_feed


@pytest.fixture
def hub():
    """A server that writes down what it is told, and answers what it is asked to."""

    class Hub(BaseHTTPRequestHandler):
        def log_message(self, *words):
            pass

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            server.told.append((self.command, urlsplit(self.path).path, parse_qs(urlsplit(self.path).query or body)))
            self.send_response(server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = answer  # noqa: N815

    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        server.told, server.status = [], 204
        server.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def published(stage, hub):
    stage.programme = replace(stage.programme, podcast=replace(stage.programme.podcast, hub=f"{hub.address}/websub"))
    stage.publish()
    return read_feed((stage.where / "feed.xml").read_bytes())


def test_the_hub_of_the_feed_and_the_index_are_told_its_address(stage, hub):
    feed = published(stage, hub)

    told = notify(feed, index=f"{hub.address}/pubnotify")

    assert (Notice(to=f"{hub.address}/websub"), Notice(to=f"{hub.address}/pubnotify")) == told
    own = "https://example.org/avn/feed.xml"
    assert [
        ("POST", "/websub", {"hub.mode": ["publish"], "hub.topic": [own], "hub.url": [own]}),
        ("GET", "/pubnotify", {"url": [own]}),
    ] == hub.told


def test_a_hub_that_refuses_or_is_gone_is_a_word_and_no_error(stage, hub):
    feed = published(stage, hub)
    hub.status = 500

    refused, gone = notify(feed, index="http://127.0.0.1:9/pubnotify")

    assert "answers 500" == refused.trouble
    assert gone.trouble.startswith("does not answer: ")


def test_a_publish_alone_tells_nobody(stage, hub):
    published(stage, hub)

    assert [] == hub.told
