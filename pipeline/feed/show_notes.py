"""Show notes as podcast apps accept them: few tags, absolute addresses, and at most the bytes that Apple reads."""

import html
from collections.abc import Mapping, Sequence
from urllib.parse import urljoin, urlsplit

from lxml import etree

_MAX_DESCRIPTION_BYTES = 4000  # of a description, with its tags: podcasters.apple.com 823
_BLOCK_TAGS = {
    **dict.fromkeys(("ul", "ol", "li")),
    **dict.fromkeys(("p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "dt", "dd", "tr", "figcaption", "caption"), "p"),
}
_REPLACED_TAGS = {"br": (" ", ""), "td": (" ", ""), "th": (" ", ""), "sup": ("[", "]")}  # text at the start and the end
_SCHEMES = {"http", "https", "mailto", "tel"}


def format_paragraph(text: str) -> str:
    """Format plain text as a paragraph."""
    return f"<p>{html.escape(text, quote=False)}</p>"


def format_link_paragraph(text: str, address: str) -> str:
    """Format a paragraph that is a link."""
    return f'<p><a href="{html.escape(address)}">{html.escape(text, quote=False)}</a></p>'


def simplify_html(notes_html: str, *, page: str) -> tuple[str, ...]:
    """Reduce clean HTML to blocks of ``p``, ``ol``, ``ul``, ``li`` and ``a``; relative links are resolved against ``page``."""
    parser = etree.HTMLParser(target=ShowNotesParser(page), huge_tree=True)
    parser.feed(f"<html><body>{notes_html}</body></html>")
    return tuple(parser.close())


def fit_description(blocks: Sequence[str], *, chapter_lines: Sequence[str], more: str) -> str:
    """Join the blocks and the chapter lines to a description of at most 4000 bytes.

    If they are too long, whole blocks are dropped from the end and replaced by ``more``, a link to the page. Chapter lines are
    complete or absent, because apps would take a part of the list for all chapters.
    """
    tail = [format_paragraph(line) for line in chapter_lines]
    if _count_bytes(tail) > _MAX_DESCRIPTION_BYTES // 2:
        tail = []
    if _count_bytes([*blocks, *tail]) <= _MAX_DESCRIPTION_BYTES:
        return "\n".join([*blocks, *tail])
    shortened = list(blocks)
    while shortened and _count_bytes([*shortened, more, *tail]) > _MAX_DESCRIPTION_BYTES:
        shortened.pop()
    return "\n".join([*shortened, more, *tail])


def _count_bytes(blocks: Sequence[str]) -> int:
    return sum(len(block.encode()) + 1 for block in blocks)


class ShowNotesParser:
    """The target of an lxml parser: keeps the blocks of clean HTML with Apple's tags, and of other tags only the text."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._blocks: list[str] = []
        self._open: list[str] = []  # open tags, outermost first
        self._pieces: list[str] = []
        self._has_text = False
        self._muted = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Handle a start tag."""
        if tag in _BLOCK_TAGS:
            self._open_block(_BLOCK_TAGS[tag] or tag)
        elif tag in _REPLACED_TAGS:
            self.data(_REPLACED_TAGS[tag][0])
        elif tag == "a":
            self._open_link(attributes)

    def end(self, tag: str) -> None:
        """Handle an end tag."""
        output_tag = _BLOCK_TAGS.get(tag, tag) or tag
        if output_tag in self._open:
            self._close_through(output_tag)
        elif tag in _REPLACED_TAGS:
            self.data(_REPLACED_TAGS[tag][1])
        self._muted = self._muted and tag != "a"

    def data(self, data: str) -> None:
        """Handle text."""
        if self._muted:
            return
        if data.strip():
            self._ensure_block()
            self._has_text = True
        if self._open:
            self._pieces.append(html.escape(data, quote=False))

    def close(self) -> list[str]:
        """Return the blocks."""
        if self._open:
            self._close_through(self._open[0])
        return self._blocks

    def _open_link(self, attributes: Mapping[str, str]) -> None:
        if attributes.get("role") == "doc-backlink":  # from a footnote back into the text, which an app cannot follow
            self._muted = True
        elif address := _resolve_link(attributes.get("href", ""), page=self._page):
            self._ensure_block()
            self._write("a", f'<a href="{html.escape(address)}">')

    def _open_block(self, tag: str) -> None:
        while self._open and self._open[-1] in {"a", "p"}:
            self._close_through(self._open[-1])
        if tag != "li" or (self._open and self._open[-1] in {"ol", "ul"}):
            self._write(tag, f"<{tag}>")

    def _ensure_block(self) -> None:
        if not self._open:
            self._write("p", "<p>")

    def _write(self, tag: str, start: str) -> None:
        self._open.append(tag)
        self._pieces.append(start)

    def _close_through(self, tag: str) -> None:
        """Close ``tag`` and all tags inside it; closing the outermost completes a block."""
        closed = ""
        while closed != tag:
            closed = self._open.pop()
            self._pieces.append(f"</{closed}>")
        if not self._open:
            if self._has_text:
                self._blocks.append("".join(self._pieces))
            self._pieces, self._has_text = [], False


def _resolve_link(href: str, *, page: str) -> str:
    """Resolve a link to an absolute address; empty if it is invalid or has another scheme."""
    if href.startswith("https://") and "[" not in href:  # the common case
        return href
    try:
        address = urljoin(page, href)
        return address if href and urlsplit(address).scheme in _SCHEMES else ""
    except ValueError:  # [ without ]
        return ""
