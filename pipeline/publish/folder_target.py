"""A folder that a web server serves: every file appears whole, under its name or not at all."""

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipeline.cache.atomic_files import as_store_error, hash_file, sync_folder
from pipeline.errors import StoreError
from pipeline.publish.target import Seen, Source, TakenError

_HALF = ".weerslag-half-"  # what a killed publish may leave; swept by the next
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderTarget:
    """A folder as a target; a token is size, mtime, ctime and inode."""

    folder: Path
    name: str
    width: int = 1

    def seen(self) -> dict[str, Seen]:
        """Every file there. What a killed publish left half is swept away."""
        with as_store_error(self.folder, "cannot be read"):
            return dict(self._walk(str(self.folder), "")) if self.folder.is_dir() else {}

    def read(self, path: str) -> tuple[bytes, str] | None:
        """A file and its token."""
        file = self.folder / path
        with as_store_error(file, "cannot be read"):
            if not file.is_file():
                return None
            token = _token(file.stat())
            return file.read_bytes(), token

    def digest(self, path: str) -> str:
        """The sha256 of the bytes there."""
        with as_store_error(self.folder / path, "cannot be read"):
            return hash_file(self.folder / path)

    def create(self, source: Source) -> str:
        """Link the finished file to its name, which fails if the name is taken."""
        file = self.folder / source.path
        with as_store_error(file, "cannot be written"):
            if not file.exists() and self._created(source, file):
                sync_folder(file.parent)
            elif hash_file(file) != source.sha256:
                message = "is there already, with other bytes; what was published is never overwritten"
                raise TakenError(message, where=str(file), hint="See who put it there; move it away to go on.")
            return _token(file.stat())

    def replace(self, source: Source) -> str:
        """Put the finished file in the place of the old one."""
        file = self.folder / source.path
        with as_store_error(file, "cannot be written"):
            with self._half(file) as half:
                _copy(source, half)
                half.replace(file)
            sync_folder(file.parent)
            return _token(file.stat())

    def switch(self, path: str, content: bytes, *, was: str) -> str:
        """Put new bytes in the place of the old, unless somebody else did so meanwhile."""
        file = self.folder / path
        with as_store_error(file, "cannot be written"):
            with self._half(file) as half:
                with half.open("wb") as out:
                    out.write(content)
                    _finish(out)
                if (_token(file.stat()) if file.exists() else "") != was:
                    message = "was changed by somebody else while this publish was under way"
                    raise TakenError(message, where=str(file), hint="Fetch their ledger (git pull); publish again.")
                _be_newer(half, file)
                half.replace(file)
            sync_folder(file.parent)
            return _token(file.stat())

    def remove(self, path: str) -> None:
        """Take a file away, and the folders that it leaves empty."""
        file = self.folder / path
        with as_store_error(file, "cannot be removed"):
            file.unlink(missing_ok=True)
            for folder in file.parents:
                if folder == self.folder or any(folder.iterdir()):
                    break
                folder.rmdir()

    def close(self) -> None:
        """Nothing stays open."""

    def _walk(self, folder: str, prefix: str) -> Iterator[tuple[str, Seen]]:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(_HALF):
                    Path(entry.path).unlink(missing_ok=True)
                elif entry.is_dir(follow_symlinks=False):
                    yield from self._walk(entry.path, f"{prefix}{entry.name}/")
                elif entry.is_file():
                    stat = entry.stat()
                    yield f"{prefix}{entry.name}", Seen(size_bytes=stat.st_size, token=_token(stat))

    def _created(self, source: Source, file: Path) -> bool:
        with self._half(file) as half:
            _copy(source, half)
            return _link(half, file)

    @contextlib.contextmanager
    def _half(self, file: Path) -> Iterator[Path]:
        """A name in the same folder to write under; gone afterwards."""
        for folder in reversed([one for one in file.parents if not one.exists()]):
            folder.mkdir()
            folder.chmod(0o755)  # a web server must get in, whatever the umask
        handle, name = tempfile.mkstemp(prefix=_HALF, dir=file.parent)
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)


def _copy(source: Source, half: Path) -> None:
    """Copy a file through to the disk, hashing what is copied: damage on our side never reaches a listener."""
    digest = hashlib.sha256()
    with source.file.open("rb") as here, half.open("wb") as there:
        while chunk := here.read(_CHUNK):
            digest.update(chunk)
            there.write(chunk)
        _finish(there)
    if digest.hexdigest() != source.sha256:
        raise StoreError("is not what the build made", where=str(source.file), hint="Build again, then publish.")


def _be_newer(half: Path, file: Path) -> None:
    """Another second than the old file: servers tell versions apart by second and size (nginx's ETag, If-Modified-Since)."""
    if file.exists() and int(half.stat().st_mtime) <= int(before := file.stat().st_mtime):
        os.utime(half, (int(before) + 1, int(before) + 1))


def _finish(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    os.fchmod(file.fileno(), 0o644)  # a web server must be able to read it


def _link(half: Path, file: Path) -> bool:
    """Give a finished file its name, unless that is taken; whether it was free."""
    try:
        os.link(half, file)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS):
            raise
        if file.exists():  # a disk without links (FAT, some network disks): as near as it gets
            return False
        half.rename(file)
    return True


def _token(stat: os.stat_result) -> str:
    return f"{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ctime_ns}-{stat.st_ino}"
