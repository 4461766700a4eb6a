"""S3 on loopback: moto's server from an environment of its own, and a proxy before it that lets single writes go wrong."""

import http.client
import socket
import sys
import threading
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.publish.servers import PATIENCE_S, free_port, running

SERVER = Path(sys.prefix) / "storage/bin/moto_server"
BUCKET = "proef"
KEY = "AWS4-HMAC-SHA256 Credential=web/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0"


@contextmanager
def moto():
    """An empty S3; its port."""
    assert SERVER.exists(), "this test needs moto, in its own environment: ./dev setup tests"
    port = free_port()
    with running([str(SERVER), "-H", "127.0.0.1", "-p", str(port)], port):
        yield port


def empty_bucket(port):
    """The bucket, with nothing in it."""
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/moto-api/reset", method="POST")).close()
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/{BUCKET}", method="PUT")).close()


class Faults:
    """Which write goes wrong, and how; writes are counted from 1."""

    def __init__(self):
        self.clear()

    def clear(self):
        self.plan(0, "")

    def plan(self, first, kind, *, lasting=False):
        self.first, self.kind, self.lasting, self.count, self.met = first, kind, lasting, 0, 0
        self.lock = threading.Lock()

    def next(self):
        """What the write that comes now must suffer."""
        with self.lock:
            self.count += 1
            wrong = self.kind and (self.count == self.first or (self.lasting and self.count > self.first))
            self.met += bool(wrong)
        return self.kind if wrong else ""


class Proxy(BaseHTTPRequestHandler):
    """Passes on what comes, and lets go wrong what must; who brings no key is a reader of the website of a bucket."""

    protocol_version = "HTTP/1.1"
    behind: int
    faults: Faults

    def log_message(self, *words):
        pass

    def parse_request(self):
        parsed = super().parse_request()
        self.close_connection = True
        if parsed:
            self.serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        return False  # it is answered

    def serve(self, body):
        kind = self.faults.next() if self.command in ("PUT", "DELETE") else ""
        if kind in ("500", "503", "403"):
            self.answer(int(kind), {}, b"<Error><Code>Wrong</Code></Error>")
            return
        answered = self.passed_on(body) if kind != "dropped" else None
        if kind in ("dropped", "answer lost"):
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.answer(*answered)

    def passed_on(self, body):
        path, headers = self.path, dict(self.headers)
        if "Authorization" not in headers:
            path, headers["Authorization"] = path + "index.html" * path.endswith("/"), KEY
        server = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=PATIENCE_S)
        try:
            server.request(self.command, path, body, headers)
            there = server.getresponse()
            return there.status, dict(there.headers), there.read()
        finally:
            server.close()

    def answer(self, status, headers, content):
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        length = headers.get("Content-Length") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length or "0")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else content)
        self.wfile.flush()


@contextmanager
def faulty(behind, faults):
    """A proxy before the server at port ``behind``; its own port."""
    handler = type("Proxy", (Proxy,), {"behind": behind, "faults": faults})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
