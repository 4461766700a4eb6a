"""The server: a thread a connection, on 127.0.0.1 and nowhere else, and news for as many tabs as are open."""

import contextlib
import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO

from pipeline.errors import WeerslagError
from pipeline.server.reload_channel import Board
from pipeline.server.responses import NEWS, NOTHING, Answer, Request, answer, refusal

_HOST = "127.0.0.1"
_TRIES = 5  # a swap is over in less than one
_CHUNK_BYTES = 256 * 1024
_BREATH_S = 10.0  # between two signs of life to a tab that waits for news
_IDLE_S = 60.0


@contextmanager
def opened(public: Path, board: Board, *, port: int) -> Iterator[str]:
    """Serve ``public`` for as long as the block lasts; gives the address. Port 0 is any that is free.

    Raises:
        WeerslagError: the port is taken, or may not be used.
    """
    try:
        server = _Server(public, board, port)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        message = f"port {port} {'is taken' if taken else 'cannot be used'}"
        raise WeerslagError(message, hint="Name another with --port; 0 takes any that is free.") from error
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield f"http://{_HOST}:{server.server_port}/"
    finally:
        board.close()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a browser keeps connections open for as long as it likes
    request_queue_size = 128

    def __init__(self, public: Path, board: Board, port: int) -> None:
        self.public, self.board = public, board
        super().__init__((_HOST, port), _Handler)
        self.hosts = frozenset(f"{name}:{self.server_port}" for name in (_HOST, "localhost"))
        if self.server_port == 80:
            self.hosts |= {_HOST, "localhost"}


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "weerslag", ""
    timeout = _IDLE_S

    def do_GET(self) -> None:
        request = self._request()
        if request.target.partition("?")[0] == NEWS and not refusal(request, self.server.hosts):
            self._tell_news()
        else:
            self._answer(request)

    def do_HEAD(self) -> None:
        self._answer(self._request())

    def __getattr__(self, name: str) -> object:
        """Any other method is answered too, with a refusal."""
        if name.startswith("do_"):
            return self._refuse
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's
        """Nobody reads it: what matters stands in the page."""

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):  # the browser went elsewhere
            super().handle()

    def _refuse(self) -> None:
        self.close_connection = True  # a body that nobody reads may follow
        self._answer(self._request())

    def _request(self) -> Request:
        headers = {name.lower(): value for name, value in self.headers.items()}
        if len(self.headers.get_all("host") or ()) != 1:
            headers["host"] = ""  # two of them are none: RFC 9112, 3.2
        return Request(method=self.command, target=self.path, headers=headers)

    def _answer(self, request: Request) -> None:
        server = self.server
        for _ in range(_TRIES):
            try:
                made = answer(request, public=server.public, hosts=server.hosts, notice=server.board.notice)
                file = made.file.open("rb") if made.file else None
            except FileNotFoundError:  # ``public/`` was swapped in this very moment
                continue
            with file or contextlib.nullcontext():
                self._send(made, file)
            return
        self._send(NOTHING, None)

    def _send(self, made: Answer, file: IO[bytes] | None) -> None:
        self.send_response(made.status)
        for name, value in made.headers:
            self.send_header(name, value)
        if made.status != 304:
            self.send_header("Content-Length", str(made.length))
        self.end_headers()
        if self.command == "HEAD" or made.status == 304:
            return
        self.wfile.write(made.body)
        left = made.length if file else 0
        if file:
            file.seek(made.first)
        while file and left and (chunk := file.read(min(_CHUNK_BYTES, left))):
            self.wfile.write(chunk)
            left -= len(chunk)

    def _tell_news(self) -> None:
        """The version, now and whenever it is another; a comment in between finds out who went away."""
        self.close_connection = True
        self.send_response(200)
        for name, value in (
            ("Content-Type", "text/event-stream"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ):
            self.send_header(name, value)
        self.end_headers()
        board, told = self.server.board, -1
        while not board.closed:
            notice = board.wait(told, _BREATH_S)
            self.wfile.write(b": here\n\n" if notice.version == told else f"data: {notice.version}\n\n".encode())
            told = notice.version
