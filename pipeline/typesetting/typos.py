"""Finds typing errors that only the writer can correct."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.errors import fill
from pipeline.typesetting.word_lists import read_word_list

_DATA = Path(__file__).with_name("data")
_MASK = "\ufffc"  # replaces code, comments and URLs, character by character, so that positions stay valid
_NOT_PROSE = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|^(?P<fence>```+|~~~+)[^\n]*\n.*?(?:^(?P=fence)[^\n]*$|\Z)"
    r"|(?<!`)(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)"
    r"|\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)"
    r"|^\[[^\]\n]+\]:[^\n]*$"
    r"|<[a-z/][^>\n]*>"
    r"|(?:https?://|www\.)[^\s<>]+"
    r"|(?<![\w.+-])[\w.+-]++@[\w.-]+\.\w+"  # possessive here and below: linear also on a text of a single word
    r"|^(?=[^\n]*--)[ \t:|-]++$"  # the line below the header of a table
    r"|(?<=\n\n)(?: {4}[^\n]*\n?)+",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_SUSPENDED_HYPHEN = "en|of|noch|dan|als|tot|naar|maar|danwel|and|or|to|than|nor"  # as in: in- en uitgang
_PARAGRAPH = re.compile(r"(?:[^\n]+\n?)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typo:
    """A typing error; ``start`` is its offset in the text, ``found`` the text there."""

    start: int
    code: str
    message: str
    hint: str
    found: str


TypoRule = Callable[[str], Iterator[Typo]]


def find_typos(text_md: str, *, language: str = "nl") -> tuple[Typo, ...]:
    """Find the typing errors in Markdown or plain text, in order.

    Code, comments and URLs are ignored.
    """
    text = _NOT_PROSE.sub(lambda found: re.sub(r"[^\n]", _MASK, found[0]), text_md)
    rules = _compile_rules(language.partition("-")[0].lower())
    found = {error.start: error for rule in rules for error in rule(text)}
    return tuple(found[start] for start in sorted(found))


@cache
def _compile_rules(language: str) -> tuple[TypoRule, ...]:
    space_after = "add a space after it"
    hyphen = ("hyphen with a space on one side", "write a dash with spaces on both sides, a hyphen with none")
    rules = [
        _make_rule("space-before", r"(?<=\w)[ \t\u00a0]+[,;:.?!](?=\s|\Z)", "space before `{mark}`", "delete it"),
        _make_rule("space-inside", r"(?<=\s)\([ \t]+(?=\w)|(?<=\w)[ \t]+\)", "space inside the brackets", "delete it"),
        _make_rule("no-space", r"(?<=[^\W\d_])[,;](?=[^\W\d_])", "no space after `{mark}`", space_after),
        _make_rule("no-space", r"(?<=[^\W\d_]{3})[.?!](?=[A-ZÀ-Þ][a-zß-ÿ]+\s)", "no space after `{mark}`", space_after),
        _make_rule(
            "double-mark",
            r"(?<=\w)(?:,{2,}(?!\w)|;{2,}|\.\.(?![./\w]))",
            "`{mark}` twice",
            "delete one, or write ... for an omission",
        ),
        _make_rule("old-quotes", r"(?<!\S),,(?=\w)", "two commas as a quotation mark", 'write "'),
        _make_rule("lone-hyphen", rf"(?<=[^\W\d_])- (?!(?:{_SUSPENDED_HYPHEN})\b|[(&+/{_MASK}]|\n)(?=\w)", *hyphen),
        _make_rule("lone-hyphen", rf"(?<![\w-])(?!(?:{_SUSPENDED_HYPHEN})\b)\w+ -(?=[^\W\d_]{{2}})", *hyphen),
        _find_foot_marks,
        _make_repetition_rule(language),
        _find_unclosed_quotes,
    ]
    if language == "nl":
        rules.append(_make_rule("euro", r"€(?=\d)", "no space after `€`", "write € 5; a line never breaks there"))
    return tuple(rules)


def _make_rule(code: str, pattern: str, message: str, hint: str) -> TypoRule:
    compiled = re.compile(pattern)

    def find(text: str) -> Iterator[Typo]:
        for found in compiled.finditer(text):
            filled = fill(message, mark=found[0].strip()[:1])
            yield Typo(start=found.start(), code=code, message=filled, hint=hint, found=found[0])

    return find


def _make_repetition_rule(language: str) -> TypoRule:
    """Make the rule for the same word twice in a row, also across a line break."""
    file = _DATA / f"repeatable-words.{language}.txt"
    allowed = set(read_word_list(file)) if file.is_file() else set()
    pattern = re.compile(r"(?<![\w'’.-])([^\W\d_]+)[^\S\n]*(?:\n[^\S\n]*|[^\S\n])(\1)(?![\w'’-])", re.IGNORECASE)

    def find(text: str) -> Iterator[Typo]:
        for found in pattern.finditer(text):
            is_new_name = found[2][0].isupper() and not found[1][0].isupper()
            if found[1].casefold() not in allowed and not is_new_name and not _is_heading(text, found.start()):
                message, hint = fill("`{found}` twice", found=found[2]), "delete one, unless it is intended"
                start = found.start(2)
                yield Typo(start=start, code="doubled-word", message=message, hint=hint, found=found[0])

    return find


def _is_heading(text: str, offset: int) -> bool:
    line = text[text.rfind("\n", 0, offset) + 1 : offset + 1]
    return line.lstrip().startswith("#")


def _find_foot_marks(text: str) -> Iterator[Typo]:
    """Find a straight quote after a number, in a paragraph where it does not close a quotation."""
    for paragraph in _PARAGRAPH.finditer(text):
        opening = re.search(r"(?<!\S)'(?=\w\w)", paragraph[0])
        for found in re.finditer(r"(?<=[\s(]\d)'(?![\w'])|(?<=[\s(]\d\d)'(?![\w'])", paragraph[0]):
            if opening is None or found.start() < opening.start():
                yield Typo(
                    start=paragraph.start() + found.start(),
                    code="foot-mark",
                    message="straight quote after a number; it would be printed as an apostrophe",
                    hint="write the unit: 5 voet, 5 minuten",
                    found="'",
                )


def _find_unclosed_quotes(text: str) -> Iterator[Typo]:
    """Find a paragraph with an odd number of straight quotation marks.

    The direction of the last one is a guess.
    """
    for paragraph in _PARAGRAPH.finditer(text):
        marks = [found.start() for found in re.finditer('"', paragraph[0])]
        if len(marks) % 2:
            yield Typo(
                start=paragraph.start() + marks[-1],
                code="unclosed-quote",
                message="quotation mark without a partner in this paragraph",
                hint="add the other one where the quotation begins or ends",
                found='"',
            )
