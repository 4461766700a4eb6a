"""Keeps what was made under its own digest, says whether it is still there, and replaces trees whole. Doorway to filelock.

It does not know what a file means. On disk, below one folder::

    objects/ab/cdef…        bytes under their sha256, mode 0444
    actions/ab/cdef….json   what was made, of what, with which answer: written last, the commit point
    trees/<name>.json       what stands in public/ or press/, as this store put it there
    builds/<digest>.json    which actions one finished build stands on
    memo.json               digests of inputs, as long as their stat is the same
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import filelock

from pipeline.cache.atomic_files import (
    as_store_error,
    canonical,
    fingerprint,
    hash_file,
    read_record,
    settle,
    write_record,
    write_whole,
)
from pipeline.cache.output_trees import Changes, File, Tree
from pipeline.errors import LockedError, StoreError
from pipeline.model import Finding

__all__ = ["Action", "Blob", "Changes", "File", "Store", "Sweep", "Tree", "key_of", "write_whole"]

BUILDS_KEPT = 10  # manifests that gc still honours
_CHUNK = 1 << 20
_SETTLED_NS = 2_000_000_000  # a file changed within the last 2 s may change again within one tick of its clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """An object: its digest and its size."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """The record of one thing made: ``parts`` is the whole key, ``answer`` what the job returned, as plain JSON."""

    parts: Mapping[str, Any]
    outputs: Mapping[str, Blob]
    answer: Any = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What ``gc`` took away, or would take."""

    objects: int
    actions: int
    size_bytes: int
    live: int


def key_of(parts: Mapping[str, Any]) -> str:
    """The key of a thing to be made: sha256 of its parts as canonical JSON."""
    return hashlib.sha256(canonical(parts)).hexdigest()


