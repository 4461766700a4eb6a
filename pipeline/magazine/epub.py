"""The magazine as EPUB 3.3, with its accessibility metadata (EPUB Accessibility 1.1)."""

import io
import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.magazine.break_opportunities import add_break_opportunities
from pipeline.magazine.edition import compute_last_modified
from pipeline.magazine.sections import require_magazine
from pipeline.magazine.web_articles import (
    FONTS,
    LinkResolver,
    WebArticle,
    convert_to_xhtml,
    render_articles,
    render_colour_rules,
)
from pipeline.model import Output, Programme, Release
from pipeline.typesetting import Theme, read_asset, render_template
from pipeline.urls import magazine_epub

_TIMESTAMP = (1980, 1, 1, 0, 0, 0)  # the earliest in a ZIP file: the same content produces the same bytes
_CONTAINER = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    b'<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>\n'
)
_STYLE = b".table { overflow: visible }\n.table td, .table th { overflow-wrap: anywhere; padding-right: .4rem }\n"  # pages cannot scroll
_MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png"}


def render_epub(
    programme: Programme,
    releases: Sequence[Release],
    *,
    theme: Theme,
    pictures: Mapping[str, bytes],
    pages: Mapping[str, int] | None = None,
) -> Output:
    """Render the EPUB.

    Args:
        programme: The programme.
        releases: Its published episodes.
        theme: The theme of the magazine.
        pictures: Cleaned pictures, by path in the programme.
        pages: Page of each anchor in the print edition, for the page list.
    """
    numbered = enumerate(sorted(pictures.items()), 1)
    names = {file: f"images/{number}.{_detect_format(content)}" for number, (file, content) in numbered}
    breaks = PageBreaks(pages or {})
    articles = render_articles(
        programme,
        releases,
        theme=theme,
        resolver=lambda anchor: LinkResolver(
            link=lambda url: url,
            article=lambda other: f"{other}.xhtml",
            picture=lambda file: names[file],
            page_break=lambda place: breaks.mark(place, f"{anchor}.xhtml"),
        ),
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as book:
        _add_file(book, "mimetype", b"application/epub+zip", zipfile.ZIP_STORED)  # first, and stored (OCF 3.3, 4.3)
        _add_file(book, "META-INF/container.xml", _CONTAINER)
        for name, content in _render_files(programme, theme, articles, names, breaks.starts):
            _add_file(book, f"EPUB/{name}", content)
        for file, name in names.items():
            _add_file(book, f"EPUB/{name}", pictures[file], zipfile.ZIP_STORED)
    return Output(path=f"public/{magazine_epub(require_magazine(programme).name)}", content=stream.getvalue())


class PageBreaks:
    """Where the pages of the print edition begin in the EPUB, in order, each once."""

    def __init__(self, pages: Mapping[str, int]) -> None:
        self._pages = pages
        self.starts: list[tuple[int, str]] = []  # page number, and its address

    def mark(self, anchor: str, file: str) -> str:
        """Return the page break before an anchor in a file, if a new page begins there."""
        page = self._pages.get(anchor, 0)
        if page <= (self.starts[-1][0] if self.starts else 0):
            return ""
        self.starts.append((page, f"{file}#page-{page}"))
        return f'<span epub:type="pagebreak" role="doc-pagebreak" id="page-{page}" aria-label="{page}"></span>'


def _render_files(
    programme: Programme,
    theme: Theme,
    articles: Sequence[WebArticle],
    pictures: Mapping[str, str],
    page_starts: Sequence[tuple[int, str]],
) -> Iterator[tuple[str, bytes]]:
    magazine = require_magazine(programme)
    values = {"programme": programme, "magazine": magazine, "articles": articles, "page_starts": page_starts}
    package = render_template(
        "package.opf.j2",
        theme=theme,
        **values,
        images=[(name, _MEDIA_TYPES[name.rpartition(".")[2]]) for name in pictures.values()],
        fonts=FONTS,
        modified=compute_last_modified(programme),
        identifier=uuid.uuid5(uuid.NAMESPACE_URL, f"{programme.url}{magazine_epub(magazine.name)}"),
    )
    yield "package.opf", package.encode()
    for name in ("nav.xhtml", "cover.xhtml"):
        yield name, render_template(f"{name}.j2", theme=theme, **values).encode()
    for one in articles:
        article = replace(one, body=convert_to_xhtml(add_break_opportunities(one.body, language=magazine.language)))
        page = render_template("article.xhtml.j2", theme=theme, **values, article=article)
        yield f"{one.anchor}.xhtml", page.encode()
    yield "web.css", render_colour_rules().encode() + read_asset("web.css", theme=theme) + _STYLE
    for name in FONTS:
        yield f"fonts/{name}", read_asset(f"fonts/{name}", theme=theme)


def _detect_format(content: bytes) -> str:
    return "png" if content.startswith(b"\x89PNG") else "jpg"


def _add_file(book: zipfile.ZipFile, name: str, content: bytes, compression: int = zipfile.ZIP_DEFLATED) -> None:
    entry = zipfile.ZipInfo(name, _TIMESTAMP)
    entry.compress_type = compression
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    book.writestr(entry, content, compresslevel=9)
