"""A folder that a web server serves, as a target."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.cache.atomic_files import convert_os_errors, hash_file, link_new, sync_to_disk, write_partial
from pipeline.publish.file_target import PARTIAL_PREFIX, FileTarget
from pipeline.publish.target import TargetFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderTarget(FileTarget):
    """A folder as a target. A token is size, mtime, ctime and inode."""

    folder: Path

    def read(self, path: str) -> tuple[bytes, str] | None:
        """Read a file and its token."""
        with self._convert_errors(path, "cannot be read"):
            if not self._exists(path):
                return None
            token = self._get_token(path)
            return (self.folder / path).read_bytes(), token

    def hash_file(self, path: str) -> str:
        """Compute the sha256 of a file."""
        with self._convert_errors(path, "cannot be read"):
            return hash_file(self.folder / path)

    def create_private_folder(self) -> None:
        """Create the folder, readable for its owner only, unless it exists."""
        with self._convert_errors("", "cannot be written"):
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)

    def _convert_errors(self, path: str, what: str = "") -> contextlib.AbstractContextManager[None]:
        return convert_os_errors(self.folder / path, what)

    def _scan_folder(self, prefix: str) -> Iterator[tuple[str, TargetFile | None]]:
        if not (self.folder / prefix).is_dir():
            return
        with os.scandir(self.folder / prefix) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield f"{prefix}{entry.name}", None
                elif entry.is_file():
                    status = entry.stat()
                    yield f"{prefix}{entry.name}", TargetFile(size_bytes=status.st_size, token=_format_token(status))

    def _exists(self, path: str) -> bool:
        return (self.folder / path).is_file()

    def _get_token(self, path: str) -> str:
        return _format_token((self.folder / path).stat())

    @contextlib.contextmanager
    def _write_partial(self, path: str, content: bytes) -> Iterator[str]:
        file = self.folder / path
        for folder in reversed([one for one in file.parents if not one.exists()]):
            folder.mkdir()
            folder.chmod(0o755)  # readable for the web server, whatever the umask
        with write_partial(file, content, prefix=PARTIAL_PREFIX) as partial:
            yield str(partial)

    def _rename_new(self, partial: str, path: str) -> bool:
        file = self.folder / path
        is_new = link_new(Path(partial), file)
        sync_to_disk(file.parent)
        return is_new

    def _rename_over(self, partial: str, path: str) -> None:
        """Replace a file by one that is at least a second newer: servers compare whole seconds (nginx's ETag)."""
        file = self.folder / path
        if file.exists() and int(Path(partial).stat().st_mtime) <= (before := int(file.stat().st_mtime)):
            os.utime(partial, (before + 1, before + 1))
        Path(partial).replace(file)
        sync_to_disk(file.parent)

    def _unlink(self, path: str) -> None:
        (self.folder / path).unlink(missing_ok=True)

    def _remove_empty_folder(self, folder: str) -> bool:
        is_empty = not any((self.folder / folder).iterdir())
        if is_empty:
            (self.folder / folder).rmdir()
        return is_empty


def _format_token(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}"
