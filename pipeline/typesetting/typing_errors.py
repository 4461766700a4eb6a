"""Finds slips of the typist that a typesetter cannot mend, since only the writer knows what was meant."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

_MASK = "\ufffc"  # stands for what is no text, sign for sign, so that places stay
_NO_TEXT = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|^(?P<fence>```+|~~~+)[^\n]*\n.*?(?:^(?P=fence)[^\n]*$|\Z)"
    r"|(?<!`)(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)"
    r"|\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)"
    r"|^\[[^\]\n]+\]:[^\n]*$"
    r"|<[a-z/][^>\n]*>"
    r"|(?:https?://|www\.)[^\s<>]+"
    r"|[\w.+-]+@[\w.-]+\.\w+"
    r"|^[ \t]*\|?[ \t:|-]*--[ \t:|-]*$"  # the line under the head of a table
    r"|(?<=\n\n)(?: {4}[^\n]*\n?)+",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_TWICE = {  # words that may well stand twice in a row
    "nl": "bla dag dat die er haar had heel hem het ho hup is ja je jullie kom lang mij nee nou nu ons sst steeds tik toe u was we weg"
    " wat wie ze zij zijn zo",
    "en": "bla had her ha is no so that very yes you",
}
_SHARED = "en|of|noch|dan|als|tot|naar|maar|danwel|and|or|to|than|nor"  # in- en uitgang


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A slip at ``start`` in the text; ``found`` is what stands there."""

    start: int
    code: str
    message: str
    hint: str
    found: str


def slips_in(text_md: str, *, language: str = "nl") -> tuple[Slip, ...]:
    """Every slip in a piece of Markdown, or in plain text, in its order; code, comments and addresses are passed over."""
    text = _NO_TEXT.sub(lambda found: re.sub(r"[^\n]", _MASK, found[0]), text_md)
    found = {slip.start: slip for rule in _rules(language.partition("-")[0].lower()) for slip in rule(text)}
    return tuple(found[start] for start in sorted(found))


Rule = Callable[[str], Iterator[Slip]]


@cache
def _rules(language: str) -> tuple[Rule, ...]:
    rules: list[Rule] = [
        _rule("space-before", r"(?<=\w)[ \t\u00a0]+[,;:.?!](?=\s|\Z)", "a space before `{mark}`", "take it out"),
        _rule("space-inside", r"(?<=\s)\([ \t]+(?=\w)|(?<=\w)[ \t]+\)", "a space inside the brackets", "take it out"),
        _rule("no-space", r"(?<=[^\W\d_])[,;](?=[^\W\d_])", "no space after `{mark}`", "put one behind it"),
        _rule(
            "no-space", r"(?<=[^\W\d_]{3})[.?!](?=[A-ZÀ-Þ][a-zß-ÿ]+\s)", "no space after `{mark}`", "put one behind it"
        ),
        _rule(
            "double-mark",
            r"(?<=\w)(?:,{2,}(?!\w)|;{2,}|\.\.(?![./\w]))",
            "`{mark}` twice",
            "leave one, or write ... for what was left out",
        ),
        _rule("old-quotes", r"(?<!\S),,(?=\w)", "two commas for a quotation mark", 'write "; it is set as it should'),
        _rule("lone-hyphen", rf"(?<=[^\W\d_])- (?!(?:{_SHARED})\b|[(&+/{_MASK}]|\n)(?=\w)", *_LONE),
        _rule("lone-hyphen", rf"(?<![\w-])(?!(?:{_SHARED})\b)\w+ -(?=[^\W\d_]{{2}})", *_LONE),
        _feet,
        _doubled(language),
        _unclosed,
    ]
    if language == "nl":
        rules.append(
            _rule("euro", r"€(?=\d)", "an amount that touches its `€`", "write € 5, with a space: they stay together")
        )
    return tuple(rules)


_LONE = ("a hyphen that touches a word on one side only", "a dash has a space on both sides, a hyphen on neither")


def _rule(code: str, pattern: str, message: str, hint: str) -> Rule:
    compiled = re.compile(pattern)

    def rule(text: str) -> Iterator[Slip]:
        for found in compiled.finditer(text):
            told = message.replace("{mark}", found[0].strip()[:1])
            yield Slip(start=found.start(), code=code, message=told, hint=hint, found=found[0])

    return rule


def _doubled(language: str) -> Rule:
    """The same word twice in a row, also over the end of a line; not those that may well stand so."""
    may = set(_TWICE.get(language, "").split())
    twice = re.compile(r"(?<![\w'’.-])([^\W\d_]+)[^\S\n]*(?:\n[^\S\n]*|[^\S\n])(\1)(?![\w'’-])", re.IGNORECASE)

    def rule(text: str) -> Iterator[Slip]:
        for found in twice.finditer(text):
            capital = found[2][0].isupper() and not found[1][0].isupper()
            if found[1].casefold() not in may and not capital and not _is_heading(text, found.start()):
                hint = "leave one, unless it is meant"
                yield Slip(
                    start=found.start(2), code="doubled-word", message=f"`{found[2]}` twice", hint=hint, found=found[0]
                )

    return rule


def _is_heading(text: str, place: int) -> bool:
    line = text[text.rfind("\n", 0, place) + 1 : place + 1]
    return line.lstrip().startswith("#")


def _feet(text: str) -> Iterator[Slip]:
    """A straight mark after a number, in a paragraph where it closes no quote."""
    for paragraph in re.finditer(r"(?:[^\n]+\n?)+", text):
        for found in re.finditer(r"(?<=[\s(]\d)'(?![\w'])|(?<=[\s(]\d\d)'(?![\w'])", paragraph[0]):
            if not re.search(r"(?<!\S)'(?=\w\w)", paragraph[0][: found.start()]):
                yield Slip(
                    start=paragraph.start() + found.start(),
                    code="foot-mark",
                    message="a straight mark after a number, which is set as an apostrophe",
                    hint="write the word: 5 voet, 5 minuten",
                    found="'",
                )


def _unclosed(text: str) -> Iterator[Slip]:
    """A paragraph in which a straight quotation mark has no fellow: which way it turns is a guess."""
    for paragraph in re.finditer(r"(?:[^\n]+\n?)+", text):
        marks = [found.start() for found in re.finditer('"', paragraph[0])]
        if len(marks) % 2:
            yield Slip(
                start=paragraph.start() + marks[-1],
                code="unclosed-quote",
                message="a quotation mark without its fellow in this paragraph",
                hint="put the other one where the quote begins or ends",
                found='"',
            )
