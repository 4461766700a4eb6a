"""Fetches what a page names: pictures of the programme, files of the theme, data. Knows no other folder, and no network."""

import mimetypes
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from pipeline.pdf import PdfJob

BASE = "file:///weerslag/"  # no folder of any machine: WeasyPrint writes addresses into the PDF

_MEDIA_TYPES = {".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml"}  # whatever this machine thinks


class Jail(URLFetcher):  # type: ignore[misc]  # WeasyPrint says nothing of its types
    """Opens `pictures/…`, `theme/…` and data, and stops the rendering at anything else."""

    def __init__(self, job: PdfJob) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)
        self.refused: list[str] = []  # inside an SVG, WeasyPrint catches what should have stopped it
        self.roots = {"pictures": (Path(job.pictures),), "theme": tuple(Path(folder) for folder in job.theme)}

    def fetch(self, url: str, headers: Any = None) -> Any:
        """What ``url`` names.

        Raises:
            FatalURLFetchingError: it lies elsewhere, or cannot be read.
        """
        if url.lower().startswith("data:"):
            return super().fetch(url, headers)
        file = _file_of(url, self.roots)
        if file is None:
            raise self._refusal(f"nothing like this is in the programme or the theme: {url.removeprefix(BASE)}")
        try:
            content = file.read_bytes()
        except OSError as error:
            raise self._refusal(f"cannot be read: {url.removeprefix(BASE)}") from error
        return URLFetcherResponse(url, content, {"Content-Type": _media_type(file)})

    def _refusal(self, message: str) -> FatalURLFetchingError:
        self.refused.append(message)
        return FatalURLFetchingError(message)


def _file_of(url: str, roots: dict[str, tuple[Path, ...]]) -> Path | None:
    """The file behind an address under BASE: in the first root that has it, and never out of that root by any link."""
    if not url.startswith(BASE):
        return None
    path = unquote(urlsplit(url).path).removeprefix(urlsplit(BASE).path)
    top, _, rest = path.partition("/")
    if "\0" in path or not rest:
        return None
    for root in roots.get(top, ()):
        file = (root / rest).resolve()
        if file.is_relative_to(root.resolve()) and file.is_file():
            return file
    return None


def _media_type(file: Path) -> str:
    return _MEDIA_TYPES.get(file.suffix.lower()) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
