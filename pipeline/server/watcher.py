"""Watch files and folders for changes. The only module that imports watchfiles."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from watchfiles import watch

_STEP_MS = 30  # changes within such a time are reported together
_TEMPORARY = ("~", ".swp", ".swx", ".tmp", ".part")  # of editors and browsers
_AUDIO_FOLDER = "recording"
_RETRY_S = 0.1


@contextmanager
def open_watcher(paths: Sequence[Path]) -> Iterator["Watcher"]:
    """Watch files and folders in the background until the block ends.

    A file is watched through its folder, because most editors replace it. Paths that do not exist yet are watched as
    soon as they appear.
    """
    logging.getLogger("watchfiles").setLevel(logging.ERROR)
    watcher = Watcher(paths)
    threads = [threading.Thread(target=run, daemon=True) for run in (watcher.watch_parents, watcher.watch_folders)]
    for thread in threads:
        thread.start()
    try:
        yield watcher
    finally:
        watcher.close()
        for thread in threads:
            thread.join()


class Watcher:
    """Collects changed paths until the rebuilder takes them."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Prepare to watch ``paths``; ``open_watcher`` begins."""
        self.changed = threading.Event()  # set while changes wait to be taken, and after the end
        self._paths = tuple(path.absolute() for path in paths)
        self._own = frozenset(str(path) for path in self._paths)
        self._pending: set[str] = set()
        self._lock = threading.Lock()
        self._restart, self._closed = threading.Event(), threading.Event()

    def wait(self, timeout_s: float) -> frozenset[str] | None:
        """Wait for changes and take them.

        Args:
            timeout_s: Return an empty set after so many seconds without a change.

        Returns:
            The changed paths, or ``None`` after the watcher was closed.
        """
        self.changed.wait(timeout_s)
        with self._lock:
            if self._closed.is_set():
                return None
            pending = frozenset(self._pending)
            self._pending.clear()
            self.changed.clear()
        return pending

    def close(self) -> None:
        """End the watch, and wake the waiting thread."""
        with self._lock:
            self._closed.set()
            self._restart.set()
            self.changed.set()

    def watch_parents(self) -> None:
        """Watch single files, and folders that appear, disappear or are replaced, until the watcher is closed."""
        parents = {path.parent for path in self._paths if path.parent.is_dir()}
        self._watch(parents, self._own.__contains__, stop=self._closed, recursive=False)

    def watch_folders(self) -> None:
        """Watch folders that exist, until the watcher is closed."""
        while not self._closed.is_set():
            self._restart.clear()
            folders = [path for path in self._paths if path.is_dir()]
            if self._closed.is_set():
                return
            if folders:
                self._watch(folders, self._is_content, stop=self._restart, recursive=True)
            else:
                self._restart.wait()

    def _watch(
        self,
        paths: Iterable[Path],
        is_relevant: Callable[[str], bool],
        *,
        stop: threading.Event,
        recursive: bool,
    ) -> None:
        """Report changes until ``stop`` is set; poll if the system has no watches left."""
        for force_polling in (None, True):
            try:
                for changes in watch(
                    *paths,
                    watch_filter=lambda _, path: is_relevant(path),
                    step=_STEP_MS,
                    stop_event=stop,
                    raise_interrupt=False,
                    force_polling=force_polling,
                    recursive=recursive,
                    ignore_permission_denied=True,
                ):
                    self._report({path for _, path in changes})
                return
            except FileNotFoundError:  # a folder disappeared just now; the caller tries again
                self._closed.wait(_RETRY_S)
                return
            except (OSError, RuntimeError):  # Linux: fs.inotify.max_user_watches
                if force_polling:
                    raise

    def _report(self, paths: set[str]) -> None:
        with self._lock:
            self._pending |= paths
            self.changed.set()
            if paths & self._own:
                self._restart.set()

    def _is_content(self, path: str) -> bool:
        """Whether no name below the watched folder is hidden or temporary."""
        below = next((Path(path).relative_to(own) for own in self._paths if Path(path).is_relative_to(own)), Path(path))
        return not any(name.startswith((".", "#")) or name.endswith(_TEMPORARY) for name in below.parts)


def has_recording(paths: Iterable[str]) -> bool:
    """Whether one of the paths is a recording, or a folder of recordings: copying it takes time."""
    return any(_AUDIO_FOLDER in Path(path).parts[-2:] for path in paths)
