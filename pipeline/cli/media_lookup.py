"""Looks at the files that a feed names: those beside it on this disk, or those at their addresses."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import click

from pipeline.cli.http_fetch import fetch, has_ranges, head
from pipeline.errors import WeerslagError
from pipeline.lint import Named, Seen

_MOST_BYTES, _MOST_S = 1_000_000_000, 1800.0  # of one file


@dataclass(slots=True)
class Beside:
    """Maps an address to a file beside the feed: what lies under the folder of ``base`` lies under the folder of ``feed``."""

    feed: Path
    base: str
    opened: int = 0
    outside: int = 0

    def __call__(self, named: Named) -> Seen:
        """What lies there."""
        path = self._path(named.address)
        if path is None:
            self.outside += 1
            return Seen(outside=True)
        if not path.is_file():
            return Seen(problem=f"there is no file {path}")
        self.opened += 1
        return Seen(path=str(path), size_bytes=path.stat().st_size)

    def _path(self, address: str) -> Path | None:
        """The file of an address; ``None`` if it lies elsewhere, by a link out of the folder too."""
        folder = urljoin(self.base, ".")
        if not self.base or not address.startswith(folder):
            return None
        try:
            inside = unquote(urlsplit(address[len(folder) :]).path)
            path = (self.feed.parent / inside).resolve()
            return path if path.is_relative_to(self.feed.parent.resolve()) else None
        except (ValueError, OSError, RuntimeError):  # a NUL, a name too long, a loop of links
            return None


@dataclass(slots=True)
class There:
    """Asks the server as Apple does (HEAD, two bytes of the sound), then fetches the file; it is forgotten after the next."""

    folder: Path
    opened: int = 0
    outside: int = 0

    def __call__(self, named: Named) -> Seen:
        """What is at the address."""
        click.echo(f"opening {named.address}", err=True)
        path = self.folder / "file"
        try:
            with path.open("wb") as into:
                answer = fetch(named.address, into, most_bytes=_MOST_BYTES, most_s=_MOST_S)
            self.opened += 1
            return Seen(
                path=str(path),
                size_bytes=path.stat().st_size,
                media_type=answer.headers.get("content-type", ""),
                head=head(named.address).status == 200,
                ranges=named.role != "sound" or has_ranges(named.address),
                cors="access-control-allow-origin" in answer.headers,
            )
        except WeerslagError as error:
            return Seen(problem=error.message)
