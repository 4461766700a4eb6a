"""Finds names, e-mail addresses, phone numbers, postcodes and citizen service numbers.

A person decides. Some names are missed and some results are not names: an extra check is better
than a printed name.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.typesetting.word_lists import read_word_list

_DATA = Path(__file__).with_name("data")
_FIRST_NAMES = frozenset(read_word_list(_DATA / "first-names.txt"))
_NOT_NAMES = frozenset(read_word_list(_DATA / "capitalised-words.txt"))
_PARTICLES = r"(?:[Vv]an der|[Vv]an den|[Vv]an de|[Vv]an 't|[Vv]an|[Dd]e|den|der|te|ten|ter|el|al|ben|bin|'t)"
_CAPITALISED = r"[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]+(?:-[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]+)?"
_TITLES = r"(?:[Dd]hr\.?|[Mm]evr?\.?|[Mm]eneer|[Mm]evrouw|[Dd]rs\.?|[Mm]r\.|[Ii]r\.|[Dd]r\.)"
_BSN = re.compile(r"(?<![\d.,-])\d{9}(?![\w-]|[.,]\d)")
_FULL_NAME = re.compile(rf"\b{_CAPITALISED}(?:\s+(?:{_PARTICLES}\s+)*{_CAPITALISED})+")
_PATTERNS = (
    ("e-mail", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("phone", re.compile(r"(?<![\w.])(?:\+31|0031|0)[ -]?(?:\(0\))?(?:[ -]?\d){8,9}(?!\w)")),
    ("postcode", re.compile(r"(?<!\w)[1-9]\d{3} ?(?!SA|SD|SS)[A-Z]{2}(?!\w)")),
    ("handle", re.compile(r"(?<![\w@/.])@[A-Za-z]\w{2,29}\b")),
    ("name", re.compile(rf"\b{_TITLES}\s+(?:{_PARTICLES}\s+)?{_CAPITALISED}")),
    ("name", re.compile(rf"\b(?:[A-Z]\.){{1,4}}\s*(?:{_PARTICLES}\s+)?{_CAPITALISED}")),  # initials
)
_CAPITALISED_WORD = re.compile(rf"(?<![\w.]){_CAPITALISED}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """A possible item of personal data; line and column count from 1."""

    kind: str  # e-mail, phone, postcode, handle, bsn, name
    words: str
    line: int
    column: int


def find_personal_data(text: str, *, known: Collection[str] = ()) -> tuple[PersonalData, ...]:
    """Find possible personal data in a text, in order and without overlaps.

    Args:
        text: Plain text or Markdown.
        known: Names that the programme publishes itself, which are not reported.
    """
    public = {word.casefold() for words in known for word in (words, *words.split())}
    found: list[PersonalData] = []
    for number, line in enumerate(text.split("\n"), start=1):
        taken: list[tuple[int, int]] = []
        for kind, start, end in _search_line(line, public):
            if all(end <= other_start or start >= other_end for other_start, other_end in taken):
                taken.append((start, end))
                found.append(PersonalData(kind=kind, words=line[start:end], line=number, column=start + 1))
    return tuple(sorted(found, key=lambda one: (one.line, one.column)))


def _search_line(line: str, public: Collection[str]) -> Iterator[tuple[str, int, int]]:
    """Yield kind, start and end of each match, the most specific patterns first."""
    for match in _BSN.finditer(line):
        if _is_bsn(match[0]):
            yield "bsn", *match.span()
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(line):
            yield kind, *match.span()
    for match in _FULL_NAME.finditer(line):
        start = match.start() + _measure_sentence_start(match[0])
        if _is_full_name(line[start : match.end()], public):
            yield "name", start, match.end()
    for match in _CAPITALISED_WORD.finditer(line):
        if match[0] in _FIRST_NAMES and match[0].casefold() not in public:
            yield "name", *match.span()


def _measure_sentence_start(words: str) -> int:
    """Return the length of a first word (with its space) that is not part of the name."""
    first, _, rest = words.partition(" ")
    is_start = first in _NOT_NAMES or (rest.partition(" ")[0] in _FIRST_NAMES and first not in _FIRST_NAMES)
    return len(words) - len(rest) if rest and is_start else 0


def _is_full_name(words: str, public: Collection[str]) -> bool:
    capitalised = re.findall(_CAPITALISED, words)
    is_unknown = all(word not in _NOT_NAMES and word.casefold() not in public for word in capitalised)
    return len(capitalised) > 1 and is_unknown and words.casefold() not in public


def _is_bsn(digits: str) -> bool:
    """Check a citizen service number by the eleven test.

    Source: Regeling burgerservicenummer, article 2.
    """
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return digits != "000000000" and sum(w * int(d) for w, d in zip(weights, digits, strict=True)) % 11 == 0
