"""What all publishing targets have in common."""

import hashlib
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from pipeline import urls
from pipeline.cache.atomic_files import convert_os_errors
from pipeline.errors import StorageError, WeerslagError

_CONFLICT = "was changed by another process during this publish"
_NAME_TAKEN = "already exists with other content; published files are never overwritten"


class TargetError(WeerslagError):
    """A target cannot be reached, read or written."""


class ConflictError(WeerslagError):
    """A name that must be new is taken, or a file is not the version that was read."""

    exit_code = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFile:
    """A file at a target. The ``token`` changes whenever the file does, like an ETag."""

    size_bytes: int
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSource:
    """A local file to upload; its path under ``public/`` is also its path at the target."""

    path: str
    file: Path
    sha256: str
    size_bytes: int

    @property
    def is_immutable(self) -> bool:
        """Whether its name contains its digest: such a file is created once and never overwritten."""
        return Path(self.path).stem.endswith(f"-{self.sha256[:8]}") or urls.is_feed_page(self.path)

    def read(self) -> bytes:
        """Read the whole file (an hour of speech is 60 MB).

        Raises:
            StorageError: It cannot be read, or its content changed after the build.
        """
        with convert_os_errors(self.file, "cannot be read"):
            content = self.file.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise StorageError("changed after the build", where=str(self.file), hint="Build again, then publish.")
        return content


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(ABC):
    """Where listeners are served from: a folder, an S3 bucket, a folder behind SFTP.

    Every public method raises TargetError or StorageError if the target does not respond.
    """

    name: str  # in the publication log
    concurrency: int = 1  # number of uploads in parallel

    @abstractmethod
    def list_files(self) -> dict[str, TargetFile]:
        """List every file by path, without partial files of a publish that was killed."""

    @abstractmethod
    def read(self, path: str) -> tuple[bytes, str] | None:
        """Read a file and its token; ``None`` if it does not exist."""

    def hash_file(self, path: str) -> str:
        """Compute the sha256 of a file at the target; empty if it does not exist."""
        stored = self.read(path)
        return hashlib.sha256(stored[0]).hexdigest() if stored else ""

    def create(self, source: UploadSource) -> str:
        """Upload a file under a name that must be new, and return its token. Repeating an upload is not an error.

        Raises:
            ConflictError: The name is taken by other content.
        """
        content = source.read()
        with self._convert_errors(source.path, "cannot be written"):
            token = self._create(source.path, content)
            if token is None and self.hash_file(source.path) != source.sha256:
                hint = "Find out who put it there; move it away to continue."
                raise ConflictError(_NAME_TAKEN, where=f"{self.name}/{source.path}", hint=hint)
            return self._get_token(source.path) if token is None else token

    @abstractmethod
    def replace(self, source: UploadSource) -> str:
        """Upload a file in one step, whether its name exists or not, and return its token."""

    @abstractmethod
    def write_if_match(self, path: str, content: bytes, *, token: str) -> None:
        """Replace a file in one step if its token still is ``token`` (empty: it must not exist).

        Raises:
            ConflictError: The file has another token.
        """

    @abstractmethod
    def remove(self, path: str) -> None:
        """Remove a file if it exists."""

    def create_private_folder(self) -> None:  # noqa: B027  # the owner of a bucket decides who reads it
        """Create the folder of the target, readable for its owner only, unless it exists."""

    def close(self) -> None:  # noqa: B027  # most targets have no connection
        """Close the connection, if there is one."""

    @abstractmethod
    def _create(self, path: str, content: bytes) -> str | None:
        """Create a file in one step and return its token; ``None`` if the name is taken."""

    @abstractmethod
    def _get_token(self, path: str) -> str:
        """Return the token that ``list_files`` returns for a file."""

    @abstractmethod
    def _convert_errors(self, path: str, what: str = "") -> AbstractContextManager[None]:
        """Convert errors of the library; ``what`` failed: ``cannot be written``."""


def create_write_conflict(where: str) -> ConflictError:
    """Create the error for a file that is not the version that was read."""
    return ConflictError(_CONFLICT, where=where, hint="Get the newest publication log (git pull), then publish again.")
