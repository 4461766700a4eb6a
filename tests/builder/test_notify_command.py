"""`weerslag publish --notify` with the real URLs: a local proxy answers for all hosts."""

import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

CHECKOUT = Path(__file__).parents[2]
ACCEPT = ("--accept", "transcript-missing", "--reason", "komt nog")
HUB, INDEX = "hub.example.org", "api.podcastindex.org"
FEED = "https://example.org/proef/feed.xml"
CERTIFICATE = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Proxy(BaseHTTPRequestHandler):
    """Answers for every host, with a certificate, and records the requests."""

    host = ""

    def log_message(self, *words):
        pass

    def do_CONNECT(self):
        self.host = self.path.partition(":")[0]
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.secure.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
        self.handle_one_request()
        self.close_connection = True
        self.connection.close()

    def respond(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        url = urlsplit(self.path)
        self.server.requests.append((self.host, self.command, url.path, parse_qs(url.query or body)))
        self.send_response(self.server.status.get(self.host, 204))
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = respond  # noqa: N815


@pytest.fixture
def web(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    names = ["-subj", "/CN=web", "-addext", f"subjectAltName=DNS:{HUB},DNS:{INDEX}"]
    files = ["-keyout", str(key), "-out", str(certificate), "-days", "2"]
    subprocess.run([*CERTIFICATE, *names, *files], check=True, capture_output=True, timeout=30)
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        server.secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.secure.load_cert_chain(certificate, key)
        server.requests, server.status, server.certificate = [], {}, certificate
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def publish(programme_root, web, tmp_path):
    """Return a function that runs the command in a programme with a hub."""
    shutil.rmtree(programme_root / "magazine")
    text = (programme_root / "programme.yaml").read_text()
    (programme_root / "programme.yaml").write_text(
        text.replace("  category:", f"  hub: https://{HUB}/websub\n  category:")
    )
    address = f"http://127.0.0.1:{web.server_port}"
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= {"https_proxy": address, "SSL_CERT_FILE": str(web.certificate), "PYTHONPATH": str(CHECKOUT)}

    def run(*words):
        command = [sys.executable, "-m", "pipeline", "publish", str(tmp_path / "served"), *ACCEPT, *words]
        return subprocess.run(
            command, cwd=programme_root, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    return run


def test_hub_and_index_are_notified_once_of_each_new_feed(publish, web, programme_root):
    def edit(old, new):
        file = programme_root / "episodes/01-gesprek/episode.md"
        file.write_text(file.read_text().replace(old, new))

    assert 4 == publish("--notify", "--dry-run").returncode  # nothing is built yet
    assert [] == web.requests

    first = publish("--notify")

    assert 0 == first.returncode, first.stderr
    assert [
        (HUB, "POST", "/websub", {"hub.mode": ["publish"], "hub.topic": [FEED], "hub.url": [FEED]}),
        (INDEX, "GET", "/api/1.0/hub/pubnotify", {"url": [FEED]}),
    ] == web.requests
    assert f"notified  https://{HUB}/websub" in first.stderr
    assert first.stderr.index("published to") > first.stderr.index("notified  ")

    again = publish("--notify")
    assert "nothing to do" in again.stderr
    assert 2 == len(web.requests)  # no new feed, no notification

    edit("Gesprek 1", "Een ander gesprek")
    assert 0 == publish().returncode
    assert 2 == len(web.requests)  # without --notify

    edit("Een ander gesprek", "Nog een gesprek")
    web.status[HUB] = 503
    refused = publish("--notify", "--json")
    assert 0 == refused.returncode  # the feed is published; apps poll it
    notifications = json.loads(refused.stdout)["notifications"]
    errors = {urlsplit(one["recipient"]).hostname: one["error"] for one in notifications}
    assert {HUB: "HTTP status 503", INDEX: ""} == errors
    assert 4 == len(web.requests)
