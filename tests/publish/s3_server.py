"""S3 on loopback: moto in its own environment, and a proxy in front of it that makes single writes fail."""

import http.client
import socket
import sys
import threading
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.publish.http_servers import TIMEOUT_S, free_port, running

SERVER = Path(sys.prefix) / "storage/bin/moto_server"
BUCKET = "proef"
KEY = "AWS4-HMAC-SHA256 Credential=web/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0"


@contextmanager
def moto():
    """Run an empty S3 server, and return its port."""
    assert SERVER.exists(), "this test needs moto, in its own environment: ./dev setup tests"
    port = free_port()
    with running([str(SERVER), "-H", "127.0.0.1", "-p", str(port)], port):
        yield port


def empty_bucket(port):
    """Create the bucket anew."""
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/moto-api/reset", method="POST")).close()
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/{BUCKET}", method="PUT")).close()


class Faults:
    """Which write fails, and how; writes are counted from 1."""

    def __init__(self):
        self.clear()

    def clear(self):
        self.plan(0, "")

    def plan(self, first, kind, *, lasting=False):
        self.first, self.kind, self.lasting, self.count, self.met = first, kind, lasting, 0, 0
        self.lock = threading.Lock()

    def next(self):
        """Return the fault of the next write; empty: none."""
        with self.lock:
            self.count += 1
            wrong = self.kind and (self.count == self.first or (self.lasting and self.count > self.first))
            self.met += bool(wrong)
        return self.kind if wrong else ""


class Proxy(BaseHTTPRequestHandler):
    """Forwards requests, except those that must fail; requests without a key are signed, as for a public website."""

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
        return False  # it was served

    def serve(self, body):
        kind = self.faults.next() if self.command in ("PUT", "DELETE") else ""
        if kind in ("500", "503", "403"):
            self.respond(int(kind), {}, b"<Error><Code>Wrong</Code></Error>")
            return
        response = self.forward(body) if kind != "dropped" else None
        if kind in ("dropped", "response lost"):
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.respond(*response)

    def forward(self, body):
        path, headers = self.path, dict(self.headers)
        if "Authorization" not in headers:
            path, headers["Authorization"] = path + "index.html" * path.endswith("/"), KEY
        server = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=TIMEOUT_S)
        try:
            server.request(self.command, path, body, headers)
            response = server.getresponse()
            return response.status, dict(response.headers), response.read()
        finally:
            server.close()

    def respond(self, status, headers, content):
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
    """Run a proxy for the server at port ``behind``, and return its own port."""
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
