"""What the builder tells the browsers: which version stands, and what is wrong with what was edited since."""

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a browser should know: reload when ``version`` is another; with ``head``, show words instead of the page."""

    version: int = 0
    head: str = ""
    text: str = ""


@dataclass(slots=True)
class Board:
    """One notice at a time, written by one thread and awaited by many."""

    _notice: Notice = Notice()
    _closed: bool = False
    _turned: threading.Condition = field(default_factory=threading.Condition)

    @property
    def notice(self) -> Notice:
        """What stands there now."""
        return self._notice

    @property
    def closed(self) -> bool:
        """Whether the desk is being cleared: whoever waits may go."""
        return self._closed

    def post(self, *, head: str = "", text: str = "", again: bool = True) -> None:
        """Put up a notice; the same words once more are news only if ``again``, because the files behind them changed."""
        with self._turned:
            old = self._notice
            if again or (old.head, old.text) != (head, text):
                self._notice = Notice(version=old.version + 1, head=head, text=text)
                self._turned.notify_all()

    def wait(self, version: int, timeout_s: float) -> Notice:
        """The notice, as soon as it is another than ``version``, or after ``timeout_s`` in any case."""
        with self._turned:
            self._turned.wait_for(lambda: self._closed or self._notice.version != version, timeout_s)
            return self._notice

    def close(self) -> None:
        """Let everybody go who waits."""
        with self._turned:
            self._closed = True
            self._turned.notify_all()
