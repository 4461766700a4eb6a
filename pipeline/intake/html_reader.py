"""Reads HTML and XML from outside: no network, no entities, no scripts.

The only module of intake that imports lxml.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from lxml import etree, html

from pipeline.errors import fill
from pipeline.intake.document import ContentBlock, ExtractedText
from pipeline.intake.html_cleanup import remove_asides
from pipeline.intake.html_tables import convert_layout, parse_span, place_cells, render_cell
from pipeline.intake.markdown_escaping import escape_markdown, merge_emphasis, strip_markdown, wrap_emphasis
from pipeline.intake.refused_formats import RefusedFileError

_REMOVED_TAGS = ("script", "style", "head", "template")  # nobody sees them
_OMITTED_TAGS = {
    "nav": "navigation of the page",
    "noscript": "text for browsers without scripts",
    **dict.fromkeys(
        ("iframe", "object", "embed", "svg", "math", "audio", "video", "canvas"), "embedded object or formula"
    ),
}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_STRONG, _EMPHASIS = {"b", "strong"}, {"i", "em", "cite"}
_BLOCK_TAGS = {
    *_HEADINGS, "p", "div", "ul", "ol", "li", "blockquote", "table", "pre", "section", "article", "main", "hr", "figure",
    "dl", "dt", "dd", "address", "aside", "header", "footer", "center", "body", "figcaption", "details", "summary", "form",
    "fieldset", "legend", "hgroup", "dialog", "menu", "dir", "search", "caption", "optgroup", "option",
}  # fmt: skip
_FOOTNOTE_ID = re.compile(  # pandoc, mammoth, LibreOffice, Markdown
    r"#?(?:footnote-|(endnote)-|fn|sdfootnote(?=\d+(?:sym)?\Z))(?!ref)(\w+?)(?:sym)?\Z"
)
_BACKLINK = re.compile(r"ref|anc\Z")
_BREAK_HINTS = re.compile("[\u00ad\u200b\u2060\ufeff]")  # where a word may or may not break: nobody sees them
_WHITE_SPACE = re.compile(r"[ \t\r\n\f]+")
_LIST_MARKER = re.compile(r"(?:[·•o§Ø–-]|(\d{1,3})\\?[.)])[\u00a0 ]+")
_GOOGLE_LIST = re.compile(r"\blst-kix_\w+-(\d)\b")  # Google Docs does not nest lists; the class has the level
_REDIRECTORS = {"www.google.com": "q", "safelinks.protection.outlook.com": "url"}  # host: parameter with the real URL
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[7-9]00)", re.IGNORECASE)
_ITALIC = re.compile(r"font-style\s*:\s*italic", re.IGNORECASE)
_MAX_BLOCKS = 20_000
_WEB_LINK = re.compile(r"(?:https?://|mailto:)\S+\Z", re.IGNORECASE)


def parse_xml(content: bytes) -> Any:
    """Parse XML from a checked archive, and return its root.

    Raises:
        RefusedFileError: It is not well formed.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise RefusedFileError("the text is damaged", hint="Ask for it again.") from error


