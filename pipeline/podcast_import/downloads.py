"""Downloads the files of a podcast that moves in; each once, also after an interruption."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline.cache import write_atomic
from pipeline.cache.atomic_files import convert_os_errors, hash_file
from pipeline.errors import AudioError, WeerslagError, fill
from pipeline.lint.media_rules import has_digest
from pipeline.media.stream_info import probe
from pipeline.podcast_import.source_feed import SourceFile

MAX_AUDIO_BYTES = 4_000_000_000
MAX_IMAGE_BYTES = 30_000_000
MAX_TEXT_BYTES = 20_000_000
_STARTS = (  # first bytes, offset, extension
    (b"ID3", 0, "mp3"),
    (b"fLaC", 0, "flac"),
    (b"OggS", 0, "ogg"),
    (b"RIFF", 0, "wav"),
    (b"ftyp", 4, "m4a"),
)
_IMAGE_STARTS = ((b"\xff\xd8\xff", 0, "jpg"), (b"\x89PNG", 0, "png"), (b"WEBP", 8, "webp"), (b"GIF8", 0, "gif"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedDocument:
    """A small file at an address."""

    content: bytes
    address: str  # after redirects; of a local file empty


class FileSource(Protocol):
    """Where files come from: the network, with its limits."""

    def read(self, address: str, *, max_bytes: int) -> FetchedDocument:
        """Read a small file.

        Raises:
            WeerslagError: It cannot be downloaded.
        """
        ...

    def save(self, address: str, part: Path, *, max_bytes: int, report: Callable[[int, int], object]) -> None:
        """Download to ``part``, from where an earlier download stopped, if the file did not change since.

        Args:
            address: The address.
            part: The file; its state is beside it.
            max_bytes: The limit.
            report: Called with the bytes that are there, and of how many (0: unknown).

        Raises:
            WeerslagError: It cannot be downloaded, or is shorter than the server said.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFile:
    """A complete download."""

    path: Path
    extension: str
    size_bytes: int
    sha256: str


@dataclass(slots=True, kw_only=True)
class DownloadStore:
    """A folder with the downloads of an import; complete ones have a record, which a later run trusts."""

    folder: Path
    source: FileSource
    report: Callable[[int, int], object] = lambda _done, _of: None
    _memory: dict[str, FetchedDocument] = field(default_factory=dict)

    def read(self, address: str, *, max_bytes: int = MAX_TEXT_BYTES) -> bytes:
        """Read a small file; several references to one address download it once.

        Raises:
            WeerslagError: It cannot be downloaded.
        """
        if address not in self._memory:
            self._memory[address] = self.source.read(address, max_bytes=max_bytes)
        return self._memory[address].content

    def save_audio(self, file: SourceFile) -> SavedFile:
        """Download audio, and check that it is audio, complete, and has the digest that the feed states.

        Raises:
            WeerslagError: It cannot be downloaded, or is something else.
        """
        return self._save(file, max_bytes=MAX_AUDIO_BYTES, check=_find_audio_extension)

    def save_image(self, address: str) -> SavedFile:
        """Download an image.

        Raises:
            WeerslagError: It cannot be downloaded, or is something else.
        """
        return self._save(SourceFile(url=address), max_bytes=MAX_IMAGE_BYTES, check=_find_image_extension)

    def keep_image(self, content: bytes) -> SavedFile:
        """Keep an image that was inside another file.

        Raises:
            WeerslagError: It is none, or too large.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        extension = _match_start(content[:16], _IMAGE_STARTS)
        if not extension or len(content) > MAX_IMAGE_BYTES:
            raise WeerslagError("is no JPEG, PNG, WebP or GIF image")
        path = self.folder / f"{sha256[:24]}.image"
        write_atomic(path, content)
        return SavedFile(path=path, extension=extension, size_bytes=len(content), sha256=sha256)

    def _save(self, file: SourceFile, *, max_bytes: int, check: Callable[[Path, SourceFile], str]) -> SavedFile:
        name = hashlib.sha256(file.url.encode()).hexdigest()[:24]
        part, record = self.folder / f"{name}.part", self.folder / f"{name}.json"
        if (saved := _load_record(record)) is not None:
            return saved
        with convert_os_errors(self.folder, "cannot be written"):
            self.folder.mkdir(parents=True, exist_ok=True)
        self.source.save(file.url, part, max_bytes=max_bytes, report=self.report)
        try:
            saved = _inspect_file(part, file, check)
        except WeerslagError:
            with suppress(OSError):
                part.unlink()  # what is no audio will not become audio by more bytes
            raise
        values = {
            "path": part.name,
            "extension": saved.extension,
            "size_bytes": saved.size_bytes,
            "sha256": saved.sha256,
        }
        write_atomic(record, json.dumps(values).encode())
        return saved


def _load_record(record: Path) -> SavedFile | None:
    try:
        values = json.loads(record.read_bytes())
        path = record.with_name(values["path"])
        saved = SavedFile(
            path=path, extension=values["extension"], size_bytes=values["size_bytes"], sha256=values["sha256"]
        )
        return saved if path.stat().st_size == saved.size_bytes else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _inspect_file(part: Path, file: SourceFile, check: Callable[[Path, SourceFile], str]) -> SavedFile:
    extension = check(part, file)
    with convert_os_errors(part, "cannot be read"):
        sha256 = hash_file(part)
    if not has_digest(part, file.integrity):
        hint = "Ask the old host for the right file, or correct the feed."
        raise WeerslagError("has another digest than the feed says", where=file.url, hint=hint)
    return SavedFile(path=part, extension=extension, size_bytes=part.stat().st_size, sha256=sha256)


def _find_audio_extension(part: Path, file: SourceFile) -> str:
    """Find the extension of audio by its first bytes, else by its media type; a page with an error message has none."""
    head = _read_head(part)
    is_frame = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06
    extension = _match_start(head, _STARTS) or ("mp3" if is_frame else "")
    if extension == "m4a" and file.media_type.startswith("video/"):
        extension = "mp4"
    try:
        stream = probe(str(part))
    except AudioError as error:
        raise WeerslagError(
            fill("is no audio that can be read: {reason}", reason=error.message),
            where=file.url,
            hint="Open the address in a browser: does the old host answer with a page in place of the file?",
        ) from error
    named = {"mp3": "mp3", "aac": "aac", "ogg": "ogg", "flac": "flac", "wav": "wav"}
    extension = extension or next((one for name, one in named.items() if name in stream.container.split(",")), "")
    if not extension:
        raise WeerslagError(
            fill("has a format that apps do not play ({format})", format=stream.container), where=file.url
        )
    return extension


def _find_image_extension(part: Path, file: SourceFile) -> str:
    extension = _match_start(_read_head(part), _IMAGE_STARTS)
    if not extension:
        raise WeerslagError("is no JPEG, PNG, WebP or GIF image", where=file.url)
    return extension


def _read_head(part: Path) -> bytes:
    with convert_os_errors(part, "cannot be read"), part.open("rb") as content:
        return content.read(16)


def _match_start(head: bytes, starts: tuple[tuple[bytes, int, str], ...]) -> str:
    return next((name for start, offset, name in starts if head[offset:].startswith(start)), "")
