"""Keeps what was made under its own digest, says whether it is still there, and replaces trees whole. Doorway to filelock.

It does not know what a file means. On disk, below one folder::

    objects/ab/cdef…        bytes under their sha256, mode 0444
    actions/ab/cdef….json   what was made, of what, with which answer: written last, the commit point
    trees/<name>.json       what stands in public/ or press/, as this store put it there
    builds/<digest>.json    which actions one finished build stands on
    memo.json               digests of inputs, as long as their stat is the same
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import filelock

from pipeline.errors import LockedError, StoreError
from pipeline.model import Finding

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
class Changes:
    """What replacing a tree did to it: paths, sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: int = 0

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file wanted in a tree: its bytes, or the object that holds them; ``target`` says who asked for it."""

    target: str
    content: bytes | None = None
    sha256: str = ""

    def digest(self) -> str:
        """The sha256 of the file as it must be."""
        return self.sha256 if self.content is None else hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What ``gc`` took away, or would take."""

    objects: int
    actions: int
    size_bytes: int
    live: int


def key_of(parts: Mapping[str, Any]) -> str:
    """The key of a thing to be made: sha256 of its parts as canonical JSON."""
    return hashlib.sha256(_canonical(parts)).hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that, whatever happens, its old or its new content stands there whole.

    Raises:
        StoreError: it could not be written; the old file is as it was, and nothing is left behind.
    """
    with _as_store_error(path, "cannot be written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".weerslag-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o644)  # as if umask were 022, whatever it is
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
            raise
        _sync_folder(path.parent)


@dataclass(slots=True)
class Store:
    """One programme's store. Many may read; whoever writes holds ``locked``."""

    folder: Path
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
        with _as_store_error(self.folder, "cannot be written"):
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
            raise StoreError("cannot be locked", where=str(self.folder), hint=os.strerror(error.errno or 0)) from error
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
        with _as_store_error(path, "cannot be written"), filelock.FileLock(path):
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
        with _as_store_error(self.folder, "cannot be written"):
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
        with _as_store_error(path, "cannot be read"):
            known = memo.get(str(path))
            stat = _fingerprint(os.stat(path))
            if known and known[:-1] == stat:
                return str(known[-1])
            sha256 = _hash_file(path)
            if _fingerprint(os.stat(path)) != stat:
                raise StoreError("changes while it is read", where=str(path), hint="Wait until it is copied, and build again.")
        settled = time.time_ns() - max(stat[1], stat[2]) > _SETTLED_NS  # the one use of the clock: never part of a result
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
            self._write_record(self.folder / "memo.json", self._memo)
            self._memo_changed = False

    def _memos(self) -> dict[str, list[Any]]:
        if self._memo is None:
            self._memo = self._read_record(self.folder / "memo.json") or {}
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
        with _as_store_error(source, "cannot be kept"):
            blob = Blob(sha256=_hash_file(source), size_bytes=source.stat().st_size)
            target = self.path_of(blob.sha256)
            if not (target.is_file() and target.stat().st_size == blob.size_bytes):
                target.parent.mkdir(parents=True, exist_ok=True)
                with source.open("rb") as file:
                    os.fsync(file.fileno())
                os.chmod(source, 0o444)
                os.replace(source, target)
                _sync_folder(target.parent)
            return blob

    def find(self, key: str) -> Action | None:
        """The record under ``key``, if every output it names is there with its size; else it counts as never made."""
        plain = self._read_record(self._action_path(key))
        if plain is None:
            return None
        outputs = {name: Blob(**blob) for name, blob in plain["outputs"].items()}
        if not all(self._has(blob) for blob in outputs.values()):
            return None
        return Action(parts=plain["parts"], outputs=outputs, answer=plain["answer"], seconds=plain["seconds"])

    def parts_of(self, key: str) -> Any:
        """The parts of a key, as its record tells them, even if its outputs are gone; ``None`` without a record."""
        plain = self._read_record(self._action_path(key))
        return plain["parts"] if plain else None

    def record(self, key: str, action: Action) -> None:
        """Write down that a thing is made; from now on ``find`` gives it."""
        outputs = {
            name: {"sha256": blob.sha256, "size_bytes": blob.size_bytes} for name, blob in action.outputs.items()
        }
        plain = {"parts": action.parts, "outputs": outputs, "answer": action.answer, "seconds": round(action.seconds, 3)}
        self._write_record(self._action_path(key), plain)

    def forget(self, sha256: str) -> None:
        """Take away an object that turned out to be damaged, so that it is made again."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path_of(sha256))

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
        return (self._read_record(self.folder / "last.json") or {}).get("keys", {})

    def finish_build(self, keys: Mapping[str, str], objects: Sequence[str]) -> None:
        """Note which actions and objects a build stands on; ``gc`` spares those of the last ten builds."""
        plain = {"keys": dict(sorted(keys.items())), "objects": sorted(set(objects))}
        if self._read_record(self.folder / "last.json") == plain:
            return
        name = hashlib.sha256(_canonical(plain)).hexdigest()
        self._write_record(self.folder / "builds" / f"{name}.json", plain)
        self._write_record(self.folder / "last.json", plain)
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
            with _as_store_error(self.folder, "cannot be swept"):
                for path in [*actions, *dead]:  # records first: a record never names a missing object
                    path.unlink()
        return Sweep(objects=len(dead), actions=len(actions), size_bytes=size, live=live)

    def _live(self) -> tuple[set[str], set[str]]:
        keys: set[str] = set()
        objects: set[str] = set()
        for manifest in [*self._builds(), self.folder / "last.json"]:
            plain = self._read_record(manifest) or {"keys": {}, "objects": []}
            keys |= set(plain["keys"].values())
            objects |= set(plain["objects"])
        for key in keys:
            plain = self._read_record(self._action_path(key))
            objects |= {blob["sha256"] for blob in plain["outputs"].values()} if plain else set()
        return keys, objects

    def verify(self) -> tuple[Finding, ...]:
        """Read everything again; each flipped byte is found, in objects and in records."""
        found = [
            _finding("object-damaged", path, "is not what its name says")
            for path in self._files("objects")
            if _hash_file(path) != path.parent.name + path.name
        ]
        for path in [*self._files("actions"), *self._files("builds"), *self._records()]:
            if self._read_record(path) is None:
                found.append(_finding("record-damaged", path, "cannot be read, or was changed"))
        for path in self._files("actions"):
            plain = self._read_record(path) or {"outputs": {}, "parts": None}
            if plain["parts"] is not None and key_of(plain["parts"]) != path.parent.name + path.stem:
                found.append(_finding("record-misplaced", path, "stands under another key than its own"))
            missing = [name for name, blob in plain["outputs"].items() if not self._has(Blob(**blob))]
            found += [_finding("object-missing", path, f"names an output that is not there: {name}") for name in missing]
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

    def tree(self, folder: Path) -> dict[str, File]:
        """What this store put into ``folder`` and still stands there untouched, by path."""
        record = self._tree_record(folder)
        return {
            path: File(target=entry["target"], sha256=entry["sha256"])
            for path, entry in record.items()
            if _stands(folder / path, entry["stat"])
        }

    def standing(self, folder: Path, path: str, file: File) -> File:
        """A file that stands in a tree, as one wanted there again: from the store if it has it, else with its bytes."""
        if self._has(Blob(sha256=file.sha256, size_bytes=(folder / path).stat().st_size)):
            return file
        with _as_store_error(folder / path, "cannot be read"):
            return File(target=file.target, content=(folder / path).read_bytes())

    def differences(self, folder: Path, files: Mapping[str, File]) -> Changes:
        """What ``replace_tree`` would change in ``folder``."""
        here = {path: file.sha256 for path, file in self.tree(folder).items()}
        there = {path: file.digest() for path, file in files.items()}
        on_disk = _paths_in(folder)
        return Changes(
            added=tuple(sorted(there.keys() - on_disk)),
            changed=tuple(sorted(path for path in there.keys() & on_disk if here.get(path) != there[path])),
            removed=tuple(sorted(on_disk - there.keys())),
            kept=sum(1 for path in there if here.get(path) == there[path] and path in on_disk),
        )

    def replace_tree(self, folder: Path, files: Mapping[str, File]) -> Changes:
        """Make ``folder`` hold exactly ``files``: built beside it, then swapped in one step.

        Raises:
            StoreError: it could not be done; ``folder`` is as it was.
        """
        changes = self.differences(folder, files)
        if not changes and (folder.is_dir() or not files):
            self._refresh_targets(folder, files)
            return changes
        self._refuse_foreign(folder, files)
        untouched = self.tree(folder)
        staging = folder.with_name(f".{folder.name}-next")
        with _as_store_error(folder, "cannot be written"):
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(mode=0o755)
            for path, file in sorted(files.items()):
                old = untouched.get(path)
                self._place(staging / path, file, folder / path if old and old.sha256 == file.digest() else None)
            _open_to_all(staging)
            _swap(staging, folder)
            shutil.rmtree(staging, ignore_errors=True)
        self._record_tree(folder, files)
        return changes

    def _place(self, path: Path, file: File, same: Path | None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if same is not None:
            os.link(same, path)  # the old tree goes away; an object of the store is never linked to
        elif file.content is not None:
            with path.open("wb") as handle:
                handle.write(file.content)
                handle.flush()
                os.fsync(handle.fileno())
        else:
            self._copy_object(file.sha256, path)

    def _copy_object(self, sha256: str, path: Path) -> None:
        """Copy an object, hashing what is copied: damage in the store never reaches a reader."""
        digest = hashlib.sha256()
        with self.path_of(sha256).open("rb") as source, path.open("wb") as target:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        if digest.hexdigest() != sha256:
            self.forget(sha256)
            raise StoreError(
                "a remembered result was damaged, and is thrown away",
                where=str(self.path_of(sha256)),
                hint="Build again; it is made anew. `weerslag verify` looks for more.",
            )

    def _refuse_foreign(self, folder: Path, files: Mapping[str, File]) -> None:
        if folder.is_symlink():
            raise StoreError("is a link; it must be a folder", where=folder.name, hint="Remove the link; publish to where it led.")
        there = _paths_in(folder)
        if there and not self._tree_record(folder) and not there & files.keys():
            raise StoreError(
                "holds files that Weerslag did not put there",
                where=folder.name,
                hint=f"Move them away: everything in {folder.name}/ is replaced by a build.",
            )

    def _tree_record(self, folder: Path) -> dict[str, Any]:
        return self._read_record(self.folder / "trees" / f"{folder.name}.json") or {}

    def _record_tree(self, folder: Path, files: Mapping[str, File]) -> None:
        plain = {
            path: {
                "target": file.target,
                "sha256": file.digest(),
                "stat": _fingerprint(os.lstat(folder / path)),
            }
            for path, file in sorted(files.items())
        }
        self._write_record(self.folder / "trees" / f"{folder.name}.json", plain)

    def _refresh_targets(self, folder: Path, files: Mapping[str, File]) -> None:
        record = self._tree_record(folder)
        if any(record[path]["target"] != file.target for path, file in files.items()):
            self._record_tree(folder, files)

    # -------------------------------------------------------------------------------------------------------- records

    def _write_record(self, path: Path, plain: Any) -> None:
        body = _canonical(plain)
        write_whole(path, hashlib.sha256(body).hexdigest().encode() + b"\n" + body + b"\n")

    def _read_record(self, path: Path) -> Any:
        """The record's content; ``None`` when it is absent, cut short or changed by anyone but us."""
        try:
            content = path.read_bytes()
        except OSError:
            return None
        digest, _, body = content.partition(b"\n")
        if body[-1:] != b"\n" or hashlib.sha256(body[:-1]).hexdigest().encode() != digest:
            return None
        return json.loads(body)


