"""Reads HTML and XML of strangers: no network, no entities, no scripts. The doorway to lxml for what comes in."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from lxml import etree, html

from pipeline.intake.blocks import Block, Text
from pipeline.intake.guard import Refused
from pipeline.intake.leaving import left_behind
from pipeline.intake.marks import escaped, joined, marked, plain_of

_GONE = {"script", "style", "head", "nav", "template", "noscript", "iframe", "object", "embed", "form", "svg", "math"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_STRONG, _EMPHASIS = {"b", "strong"}, {"i", "em", "cite"}
_BLOCKS = {
    *_HEADINGS, "p", "div", "ul", "ol", "li", "blockquote", "table", "pre", "section", "article", "main", "hr", "figure",
    "dl", "dt", "dd", "address", "aside", "header", "footer", "center", "body", "figcaption", "details", "summary",
}  # fmt: skip
_NOTE = re.compile(
    r"#?(?:footnote-|(endnote)-|fn|sdfootnote(?=\d+(?:sym)?\Z))(?!ref)(\w+?)(?:sym)?\Z"
)  # as all name them
_WAY_BACK = re.compile(r"ref|anc\Z")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_BEGUN = re.compile(r"(?:[·•o§Ø–-]|(\d{1,3})\\?[.)])[\u00a0 ]+")
_GOOGLE_LIST = re.compile(r"\blst-kix_\w+-(\d)\b")  # its lists lie side by side, and tell how deep they are
_DETOURS = {"www.google.com": "q", "safelinks.protection.outlook.com": "url"}  # who counts clicks, and notes whose
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[7-9]00)", re.IGNORECASE)
_ITALIC = re.compile(r"font-style\s*:\s*italic", re.IGNORECASE)
_MOST_BLOCKS = 20_000
_WEB = re.compile(r"(?:https?://|mailto:)\S+\Z", re.IGNORECASE)


def xml_root(content: bytes) -> Any:
    """The root of XML that the guard has passed.

    Raises:
        Refused: it is not well formed.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Refused("its text is damaged", hint="Ask for it again.") from error


