"""Targets with folders and files: each file is replaced atomically.

It is written under a temporary name and renamed. A killed publish may leave temporary files; the next one deletes them.
"""

import posixpath
from abc import abstractmethod
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

from pipeline.publish.target import Target, TargetFile, UploadSource, create_write_conflict

PARTIAL_PREFIX = ".weerslag-half-"

_LIST_CONCURRENCY = 16


class FileTarget(Target):
    """A target whose files have temporary names until they are complete. Paths are relative to its folder."""

    __slots__ = ()

    def list_files(self) -> dict[str, TargetFile]:
        """List every file, and delete partial files of a publish that was killed."""
        found: dict[str, TargetFile] = {}
        folders = [""]
        with self._convert_errors("", "cannot be read"), ThreadPoolExecutor(max_workers=_LIST_CONCURRENCY) as pool:
            while folders:
                entries = [entry for scanned in pool.map(self._scan_folder, folders) for entry in scanned]
                folders = [f"{path}/" for path, file in entries if file is None]
                found |= {path: file for path, file in entries if file is not None}
            for path in [path for path in found if posixpath.basename(path).startswith(PARTIAL_PREFIX)]:
                self._unlink(path)
                del found[path]
        return found

    def replace(self, source: UploadSource) -> str:
        """Rename the complete file over the old one."""
        content = source.read()
        with self._convert_errors(source.path, "cannot be written"):
            with self._write_partial(source.path, content) as partial:
                self._rename_over(partial, source.path)
            return self._get_token(source.path)

    def write_if_match(self, path: str, content: bytes, *, token: str) -> None:
        """Rename a new file over the old one, unless that was changed."""
        with self._convert_errors(path, "cannot be written"), self._write_partial(path, content) as partial:
            stored = self.read(path)
            if (stored[1] if stored else "") != token:
                raise create_write_conflict(f"{self.name}/{path}")
            self._rename_over(partial, path)

    def remove(self, path: str) -> None:
        """Remove a file, and folders that become empty."""
        with self._convert_errors(path, "cannot be removed"):
            self._unlink(path)
            folder = posixpath.dirname(path)
            while folder and self._remove_empty_folder(folder):
                folder = posixpath.dirname(folder)

    def _create(self, path: str, content: bytes) -> str | None:
        if self._exists(path):
            return None
        with self._write_partial(path, content) as partial:
            created = self._rename_new(partial, path)
        return self._get_token(path) if created else None

    @abstractmethod
    def _scan_folder(self, prefix: str) -> Iterable[tuple[str, TargetFile | None]]:
        """List the paths in one folder; ``None`` instead of a file: a subfolder."""

    @abstractmethod
    def _exists(self, path: str) -> bool:
        """Whether there is such a file."""

    @abstractmethod
    def _write_partial(self, path: str, content: bytes) -> AbstractContextManager[str]:
        """Write a temporary file next to ``path``, flushed to the disk; yield its name, and delete it if left over."""

    @abstractmethod
    def _rename_new(self, partial: str, path: str) -> bool:
        """Rename a temporary file to its path; return false if that is taken."""

    @abstractmethod
    def _rename_over(self, partial: str, path: str) -> None:
        """Rename a temporary file to its path, over an old file."""

    @abstractmethod
    def _unlink(self, path: str) -> None:
        """Remove a file if it exists."""

    @abstractmethod
    def _remove_empty_folder(self, folder: str) -> bool:
        """Remove a folder; return false if it is not empty."""
