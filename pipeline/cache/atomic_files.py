"""Files and folders on disk: written whole, hashed, recognised, swapped in one step; their errors told in words."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import StoreError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that, whatever happens, its old or its new content stands there whole.

    Raises:
        StoreError: it could not be written; the old file is as it was, and nothing is left behind.
    """
    with as_store_error(path, "cannot be written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".weerslag-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o644)  # as if umask were 022, whatever it is
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise
        sync_folder(path.parent)


def write_synced(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a new file that nobody reads yet, through to the disk."""
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def hash_file(path: Path) -> str:
    """The sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(seen: os.stat_result) -> list[int]:
    """Size, mtime, ctime, inode, device: ctime moves also when somebody puts the old mtime back."""
    return [seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino, seen.st_dev]


def holds(path: Path, sha256: str) -> bool:
    """Whether an ordinary file that all may read is there with those bytes: the folder was copied or put back."""
    try:
        mode = os.lstat(path).st_mode
        return stat.S_ISREG(mode) and stat.S_IMODE(mode) == 0o644 and hash_file(path) == sha256
    except OSError:
        return False


def seen_in(folder: Path) -> dict[str, os.stat_result]:
    """Every file and link below a folder, by its path from there; none, if there is no such folder."""
    return dict(_seen_in(str(folder), "")) if folder.is_dir() and not folder.is_symlink() else {}


def _seen_in(folder: str, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _seen_in(entry.path, f"{prefix}{entry.name}/")
            else:
                yield f"{prefix}{entry.name}", entry.stat(follow_symlinks=False)


def open_to_all(folder: Path) -> None:
    """Folders 0755 and files 0644, whatever the umask: a web server must be able to read them."""
    for path in [folder, *folder.rglob("*")]:
        Path(path).chmod(0o755 if path.is_dir() else 0o644)


def take_away(folder: Path) -> None:
    """Delete a folder and all that is in it, also where its owner write-protected a part of it."""
    with contextlib.suppress(OSError):
        folder.chmod(0o755)
    for where, names, _ in os.walk(folder):  # it goes down into what was opened here
        for path in (Path(where) / name for name in names):
            if not path.is_symlink():
                with contextlib.suppress(OSError):
                    path.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)


def swap(new: Path, folder: Path) -> None:
    """Put ``new`` in the place of ``folder``; where the system can, in one step (renameat2, Linux 3.15)."""
    for path in [new, *(path for path in new.rglob("*") if path.is_dir())]:
        sync_folder(path)
    if not folder.exists():
        Path(new).rename(folder)
    elif not _exchange(new, folder):
        aside = folder.with_name(f".{folder.name}-old")
        Path(folder).rename(aside)
        Path(new).rename(folder)
        Path(aside).rename(new)
    sync_folder(folder.parent)


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


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last: a rename counts only from here on (Pillai et al., OSDI 2014)."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def as_store_error(path: Path, what: str) -> Iterator[None]:
    """An error of the system, in words, with the file and what to do."""
    try:
        yield
    except OSError as error:
        hint = {
            errno.ENOSPC: "The disk is full: make room, then try again.",
            errno.EACCES: "You have no right to: see who owns it.",
            errno.EROFS: "The disk is read-only.",
        }.get(error.errno or 0, "")
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StoreError(f"{what}: {reason}", where=str(path), hint=hint) from error


def settle(source: Path, target: Path) -> None:
    """Move a finished file to its place for good, read-only."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as file:
        os.fsync(file.fileno())
    source.chmod(0o444)
    source.replace(target)
    sync_folder(target.parent)


def canonical(plain: Any) -> bytes:
    """JSON with one form for one content; the name of a file may hold bytes that are no text."""
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def write_record(path: Path, plain: Any) -> None:
    """JSON behind its own digest, so that a flipped byte shows."""
    body = canonical(plain)
    write_whole(path, hashlib.sha256(body).hexdigest().encode() + b"\n" + body + b"\n")


def read_record(path: Path) -> Any:
    """What ``write_record`` wrote; ``None`` when it is absent, cut short or changed by anyone else."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, _, body = content.partition(b"\n")
    if body[-1:] != b"\n" or hashlib.sha256(body[:-1]).hexdigest().encode() != digest:
        return None
    return json.loads(body)
