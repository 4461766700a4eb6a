"""A URL fetcher that opens only the programme's pictures, the theme and data URLs."""

import mimetypes
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

BASE_URL = "file:///weerslag/"  # no folder of any machine: WeasyPrint writes addresses into the PDF

_MEDIA_TYPES = {".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml"}  # whatever this machine thinks


class SandboxedFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no type annotations
    """Opens `pictures/…`, `theme/…` and data URLs; any other address stops the rendering."""

    def __init__(self, *, pictures: str, theme_folders: tuple[str, ...]) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)
        self.refusals: list[str] = []  # inside an SVG, WeasyPrint catches the exception that should stop it
        self.roots = {"pictures": (Path(pictures),), "theme": tuple(Path(folder) for folder in theme_folders)}

    def fetch(self, url: str, headers: Any = None) -> Any:
        """Open a URL.

        Raises:
            FatalURLFetchingError: It lies outside the sandbox, or cannot be read.
        """
        if url.lower().startswith("data:"):
            return super().fetch(url, headers)
        file = _find_file(url, self.roots)
        if file is None:
            raise self._refuse(f"not in the programme or the theme: {url.removeprefix(BASE_URL)}")
        try:
            content = file.read_bytes()
        except OSError as error:
            raise self._refuse(f"cannot be read: {url.removeprefix(BASE_URL)}") from error
        return URLFetcherResponse(url, content, {"Content-Type": _guess_media_type(file)})

    def _refuse(self, message: str) -> FatalURLFetchingError:
        self.refusals.append(message)
        return FatalURLFetchingError(message)


def _find_file(url: str, roots: dict[str, tuple[Path, ...]]) -> Path | None:
    """Find the file of a URL in the first root that has it; links must stay inside."""
    if not url.startswith(BASE_URL):
        return None
    path = unquote(urlsplit(url).path).removeprefix(urlsplit(BASE_URL).path)
    top, _, rest = path.partition("/")
    if "\0" in path or not rest:
        return None
    for root in roots.get(top, ()):
        file = (root / rest).resolve()
        if file.is_relative_to(root.resolve()) and file.is_file():
            return file
    return None


def _guess_media_type(file: Path) -> str:
    return _MEDIA_TYPES.get(file.suffix.lower()) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
