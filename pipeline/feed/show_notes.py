"""Show notes as podcast apps take them: few tags, whole addresses, and no more bytes than Apple reads."""

import html
from collections.abc import Mapping, Sequence
from urllib.parse import urljoin, urlsplit

from lxml import etree

_ROOM_BYTES = 4000  # of a description, with its tags: podcasters.apple.com 823
_BLOCKS = {
    **dict.fromkeys(("ul", "ol", "li")),
    **dict.fromkeys(("p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "dt", "dd", "tr", "figcaption", "caption"), "p"),
}
_INSTEAD = {"br": (" ", ""), "td": (" ", ""), "th": (" ", ""), "sup": ("[", "]")}  # before and after
_SCHEMES = {"http", "https", "mailto", "tel"}


def paragraph(text: str) -> str:
    """Plain text as a block."""
    return f"<p>{html.escape(text, quote=False)}</p>"


def link_paragraph(text: str, address: str) -> str:
    """A block that is a link."""
    return f'<p><a href="{html.escape(address)}">{html.escape(text, quote=False)}</a></p>'


def blocks_of(notes_html: str, *, page: str) -> tuple[str, ...]:
    """The blocks of clean HTML, in nothing but ``p``, ``ol``, ``ul``, ``li`` and ``a``; links count from ``page``."""
    parser = etree.HTMLParser(target=_Reader(page), huge_tree=True)
    parser.feed(f"<html><body>{notes_html}</body></html>")
    return tuple(parser.close())


def description(blocks: Sequence[str], *, stamps: Sequence[str], more: str) -> str:
    """``blocks``, then time stamps, in at most 4000 bytes.

    If that is too much, the last blocks give way, whole, to ``more``: a block with a link to the page. Time stamps stand
    whole or not at all, for apps would take half a list of chapters for all of it.
    """
    tail = [paragraph(line) for line in stamps]
    if _size(tail) > _ROOM_BYTES // 2:
        tail = []
    if _size([*blocks, *tail]) <= _ROOM_BYTES:
        return "\n".join([*blocks, *tail])
    kept = list(blocks)
    while kept and _size([*kept, more, *tail]) > _ROOM_BYTES:
        kept.pop()
    return "\n".join([*kept, more, *tail])


def _size(blocks: Sequence[str]) -> int:
    return sum(len(block.encode()) + 1 for block in blocks)


class _Reader:
    """Is told what clean HTML holds, and writes down its blocks with Apple's tags only; of all others the words stay."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._blocks: list[str] = []
        self._open: list[str] = []  # tags written and not closed yet, the outermost first
        self._pieces: list[str] = []
        self._says_something = False
        self._muted = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A tag begins."""
        if tag in _BLOCKS:
            self._begin(_BLOCKS[tag] or tag)
        elif tag in _INSTEAD:
            self.data(_INSTEAD[tag][0])
        elif tag == "a":
            self._begin_link(attributes)

    def end(self, tag: str) -> None:
        """A tag ends."""
        written = _BLOCKS.get(tag, tag) or tag
        if written in self._open:
            self._close_down_to(written)
        elif tag in _INSTEAD:
            self.data(_INSTEAD[tag][1])
        self._muted = self._muted and tag != "a"

    def data(self, data: str) -> None:
        """Words."""
        if self._muted:
            return
        if data.strip():
            self._need_a_block()
            self._says_something = True
        if self._open:
            self._pieces.append(html.escape(data, quote=False))

    def close(self) -> list[str]:
        """The blocks."""
        if self._open:
            self._close_down_to(self._open[0])
        return self._blocks

    def _begin_link(self, attributes: Mapping[str, str]) -> None:
        if attributes.get("role") == "doc-backlink":  # from a footnote back into the text: there is no way back here
            self._muted = True
        elif address := _address(attributes.get("href", ""), page=self._page):
            self._need_a_block()
            self._write("a", f'<a href="{html.escape(address)}">')

    def _begin(self, tag: str) -> None:
        while self._open and self._open[-1] in {"a", "p"}:
            self._close_down_to(self._open[-1])
        if tag != "li" or (self._open and self._open[-1] in {"ol", "ul"}):
            self._write(tag, f"<{tag}>")

    def _need_a_block(self) -> None:
        if not self._open:
            self._write("p", "<p>")

    def _write(self, tag: str, start: str) -> None:
        self._open.append(tag)
        self._pieces.append(start)

    def _close_down_to(self, tag: str) -> None:
        """Close ``tag`` and all that stands open inside it; with the outermost, a block is complete."""
        closed = ""
        while closed != tag:
            closed = self._open.pop()
            self._pieces.append(f"</{closed}>")
        if not self._open:
            if self._says_something:
                self._blocks.append("".join(self._pieces))
            self._pieces, self._says_something = [], False


def _address(href: str, *, page: str) -> str:
    """``href`` as an app can open it, away from the page; empty if there is no such thing."""
    if href.startswith("https://") and "[" not in href:  # nearly all
        return href
    try:
        address = urljoin(page, href)
        return address if href and urlsplit(address).scheme in _SCHEMES else ""
    except ValueError:  # [ without ]
        return ""
