"""Rebuild after each edit: pages at once, PDFs and reports after 1.5 s without edits."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import ContentError, WeerslagError
from pipeline.server.reload_channel import ReloadChannel
from pipeline.server.watcher import Watcher, has_recording

QUIET_S = 1.5  # without an edit, before the slow part begins
COPIED_S = 2.0  # a recording that does not grow for so long is complete


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildResult:
    """The result of a build: whether the preview changed, and what failed, for the notice."""

    changed: bool
    error: str = ""


def rebuild_on_change(
    watcher: Watcher,
    channel: ReloadChannel,
    *,
    build_pages: Callable[[], RebuildResult],
    build_rest: Callable[[threading.Event], RebuildResult],
    translate: Callable[[str], str] = str,
) -> None:
    """Build now, and again after each edit, until the watcher is closed.

    Args:
        watcher: Reports edits.
        channel: Receives the version and the error of each build.
        build_pages: Builds what browsers show, quickly; is never interrupted.
        build_rest: Builds everything else. It should return early when the event is set; its result is then ignored,
            and it is called again later.
        translate: Translates what the notice in the browser says.
    """
    is_rest_due = _post(channel, _run(build_pages, translate), translate)
    while (changes := watcher.wait(QUIET_S)) is not None:
        if changes:
            if has_recording(changes) and not _wait_until_copied(watcher):
                return
            is_rest_due = _post(channel, _run(build_pages, translate), translate)
        elif is_rest_due:
            result = _run(lambda: build_rest(watcher.changed), translate)
            if not watcher.changed.is_set():
                _post(channel, result, translate)
                is_rest_due = False


def _wait_until_copied(watcher: Watcher) -> bool:
    """Wait until nothing changes for a while; return false if the watcher was closed."""
    while changes := watcher.wait(COPIED_S):
        pass
    return changes is not None


def _run(build: Callable[[], RebuildResult], translate: Callable[[str], str]) -> RebuildResult:
    """Build; an error is a result, too."""
    try:
        return build()
    except ContentError as error:
        messages = [one.format(translate) for one in error.errors] or [error.format(translate)]
        return RebuildResult(changed=False, error="\n\n".join(messages))
    except WeerslagError as error:
        return RebuildResult(changed=False, error=error.format(translate))


def _post(channel: ReloadChannel, result: RebuildResult, translate: Callable[[str], str]) -> bool:
    """Show the result to browsers; return true if there was no error."""
    title = translate("Error in the last edit") if result.error else ""
    channel.post(title=title, text=result.error, changed=result.changed)
    return not result.error
