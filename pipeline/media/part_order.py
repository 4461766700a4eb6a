"""The order of the parts of a recording, by how recorders, phones and people name files."""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePath

_SEPARATORS = re.compile(r"[\s_\-–—+.,()\[\]{}#&']+")
_TOKENS = re.compile(r"\d+|[^\W\d_]+|[^\w\s]+")
_GOPRO = re.compile(r"g[hxlpo](pr|\d\d)(\d{4})")  # the number of the chapter precedes that of the recording
_DATE = re.compile(r"(?<!\d)(\d{1,2})([-._ ])(\d{1,2})\2((?:19|20)\d\d)(?!\d)")  # day first, as in Dutch
_NAMED_DATE = re.compile(r"(?<!\d)(\d{1,2})[-._ ]?([a-z]{3,9})\.?[-._ ]?((?:19|20)\d\d)(?!\d)")
_HALF_DAY = re.compile(r"(?<!\d)(\d{1,2})([.:h_-]\d\d(?:[.:m_-]\d\d)?)[ _]?([ap])\.?m\b")
_TIME = re.compile(  # a date and a time of day, or six digits of each
    r"(?<!\d)((?:19|20)?\d\d)[-_. ]?(0[1-9]|1[0-2])[-_. ]?(0[1-9]|[12]\d|3[01])"
    r"[-_. t]*(?:at |om )?([01]\d|2[0-3])[-_.:h]?([0-5]\d)(?:[-_.:m]?([0-5]\d))?(?!\d)"
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DUTCH_MONTHS = {"maa": "mar", "mrt": "mar", "mei": "may", "okt": "oct"}
_NUMBERS = {
    word: number
    for words in (
        "een twee drie vier vijf zes zeven acht negen tien elf twaalf",
        "eerste tweede derde vierde vijfde zesde zevende achtste negende tiende elfde twaalfde",
        "one two three four five six seven eight nine ten eleven twelve",
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
    )
    for number, word in enumerate(words.split(), start=1)
}
_ROMAN = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
    "xi": 11,
    "xii": 12,
}
_PART_WORDS = {
    *("deel", "dl", "part", "pt", "teil", "partie", "tape", "disc", "cd"),
    *("blok", "sessie", "session", "take", "hoofdstuk", "chapter"),
}
_ORDINAL_ENDINGS = {"e", "de", "ste", "st", "nd", "rd", "th", "er", "ere", "eme", "ème"}

_Key = tuple[tuple[int, int, str], ...]


def order_parts(paths: Iterable[str]) -> tuple[str, ...]:
    """Order the files of a recording as people mean their names.

    A name without a number comes before the same name with one (`Nieuwe opname`, `Nieuwe opname
    2`); numbers count by value (2 before 10), also as words; dates count by year, month and day. If
    every name has a date and a time of day, these decide.

    Args:
        paths: File names, or paths with forward slashes, of one recording.

    Returns:
        The same paths in order; the order does not depend on that of the argument.
    """
    names = {path: _normalise(PurePath(path).stem) for path in sorted(paths)}
    times = {path: _find_time(name) for path, name in names.items()}
    by_time = all(times.values())
    return tuple(sorted(names, key=lambda path: (times[path] if by_time else (), _build_key(names[path]), path)))


def find_part_number(path: str) -> tuple[str, int] | None:
    """Find the number of a part whose file name says in words that it is one: `deel 2`, `part two`, `2e deel`.

    Args:
        path: A file name, or a path with forward slashes.

    Returns:
        The name before that, in which all numbers are 0, and the number of the part. ``None``: the
        name does not say so.
    """
    tokens = _TOKENS.findall(_SEPARATORS.sub(" ", _normalise(PurePath(path).stem)))
    for place, token in enumerate(tokens):
        if token not in _PART_WORDS:
            continue
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        if (number := _read_number(after) or _ROMAN.get(after)) is not None:
            return _mask_numbers(tokens[:place]), number
        start = place - 1 - (place > 1 and tokens[place - 1] in _ORDINAL_ENDINGS)
        if start >= 0 and (number := _read_number(tokens[start])) is not None:
            return _mask_numbers(tokens[:start]), number
    return None


def _read_number(token: str) -> int | None:
    return int(token[:18]) if token.isdecimal() else _NUMBERS.get(token)


def _mask_numbers(tokens: Iterable[str]) -> str:
    return " ".join("0" if token.isdecimal() else token for token in tokens)


def _normalise(stem: str) -> str:
    """Write dates with the year first, times of day with 24 hours, and GoPro's chapters last."""
    name = unicodedata.normalize("NFKC", stem).casefold()
    if gopro := _GOPRO.fullmatch(name):
        return f"gopro {gopro[2]} {0 if gopro[1] == 'pr' else int(gopro[1])}"
    name = _DATE.sub(lambda found: f"{found[4]}-{int(found[3]):02}-{int(found[1]):02}", name)
    name = _NAMED_DATE.sub(_convert_month, name)
    return _HALF_DAY.sub(lambda found: f"{int(found[1]) % 12 + 12 * (found[3] == 'p'):02}{found[2]}", name)


def _convert_month(found: re.Match[str]) -> str:
    month = _DUTCH_MONTHS.get(found[2][:3], found[2][:3])
    if month not in _MONTHS:
        return found[0]
    return f"{found[3]}-{_MONTHS.index(month) + 1:02}-{int(found[1]):02}"


def _find_time(name: str) -> tuple[int, ...]:
    """Return year, month, day, hour, minute and second; empty if the name does not have them."""
    found = _TIME.search(name)
    return tuple(int(value or 0) % 2000 for value in found.groups()) if found else ()


def _build_key(name: str) -> _Key:
    """Build a sort key from words and numbers; separators do not count, and a shorter name comes first."""
    key: list[tuple[int, int, str]] = []
    previous = ""
    for token in _TOKENS.findall(_SEPARATORS.sub(" ", name)):
        number = _read_number(token)
        if number is None and previous in _PART_WORDS:
            number = _ROMAN.get(token)
        key.append((0, number, "") if number is not None else (1, 0, token))
        previous = token
    return tuple(key)
