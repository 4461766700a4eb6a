"""Limits of Markdown: what takes far longer to parse or to lay out than its words do is refused before that."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from pipeline.errors import WeerslagError, fill

# of what is only parsed: show notes, the notes of all groups of an event
_MAX_FILE_CHARACTERS, _MAX_FILE_LINES = 300_000, 20_000
_MAX_CHARACTERS, _MAX_LINES = 40_000, 1_800  # of one text: 16 pages of the magazine
_MAX_PARAGRAPH = 10_000  # characters; for each line, the layout engine looks at all of its paragraph
_MAX_MARKUP = 7_000  # characters with a meaning in Markdown; the time to parse a text grows with them
_MAX_COLUMNS = 30  # of a table: no page fits more, and the time to lay one out grows with their square
# no line break fits into a word of 300 letters; addresses are longer, and CJK has no spaces
_LONG_WORD = re.compile(r"(?<!\S)(?:(?!\S*?(?:://|www\.))[^\s\u2e80-\uffef]{301,}|[^\s\u2e80-\uffef]{1501,}|\S{4001,})")
_BRACKET = re.compile(r"(?<!\\)\[")
_MARKUP = re.compile(r"[\[\]!*_`<>&|\\~:^]")
_BLOCK_START = re.compile(  # of a line that does not go on with the paragraph before it
    r"[-+*:][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|\||`{3}|~{3}|(?:-+|=+|\*{3,}|_{3,})[ \t]*$"
)
_MAX_BRACKETS = 1_000  # the time to parse them grows with the square of their number in a paragraph
_MAX_EMPHASES = 20  # marks in one word, where the time to lay it out grows with the square of their number
_EMPHASISED_WORD = re.compile(r"(?<!\S)[^\s*_]*[*_]\S*")
_EMPHASIS = re.compile(r"\*+|(?<![^\W_])_+|_+(?![^\W_])")  # an underscore inside a word, as in addresses, is none
_MARGIN = " \t>"  # of a line: its indentation, and marks of a quotation
_ITEM = r"(?:[-+*]|\d{1,9}[.)])"
_COUNT_LIMITS = (  # of what takes far longer to lay out than its words; the time grows with the square of some
    (re.compile(r"\]\([^()\n]{0,2000}\)|<(?:https?|mailto):|\]\["), 200, "more than {limit} links and images"),
    (re.compile(r"\[\^[^\]\s]+\]"), 180, "more than {limit} references to footnotes, and footnotes"),
    (re.compile(r"^ {0,3}(?:#{1,6}(?:\s|$)|=+\s*$|-+\s*$)", re.MULTILINE), 200, "more than {limit} headings"),
    (re.compile(r"^ {0,3}:\s", re.MULTILINE), 120, "more than {limit} definitions"),
    (re.compile(r"(?<!\\)\|(?=[^\n]*\S)"), 600, "more than {limit} cells in tables"),
    (re.compile(rf"^[ \t>]*{_ITEM}[ \t]", re.MULTILINE), 400, "more than {limit} items in lists"),
    (re.compile(r"(?:\\|(?<! ) {2,})$", re.MULTILINE), 500, "more than {limit} line breaks inside paragraphs"),
    (re.compile(r"[\u2600-\u27bf\U0001f000-\U0001faff]"), 1_000, "more than {limit} emoji and symbols"),
    (
        re.compile(r"[\u0590-\u1dff\u2e80-\ud7ff]"),
        25_000,
        "more than {limit} letters that are not Latin, Greek or Cyrillic",
    ),
)
_MAX_CODE_LINES = 250
_MAX_EMPHASIS_MARKS, _FREE_EMPHASIS_MARKS = 600, 2  # of a text, beyond so many in each paragraph: names in bold
_FENCE = re.compile(r"[ \t>]*(`{3,}(?!.*`)|~{3,})")
_INDENTED_CODE = re.compile(rf"(?: {{4}}|\t)\s*(?!{_ITEM}\s)\S")
_MAX_LEVEL = 20  # of nested blocks; a list has two
_DEEP_PREFIX = re.compile(  # of a line whose level can be as high: each level takes a character or more
    rf"^(?:[ >:~]|[-+*](?=[ \t])|\d{{1,9}}[.)](?=[ \t])|\[\^[^\]\s]+\]:){{{_MAX_LEVEL}}}", re.MULTILINE
)
_SPLIT, _SHORTEN = "split it into several texts", "add spaces, or remove what is no text"
_TOO_DEEP, _FEWER_LEVELS = "a list or quotation is nested too deeply", "use fewer levels"
_DEEP_QUOTATION = re.compile(r"^[ \t]*(?:>[ \t]*){10}", re.MULTILINE)  # its lines have room for a few letters


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkdownExcess:
    """Why a text would take too long to render; ``start`` is the offset of the place."""

    start: int
    message: str
    hint: str


class NestingError(WeerslagError):
    """A list or quotation is nested too deeply; ``start`` is the offset of the place."""

    def __init__(self, start: int) -> None:
        super().__init__(_TOO_DEEP, hint=_FEWER_LEVELS)
        self.start = start


def find_parsing_excess(text_md: str) -> MarkdownExcess | None:
    """Find what makes a file too slow to parse; ``None``: nothing does."""
    return next(_iterate_parsing_excesses(text_md), None)


def find_layout_excess(text_md: str) -> MarkdownExcess | None:
    """Find what makes one text too slow to parse or to lay out; ``None``: nothing does."""
    return next(chain(_iterate_parsing_excesses(text_md), _iterate_layout_excesses(text_md)), None)


def may_nest_too_deeply(text_md: str) -> bool:
    """Return whether a line begins with as many marks and spaces as the deepest list or quotation needs."""
    return bool(_DEEP_PREFIX.search(text_md.expandtabs(4)))


def require_shallow(state: Any, line: int, _end: int, _silent: bool) -> bool:  # noqa: FBT001  # the signature of markdown-it's rules
    """Refuse a block that is nested too deeply, as a rule of the block parser; it never matches.

    Raises:
        NestingError: It is.
    """
    if state.level >= _MAX_LEVEL:
        raise NestingError(state.bMarks[line] + state.tShift[line])
    return False


def _iterate_parsing_excesses(text_md: str) -> Iterator[MarkdownExcess]:
    """Find what is too large to parse, cheapest first: each pattern relies on the limits before it."""
    yield from _find_length(text_md, _MAX_FILE_CHARACTERS, _MAX_FILE_LINES)
    yield from _find_wide_tables(text_md.split("\n"))
    if word := _LONG_WORD.search(text_md):
        message = fill("a word of {count} characters is too long", count=len(word[0]))
        yield MarkdownExcess(start=word.start(), message=message, hint=_SHORTEN)
    if (start := _find_surplus(_BRACKET, text_md, _MAX_BRACKETS)) >= 0:
        message = fill("more than {limit} square brackets", limit=_MAX_BRACKETS)
        yield MarkdownExcess(start=start, message=message, hint=_SPLIT)
    if quotation := _DEEP_QUOTATION.search(text_md):
        yield MarkdownExcess(start=quotation.start(), message=fill(_TOO_DEEP), hint=_FEWER_LEVELS)
    if len(_MARKUP.findall(text_md)) > _MAX_MARKUP:
        message = fill(
            "more than {max_markup} punctuation marks that have a meaning in Markdown", max_markup=_MAX_MARKUP
        )
        yield MarkdownExcess(start=0, message=message, hint="split the text, or remove what is no text")


def _iterate_layout_excesses(text_md: str) -> Iterator[MarkdownExcess]:
    """Find what is too large to lay out, in a text that can be parsed."""
    yield from _find_length(text_md, _MAX_CHARACTERS, _MAX_LINES)
    lines = text_md.split("\n")
    yield from _find_long_paragraphs(lines)
    yield from _find_emphases(lines)
    for pattern, limit, template in _COUNT_LIMITS:
        if (start := _find_surplus(pattern, text_md, limit)) >= 0:
            yield MarkdownExcess(start=start, message=fill(template, limit=limit), hint=_SPLIT)
    if (number := next(islice(_iterate_code_lines(lines), _MAX_CODE_LINES, None), -1)) >= 0:
        message = fill("more than {limit} lines of code", limit=_MAX_CODE_LINES)
        yield MarkdownExcess(start=_find_line(lines, number), message=message, hint=_SPLIT)


def _find_length(text_md: str, max_characters: int, max_lines: int) -> Iterator[MarkdownExcess]:
    if len(text_md) > max_characters:
        message = fill(
            "a text of {count} characters is too long: the limit is {max_characters}",
            count=len(text_md),
            max_characters=max_characters,
        )
        yield MarkdownExcess(start=0, message=message, hint=_SPLIT)
    if (count := text_md.count("\n") + 1) > max_lines:
        message = fill(
            "a text of {count} lines is too long: the limit is {max_lines}", count=count, max_lines=max_lines
        )
        yield MarkdownExcess(start=0, message=message, hint=_SPLIT)


def _find_long_paragraphs(lines: list[str]) -> Iterator[MarkdownExcess]:
    for start, text in _iterate_paragraphs(lines):
        if sum(len(line.strip(_MARGIN)) + 1 for line in text.split("\n")) > _MAX_PARAGRAPH:
            message = fill("a paragraph of more than {limit} characters", limit=_MAX_PARAGRAPH)
            yield MarkdownExcess(start=start, message=message, hint="divide it with empty lines")


def _iterate_paragraphs(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the offset and the text of each paragraph; the row of a table is one, code, which has its own limit, is none."""
    code = set(_iterate_code_lines(lines))
    start = offset = 0
    held: list[str] = []
    for number, line in enumerate(lines):
        text = "" if number in code else line.strip(_MARGIN)
        if held and (not text or _BLOCK_START.match(text)):
            yield start, "\n".join(held)
            held = []
        if text:
            start = start if held else offset
            held.append(line)
        offset += len(line) + 1
    if held:
        yield start, "\n".join(held)