def html_text(page: str) -> Text:
    """The blocks of an HTML page or a piece of one. A picture ``src="picture:3"`` is the fourth of its source.

    Words that were struck out, comments in the margin and the names of authors are left out, and counted.

    Raises:
        Refused: it has more blocks than any note.
    """
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = html.document_fromstring(f"<html><body>{page}" if "<body" not in page.casefold() else page, parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise Refused("its text is damaged", hint="Ask for it again.") from error
    if any("depth" in error.message for error in parser.error_log):  # and what lies deeper is gone already
        raise Refused("is nested deeper than any note")
    etree.strip_elements(root, *_GONE, with_tail=False)
    left_out = left_behind(root)
    body = root.find("body")
    found: list[Block] = []
    for block in _blocks(body if body is not None else root, depth=-1, quoted=False):
        found.append(block)
        refuse_a_book(len(found))
    return Text(blocks=_with_numbered_notes(found), left_out=left_out)


def refuse_a_book(paragraphs: int) -> None:
    """Stop before more work is done on what is no note.

    Raises:
        Refused: there are more than 20,000 paragraphs.
    """
    if paragraphs > _MOST_BLOCKS:
        raise Refused(f"has more than {_MOST_BLOCKS} paragraphs", hint="Cut it into several files.")


def _with_numbered_notes(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The same with footnotes numbered from 1, whatever program numbered them."""
    marks = {block.mark: str(number) for number, block in enumerate((b for b in blocks if b.kind == "footnote"), 1)}
    new = partial(re.sub, r"(?<!\\)\[\^(\w+)\]", lambda found: f"[^{marks[found[1]]}]" if found[1] in marks else "")
    return tuple(
        replace(
            block,
            text_md=new(block.text_md),
            mark=marks.get(block.mark, ""),
            rows=tuple(tuple(map(new, row)) for row in block.rows),
        )
        for block in blocks
    )


def _blocks(element: Any, *, depth: int, quoted: bool) -> Iterator[Block]:
    """The blocks inside an element; runs of loose words among them are paragraphs."""
    loose: list[Any] = [element.text or ""]
    for child in element:
        if child.tag in _BLOCKS or child.find(".//table") is not None:
            yield from _paragraphs(loose, quoted=quoted)
            yield from _block(child, depth=depth, quoted=quoted)
            loose = [child.tail or ""]
        else:
            loose += [child, child.tail or ""]
    yield from _paragraphs(loose, quoted=quoted)


def _block(element: Any, *, depth: int, quoted: bool) -> Iterator[Block]:
    tag = element.tag
    if tag in _HEADINGS:
        yield from _heading(element)
    elif tag in {"ul", "ol"}:
        yield from _items(element, depth=depth + 1)
    elif tag == "table":
        yield from _table(element)
    elif tag == "blockquote" or "MsoQuote" in (element.get("class") or ""):
        yield from _blocks(element, depth=depth, quoted=True)
    elif tag == "p" and (element.get("class") or "").startswith("MsoListParagraph"):
        yield from _item_of_word(element)
    elif tag == "div" and (mark := _footnote_of(element)):
        yield _footnote(element, mark)
    elif tag == "div" and element.get("title") in {"header", "footer"}:
        return  # LibreOffice writes the edges of the page so
    elif tag in {"p", "pre", "dt", "dd", "address", "figcaption", "summary"} and not _has_blocks(element):
        yield from _paragraphs([element.text or "", *_content(element)], quoted=quoted)
    elif tag != "hr":
        yield from _blocks(element, depth=depth, quoted=quoted)


def _content(element: Any) -> Iterator[Any]:
    for child in element:
        yield child
        yield child.tail or ""


def _has_blocks(element: Any) -> bool:
    return any(child.tag in _BLOCKS for child in element.iterdescendants())


def _heading(element: Any) -> Iterator[Block]:
    pictures: list[Block] = []
    text_md = joined(" ".join(_inline([element.text or "", *_content(element)], pictures).split()))
    if text_md:
        yield Block(kind="heading", text=plain_of(text_md), text_md=text_md, level=_HEADINGS[element.tag])
    yield from pictures


def _paragraphs(pieces: Sequence[Any], *, quoted: bool) -> Iterator[Block]:
    """Words between blocks: two line breaks in a row part paragraphs, one is a hard break."""
    pictures: list[Block] = []
    run = joined(_inline(pieces, pictures))
    for part in re.split(r"\n[ \t]*\n\s*", run):
        lines = [line.strip() for line in part.strip().split("\n")]
        text_md = "\\\n".join(line for line in lines if line)
        if text_md:
            kind = "quote" if quoted else "paragraph"
            yield Block(kind=kind, text=plain_of(text_md), text_md=text_md)
    yield from pictures


def _item_of_word(element: Any) -> Iterator[Block]:
    """An item as Word saves it for the web: a paragraph that begins with its bullet or number, and a row of spaces."""
    margin = re.search(r"margin-left:\s*([\d.]+)pt", element.get("style") or "")
    level = min(3, max(0, round(float(margin[1]) / 36) - 1)) if margin else 0
    for block in _paragraphs([element.text or "", *_content(element)], quoted=False):
        begun = _BEGUN.match(block.text_md) if block.kind == "paragraph" else None
        if begun is None:
            yield block
            continue
        text_md = block.text_md[begun.end() :]
        yield Block(kind="item", text=plain_of(text_md), text_md=text_md, level=level, number=int(begun[1] or 0))


def _items(element: Any, *, depth: int) -> Iterator[Block]:
    number = 0
    if level := _GOOGLE_LIST.search(element.get("class") or ""):
        depth = min(3, int(level[1]))
    for child in element:
        if child.tag in {"ul", "ol"}:  # HTML of old editors puts a list straight into a list
            yield from _items(child, depth=depth + 1)
        elif child.tag == "li":
            number += 1
            yield from _item(child, depth=depth, number=number if element.tag == "ol" else 0)


def _item(element: Any, *, depth: int, number: int) -> Iterator[Block]:
    """An item, the lists in it, and its further paragraphs as items of no number of their own."""
    if mark := _footnote_of(element):
        yield _footnote(element, mark)
        return
    first = True
    for block in _blocks(element, depth=depth, quoted=False):
        if first and block.kind == "paragraph":
            yield Block(kind="item", text=block.text, text_md=block.text_md, level=depth, number=number)
            first = False
        elif block.kind == "paragraph":
            yield Block(kind="item", text=block.text, text_md=block.text_md, level=depth + 1)
        else:
            yield block


def _footnote(element: Any, mark: str) -> Block:
    text_md = " ".join(filter(None, (block.text_md for block in _blocks(element, depth=-1, quoted=False)))).strip()
    return Block(kind="footnote", text=plain_of(text_md), text_md=text_md, mark=mark)


def _footnote_of(element: Any) -> str:
    found = _NOTE.match(element.get("id", ""))
    return f"{found[1] or ''}{found[2]}" if found else ""


def _table(element: Any) -> Iterator[Block]:
    rows, pictures = [], []
    for row in element.iter("tr"):
        cells: list[str] = []
        for cell in row:
            if cell.tag in {"td", "th"}:
                inside = list(_blocks(cell, depth=-1, quoted=False))
                pictures += [block for block in inside if block.kind == "picture"]
                texts = [cell_text for block in inside if (cell_text := block.text_md.replace("\\\n", " "))]
                cells += [" ".join(texts).replace("|", "\\|"), *[""] * (_span(cell) - 1)]
        if any(cells):
            rows.append(tuple(cells))
    if rows:
        width = max(map(len, rows))
        whole = tuple((*row, *[""] * (width - len(row))) for row in rows)
        yield Block(kind="table", text=" ".join(" ".join(row) for row in whole), rows=whole)
    yield from pictures


def _span(cell: Any) -> int:
    told = cell.get("colspan", "1").strip()
    return min(50, max(1, int(told))) if told.isascii() and told.isdecimal() else 1


# -------------------------------------------------------------------------------------------------------- inside a line


def _inline(pieces: Sequence[Any], pictures: list[Block]) -> str:
    """Markdown of text and elements; line breaks are newlines, pictures go to the list."""
    return "".join(
        escaped(_SPACE.sub(" ", piece)) if isinstance(piece, str) else _marked_up(piece, pictures) for piece in pieces
    )


def _marked_up(element: Any, pictures: list[Block]) -> str:
    tag = element.tag
    if tag == "br":
        return "\n"
    if tag == "img":
        pictures.append(_picture(element))
        return ""
    inside = _inline([element.text or "", *_content(element)], pictures)
    style = element.get("style") or ""
    if tag in _STRONG or (tag == "span" and _BOLD.search(style)):
        return marked(inside, "**")
    if tag in _EMPHASIS or (tag == "span" and _ITALIC.search(style)):
        return marked(inside, "*")
    if tag == "a":
        return _link(element, inside)
    return inside


def _link(element: Any, inside: str) -> str:
    target = (element.get("href") or "").strip()
    if note := _NOTE.match(target):
        return f"[^{note[1] or ''}{note[2]}]"
    if target.startswith("#") and _WAY_BACK.search(target):
        return ""  # the way back from a note
    words, target = inside.strip(), _straight(target)
    if not _WEB.match(target) or not words:
        return inside
    if plain_of(words) in (target, target.removeprefix("mailto:")):
        return f"<{plain_of(words)}>"
    return (
        f"[{inside.strip()}]({target.replace('(', '%28').replace(')', '%29').replace('<', '%3C').replace('>', '%3E')})"
    )


def _straight(target: str) -> str:
    """Where a link leads in the end: without the detour by those who count clicks, and who note the address of the reader."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return target
    key = next((key for host, key in _DETOURS.items() if f".{parts.hostname}".endswith(f".{host}")), "")
    (end,) = parse_qs(parts.query).get(key, [""])[:1] if key else ("",)
    return end if _WEB.match(end) else target


def _picture(element: Any) -> Block:
    source = unquote(element.get("src") or "")
    kind, _, place = source.partition(":")
    known = kind == "picture" and place.isdecimal()
    alt = " ".join((element.get("alt") or "").split())
    return Block(kind="picture", picture=int(place) if known else -1, alt=alt)
