"""Writes the magazine as EPUB 3: a zip of well-formed pages with its contents and what it promises to who cannot see it."""

import io
import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.magazine import changed_of
from pipeline.magazine.web_articles import FONTS, Leaf, Ways, ink_rules, leaves_of, magazine_of, well_formed
from pipeline.model import Output, Programme, Release
from pipeline.typesetting import Theme, asset, render
from pipeline.urls import magazine_epub

_HOUR = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say: the same content gives the same bytes
_CONTAINER = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    b'<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>\n'
)
_MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png"}


def render_epub(
    programme: Programme,
    releases: Sequence[Release],
    *,
    theme: Theme,
    pictures: Mapping[str, bytes],
    pages: Mapping[str, int] | None = None,
) -> Output:
    """The book; ``pictures`` are clean, by their names in the programme (EPUB 3.3; EPUB Accessibility 1.1).

    ``pages`` tells of each place the page on which it stands on paper: whoever has the book finds the page that another names.
    """
    names = {
        file: f"images/{number}.{_form(content)}" for number, (file, content) in enumerate(sorted(pictures.items()), 1)
    }
    breaks = PageBreaks(pages or {})
    leaves = leaves_of(
        programme,
        releases,
        theme=theme,
        ways=lambda anchor: Ways(
            link=lambda address: address,
            leaf=lambda other: f"{other}.xhtml",
            picture=lambda file: names[file],
            mark=lambda place: breaks.mark(place, f"{anchor}.xhtml"),
        ),
    )
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as book:
        _put(book, "mimetype", b"application/epub+zip", zipfile.ZIP_STORED)  # first, and stored (OCF 3.3, 4.3)
        _put(book, "META-INF/container.xml", _CONTAINER)
        for name, content in _files(programme, theme, leaves, names, breaks.listed):
            _put(book, f"EPUB/{name}", content)
        for file, name in names.items():
            _put(book, f"EPUB/{name}", pictures[file], zipfile.ZIP_STORED)
    return Output(path=f"public/{magazine_epub(magazine_of(programme).name)}", content=held.getvalue())


class PageBreaks:
    """Where the pages of the paper edition begin in the book, in order, each once."""

    def __init__(self, pages: Mapping[str, int]) -> None:
        self._pages = pages
        self.listed: list[tuple[int, str]] = []  # the number of a page, and where it begins

    def mark(self, place: str, file: str) -> str:
        """What stands before ``place`` in ``file``: a break, if a page begins there that has none yet."""
        page = self._pages.get(place, 0)
        if page <= (self.listed[-1][0] if self.listed else 0):
            return ""
        self.listed.append((page, f"{file}#page-{page}"))
        return f'<span epub:type="pagebreak" role="doc-pagebreak" id="page-{page}" aria-label="{page}"></span>'


def _files(
    programme: Programme,
    theme: Theme,
    leaves: Sequence[Leaf],
    names: Mapping[str, str],
    breaks: Sequence[tuple[int, str]],
) -> Iterator[tuple[str, bytes]]:
    magazine = magazine_of(programme)
    values = {"programme": programme, "magazine": magazine, "leaves": leaves, "breaks": breaks}
    images = [(name, _MEDIA_TYPES[name.rpartition(".")[2]]) for name in names.values()]
    package = render(
        "package.opf.j2",
        theme=theme,
        **values,
        images=images,
        fonts=FONTS,
        changed=changed_of(programme),
        ident=uuid.uuid5(uuid.NAMESPACE_URL, f"{programme.url}{magazine_epub(magazine.name)}"),
    )
    yield "package.opf", package.encode()
    yield "nav.xhtml", render("nav.xhtml.j2", theme=theme, **values).encode()
    yield "cover.xhtml", render("cover.xhtml.j2", theme=theme, **values).encode()
    for leaf in leaves:
        article = replace(leaf, body=well_formed(leaf.body))
        yield f"{leaf.anchor}.xhtml", render("leaf.xhtml.j2", theme=theme, **values, leaf=article).encode()
    yield "web.css", ink_rules().encode() + asset("web.css", theme=theme)
    for name in FONTS:
        yield f"fonts/{name}", asset(f"fonts/{name}", theme=theme)


def _form(content: bytes) -> str:
    return "png" if content.startswith(b"\x89PNG") else "jpg"


def _put(book: zipfile.ZipFile, name: str, content: bytes, how: int = zipfile.ZIP_DEFLATED) -> None:
    entry = zipfile.ZipInfo(name, _HOUR)
    entry.compress_type = how
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    book.writestr(entry, content, compresslevel=9)
