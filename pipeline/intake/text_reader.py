"""Reads plain text and Markdown in any encoding, and HTML that pads and note programs export."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pipeline.errors import SourceLocation, fill
from pipeline.intake.charsets import decode_named, decode_unnamed
from pipeline.intake.chat_exports import remove_senders
from pipeline.intake.document import ContentBlock, ExtractedText
from pipeline.intake.html_cleanup import remove_asides
from pipeline.intake.html_reader import check_block_count, read_html_blocks
from pipeline.intake.markdown_escaping import escape_markdown
from pipeline.intake.refused_formats import RefusedFileError
from pipeline.text import strip_and_count_comments, strip_comments
from pipeline.typesetting import find_markdown_file_excess, render_commonmark

_BULLET = re.compile(r"(\s*)[-*•–‣◦▪]\s+(.*)")
_NUMBER = re.compile(r"(\s*)(\d{1,3})[.)]\s+(.*)")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)  # of HedgeDoc: tags and author
_CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?([\w-]+)", re.IGNORECASE)
_MARKDOWN_OMISSIONS = (
    (re.compile("%%.*?%%", re.DOTALL), "comment"),
    (re.compile(r"!\[\[[^\[\]\n]+\]\]"), "linked image"),
    (re.compile(r"~~(?=\S)[^~\n]+?(?<=\S)~~ ?"), "struck-through passage"),
)
_FOOTNOTE = re.compile(r"^([ \t]*)\[\^([^\]\s]+)\]:", re.MULTILINE)
_FOOTNOTE_REFERENCE = re.compile(r"\[\^([^\]\s]+)\](?!:)")
_DIRECTION_MARKS = re.compile("[\u200e\u200f]")  # WhatsApp writes them before its own messages
_MAX_CHARACTERS = 1_000_000
_RULED_LINE = re.compile(r"^[ \t]*(?:_{5,}|-{5,}|={5,}|\*{5,}|~{5,})[ \t]*$", re.MULTILINE)
_FULL_LINE = 50  # characters; lines that are all longer were broken by a program
_MAX_POEM_LINES = 60


def decode_text(content: bytes) -> str:
    """Decode bytes by their byte order mark, else as UTF-8, else in an old encoding.

    Line breaks become newlines.

    Raises:
        RefusedFileError: The text has more than a million characters.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", "replace")
    else:
        text = decode_unnamed(content)
    return tidy_text(text)


def tidy_text(text: str) -> str:
    """Remove direction marks, and make line breaks newlines.

    Raises:
        RefusedFileError: The text has more than a million characters.
    """
    if len(text) > _MAX_CHARACTERS:
        message = fill(
            "{count} characters; the limit is {max_characters}", count=len(text), max_characters=_MAX_CHARACTERS
        )
        raise RefusedFileError(message, hint="Split it into several files.")
    return re.sub("\r\n?", "\n", _DIRECTION_MARKS.sub("", text))


def read_text(content: bytes) -> ExtractedText:
    """Read plain text, also a chat or a transcript that a program exported."""
    text, omissions = remove_senders(decode_text(content))
    return ExtractedText(blocks=split_blocks(text), omissions=omissions)


def check_line_count(text: str) -> None:
    """Stop reading a text that is far too long for a note.

    Raises:
        RefusedFileError: It has more than 20,000 lines that are not blank.
    """
    check_block_count(sum(1 for line in text.split("\n") if line.strip()))


def split_blocks(text: str) -> tuple[ContentBlock, ...]:
    """Split plain text into paragraphs (at empty lines) and list items."""
    check_line_count(text)
    blocks: list[ContentBlock] = []
    for part in re.split(r"\n[ \t]*\n\s*", _RULED_LINE.sub("\n", text).strip("\n")):
        lines: list[str] = []
        item: ContentBlock | None = None
        is_first = True
        for line in part.split("\n"):
            if found := _parse_item(line):
                blocks += _join_lines(lines, item)
                lines, item = [], found
            elif is_first and blocks and blocks[-1].kind == "item" and line.startswith((" ", "\t")):
                item = blocks.pop()
                lines = [line]
            elif item and not line.startswith((" ", "\t")):
                blocks += _join_lines(lines, item)
                lines, item = [line.strip()], None
            else:
                lines.append(line.strip())
            is_first = False
        blocks += _join_lines(lines, item)
        check_block_count(len(blocks))
    return tuple(blocks)


def _join_lines(lines: Sequence[str], item: ContentBlock | None) -> list[ContentBlock]:
    """Join lines to a paragraph, or to the item that they continue."""
    if item is None:
        return _join_paragraph(list(lines))
    further = (escape_markdown(line.strip()) for line in lines)
    return [replace(item, text_md=" ".join([item.text_md, *filter(None, further)]))]


