"""Opens the files that a feed refers to: local files in the folder of the feed, or files at their addresses."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import click

from pipeline.cli.http_fetch import download, fetch_headers, supports_ranges
from pipeline.cli.language import translate
from pipeline.errors import WeerslagError, fill
from pipeline.lint import MediaFile, MediaReference

_MAX_BYTES, _TIMEOUT_S = 1_000_000_000, 1800.0  # of one file


@dataclass(slots=True)
class LocalMedia:
    """Maps addresses under the folder of ``base`` to files under the folder of ``feed``."""

    feed: Path
    base: str
    opened: int = 0
    skipped: int = 0

    def open_file(self, reference: MediaReference) -> MediaFile:
        """Find the local file of a reference."""
        path = self._resolve(reference.address)
        if path is None:
            self.skipped += 1
            return MediaFile(is_elsewhere=True)
        if not path.is_file():
            return MediaFile(error=fill("there is no file {path}", path=path))
        self.opened += 1
        return MediaFile(path=str(path), size_bytes=path.stat().st_size)

    def _resolve(self, address: str) -> Path | None:
        """Resolve an address to a file; ``None`` if it is outside the folder, also through a symbolic link."""
        folder = urljoin(self.base, ".")
        if not self.base or not address.startswith(folder):
            return None
        try:
            relative = unquote(urlsplit(address[len(folder) :]).path)
            path = (self.feed.parent / relative).resolve()
            return path if path.is_relative_to(self.feed.parent.resolve()) else None
        except (ValueError, OSError, RuntimeError):  # a NUL, a name that is too long, a loop of links
            return None


@dataclass(slots=True)
class RemoteMedia:
    """Sends the requests that Apple sends (HEAD, a byte range), then downloads the file; the next one replaces it."""

    folder: Path
    opened: int = 0
    skipped: int = 0

    def open_file(self, reference: MediaReference) -> MediaFile:
        """Download the file of a reference."""
        address, path = reference.address, self.folder / "file"
        click.echo(translate(fill("opening {address}", address=address)), err=True)
        try:
            with path.open("wb") as file:
                response = download(address, file, max_bytes=_MAX_BYTES, timeout_s=_TIMEOUT_S)
            self.opened += 1
            return MediaFile(
                path=str(path),
                size_bytes=path.stat().st_size,
                media_type=response.headers.get("content-type", ""),
                supports_head=fetch_headers(address).status == 200,
                supports_ranges=reference.role != "sound" or supports_ranges(address),
                supports_cors="access-control-allow-origin" in response.headers,
            )
        except WeerslagError as error:
            return MediaFile(error=error.message)
