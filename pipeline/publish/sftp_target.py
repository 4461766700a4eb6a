"""A folder on an SSH server, as a target. The only module that imports asyncssh, an optional dependency.

As with ``ssh`` itself, the key is that of the agent or ``~/.ssh/config``, the server's identity from ``known_hosts``.
"""

import asyncio
import contextlib
import hashlib
import posixpath
import secrets
import stat
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import TypeVar, cast
from urllib.parse import unquote, urlsplit

from pipeline.errors import DependencyError, suggest_install
from pipeline.publish.file_target import PARTIAL_PREFIX, FileTarget
from pipeline.publish.target import TargetError, TargetFile

try:
    import asyncssh
except ImportError as error:
    raise DependencyError("publishing to sftp:// needs asyncssh", hint=suggest_install("sftp")) from error

T = TypeVar("T")

_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpTarget(FileTarget):
    """A folder behind SFTP. A token is size and mtime in seconds; for ``read``, the sha256 of the content."""

    sftp: asyncssh.SFTPClient
    connection: asyncssh.SSHClientConnection
    loop: asyncio.AbstractEventLoop  # runs in its own thread
    folder: str
    concurrency: int = 4

    def read(self, path: str) -> tuple[bytes, str] | None:
        """Read a file, and the sha256 of its content as its token."""
        with self._convert_errors(path):
            try:
                content = self._run(self._read(path))
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                return None
        return content, hashlib.sha256(content).hexdigest()

    def create_private_folder(self) -> None:
        """Create the folder, readable for its owner only, unless it exists."""
        with self._convert_errors(""):
            if not self._run(self.sftp.isdir(self.folder)):
                if parent := posixpath.dirname(self.folder):
                    self._run(self.sftp.makedirs(parent, exist_ok=True))
                self._run(self.sftp.mkdir(self.folder, asyncssh.SFTPAttrs(permissions=0o700)))

    def close(self) -> None:
        """Close the connection, also a broken one."""
        self.connection.abort()
        with contextlib.suppress(OSError, asyncssh.Error):
            self._run(self.connection.wait_closed())
        self.loop.call_soon_threadsafe(self.loop.stop)

    def _run(self, coroutine: Coroutine[object, object, T]) -> T:
        """Run a coroutine in the thread of the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def _convert_errors(self, path: str, what: str = "") -> contextlib.AbstractContextManager[None]:  # noqa: ARG002
        return _convert_errors(f"{self.name}/{path}".rstrip("/"))

    def _scan_folder(self, prefix: str) -> list[tuple[str, TargetFile | None]]:
        """List subfolders and files; symbolic links are neither."""
        if not prefix and not self._run(self.sftp.isdir(self.folder)):
            return []
        entries: list[tuple[str, TargetFile | None]] = []
        for entry in self._run(self.sftp.readdir(self._join(prefix))):
            mode = entry.attrs.permissions or 0
            if stat.S_ISREG(mode):
                entries.append((f"{prefix}{entry.filename!s}", _describe_file(entry.attrs)))
            elif stat.S_ISDIR(mode) and entry.filename not in (".", ".."):
                entries.append((f"{prefix}{entry.filename!s}", None))
        return entries

    def _exists(self, path: str) -> bool:
        return self._run(self.sftp.exists(self._join(path)))

    def _get_token(self, path: str) -> str:
        return _describe_file(self._run(self.sftp.stat(self._join(path)))).token

    @contextlib.contextmanager
    def _write_partial(self, path: str, content: bytes) -> Iterator[str]:
        folder = posixpath.dirname(self._join(path))
        if not self._run(self.sftp.isdir(folder)):
            self._run(self.sftp.makedirs(folder, asyncssh.SFTPAttrs(permissions=0o755), exist_ok=True))
        partial = f"{folder}/{PARTIAL_PREFIX}{secrets.token_hex(8)}"
        try:
            self._run(self._write(partial, content))
            yield partial
        finally:
            with contextlib.suppress(OSError, asyncssh.Error):  # after the rename there is none
                self._run(self.sftp.remove(partial))

    def _rename_new(self, partial: str, path: str) -> bool:
        """Rename; the plain rename of SFTP fails if the name is taken."""
        try:
            self._run(self.sftp.rename(partial, self._join(path)))
        except (asyncssh.SFTPFailure, asyncssh.SFTPFileAlreadyExists):
            if not self._exists(path):
                raise
            return False
        return True

    def _rename_over(self, partial: str, path: str) -> None:
        self._run(self.sftp.posix_rename(partial, self._join(path)))  # posix-rename@openssh.com

    def _unlink(self, path: str) -> None:
        with contextlib.suppress(asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            self._run(self.sftp.remove(self._join(path)))

    def _remove_empty_folder(self, folder: str) -> bool:
        is_empty = {".", ".."}.issuperset(self._run(self.sftp.listdir(self._join(folder))))
        if is_empty:
            self._run(self.sftp.rmdir(self._join(folder)))
        return is_empty

    async def _read(self, path: str) -> bytes:
        async with self.sftp.open(self._join(path), "rb") as file:
            return cast("bytes", await file.read())  # opened in binary mode

    async def _write(self, path: str, content: bytes) -> None:
        async with self.sftp.open(path, "xb") as file:
            await file.write(content)
            with contextlib.suppress(asyncssh.SFTPOpUnsupported):
                await file.fsync()
        await self.sftp.chmod(path, 0o644)  # readable for the web server, whatever the umask

    def _join(self, path: str) -> str:
        return f"{self.folder}/{path}".rstrip("/")


def open_sftp(address: str) -> SftpTarget:
    """Open ``sftp://user@host:port/path``; user and port default to those in ``~/.ssh/config``.

    Raises:
        TargetError: The address is invalid, the server is unknown, or it denies access.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or len(parts.path) < 2 or parts.query or parts.fragment:
        raise TargetError("invalid SFTP address", where=address, hint="Use sftp://user@host/srv/www/podcast.")
    if parts.password is not None:
        message = "do not put a password in an address: it ends up in logs and in the shell history"
        raise TargetError(message, where=f"sftp://{host}{parts.path}", hint="Use a key: ssh-copy-id, or an agent.")
    folder = unquote(parts.path).rstrip("/").removeprefix("/~/")  # relative to the user's home folder
    name = f"sftp://{host}{f':{port}' if port and port != 22 else ''}{parts.path.rstrip('/')}"
    loop = asyncio.new_event_loop()
    threading.Thread(target=_run_loop, args=(loop,), daemon=True).start()
    options = {"username": unquote(parts.username)} if parts.username else {}
    try:
        with _convert_errors(name):
            connection, sftp = asyncio.run_coroutine_threadsafe(_connect(host, port, options), loop).result()
    except BaseException:
        loop.call_soon_threadsafe(loop.stop)
        raise
    return SftpTarget(sftp=sftp, connection=connection, loop=loop, folder=folder, name=name)


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


