"""Run an application on 127.0.0.1, in its own thread."""

import errno
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from pipeline.errors import WeerslagError, fill
from pipeline.server.app import create_app
from pipeline.server.reload_channel import ReloadChannel

_ADDRESS = "127.0.0.1"
_IDLE_S = 60
_SHUTDOWN_S = 1  # for responses that are under way when the server stops


@contextmanager
def run_server(folder: Path, channel: ReloadChannel, *, port: int, language: str = "en") -> Iterator[str]:
    """Serve ``folder`` until the block ends.

    Args:
        folder: The folder to serve.
        channel: Closed at the end, so that no browser keeps the server waiting.
        port: 0 takes any free port.
        language: Of the notice that replaces pages: ``nl`` or ``en``.

    Yields:
        The address, such as ``http://127.0.0.1:8000/``.

    Raises:
        WeerslagError: The port is in use or may not be used.
    """
    with run_app(lambda hosts: create_app(folder, channel, hosts=hosts, language=language), port=port) as address:
        try:
            yield address
        finally:
            channel.close()


@contextmanager
def run_app(create: Callable[[frozenset[str]], ASGIApp], *, port: int) -> Iterator[str]:
    """Run an application until the block ends.

    Args:
        create: Creates the application; its argument are the values of the Host header that it answers.
        port: 0 takes any free port.

    Yields:
        The address, such as ``http://127.0.0.1:8000/``.

    Raises:
        WeerslagError: The port is in use or may not be used.
    """
    with _open_socket(port) as listener:
        port = listener.getsockname()[1]
        hosts = {f"{_ADDRESS}:{port}", f"localhost:{port}"}
        if port == 80:  # browsers omit it
            hosts |= {_ADDRESS, "localhost"}
        config = uvicorn.Config(
            create(frozenset(hosts)),
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="error",
            server_header=False,
            timeout_keep_alive=_IDLE_S,
            timeout_graceful_shutdown=_SHUTDOWN_S,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://{_ADDRESS}:{port}/"
        finally:
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # of responses that are cut off now
            server.should_exit = True
            thread.join()


def _open_socket(port: int) -> socket.socket:
    try:
        return socket.create_server((_ADDRESS, port))
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        message = "port {port} is in use" if in_use else "port {port} cannot be used"
        hint = "Choose another with --port; 0 takes any free port."
        raise WeerslagError(fill(message, port=port), hint=hint) from error
