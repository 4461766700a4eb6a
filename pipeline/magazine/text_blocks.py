"""Splits the clean HTML of one text into blocks, and prepares these for each edition."""

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape, unescape
from itertools import pairwise
from urllib.parse import unquote

from pipeline.errors import MagazineError, fill
from pipeline.magazine.figures import make_source
from pipeline.model import Picture
from pipeline.typesetting import apply_typography, load_translator, render_markdown, split_caption

_HEADING = re.compile(r"<(/?)h([1-6])\b")
_PICTURE = re.compile(r"<img\b[^>]*>")
_ATTRIBUTE = re.compile(r'\b(src|alt|title)="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
_ELEMENT = re.compile(r'<(/?)(\w+)(?:"[^"]*"|[^">])*>')  # a value in quotes may contain >
_WORD = re.compile(r"(?<![\w&])[^\W\d_]+(?![\w;])")
_DIAERESIS = re.compile("[ëïöü]")
_MAX_UNBROKEN = 5  # letters; see hyphenate-limit-chars in print.css
_FIRST_LETTER = re.compile(r"<p>([^\W\d_])")
_FIRST_TAG = re.compile(r"^<(\w+)(?![^>]*\bid=)")
_LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_REFERENCE = re.compile(r'<a class="reference" href="#([^"]+)">.*?</a>', re.DOTALL)
_RUNT = re.compile(r"(?<=[^\s<>]) (?=([^\s<>]{1,12})(</p>|</li>|\Z))")  # the space before the last word of a paragraph
_PICTURE_PARAGRAPH = re.compile(r"<p>\s*(<img\b[^>]*>)\s*</p>")


def split_blocks(
    text_md: str,
    *,
    language: str,
    top_level: int,
    folder: str,
    anchors: Mapping[str, str] | None = None,
    pictures: Sequence[Picture] = (),
) -> tuple[str, ...]:
    """Split a Markdown text into blocks of clean HTML, in order.

    Args:
        text_md: The text.
        language: Its language.
        top_level: Level of its highest headings; no level is skipped (PDF/UA-1, 7.4.2).
        folder: Folder of the text in the programme, to which paths in the Markdown are relative. In
            the HTML, pictures are named `pictures/<path in the programme>`, or by ``Picture.name``.
        anchors: Anchors of the texts of the magazine by path; links to other texts are removed.
        pictures: The pictures of the text.

    Raises:
        MagazineError: A picture is outside the programme, or has no alternative text.
    """
    html = _adjust_heading_levels(str(render_markdown(text_md, language=language)), top_level)
    html = _PICTURE_PARAGRAPH.sub(partial(_make_figure, language), html)
    html = _LINK.sub(lambda found: _resolve_link(found, folder, anchors or {}), html)
    names = {one.file: one.name for one in pictures}
    html = _PICTURE.sub(lambda found: _resolve_picture(found.group(), folder, names), html)
    return tuple(_split_elements(html))


def place_pull_quotes(
    blocks: Sequence[str], quotes: Sequence[str], *, compute_cost: Callable[[int, int], float]
) -> tuple[tuple[str, str], ...]:
    """Pair each block with the pull quote after it, or with an empty string.

    Quotes are never between a heading and its text or before a list, and not next to the lines
    that they quote, if possible.

    Args:
        blocks: The blocks of a story.
        quotes: Its pull quotes in order.
        compute_cost: Cost of a quote after a block (number of the quote, number of the block), in
            blocks from its ideal place.
    """
    placed: dict[int, str] = {}
    for number, quote in enumerate(quotes):
        costs = {
            index: compute_cost(number, index) + _compute_repetition_cost(blocks[index : index + 2], quote)
            for index in range(len(blocks) - 1)  # never after the last block
            if index not in placed and _allows_quote_between(blocks[index], blocks[index + 1])
        }
        if costs:
            placed[min(costs, key=costs.__getitem__)] = quote
    return tuple((block, placed.get(index, "")) for index, block in enumerate(blocks))


def _allows_quote_between(before: str, after: str) -> bool:
    return (
        not _HEADING.match(before)
        and not before.startswith(("<table", "<figure"))
        and not after.startswith(("<ul", "<ol", "<table", "<div"))
    )


def _compute_repetition_cost(blocks: Sequence[str], quote: str) -> float:
    return 2.5 if any(_extract_letters(quote) in _extract_letters(block) for block in blocks) else 0.0


def extract_text(block: str) -> str:
    """Return the text of a block without tags."""
    return " ".join(unescape(_TAG.sub(" ", block)).split())


def _extract_letters(html: str) -> str:
    """Return only letters and digits, to compare texts without tags, marks and spaces."""
    return "".join(character for character in _TAG.sub("", html).casefold() if character.isalnum())


def add_page_references(block: str, format_reference: Callable[[str], str]) -> str:
    """Add a page reference after each link to another text.

    ``format_reference`` takes its anchor.
    """
    return _REFERENCE.sub(
        lambda found: f'{found[0]}<span class="page-reference">{format_reference(found[1])}</span>', block
    )


def resolve_anchors(html: str, resolve: Callable[[str], str]) -> str:
    """Replace the anchor in each link to another text by what ``resolve`` returns for it."""
    return _REFERENCE.sub(lambda found: found[0].replace(f'"#{found[1]}"', f'"{resolve(found[1])}"', 1), html)


def prevent_runts(block: str, max_length: int = 12) -> str:
    """Join a last word of up to ``max_length`` characters to the word before it.

    Lists are ragged, so there any length is allowed. A space next to a tag stays: WeasyPrint would
    break the line before it in the wrong place.
    """
    return _RUNT.sub(lambda found: "\u00a0" if len(found[1]) <= max_length or found[2] == "</li>" else " ", block)


def prepare_for_print(block: str, *, first: bool = False, name: str = "", hyphenation: Sequence[str] = ()) -> str:
    """Prepare a block for hyphenation and page references.

    Words with a diaeresis are not broken, as Dutch drops the diaeresis at a break.

    Args:
        block: An HTML block.
        first: Give the paragraph a drop cap. Only in print: screen readers would read it as a word.
        name: Anchor of the block, to find its page.
        hyphenation: Words such as be-leids-pro-ces, to be broken only at these hyphens.
    """
    breaks = {word.replace("-", "").casefold(): word for word in hyphenation}
    pieces = re.split(r"(<[^>]*>)", block)
    html = "".join(
        piece if piece.startswith("<") else _WORD.sub(partial(_hyphenate_word, breaks), piece) for piece in pieces
    )
    if first and html.startswith("<p>"):
        html = _FIRST_LETTER.sub(r'<p><span class="drop-cap">\1</span>', html, count=1)
    return _FIRST_TAG.sub(rf'<\1 id="{name}"', html, count=1) if name else html


def _hyphenate_word(breaks: Mapping[str, str], found: re.Match[str]) -> str:
    """Insert soft hyphens into a listed word, or protect a word with a diaeresis."""
    word = found[0]
    if pattern := breaks.get(word.casefold()):
        return f'<span class="no-hyphenation">{_insert_soft_hyphens(word, pattern)}</span>'
    protected = len(word) > _MAX_UNBROKEN and _DIAERESIS.search(word)
    return f'<span class="no-hyphenation">{word}</span>' if protected else word


def _insert_soft_hyphens(word: str, pattern: str) -> str:
    """Break ``word`` where ``pattern`` has hyphens, and keep its own capitals."""
    letters = iter(word)
    return "".join("\u00ad" if character == "-" else next(letters) for character in pattern)


def _adjust_heading_levels(html: str, top_level: int) -> str:
    used = sorted({int(level) for slash, level in _HEADING.findall(html) if not slash})
    levels = {str(level): min(6, top_level + index) for index, level in enumerate(used)}
    return _HEADING.sub(lambda found: f"<{found[1]}h{levels[found[2]]}", html)


def _make_figure(language: str, found: re.Match[str]) -> str:
    """Make a figure of a picture in its own paragraph, with caption and credit."""
    caption, credit = split_caption(unescape(dict(_ATTRIBUTE.findall(found[1])).get("title", "")))
    parts = [escape(apply_typography(caption, language=language), quote=False)] if caption else []
    if credit:
        credit = apply_typography(load_translator(language)("Picture: %s") % credit, language=language)
        parts.append(f'<span class="credit">{escape(credit, quote=False)}</span>')
    figcaption = f"<figcaption>{' '.join(parts)}</figcaption>" if parts else ""
    return f"<figure>{found[1]}{figcaption}</figure>"


def _resolve_link(found: re.Match[str], folder: str, anchors: Mapping[str, str]) -> str:
    """Turn a relative link to a text into one to its anchor; other links stay as they are."""
    address, text = unquote(unescape(found[1])), found[2]
    if ":" in address or address.startswith(("#", "/")):
        return found[0]
    anchor = anchors.get(posixpath.normpath(posixpath.join(folder, address)))
    return f'<a class="reference" href="#{anchor}">{text}</a>' if anchor else text


def _resolve_picture(tag: str, folder: str, names: Mapping[str, str]) -> str:
    attributes = dict(_ATTRIBUTE.findall(tag))
    source, alt = attributes.get("src", ""), attributes.get("alt", "").strip()
    file = posixpath.normpath(posixpath.join(folder, unquote(unescape(source))))
    if ":" in source or file.startswith(("/", "..")):
        raise MagazineError(fill("picture outside the programme: {source}", source=source), where=folder)
    if not alt:
        hint = "Write ![description](file.jpg)."
        raise MagazineError(fill("picture without alternative text: {source}", source=source), where=folder, hint=hint)
    return f'<img src="{make_source(names.get(file, file))}" alt="{alt}">'


def _split_elements(html: str) -> list[str]:
    """Split clean HTML into its top-level elements."""
    depth, starts = 0, []
    for found in _ELEMENT.finditer(html):
        if found[1]:
            depth -= 1
            continue
        if not depth:
            starts.append(found.start())
        depth += found[2] not in ("img", "br", "hr", "wbr")
    return [html[start:end].strip() for start, end in pairwise([*starts, len(html)])]