def _find_wide_tables(lines: list[str]) -> Iterator[MarkdownExcess]:
    counts = [line.count("|") - line.count("\\|") for line in lines]
    if (columns := max(counts)) > _MAX_COLUMNS:
        message = fill(
            "a table of {columns} columns is too wide: the limit is {max_columns}",
            columns=columns,
            max_columns=_MAX_COLUMNS,
        )
        yield MarkdownExcess(start=_find_line(lines, counts.index(columns)), message=message, hint="split the table")


def _find_emphases(lines: list[str]) -> Iterator[MarkdownExcess]:
    total = 0
    for start, text in _iterate_paragraphs(lines):
        free = _FREE_EMPHASIS_MARKS
        for word in _EMPHASISED_WORD.finditer(text):
            count = len(_EMPHASIS.findall(word[0])) if word[0].strip("*_") else 0  # a list item, a rule
            total += max(0, count - free)
            free = max(0, free - count)
            if count > _MAX_EMPHASES:
                message = fill("a word with more than {limit} marks of emphasis", limit=_MAX_EMPHASES)
                yield MarkdownExcess(start=start + word.start(), message=message, hint=_SHORTEN)
            if total > _MAX_EMPHASIS_MARKS:
                message = fill("more than {limit} marks of emphasis", limit=_MAX_EMPHASIS_MARKS)
                yield MarkdownExcess(start=start + word.start(), message=message, hint=_SPLIT)


def _find_surplus(pattern: re.Pattern[str], text: str, limit: int) -> int:
    """Find where a text has a match more than the limit; -1: it has not."""
    surplus = next(islice(pattern.finditer(text), limit, None), None)
    return surplus.start() if surplus else -1


def _iterate_code_lines(lines: list[str]) -> Iterator[int]:
    """Yield the numbers of the lines of code, fenced or indented."""
    fence = ""
    for number, line in enumerate(lines):
        found = _FENCE.match(line)
        if found and (not fence or found[1].startswith(fence)):
            fence = "" if fence else found[1]
        elif fence or _INDENTED_CODE.match(line):
            yield number


def _find_line(lines: list[str], number: int) -> int:
    """Return the offset of a line."""
    return sum(len(line) + 1 for line in lines[:number])
