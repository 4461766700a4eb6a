"""Tell browsers which version of the pages is served, and show them what is wrong with the last edit."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

KEEP_ALIVE_S = 10.0  # between two comments to a waiting tab: a write finds out whether it is still there


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadState:
    """What a browser should know: reload when ``version`` changes; with a ``title``, show the notice instead of pages."""

    version: int = 0
    title: str = ""
    text: str = ""


class ReloadChannel:
    """Passes the newest state from the thread that builds to the event loop that serves."""

    def __init__(self) -> None:
        """Start at version 0, without a notice."""
        self.state = ReloadState()
        self._is_closed = False
        self._lock = threading.Lock()
        self._listeners: set[Callable[[], object]] = set()

    def post(self, *, title: str = "", text: str = "", changed: bool = True) -> None:
        """Set the notice; raise the version if the notice differs, or if the files behind it ``changed``."""
        with self._lock:
            old = self.state
            if not changed and (old.title, old.text) == (title, text):
                return
            self.state = ReloadState(version=old.version + 1, title=title, text=text)
            self._wake()

    def close(self) -> None:
        """End every stream."""
        with self._lock:
            self._is_closed = True
            self._wake()

    async def stream(self) -> AsyncIterator[str]:
        """Stream server-sent events: the version now, and again whenever it changes, until the channel is closed."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        sent: int | None = None

        def wake() -> None:
            loop.call_soon_threadsafe(changed.set)

        with self._lock:
            self._listeners.add(wake)
        try:
            while not self._is_closed:
                changed.clear()  # before the state is read, so that no change is missed
                version = self.state.version
                yield ": keep-alive\n\n" if version == sent else f"data: {version}\n\n"
                sent = version
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(KEEP_ALIVE_S):
                        await changed.wait()
        finally:
            with self._lock:
                self._listeners.discard(wake)

    def _wake(self) -> None:
        for wake in self._listeners:
            wake()