def _canonical(plain: Any) -> bytes:
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fingerprint(stat: os.stat_result) -> list[int]:
    """Size, mtime, ctime, inode, device: ctime moves also when somebody puts the old mtime back."""
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev]


def _stands(path: Path, stat: list[int]) -> bool:
    try:
        return _fingerprint(os.lstat(path)) == stat
    except OSError:
        return False


def _paths_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}


def _open_to_all(folder: Path) -> None:
    """Folders 0755 and files 0644, whatever the umask: a web server must be able to read them."""
    for path in [folder, *folder.rglob("*")]:
        os.chmod(path, 0o755 if path.is_dir() else 0o644)


def _swap(new: Path, folder: Path) -> None:
    """Put ``new`` in the place of ``folder``; where the system can, in one step (renameat2, Linux 3.15)."""
    for path in [new, *(path for path in new.rglob("*") if path.is_dir())]:
        _sync_folder(path)
    if not folder.exists():
        os.rename(new, folder)
    elif not _exchange(new, folder):
        aside = folder.with_name(f".{folder.name}-old")
        os.rename(folder, aside)
        os.rename(new, folder)
        os.rename(aside, new)
    _sync_folder(folder.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; false where the system cannot."""
    import ctypes  # noqa: PLC0415  # 10 ms, and only a build that changes something pays

    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    at_cwd, exchange = -100, 2
    if renameat2(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), exchange) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), str(other))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _finding(code: str, path: Path, message: str) -> Finding:
    hint = "`weerslag verify --repair` throws it away; the next build makes it again."
    return Finding(code=code, severity="error", where=str(path), message=message, hint=hint)


@contextlib.contextmanager
def _as_store_error(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        hint = {
            errno.ENOSPC: "The disk is full: make room, then try again.",
            errno.EACCES: "You may not write there: see who owns it.",
            errno.EROFS: "The disk is read-only.",
        }.get(error.errno or 0, "")
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StoreError(f"{what}: {reason}", where=str(path), hint=hint) from error
