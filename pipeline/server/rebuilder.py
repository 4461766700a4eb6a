"""Keeps what is served up to date: what is read first is built first, and what takes longer gives way to the next edit."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipeline.errors import ContentError, WeerslagError
from pipeline.server.reload_channel import Board
from pipeline.server.watcher import Look, Watch, differences, has_sound

POLL_S = 0.1
_QUIET_POLLS = 15  # without an edit, before the slow half begins
_COPIED_POLLS = 20  # a recording that grew no more for so long has been copied


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a build came to: whether anything differs, and in words what failed."""

    changed: bool
    trouble: str = ""


def keep_up(
    watch: Watch,
    board: Board,
    *,
    pages: Callable[[], Outcome],
    rest: Callable[[threading.Event], Outcome],
    over: threading.Event,
) -> None:
    """Build now, and again after each edit, until ``over`` is set.

    Args:
        watch: what people edit.
        board: is told when something changed, and what is wrong.
        pages: builds what a browser shows, soon; is never interrupted.
        rest: builds everything else, once nobody edits. When the event that it is handed is set it comes back soon; what
            it says then counts for nothing, and it is called again.
        over: ends the watch, between two builds.
    """
    seen: Look | None = None
    waited, wanted = 0, False
    while not over.is_set():
        now = watch.look()
        edited = differences(seen, now) if seen is not None else None
        if edited is None or edited:
            seen = _copied(watch, now, over) if has_sound(edited or ()) else now
            waited, wanted = 0, _tell(board, _outcome(pages))
        elif wanted and waited >= _QUIET_POLLS:
            wanted = not _finished(watch, seen or {}, board, rest, over)
        waited += 1
        over.wait(POLL_S)


def _outcome(build: Callable[[], Outcome]) -> Outcome:
    """What the build came to; faults in the content are an outcome too."""
    try:
        return build()
    except ContentError as error:
        told = [str(fault) for fault in error.faults] or [str(error)]
        return Outcome(changed=False, trouble="\n\n".join(told))
    except WeerslagError as error:
        return Outcome(changed=False, trouble=str(error))


def _tell(board: Board, outcome: Outcome) -> bool:
    """Put the outcome on the board; whether it is a good one."""
    board.post(head="This needs mending" if outcome.trouble else "", text=outcome.trouble, again=outcome.changed)
    return not outcome.trouble


def _copied(watch: Watch, look: Look, over: threading.Event) -> Look:
    """The look at which the sound grew no more: half a recording is not worth mastering."""
    still = 0
    while still < _COPIED_POLLS and not over.wait(POLL_S):
        newer = watch.look()
        still = 0 if differences(look, newer) else still + 1
        look = newer
    return look


def _finished(
    watch: Watch, seen: Look, board: Board, rest: Callable[[threading.Event], Outcome], over: threading.Event
) -> bool:
    """Build the rest; false if an edit, or the end, came in between."""
    with _until_edited(watch, seen, over) as stop:
        outcome = _outcome(lambda: rest(stop))
    if stop.is_set():
        return False
    _tell(board, outcome)
    return True


@contextmanager
def _until_edited(watch: Watch, seen: Look, over: threading.Event) -> Iterator[threading.Event]:
    """An event that is set at the first edit, or at the end."""
    stop, done = threading.Event(), threading.Event()

    def look_out() -> None:
        while not done.wait(POLL_S):
            if over.is_set() or differences(seen, watch.look()):
                stop.set()
                return

    thread = threading.Thread(target=look_out, daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        done.set()
        thread.join()
