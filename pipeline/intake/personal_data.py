"""Finds names, addresses, accounts, dates of birth, and numbers that identify a person.

A person decides. Some names are missed and some results are not names: an extra check is better
than a printed name.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.intake.identifiers import find_identifiers
from pipeline.typesetting.word_lists import read_word_list

_DATA = Path(__file__).with_name("data")
_FIRST_NAMES = frozenset(read_word_list(_DATA / "first-names.txt"))
_NOT_NAMES = frozenset(read_word_list(_DATA / "capitalised-words.txt"))
_LETTERS = [chr(code) for code in (*range(0x41, 0x250), *range(0x1E00, 0x1F00))]  # of Latin scripts: also İ, ş, ễ
_UPPER = "".join(letter for letter in _LETTERS if letter.isupper())
_LOWER = "".join(letter for letter in _LETTERS if letter.islower())
_PARTICLES = r"(?:[Vv]an der|[Vv]an den|[Vv]an de|[Vv]an ['’]t|[Vv]an|[Dd]e|den|der|te|ten|ter|el|al|ben|bin|['’]t)"
_CAPITALISED = rf"(?:[DdLO]['’]|Mc)?[{_UPPER}][{_LOWER}]+(?:-(?:['’]t |de |van )?[{_UPPER}][{_LOWER}]+)?"
_TITLES = "|".join(
    f"[{one[0].upper()}{one[0]}]{re.escape(one[1:])}" for one in read_word_list(_DATA / "personal-titles.txt")
)
_STREET_ENDINGS = "|".join(read_word_list(_DATA / "street-endings.txt"))
_MONTHS = "jan|feb|mrt|maa|apr|mei|may|jun|jul|aug|sep|okt|oct|nov|dec"
_FULL_NAME = re.compile(rf"\b{_CAPITALISED}(?:\s+(?:{_PARTICLES}\s+)*{_CAPITALISED})+")
_CAPITALS_NAME = re.compile(rf"\b([{_UPPER}]{{2,30}})(?:\s+(?:VAN|DE|DEN|DER|TEN|TER|EL|AL))*\s+[{_UPPER}]{{2,30}}\b")
_PATTERNS = (
    ("profile", re.compile(
        r"\b(?:https?://)?(?:[\w-]{1,20}\.)?(?:linkedin\.com/in|facebook\.com|instagram\.com|twitter\.com|x\.com"
        r"|tiktok\.com|threads\.net|bsky\.app/profile|youtube\.com/@|t\.me|wa\.me)/?@?[\w.%-]{1,99}\w", re.IGNORECASE)),
    ("e-mail", re.compile(
        r"(?<![\w.+-])[\w.+-]{1,64}(?:@| ?[(\[](?:at|apenstaartje)[)\]] ?)[\w-]{1,63}(?:(?:\.| ?[(\[](?:dot|punt)[)\]] ?)[\w-]{1,63})+",
        re.IGNORECASE)),
    ("birth date", re.compile(
        r"\b(?:geboren|geboortedatum|geb\.? ?(?:dat(?:um|\.)|op|:)|geb\.|born|date of birth|birth ?date)(?!\w)[^.\n\d]{0,30}"
        rf"\d{{1,4}}[-/. ]{{1,2}}(?:\d{{1,2}}|(?:{_MONTHS})[a-z]{{0,7}}\.?)[-/. ]{{1,2}}\d{{2,4}}", re.IGNORECASE)),
    ("postcode", re.compile(r"(?<!\w)[1-9]\d{3}(?: ?(?!SA|SD|SS)[A-Z]{2}|(?!sa|sd|ss)[a-z]{2})(?!\w)")),
    ("address", re.compile(
        rf"\b[{_UPPER}][{_LOWER}'’-]{{2,30}}(?:{_STREET_ENDINGS})\s+\d{{1,4}}(?:\s?[a-zA-Z]|-\d{{1,3}}|-[IVX]+)?\b"
        rf"|\b(?:Laan|Plein|Weg|Straat|Kade|Lange|Korte|Oude|Nieuwe|Grote|Kleine) (?:van |de |der |den |het ){{0,2}}"
        rf"[{_UPPER}][\w'’-]{{1,30}}\s+\d{{1,4}}\s?[a-zA-Z]?\b")),
    ("handle", re.compile(r"(?<![\w@/.])@[A-Za-z]\w{2,29}\b")),
    ("name", re.compile(rf"\b(?:{_TITLES})\s+(?:(?:[A-Z]\.)+\s*)?(?:{_PARTICLES}\s+)?{_CAPITALISED}(?:\s+(?:{_PARTICLES}\s+)+{_CAPITALISED})?")),
    ("name", re.compile(rf"\b(?:[A-Z]\.){{1,4}}\s*(?:{_PARTICLES}\s+)?{_CAPITALISED}")),  # initials
    ("name", re.compile(rf"\bVan (?:den|der|['’]t) {_CAPITALISED}|\b(?:O|D|d)['’][{_UPPER}][{_LOWER}]+")),
)  # fmt: skip
_CAPITALISED_WORD = re.compile(rf"(?<![\w.]){_CAPITALISED}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """A possible item of personal data; line and column count from 1."""

    kind: str  # e-mail, phone, postcode, address, handle, profile, birth date, bsn, iban, name
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
        taken = bytearray(len(line))  # 1 where a match is
        for kind, start, end in _search_line(line, public):
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(PersonalData(kind=kind, words=line[start:end], line=number, column=start + 1))
    return tuple(sorted(found, key=lambda one: (one.line, one.column)))


def _search_line(line: str, public: Collection[str]) -> Iterator[tuple[str, int, int]]:
    """Yield kind, start and end of each match, the most specific patterns first."""
    yield from find_identifiers(line)
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(line):
            yield kind, *match.span()
    for match in _FULL_NAME.finditer(line):
        start = match.start() + _measure_sentence_start(match[0])
        if _is_full_name(line[start : match.end()], public):
            yield "name", start, match.end()
    for match in _CAPITALS_NAME.finditer(line):
        if match[1].capitalize() in _FIRST_NAMES and match[0].casefold() not in public:
            yield "name", *match.span()
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