@dataclass(slots=True)
class Store:
    """One programme's store. Many may read; whoever writes holds ``locked``."""

    folder: Path
    asked: set[str] = field(default_factory=set, repr=False)  # every file whose digest was asked for
    _memo: dict[str, list[Any]] | None = field(default=None, repr=False)
    _memo_changed: bool = field(default=False, repr=False)

    # ------------------------------------------------------------------------------------------------------- the lock

    @contextlib.contextmanager
    def locked(self, *, holder: str, wait: bool, waiting: Callable[[str], None]) -> Iterator[None]:
        """Hold the one build lock; ``holder`` is what others are told meanwhile.

        Args:
            holder: who this is, in words: ``pid 12 on host, since 14:03``.
            wait: wait for another holder, after telling ``waiting`` once who it is.
            waiting: gets the other holder's words.

        Raises:
            LockedError: somebody else holds it, and ``wait`` is false.
        """
        with as_store_error(self.folder, "cannot be written"):
            self.folder.mkdir(parents=True, exist_ok=True)
        lock, words = filelock.FileLock(self.folder / "lock"), self.folder / "lock.txt"
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            other = words.read_text() if words.is_file() else "another build"
            if not wait:
                message = f"another build is at work: {other}"
                raise LockedError(message, hint="Wait for it, or leave out --no-wait.") from None
            waiting(other)
            lock.acquire(poll_interval=0.1)
        except OSError as error:
            message = f"cannot be locked: {os.strerror(error.errno or 0)}"
            raise StoreError(message, where=str(self.folder), hint="See who owns it.") from error
        try:
            write_whole(words, holder.encode())
            self._sweep_leftovers()
            yield
        finally:
            self.save_memo()
            lock.release()

    def can_lock(self) -> bool:
        """Whether a lock holds on this disk: taken once, it must not be had a second time (NFS, SMB)."""
        path = self.folder / "lock-test"
        with as_store_error(path, "cannot be written"), filelock.FileLock(path):
            try:
                with filelock.FileLock(path, is_singleton=False, timeout=0):
                    return False
            except filelock.Timeout:
                return True

    def _sweep_leftovers(self) -> None:
        """Take away what a killed build left: only temporary things, and only under the lock."""
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)
        for name in (".public-next", ".press-next"):
            shutil.rmtree(self.folder.parent / name, ignore_errors=True)

    @contextlib.contextmanager
    def workspace(self) -> Iterator[Path]:
        """A private folder for jobs to write to, on the store's own disk; gone afterwards."""
        with as_store_error(self.folder, "cannot be written"):
            (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self.folder / "tmp"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    # ---------------------------------------------------------------------------------------------- digests of inputs

    def digest(self, path: Path) -> str:
        """The sha256 of a file; hashed again unless size, mtime, ctime, inode and device are as they were.

        Raises:
            StoreError: it cannot be read.
        """
        memo = self._memos()
        self.asked.add(str(path))
        with as_store_error(path, "cannot be read"):
            known = memo.get(str(path))
            stat = fingerprint(path.stat())
            if known and known[:-1] == stat:
                return str(known[-1])
            sha256 = hash_file(path)
            if fingerprint(path.stat()) != stat:
                raise StoreError(
                    "changes while it is read", where=str(path), hint="Wait until it is copied, and build again."
                )
        settled = (
            time.time_ns() - max(stat[1], stat[2]) > _SETTLED_NS
        )  # the one use of the clock: never part of a result
        if settled:
            memo[str(path)] = [*stat, sha256]
            self._memo_changed = True
        return sha256

    def remembered(self, path: Path, ask: Callable[[Path], str]) -> str:
        """``ask(path)``, asked again only when the file's digest is another: what a program says of its own version."""
        name = f"{path}\0{ask.__qualname__}"
        sha256, memo = self.digest(path), self._memos()
        if name not in memo or memo[name][0] != sha256:
            memo[name] = [sha256, ask(path)]
            self._memo_changed = True
        return str(memo[name][1])

    def save_memo(self) -> None:
        """Write the memo, if it changed."""
        if self._memo_changed and self._memo is not None:
            write_record(self.folder / "memo.json", self._memo)
            self._memo_changed = False

    def _memos(self) -> dict[str, list[Any]]:
        if self._memo is None:
            self._memo = read_record(self.folder / "memo.json") or {}
        return self._memo

    # -------------------------------------------------------------------------------------------- objects and actions

    def path_of(self, sha256: str) -> Path:
        """Where an object lies, or would lie."""
        return self.folder / "objects" / sha256[:2] / sha256[2:]

    def keep(self, source: Path) -> Blob:
        """Move a finished file into the store.

        Raises:
            StoreError: it could not be kept; ``source`` may be gone, the store is whole.
        """
        with as_store_error(source, "cannot be kept"):
            blob = Blob(sha256=hash_file(source), size_bytes=source.stat().st_size)
            target = self.path_of(blob.sha256)
            if not (target.is_file() and target.stat().st_size == blob.size_bytes):
                settle(source, target)
            return blob

    def find(self, key: str) -> Action | None:
        """The record under ``key``, if every output it names is there with its size; else it counts as never made."""
        plain = read_record(self._action_path(key))
        if plain is None:
            return None
        outputs = {name: Blob(**blob) for name, blob in plain["outputs"].items()}
        if not all(self._has(blob) for blob in outputs.values()):
            return None
        return Action(parts=plain["parts"], outputs=outputs, answer=plain["answer"], seconds=plain["seconds"])

    def parts_of(self, key: str) -> Any:
        """The parts of a key, as its record tells them, even if its outputs are gone; ``None`` without a record."""
        plain = read_record(self._action_path(key))
        return plain["parts"] if plain else None

    def record(self, key: str, action: Action) -> None:
        """Write down that a thing is made; from now on ``find`` gives it."""
        outputs = {
            name: {"sha256": blob.sha256, "size_bytes": blob.size_bytes} for name, blob in action.outputs.items()
        }
        plain = {
            "parts": action.parts,
            "outputs": outputs,
            "answer": action.answer,
            "seconds": round(action.seconds, 3),
        }
        write_record(self._action_path(key), plain)

    def forget(self, sha256: str) -> None:
        """Take away an object that turned out to be damaged, so that it is made again."""
        with contextlib.suppress(FileNotFoundError):
            Path(self.path_of(sha256)).unlink()

    def _has(self, blob: Blob) -> bool:
        try:
            return self.path_of(blob.sha256).stat().st_size == blob.size_bytes
        except OSError:
            return False

    def _action_path(self, key: str) -> Path:
        return self.folder / "actions" / key[:2] / f"{key[2:]}.json"

    # -------------------------------------------------------------------------------------------------- builds and gc

    def last_keys(self) -> dict[str, str]:
        """Per maker and subject, the key of the newest finished build; empty before the first."""
        plain = read_record(self.folder / "last.json") or {"keys": {}}
        return dict(plain["keys"])

    def finish_build(self, keys: Mapping[str, str], objects: Sequence[str]) -> None:
        """Note which actions and objects a build stands on; ``gc`` spares those of the last ten builds."""
        plain = {"keys": dict(sorted(keys.items())), "objects": sorted(set(objects))}
        if read_record(self.folder / "last.json") == plain:
            return
        name = hashlib.sha256(canonical(plain)).hexdigest()
        write_record(self.folder / "builds" / f"{name}.json", plain)
        write_record(self.folder / "last.json", plain)
        for old in self._builds()[:-BUILDS_KEPT]:
            with contextlib.suppress(FileNotFoundError):
                old.unlink()

    def _builds(self) -> list[Path]:
        """The manifests, oldest first."""
        files = (self.folder / "builds").glob("*.json")
        return sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name))

    def sweep(self, *, dry_run: bool) -> Sweep:
        """Take away every object and action that no manifest names.

        Raises:
            StoreError: no manifest names anything that is there; then nothing is taken.
        """
        keys, objects = self._live()
        actions = [path for path in self._files("actions") if path.parent.name + path.stem not in keys]
        dead = [path for path in self._files("objects") if path.parent.name + path.name not in objects]
        size = sum(path.stat().st_size for path in [*actions, *dead])
        live = sum(1 for _ in self._files("objects")) - len(dead)
        if dead and not live:
            raise StoreError(
                "no finished build names anything in the store", where=str(self.folder), hint="Build first, then sweep."
            )
        if not dry_run:
            with as_store_error(self.folder, "cannot be swept"):
                for path in [*actions, *dead]:  # records first: a record never names a missing object
                    path.unlink()
        return Sweep(objects=len(dead), actions=len(actions), size_bytes=size, live=live)

    def _live(self) -> tuple[set[str], set[str]]:
        keys: set[str] = set()
        objects: set[str] = set()
        for manifest in [*self._builds(), self.folder / "last.json"]:
            plain = read_record(manifest) or {"keys": {}, "objects": []}
            keys |= set(plain["keys"].values())
            objects |= set(plain["objects"])
        for key in keys:
            plain = read_record(self._action_path(key))
            objects |= {blob["sha256"] for blob in plain["outputs"].values()} if plain else set()
        return keys, objects

    def verify(self) -> tuple[Finding, ...]:
        """Read everything again; each flipped byte is found, in objects and in records."""
        found = [
            _finding("object-damaged", path, "is not what its name says")
            for path in self._files("objects")
            if hash_file(path) != path.parent.name + path.name
        ]
        records = [*self._files("actions"), *self._files("builds"), *self._records()]
        unread = [path for path in records if read_record(path) is None]
        found += [_finding("record-damaged", path, "cannot be read, or was changed") for path in unread]
        for path in self._files("actions"):
            plain = read_record(path) or {"outputs": {}, "parts": None}
            if plain["parts"] is not None and key_of(plain["parts"]) != path.parent.name + path.stem:
                found.append(_finding("record-misplaced", path, "stands under another key than its own"))
            missing = [name for name, blob in plain["outputs"].items() if not self._has(Blob(**blob))]
            found += [
                _finding("object-missing", path, f"names an output that is not there: {name}") for name in missing
            ]
        return tuple(found)

    def discard(self, findings: Sequence[Finding]) -> None:
        """Take away what ``verify`` found, so that the next build makes it again."""
        for finding in findings:
            with contextlib.suppress(FileNotFoundError):
                Path(finding.where).unlink()

    def _files(self, kind: str) -> Iterator[Path]:
        yield from sorted(path for path in (self.folder / kind).rglob("*") if path.is_file())

    def _records(self) -> list[Path]:
        return [*self._files("trees"), *(path for path in sorted(self.folder.glob("*.json")))]

    # ---------------------------------------------------------------------------------------------------------- trees

    def tree(self, folder: Path) -> Tree:
        """A folder that builds replace whole."""
        return Tree(folder=folder, record=self.folder / "trees" / f"{folder.name}.json", objects=self.path_of)


def _finding(code: str, path: Path, message: str) -> Finding:
    hint = "`weerslag verify --repair` throws it away; the next build makes it again."
    return Finding(code=code, severity="error", where=str(path), message=message, hint=hint)
