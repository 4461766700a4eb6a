"""Hubs and the Podcast Index are notified once, and a hub that is down is not an error."""

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.publish.feed_items import read_feed
from pipeline.publish.http_requests import Notification, send_notifications


@pytest.fixture
def hub():
    """A server that records requests, and returns the status that a test sets."""

    class Hub(BaseHTTPRequestHandler):
        def log_message(self, *words):
            pass

        def respond(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            server.requests.append(
                (self.command, urlsplit(self.path).path, parse_qs(urlsplit(self.path).query or body))
            )
            self.send_response(server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = respond  # noqa: N815

    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        server.requests, server.status = [], 204
        server.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def publish(podcast, hub):
    podcast.programme = replace(
        podcast.programme, podcast=replace(podcast.programme.podcast, hub=f"{hub.address}/websub")
    )
    podcast.publish()
    return read_feed((podcast.served / "feed.xml").read_bytes())


def test_the_hub_and_the_index_receive_the_url_of_the_feed(podcast, hub):
    feed = publish(podcast, hub)

    sent = send_notifications(feed, index=f"{hub.address}/pubnotify")

    assert (Notification(recipient=f"{hub.address}/websub"), Notification(recipient=f"{hub.address}/pubnotify")) == sent
    feed_url = "https://example.org/avn/feed.xml"
    assert [
        ("POST", "/websub", {"hub.mode": ["publish"], "hub.topic": [feed_url], "hub.url": [feed_url]}),
        ("GET", "/pubnotify", {"url": [feed_url]}),
    ] == hub.requests


def test_a_hub_that_refuses_or_is_unreachable_is_reported(podcast, hub):
    feed = publish(podcast, hub)
    hub.status = 500

    refused, gone = send_notifications(feed, index="http://127.0.0.1:9/pubnotify")

    assert "HTTP status 500" == refused.error
    assert gone.error.startswith("no response: ")


def test_publishing_without_notify_sends_no_request(podcast, hub):
    publish(podcast, hub)

    assert [] == hub.requests