def _parse_item(line: str) -> ContentBlock | None:
    if bullet := _BULLET.fullmatch(line):
        text_md = escape_markdown(bullet[2].strip())
        return ContentBlock(kind="item", text_md=text_md, level=_measure_nesting(bullet[1]))
    if number := _NUMBER.fullmatch(line):
        text_md = escape_markdown(number[3].strip())
        return ContentBlock(kind="item", text_md=text_md, level=_measure_nesting(number[1]), number=int(number[2]))
    return None


def _measure_nesting(indent: str) -> int:
    return min(3, len(indent.expandtabs(4)) // 2)


def _join_paragraph(lines: list[str]) -> list[ContentBlock]:
    """Join lines to a paragraph; short lines, as in a poem, get hard breaks, or are paragraphs if they are many."""
    lines = [line for line in lines if line]
    if not lines:
        return []
    is_wrapped = len(lines) > 1 and all(len(line) >= _FULL_LINE for line in lines[:-1])
    texts = list(map(escape_markdown, lines))
    if is_wrapped or len(lines) <= _MAX_POEM_LINES:
        texts = [(" " if is_wrapped else "\\\n").join(texts)]
    return [ContentBlock(kind="paragraph", text_md=text) for text in texts]


def read_markdown(content: bytes) -> ExtractedText:
    """Read Markdown; raw HTML becomes text, comments and front matter are omitted.

    Raises:
        RefusedFileError: It would take too long to parse.
    """
    text = decode_text(content)
    if excess := find_markdown_file_excess(text):
        line, column = text.count("\n", 0, excess.start) + 1, excess.start - text.rfind("\n", 0, excess.start)
        raise RefusedFileError(excess.message, where=SourceLocation("", line, column), hint=excess.hint)
    omissions = Counter[str]()
    text, omissions["front matter of another program"] = _FRONT_MATTER.subn("", text)
    text, omissions["comment"] = strip_and_count_comments(text)
    for pattern, what in _MARKDOWN_OMISSIONS:
        text, count = pattern.subn("", text)
        omissions[what] += count
    found = read_html_blocks(render_commonmark(_remove_extensions(text)))
    blocks, images = _drop_images(found.blocks)
    return ExtractedText(blocks=blocks, omissions=+omissions + found.omissions + images)


def _remove_extensions(text: str) -> str:
    """Replace the wiki links, highlights and callouts of Obsidian and Notion by their text."""
    text = re.sub(r"(?<!!)\[\[(?:[^\[\]|\n]*\|)?([^\[\]|\n]+)\]\]", r"\1", text)
    text = _escape_unused_footnotes(text)
    text = re.sub(r"==(?=\S)([^=\n]+?)(?<=\S)==", r"\1", text)
    return re.sub(
        r"(?m)^(\s*>)\s*\[![\w-]+\][+-]?[ \t]*(.*)$", lambda found: f"\n{found[2]}\n" if found[2] else found[1], text
    )


def _escape_unused_footnotes(text: str) -> str:
    """Make a paragraph of each footnote that nothing refers to, which a parser would drop."""
    used = set(_FOOTNOTE_REFERENCE.findall(text))
    return _FOOTNOTE.sub(lambda found: found[0] if found[2] in used else f"{found[1]}\\{found[0].lstrip()}", text)


def read_html(content: bytes) -> ExtractedText:
    """Read a page that HedgeDoc, Etherpad, Word online or another program exported."""
    charset = _CHARSET.search(content[:4096])
    if charset and charset[1].lower() in (b"windows-1252", b"iso-8859-1", b"latin1"):
        page = tidy_text(decode_named(content, "windows-1252"))
    else:
        page = decode_text(content)
    return read_page(page)


def read_page(page: str, *, clean: Callable[[Any], Counter[str]] = remove_asides) -> ExtractedText:
    """Read a decoded page; ``clean`` removes and counts what is not taken over."""
    found = read_html_blocks(strip_comments(page), clean=clean)
    blocks, images = _drop_images(found.blocks)
    return ExtractedText(blocks=blocks, omissions=images + found.omissions)


def _drop_images(blocks: Sequence[ContentBlock]) -> tuple[tuple[ContentBlock, ...], Counter[str]]:
    """Drop images, and count them: they are in other files, which were not handed in."""
    others = tuple(block for block in blocks if block.kind != "image")
    return others, Counter({"linked image": len(blocks) - len(others)})
