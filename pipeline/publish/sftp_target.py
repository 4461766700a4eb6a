"""A folder on a server that is reached by SSH, as a target; the doorway to asyncssh, an extra.

Who we are comes from the agent and ``~/.ssh/config``, who the server is from ``known_hosts``: as with ``ssh`` itself.
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

from pipeline.errors import MachineError
from pipeline.publish.target import Seen, Source, TakenError, TargetError, bytes_of

try:
    import asyncssh
except ImportError as error:
    raise MachineError(
        "publishing to sftp:// takes asyncssh, which is not installed", hint="pip install 'weerslag[sftp]'"
    ) from error

T = TypeVar("T")

_HALF = ".weerslag-half-"  # what a killed publish may leave; swept by the next
_PATIENCE_S = 20
_PIECE = 1 << 20
_AT_ONCE = 16  # folders that are listed side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpTarget:
    """A folder behind SFTP. A token is size and second; of what ``read`` gives, the digest of its bytes."""

    sftp: asyncssh.SFTPClient
    connection: asyncssh.SSHClientConnection
    loop: asyncio.AbstractEventLoop  # runs in a thread of its own
    folder: str
    name: str
    width: int = 4

    def seen(self) -> dict[str, Seen]:
        """Every file there. What a killed publish left half is swept away."""
        with _as_target_error(self.name):
            return self._wait(self._all_seen())

    def read(self, path: str) -> tuple[bytes, str] | None:
        """A file, and the digest of its bytes as its token."""
        with self._told(path):
            return self._wait(self._read(path))

    def digest(self, path: str) -> str:
        """The sha256 of the bytes there, fetched in pieces."""
        with self._told(path):
            return self._wait(self._digest(path))

    def create(self, source: Source) -> str:
        """Bring it under a name of its own, then rename it: SFTP's plain rename fails if the name is taken."""
        content = bytes_of(source)
        with self._told(source.path):
            if (
                self._wait(self._created(source.path, content))
                or self._wait(self._digest(source.path)) == source.sha256
            ):
                return self._wait(self._token(source.path))
        message = "is there already, with other bytes; what was published is never overwritten"
        raise TakenError(message, where=self._where(source.path), hint="See who put it there.")

    def replace(self, source: Source) -> str:
        """Bring it under a name of its own, then rename it over the old one (posix-rename@openssh.com)."""
        content = bytes_of(source)
        with self._told(source.path):
            self._wait(self._replaced(source.path, content))
            return self._wait(self._token(source.path))

    def switch(self, path: str, content: bytes, *, was: str) -> str:
        """Rename new bytes over the old, if the old are still those that were read."""
        with self._told(path):
            there = self._wait(self._read(path))
            if (there[1] if there else "") == was:
                self._wait(self._replaced(path, content))
                return hashlib.sha256(content).hexdigest()
        message = "was changed by somebody else while this publish was under way"
        raise TakenError(message, where=self._where(path), hint="Fetch their ledger (git pull); publish again.")

    def remove(self, path: str) -> None:
        """Take a file away, and the folders that it leaves empty."""
        with self._told(path):
            self._wait(self._removed(path))

    def close(self) -> None:
        """Hang up; a connection that broke is closed already."""
        self.connection.abort()
        with contextlib.suppress(OSError, asyncssh.Error):
            self._wait(self.connection.wait_closed())
        self.loop.call_soon_threadsafe(self.loop.stop)

    # ------------------------------------------------------------------------------------------------ in the loop's thread

    async def _all_seen(self) -> dict[str, Seen]:
        found: dict[str, Seen] = {}
        folders = [""] if await self.sftp.isdir(self.folder) else []
        while folders:
            now, folders = folders[:_AT_ONCE], folders[_AT_ONCE:]
            for inner, files in await asyncio.gather(*(self._listed(prefix) for prefix in now)):
                folders += inner
                found |= files
        return found

    async def _listed(self, prefix: str) -> tuple[list[str], dict[str, Seen]]:
        """The folders and the files in one folder; a link to a folder is neither."""
        inner, files = [], {}
        async for entry in self.sftp.scandir(self._at(prefix)):
            name = str(entry.filename)
            mode = entry.attrs.permissions or 0
            if name in (".", ".."):
                continue
            if name.startswith(_HALF):
                await self._gone(self._at(prefix + name))
            elif stat.S_ISDIR(mode):
                inner.append(f"{prefix}{name}/")
            elif stat.S_ISREG(mode):
                files[prefix + name] = _seen(entry.attrs)
        return inner, files

    async def _read(self, path: str) -> tuple[bytes, str] | None:
        try:
            async with self.sftp.open(self._at(path), "rb") as file:
                content = cast("bytes", await file.read())  # opened as bytes
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return None
        return content, hashlib.sha256(content).hexdigest()

    async def _digest(self, path: str) -> str:
        digest = hashlib.sha256()
        async with self.sftp.open(self._at(path), "rb") as file:
            while piece := cast("bytes", await file.read(_PIECE)):
                digest.update(piece)
        return digest.hexdigest()

    async def _token(self, path: str) -> str:
        return _seen(await self.sftp.stat(self._at(path))).token

    async def _created(self, path: str, content: bytes) -> bool:
        """Whether the name was free."""
        if await self.sftp.exists(self._at(path)):
            return False
        half = await self._half(path, content)
        try:
            await self.sftp.rename(half, self._at(path))
        except (asyncssh.SFTPFailure, asyncssh.SFTPFileAlreadyExists):
            if not await self.sftp.exists(self._at(path)):
                raise
            return False
        finally:
            await self._gone(half)
        return True

    async def _replaced(self, path: str, content: bytes) -> None:
        half = await self._half(path, content)
        try:
            await self.sftp.posix_rename(half, self._at(path))
        finally:
            await self._gone(half)

    async def _half(self, path: str, content: bytes) -> str:
        """The bytes, whole and on the disk of the server, under a name that nobody reads."""
        folder = posixpath.dirname(self._at(path))
        if not await self.sftp.isdir(folder):
            await self.sftp.makedirs(folder, asyncssh.SFTPAttrs(permissions=0o755), exist_ok=True)
        half = f"{folder}/{_HALF}{secrets.token_hex(8)}"
        try:
            async with self.sftp.open(half, "xb") as file:
                await file.write(content)
                with contextlib.suppress(asyncssh.SFTPOpUnsupported):
                    await file.fsync()
            await self.sftp.chmod(half, 0o644)  # a web server must be able to read it, whatever the umask there
        except BaseException:
            with contextlib.suppress(OSError, asyncssh.Error):
                await self._gone(half)
            raise
        return half

    async def _removed(self, path: str) -> None:
        await self._gone(self._at(path))
        folder = posixpath.dirname(path)
        while folder and not [name for name in await self.sftp.listdir(self._at(folder)) if name not in (".", "..")]:
            await self.sftp.rmdir(self._at(folder))
            folder = posixpath.dirname(folder)

    async def _gone(self, place: str) -> None:
        with contextlib.suppress(asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            await self.sftp.remove(place)

    def _at(self, path: str) -> str:
        return f"{self.folder}/{path}".rstrip("/")

    def _where(self, path: str) -> str:
        return f"{self.name}/{path}"

    def _told(self, path: str) -> contextlib.AbstractContextManager[None]:
        return _as_target_error(self._where(path))

    def _wait(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()


def open_sftp(where: str) -> SftpTarget:
    """``sftp://user@host:port/path``, with the user and the port from ``~/.ssh/config`` if they are left out.

    Raises:
        TargetError: that is no such address, the server is unknown, or it does not let us in.
    """
    try:
        parts = urlsplit(where)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or len(parts.path) < 2 or parts.query or parts.fragment:
        raise TargetError("is no address of a folder", where=where, hint="sftp://user@host/srv/www/podcast")
    if parts.password is not None:
        message = "a password has no place in an address: it would stand in logs and in the history of the shell"
        raise TargetError(message, where=f"sftp://{host}{parts.path}", hint="Use a key: ssh-copy-id, or an agent.")
    folder = unquote(parts.path).rstrip("/").removeprefix("/~/")  # below the home of the user
    name = f"sftp://{host}{f':{port}' if port and port != 22 else ''}{parts.path.rstrip('/')}"
    loop = asyncio.new_event_loop()
    threading.Thread(target=_run, args=(loop,), daemon=True).start()
    options = {"username": unquote(parts.username)} if parts.username else {}
    try:
        with _as_target_error(name):
            connection, sftp = asyncio.run_coroutine_threadsafe(_connect(host, port, options), loop).result()
    except BaseException:
        loop.call_soon_threadsafe(loop.stop)
        raise
    return SftpTarget(sftp=sftp, connection=connection, loop=loop, folder=folder, name=name)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


async def _connect(
    host: str, port: int | None, options: dict[str, str]
) -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
    """Without a password, which would have to be typed or written down somewhere."""
    connection = await asyncssh.connect(
        host,
        port or (),
        password_auth=False,
        kbdint_auth=False,
        connect_timeout=_PATIENCE_S,
        keepalive_interval=_PATIENCE_S,
        **options,
    )
    try:
        return connection, await connection.start_sftp_client()
    except BaseException:
        connection.abort()
        await connection.wait_closed()
        raise


def _seen(attributes: asyncssh.SFTPAttrs) -> Seen:
    size_bytes = attributes.size or 0
    return Seen(size_bytes=size_bytes, token=f"{size_bytes}-{attributes.mtime or 0}")


@contextlib.contextmanager
def _as_target_error(where: str) -> Iterator[None]:
    """Errors of SSH in words; none of them holds a key."""
    try:
        yield
    except (asyncssh.Error, OSError) as error:
        message, hint = _in_words(error, where)
        raise TargetError(message, where=where, hint=hint) from error


_WORDS: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (  # the first that fits
    (
        (asyncssh.HostKeyNotVerifiable,),
        "the server is not known here, or shows another key than before",
        "Ask whoever runs it for its fingerprint, then: ssh {host}, which asks you once and remembers.",
    ),
    (
        (asyncssh.PermissionDenied,),
        "the server does not let you in",
        "See with `ssh -v {host}` which key it wants; an agent may hold it.",
    ),
    (
        (asyncssh.SFTPPermissionDenied,),
        "you have no right to write or read there",
        "See who owns it on the server.",
    ),
    (
        (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded),
        "the disk of the server is full",
        "Make room there, then publish again.",
    ),
    (
        (asyncssh.SFTPOpUnsupported,),
        "the server cannot replace a file in one step (posix-rename@openssh.com)",
        "Take a server with OpenSSH; or publish to a folder, and bring that with rsync, the feed last.",
    ),
    (
        (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, ConnectionResetError, BrokenPipeError),
        "the connection broke",
        "Publish again: it goes on from there.",
    ),
    (
        (asyncssh.SFTPError,),
        "the server refuses: {reason}",
        "A full disk shows like this too. Then publish again.",
    ),
    ((asyncssh.Error,), "the connection broke: {reason}", "Publish again: it goes on from there."),
    ((OSError,), "the server does not answer", "See with `ssh {host}` whether it can be reached; then publish again."),
)


def _in_words(error: Exception, where: str) -> tuple[str, str]:
    host = where.removeprefix("sftp://").partition("/")[0].partition(":")[0]
    _, message, hint = next(row for row in _WORDS if isinstance(error, row[0]))
    return message.format(reason=getattr(error, "reason", "")), hint.format(host=host)
