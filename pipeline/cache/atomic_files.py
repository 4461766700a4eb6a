"""Files and folders on disk: atomic writes, digests, atomic swaps, and errors of the system in plain words."""

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import StorageError, fill, make_message

_PARTIAL = re.compile(r"\.weerslag-[a-z0-9_]{8}")  # as mkstemp names them
_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file atomically: after a crash it has either its old or its new content.

    Raises:
        StorageError: It could not be written; the old file is unchanged, and nothing is left behind.
    """
    with convert_os_errors(path, "cannot be written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_partial(path, content) as partial:
            partial.replace(path)
        sync_to_disk(path.parent)


@contextlib.contextmanager
def write_partial(target: Path, content: bytes, *, prefix: str = ".weerslag-") -> Iterator[Path]:
    """Write a temporary file next to ``target``, flushed to the disk and readable by all; delete it if it is left over."""
    handle, name = tempfile.mkstemp(prefix=prefix, dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)  # whatever the umask
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def is_partial(path: Path) -> bool:
    """Whether ``write_atomic`` left this temporary file when it was killed: nothing refers to it."""
    return _PARTIAL.fullmatch(path.name) is not None


def delete_partials(folders: Iterable[Path]) -> None:
    """Delete the temporary files that ``write_atomic`` left in these folders when it was killed."""
    for folder in {*folders}:
        for file in folder.glob(".weerslag-*") if folder.is_dir() else ():
            if is_partial(file) and file.is_file():
                file.unlink(missing_ok=True)


def list_files(folder: Path) -> list[Path]:
    """List all files below a folder, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def link_new(source: Path, target: Path) -> bool:
    """Give a finished file its name, unless the name is taken; return whether it was free."""
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if target.exists():  # without hard links (FAT, some network disks) this check cannot be atomic
            return False
        source.rename(target)
    return True


def write_synced(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a new file that no process reads yet, and flush it to the disk."""
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def append_lines(path: Path, text: str) -> None:
    """Append lines of JSON, flushed to the disk; an incomplete last line, as a crash leaves it, is removed first.

    Raises:
        StorageError: They cannot be written.
    """
    with convert_os_errors(path, "cannot be written"), path.open("a+b") as file:
        file.seek(0)
        content = file.read()
        if tail := content[content.rfind(b"\n") + 1 :]:
            file.truncate(len(content) - len(tail))
            text = f"{tail.decode()}\n{text}" if tail.endswith(b"}") else text
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
        sync_to_disk(path.parent)


def hash_file(path: Path) -> str:
    """Compute the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe_stat(seen: os.stat_result) -> list[int]:
    """Return size, mtime, ctime, inode and device: ctime changes even if a program restores the mtime."""
    return [seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino, seen.st_dev]


def has_content(path: Path, sha256: str) -> bool:
    """Check that a regular, readable file has that digest: its folder may have been copied or restored."""
    try:
        mode = os.lstat(path).st_mode
        return stat.S_ISREG(mode) and stat.S_IMODE(mode) == 0o644 and hash_file(path) == sha256
    except OSError:
        return False


def scan_folder(folder: Path) -> dict[str, os.stat_result]:
    """Return the stat of every file and link below a folder, by relative path; empty without such a folder."""
    return dict(_scan_entries(str(folder), "")) if folder.is_dir() and not folder.is_symlink() else {}


def _scan_entries(folder: str, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _scan_entries(entry.path, f"{prefix}{entry.name}/")
            else:
                yield f"{prefix}{entry.name}", entry.stat(follow_symlinks=False)


def make_readable(folder: Path) -> None:
    """Set folders to 0755 and files to 0644, whatever the umask, so that a web server can read them."""
    for path in [folder, *folder.rglob("*")]:
        Path(path).chmod(0o755 if path.is_dir() else 0o644)


def delete_folder(folder: Path) -> None:
    """Delete a folder with its contents, including what its owner write-protected."""
    with contextlib.suppress(OSError):
        folder.chmod(0o755)
    for where, names, _ in os.walk(folder):  # walks into what was made writable here
        for path in (Path(where) / name for name in names):
            if not path.is_symlink():
                with contextlib.suppress(OSError):
                    path.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)


def swap_folders(new: Path, folder: Path) -> None:
    """Replace ``folder`` by ``new``, and the other way round; in one step where the system can (renameat2, Linux 3.15)."""
    for path in [new, *(path for path in new.rglob("*") if path.is_dir())]:
        sync_to_disk(path)
    if not folder.exists():
        Path(new).rename(folder)
    elif not _try_exchange(new, folder):
        aside = folder.with_name(f".{folder.name}-old")
        Path(folder).rename(aside)
        Path(new).rename(folder)
        Path(aside).rename(new)
    sync_to_disk(folder.parent)


def _try_exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; return False where the system cannot."""
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


def sync_to_disk(path: Path) -> None:
    """Flush a finished file, or the names in a folder, to the disk: a rename in a folder is durable only then.

    Source: Pillai et al., All File Systems Are Not Created Equal, OSDI 2014.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def convert_os_errors(path: Path, what: str) -> Iterator[None]:
    """Convert an error of the system into one with the file and a hint.

    Args:
        path: The file.
        what: What failed: ``cannot be written``.
    """
    try:
        yield
    except OSError as error:
        hint = {
            errno.ENOSPC: "The disk is full. Free some space and try again.",
            errno.EACCES: "Permission denied. Check its owner.",
            errno.EROFS: "The disk is read-only.",
        }.get(error.errno or 0, "")
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StorageError(
            fill("{what}: {strerror}", what=make_message(what), strerror=reason), where=str(path), hint=hint
        ) from error


def move_read_only(source: Path, target: Path) -> None:
    """Flush a finished file, and move it to its place, read-only."""
    target.parent.mkdir(parents=True, exist_ok=True)
    sync_to_disk(source)
    source.chmod(0o444)
    source.replace(target)
    sync_to_disk(target.parent)


def move_into_place(source: Path, target: Path, *, replace: bool) -> bool:
    """Sync a finished file to disk and give it its final name, readable for all.

    Returns:
        False if ``target`` exists, and ``replace`` is false.

    Raises:
        StorageError: It cannot be written.
    """
    with convert_os_errors(target, "cannot be written"):
        sync_to_disk(source)
        source.chmod(0o644)
        if not replace:
            return link_new(source, target)
        source.replace(target)
    return True


def encode_canonical(plain: Any) -> bytes:
    """Encode a value as JSON with one form for each value; file names may hold bytes that are not text."""
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def write_record(path: Path, plain: Any) -> None:
    """Write JSON after its own digest, so that damage is detected."""
    write_atomic(path, encode_record(plain))


def encode_record(plain: Any) -> bytes:
    """Encode JSON after its own digest."""
    body = encode_canonical(plain)
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body + b"\n"


def read_record(path: Path) -> Any:
    """Read what ``write_record`` wrote; ``None`` if it is missing, truncated or changed."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return decode_record(content)


def decode_record(content: bytes) -> Any:
    """Decode what ``encode_record`` returned; ``None`` if it was truncated or changed."""
    digest, _, body = content.partition(b"\n")
    if body[-1:] != b"\n" or hashlib.sha256(body[:-1]).hexdigest().encode() != digest:
        return None
    return json.loads(body)