def write_xml(root: Any) -> bytes:
    """Write the XML tree of a root."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)  # type: ignore[no-any-return]


def read_html_blocks(page: str, *, clean: Callable[[Any], Counter[str]] = remove_asides) -> ExtractedText:
    """Read a page or a fragment. An image with ``src="image:3"`` is the fourth of the file.

    Args:
        page: The HTML.
        clean: Removes what is not taken over from the lxml tree, and counts it.

    Raises:
        RefusedFileError: It is nested too deeply, or has too many blocks.
    """
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = html.document_fromstring(f"<html><body>{page}" if "<body" not in page.casefold() else page, parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise RefusedFileError("the text is damaged", hint="Ask for it again.") from error
    if any("depth" in error.message for error in parser.error_log):  # libxml2 has dropped deeper elements
        raise RefusedFileError("the text is nested too deeply")
    etree.strip_elements(root, *_REMOVED_TAGS, with_tail=False)
    omissions = clean(root) + _remove_objects(root)
    body = root.find("body")
    blocks: list[ContentBlock] = []
    for block in _read_children(body if body is not None else root, depth=-1, quoted=False):
        blocks.append(block)
        check_block_count(len(blocks))
    return ExtractedText(blocks=_renumber_footnotes(blocks), omissions=omissions)


def _remove_objects(root: Any) -> Counter[str]:
    """Remove what is no text, and count where it has words."""
    counts = Counter[str]()
    for element in root.iter(*_OMITTED_TAGS):
        counts[_OMITTED_TAGS[element.tag]] += bool(element.text_content().strip())
    etree.strip_elements(root, *_OMITTED_TAGS, with_tail=False)
    return +counts


def check_block_count(count: int) -> None:
    """Stop reading a text that is far too long for a note.

    Raises:
        RefusedFileError: It has more than 20,000 paragraphs.
    """
    if count > _MAX_BLOCKS:
        raise RefusedFileError(
            fill("more than {max_blocks} paragraphs", max_blocks=_MAX_BLOCKS), hint="Split it into several files."
        )


def _renumber_footnotes(blocks: Sequence[ContentBlock]) -> tuple[ContentBlock, ...]:
    """Number footnotes from 1, and drop references to missing ones."""
    footnotes = (block for block in blocks if block.kind == "footnote")
    numbers = {block.footnote_id: str(number) for number, block in enumerate(footnotes, 1)}

    def renumber(text_md: str) -> str:
        return re.sub(
            r"(?<!\\)\[\^(\w+)\]", lambda found: f"[^{numbers[found[1]]}]" if found[1] in numbers else "", text_md
        )

    return tuple(
        replace(
            block,
            text_md=renumber(block.text_md),
            footnote_id=numbers.get(block.footnote_id, ""),
            rows=tuple(tuple(map(renumber, row)) for row in block.rows),
        )
        for block in blocks
    )


def _read_children(element: Any, *, depth: int, quoted: bool) -> Iterator[ContentBlock]:
    """Read the blocks in an element; text between them becomes paragraphs."""
    inline: list[Any] = [element.text or ""]
    for child in element:
        if child.tag in _BLOCK_TAGS or _has_blocks(child):
            yield from _read_paragraphs(inline, quoted=quoted)
            yield from _read_block(child, depth=depth, quoted=quoted)
            inline = [child.tail or ""]
        else:
            inline += [child, child.tail or ""]
    yield from _read_paragraphs(inline, quoted=quoted)


def _read_block(element: Any, *, depth: int, quoted: bool) -> Iterator[ContentBlock]:
    tag, css_class = element.tag, element.get("class") or ""
    if tag in _HEADINGS:
        yield from _read_heading(element)
    elif tag in {"ul", "ol"}:
        yield from _read_list(element, depth=depth + 1)
    elif tag == "table":
        yield from _read_table(element)
    elif tag == "blockquote" or "MsoQuote" in css_class:
        yield from _read_children(element, depth=depth, quoted=True)
    elif tag == "p" and css_class.startswith("MsoListParagraph"):
        yield from _read_word_list_item(element)
    elif tag == "div" and (footnote_id := _find_footnote_id(element)):
        yield _read_footnote(element, footnote_id)
    elif tag == "div" and element.get("title") in {"header", "footer"}:
        return  # page header and footer of LibreOffice
    elif tag in {"p", "pre", "dt", "dd", "address", "figcaption", "summary"} and not _has_blocks(element):
        yield from _read_paragraphs(_list_content(element), quoted=quoted)
    elif tag != "hr":
        yield from _read_children(element, depth=depth, quoted=quoted)


def _list_content(element: Any) -> list[Any]:
    """List the text and elements in an element."""
    content: list[Any] = [element.text or ""]
    for child in element:
        content += [child, child.tail or ""]
    return content


def _has_blocks(element: Any) -> bool:
    return any(child.tag in _BLOCK_TAGS for child in element.iterdescendants())


def _read_heading(element: Any) -> Iterator[ContentBlock]:
    images: list[ContentBlock] = []
    text_md = merge_emphasis(" ".join(_read_inline(_list_content(element), images).split()))
    if text_md:
        level = _HEADINGS[element.tag]
        yield ContentBlock(kind="heading", text_md=text_md, level=level)
    yield from images


def _read_paragraphs(content: Sequence[Any], *, quoted: bool) -> Iterator[ContentBlock]:
    """Read inline content: two line breaks separate paragraphs, one is a hard break."""
    images: list[ContentBlock] = []
    text = merge_emphasis(_read_inline(content, images))
    for paragraph in re.split(r"\n[ \t]*\n\s*", text):
        lines = [line.strip() for line in paragraph.strip().split("\n")]
        text_md = "\\\n".join(line for line in lines if line)
        if text_md:
            kind = "quote" if quoted else "paragraph"
            yield ContentBlock(kind=kind, text_md=text_md)
    yield from images


def _read_word_list_item(element: Any) -> Iterator[ContentBlock]:
    """Read a list item as Word exports it.

    It is a paragraph that begins with its bullet or number, and spaces.
    """
    margin = re.search(r"margin-left:\s*([\d.]+)pt", element.get("style") or "")
    level = min(3, max(0, round(float(margin[1]) / 36) - 1)) if margin else 0
    for block in _read_paragraphs(_list_content(element), quoted=False):
        marker = _LIST_MARKER.match(block.text_md) if block.kind == "paragraph" else None
        if marker is None:
            yield block
            continue
        text_md = block.text_md[marker.end() :]
        number = int(marker[1] or 0)
        yield ContentBlock(kind="item", text_md=text_md, level=level, number=number)


def _read_list(element: Any, *, depth: int) -> Iterator[ContentBlock]:
    number = parse_span(element, "start") - 1
    if level := _GOOGLE_LIST.search(element.get("class") or ""):
        depth = min(3, int(level[1]))
    for child in element:
        if child.tag in {"ul", "ol"}:  # old editors nest a list directly in a list
            yield from _read_list(child, depth=depth + 1)
        elif child.tag == "li":
            number = parse_span(child, "value") if "value" in child.attrib else number + 1
            yield from _read_item(child, depth=depth, number=number if element.tag == "ol" else 0)


def _read_item(element: Any, *, depth: int, number: int) -> Iterator[ContentBlock]:
    """Read an item and the lists in it.

    Its further paragraphs become items one level deeper, without a number.
    """
    if footnote_id := _find_footnote_id(element):
        yield _read_footnote(element, footnote_id)
        return
    is_first = True
    for block in _read_children(element, depth=depth, quoted=False):
        if block.kind == "paragraph" and is_first:
            yield replace(block, kind="item", level=depth, number=number)
            is_first = False
        elif block.kind == "paragraph":
            yield replace(block, kind="item", level=depth + 1)
        else:
            yield block


def _read_footnote(element: Any, footnote_id: str) -> ContentBlock:
    texts = (block.text_md for block in _read_children(element, depth=-1, quoted=False))
    text_md = " ".join(filter(None, texts)).strip()
    return ContentBlock(kind="footnote", text_md=text_md, footnote_id=footnote_id)


def _find_footnote_id(element: Any) -> str:
    found = _FOOTNOTE_ID.match(element.get("id", ""))
    return f"{found[1] or ''}{found[2]}" if found else ""


def _read_table(element: Any) -> Iterator[ContentBlock]:
    for caption in element.iterchildren("caption"):
        yield from _read_children(caption, depth=-1, quoted=False)
    grid = place_cells(element)
    for row in grid:
        for cell in row:
            if cell.element is not None:
                cell.blocks = tuple(_read_children(cell.element, depth=-1, quoted=False))
    layout = convert_layout(grid)
    if layout is not None:
        yield from layout
        return
    rows = [tuple(render_cell(cell.blocks).replace("|", "\\|") for cell in row) for row in grid]
    rows = [row for row in rows if any(row)]
    if rows:
        yield ContentBlock(kind="table", rows=tuple(rows))
    for block in (block for row in grid for cell in row for block in cell.blocks):
        if block.kind == "image":
            yield block


def _read_inline(content: Sequence[Any], images: list[ContentBlock]) -> str:
    """Convert text and elements to Markdown with newlines for line breaks.

    Images are added to ``images``.
    """
    return "".join(
        escape_markdown(_BREAK_HINTS.sub("", _WHITE_SPACE.sub(" ", piece)))
        if isinstance(piece, str)
        else _read_inline_element(piece, images)
        for piece in content
    )


def _read_inline_element(element: Any, images: list[ContentBlock]) -> str:
    tag = element.tag
    if tag == "br":
        return "\n"
    if tag == "input":
        return _read_check_box(element)
    if tag == "img":
        images.append(_read_image(element))
        return ""
    inside = _read_inline(_list_content(element), images)
    style = element.get("style") or ""
    if tag in _STRONG or (tag == "span" and _BOLD.search(style)):
        return wrap_emphasis(inside, "**")
    if tag in _EMPHASIS or (tag == "span" and _ITALIC.search(style)):
        return wrap_emphasis(inside, "*")
    if tag == "a":
        return _read_link(element, inside)
    if tag == "rt":  # how the text below it is read
        return f" ({inside.strip()})" if inside.strip() else ""
    return "" if tag == "rp" else inside


def _read_check_box(element: Any) -> str:
    if (element.get("type") or "").casefold() not in {"checkbox", "radio"}:
        return ""
    return "\u2612 " if "checked" in element.attrib else "\u2610 "


def _read_link(element: Any, inside: str) -> str:
    target = (element.get("href") or "").strip()
    if footnote := _FOOTNOTE_ID.match(target):
        return f"[^{footnote[1] or ''}{footnote[2]}]"
    if target.startswith("#") and _BACKLINK.search(target):
        return ""
    words, target = inside.strip(), _resolve_redirector(target)
    if not _WEB_LINK.match(target) or not words:
        return inside
    if strip_markdown(words) in (target, target.removeprefix("mailto:")):
        return f"<{strip_markdown(words)}>"
    escaped = target.replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E")
    return f"[{words}]({escaped})"


def _resolve_redirector(target: str) -> str:
    """Return the real URL of a link through a click tracker, which also identifies readers."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return target
    key = next((key for host, key in _REDIRECTORS.items() if f".{parts.hostname}".endswith(f".{host}")), "")
    (url,) = parse_qs(parts.query).get(key, [""])[:1] if key else ("",)
    return url if _WEB_LINK.match(url) else target


def _read_image(element: Any) -> ContentBlock:
    scheme, _, index = unquote(element.get("src") or "").partition(":")
    is_known = scheme == "image" and index.isdecimal()
    alt = " ".join((element.get("alt") or "").split())
    return ContentBlock(kind="image", image=int(index) if is_known else -1, alt=alt)
