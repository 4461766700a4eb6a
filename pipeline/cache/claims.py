"""Claims in a store: a client that begins a task says so, and another one waits for its result instead of repeating it.

A claim only saves work: results are right without it. Whoever runs the task renews its claim; nobody compares clocks.
"""

import itertools
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pipeline.cache.object_store import ObjectStore
from pipeline.errors import StorageError

EXPIRY_S = 30.0  # a claim that is the same for so long belongs to a process that is gone
_RENEWAL_S = EXPIRY_S / 3
_ATTEMPTS = 5  # to write a claim that others write and delete; then the task runs without one


def get_claim_name(key: str) -> str:
    """Return the path of a claim in the bucket."""
    return f"claims/{key[:2]}/{key[2:]}.json"


@contextmanager
def hold_claim(store: ObjectStore, key: str, *, owner: str, stale: str = "") -> Iterator[str]:
    """Claim a task while a block runs.

    Args:
        store: Where the claim is.
        key: Of the task.
        owner: Names the build: what a lost worker of it claimed is its own.
        stale: The mark of a claim that expired; it is replaced.

    Yields:
        The mark of the claim of another build; empty: the task is claimed for this one.
    """
    claim = _Claim(store, get_claim_name(key), owner)
    other = claim.take(stale)
    if other:
        yield other
        return
    keeping = threading.Thread(target=claim.keep, daemon=True)
    keeping.start()
    try:
        yield ""
    except BaseException:
        claim.ended.set()
        keeping.join()  # else the next build may wait for this one, if this process ends now
        raise
    claim.ended.set()  # there is a record by now, so nothing waits for the end of the claim


class _Claim:
    def __init__(self, store: ObjectStore, path: str, owner: str) -> None:
        self._store, self._path, self._owner, self._run = store, path, owner, uuid.uuid4().hex
        self._mark: str | None = None  # of what this wrote; None: it is of somebody else by now
        self.ended = threading.Event()

    def take(self, stale: str) -> str:
        """Write the claim, unless another build has it; return the mark of that one."""
        mark = ""
        for _ in range(_ATTEMPTS):
            self._mark = self._store.put_if(self._path, self._describe(0), mark=mark)
            if self._mark is not None:
                break
            found, mark = self._store.read_marked(self._path) or (None, "")
            if mark not in ("", stale) and found is not None and found["owner"] != self._owner:
                return mark
        return ""

    def keep(self) -> None:
        """Renew the claim until the task ended, then delete it, unless it was taken over."""
        for number in itertools.count(1):
            if self._mark is None:
                return
            is_over = self.ended.wait(_RENEWAL_S)
            with suppress(StorageError):  # it expires
                if is_over:
                    self._store.delete_file(self._path)
                else:
                    self._mark = self._renew(number, self._mark)
            if is_over:
                return

    def _renew(self, number: int, mark: str) -> str | None:
        renewed = self._store.put_if(self._path, self._describe(number), mark=mark)
        if renewed is None:  # taken over, or written by an attempt whose response was lost
            found, current = self._store.read_marked(self._path) or (None, "")
            renewed = current if found == self._describe(number) else None
        return renewed

    def _describe(self, renewal: int) -> dict[str, object]:
        return {"owner": self._owner, "run": self._run, "renewed": renewal}