async def _connect(
    host: str, port: int | None, options: dict[str, str]
) -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
    """Connect without a password, which a person would have to type or store."""
    connection = await asyncssh.connect(
        host,
        port or (),
        password_auth=False,
        kbdint_auth=False,
        connect_timeout=_TIMEOUT_S,
        keepalive_interval=_TIMEOUT_S,
        **options,
    )
    try:
        return connection, await connection.start_sftp_client()
    except BaseException:
        connection.abort()
        await connection.wait_closed()
        raise


def _describe_file(attributes: asyncssh.SFTPAttrs) -> TargetFile:
    size_bytes = attributes.size or 0
    return TargetFile(size_bytes=size_bytes, token=f"{size_bytes}-{attributes.mtime or 0}")


@contextlib.contextmanager
def _convert_errors(where: str) -> Iterator[None]:
    """Convert errors of SSH; none of them contains a key."""
    try:
        yield
    except (asyncssh.Error, OSError) as error:
        message, hint = _explain(error, where)
        raise TargetError(message, where=where, hint=hint) from error


_EXPLANATIONS: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (  # the first match counts
    (
        (asyncssh.HostKeyNotVerifiable,),
        "the host key is unknown, or changed",
        "Ask the administrator for its fingerprint; then connect once with: ssh {host}",
    ),
    (
        (asyncssh.PermissionDenied,),
        "the server denied access",
        "Run `ssh -v {host}` to see which key it expects; an agent may hold it.",
    ),
    ((asyncssh.SFTPPermissionDenied,), "permission denied", "Check on the server who owns the folder."),
    (
        (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded),
        "the disk of the server is full",
        "Free disk space there, then publish again.",
    ),
    (
        (asyncssh.SFTPOpUnsupported,),
        "the server cannot replace a file atomically (posix-rename@openssh.com)",
        "Use a server with OpenSSH; or publish to a folder, and copy that with rsync, the feed last.",
    ),
    (
        (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, ConnectionResetError, BrokenPipeError),
        "the connection was lost",
        "Publish again: it continues.",
    ),
    ((asyncssh.SFTPError,), "the server refused: {reason}", "A full disk can be the cause, too. Then publish again."),
    ((asyncssh.Error,), "the connection was lost: {reason}", "Publish again: it continues."),
    ((OSError,), "no response from the server", "Check with `ssh {host}` that it is reachable; then publish again."),
)


def _explain(error: Exception, where: str) -> tuple[str, str]:
    """Return the message and the hint for an error."""
    host = where.removeprefix("sftp://").partition("/")[0].partition(":")[0]
    _, message, hint = next(row for row in _EXPLANATIONS if isinstance(error, row[0]))
    return message.format(reason=getattr(error, "reason", "")), hint.format(host=host)
