"""The spellings of a person's name: those that are certain, and those that may be somebody else."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html.entities import codepoint2name
from urllib.parse import quote

from pipeline.errors import UsageError, fill

_INVISIBLE = "\u00ad\u200b-\u200d\u2060\ufeff"  # soft hyphens, zero width: nobody sees them in a name
_MARKS = "\u0300-\u036f"  # combining, as NFD writes accents
_BETWEEN = rf"(?:[\s_.+{_INVISIBLE}\u2010-\u2015-]|%20|&nbsp;|&#160;|&#xa0;|\\u00a0)*"
_BEFORE = r"(?<![^\W\d_])"  # no letter: slugs and file names write the name between hyphens and digits
_AFTER = r"(?:['’]?s)?(?![^\W\d_])"  # the genitive
_BLOCKS = ((0xC0, 0x250), (0x1E00, 0x1F00))  # Latin letters with marks
_SHORTEST = 2  # letters


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePattern:
    """Finds the name of a person in any text: with or without accents, in any case, NFC or NFD, in addresses too."""

    certain: re.Pattern[str]
    possible: re.Pattern[str]

    def has_name(self, text: str) -> bool:
        """Check whether the name is in a text, in a spelling that is certain."""
        return self.certain.search(text) is not None

    def find_possible(self, text: str) -> Iterator[re.Match[str]]:
        """Yield what may be the name: only a first name or a surname with its capital, or initials."""
        certain = [found.span() for found in self.certain.finditer(text)]
        for found in self.possible.finditer(text):
            is_part = any(start <= found.start() < end for start, end in certain)
            if not is_part and any(char.isupper() for char in found[0]):
                yield found

    def hide(self, text: str) -> str:
        """Replace the name by an ellipsis, for receipts."""
        return self.certain.sub("…", text)

    def replace(self, text: str, replacement: str) -> str:
        """Replace the name wherever it is certain; within an address by a word without spaces."""
        return self.certain.sub(lambda found: _fit_replacement(found, text, replacement), text)


def build_name_pattern(name: str, also: Sequence[str] = (), *, is_known: bool = True) -> NamePattern:
    """Build the pattern of a name.

    Args:
        name: As people write it: ``Anna de Vries``, ``De Vries, Anna``.
        also: More spellings that are this person without doubt, such as ``A. de Vries``.
        is_known: Whether the programme names somebody exactly so. A single word that is not known is only possible.

    Raises:
        UsageError: A name has fewer than two letters.
    """
    for one in (name, *also):
        if sum(char.isalpha() for char in one) < _SHORTEST:
            raise UsageError(fill("`{name}` is not a name", name=one), hint="Give the whole name, in quotes.")
    parts = _split_name(name)
    forms = [_join(parts)] if len(parts) > 1 or is_known else []
    forms += [_join(_split_name(one)) for one in also]
    doubtful = []
    if len(parts) > 1:
        first, *rest = parts
        prefixes, surname = rest[:-1], rest[-1]
        comma = rf"{_BETWEEN},{_BETWEEN}"
        forms.append(f"{_join(rest)}{comma}{_join([first])}")
        if prefixes:
            forms.append(f"{_join([surname])}{comma}{_join([first, *prefixes])}")
        doubtful = [rf"{_spell(first[0])}\.?(?:{_BETWEEN}\w\.)*{_BETWEEN}{_join(rest)}", _join(rest), _join([first])]
    elif not is_known:
        doubtful = [_join(parts)]
    return NamePattern(certain=_compile(forms), possible=_compile(doubtful))


def _split_name(name: str) -> list[str]:
    """Split a name in its parts, the first name first."""
    surname, comma, first = name.partition(",")
    return (f"{first} {surname}" if comma else name).split()


def _join(parts: Sequence[str]) -> str:
    return _BETWEEN.join(map(_spell, parts))


def _compile(forms: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"{_BEFORE}(?:{'|'.join(forms) or '(?!)'}){_AFTER}", re.IGNORECASE)


def _spell(part: str) -> str:
    """Return a pattern of one part of a name: each letter with any accent or none, and as escapes write it."""
    text = unicodedata.normalize("NFC", part)
    return rf"[{_INVISIBLE}]*".join(map(_spell_letter, text))


def _spell_letter(char: str) -> str:
    base = unicodedata.normalize("NFD", char)[0]
    if not base.isalpha():
        return rf"(?:{re.escape(char)}|{_BETWEEN})"  # hyphens and apostrophes come and go
    if not base.isascii():
        return re.escape(char)
    letters = f"[{base}{_list_accented().get(base.lower(), '')}][{_MARKS}]*"
    if char.isascii():
        return letters
    escapes = {form for one in (char.lower(), char.upper()) for form in _list_escapes(one)}
    return rf"(?:{letters}|{'|'.join(map(re.escape, sorted(escapes)))})"


def _list_escapes(char: str) -> Iterator[str]:
    yield quote(char)
    yield quote(unicodedata.normalize("NFD", char))
    yield f"&#{ord(char)};"
    yield f"&#x{ord(char):x};"
    yield f"\\u{ord(char):04x}"
    if name := codepoint2name.get(ord(char)):
        yield f"&{name};"


@cache
def _list_accented() -> dict[str, str]:
    """List the accented letters by their base letter, in lower case."""
    found: dict[str, str] = {}
    for start, end in _BLOCKS:
        for code in range(start, end):
            base = unicodedata.normalize("NFD", chr(code))[0].lower()
            if base.isascii() and base.isalpha():
                found[base] = found.get(base, "") + chr(code)
    return found


def _fit_replacement(found: re.Match[str], text: str, replacement: str) -> str:
    is_address = " " not in found[0] and any(sign in found[0] for sign in "-_.+%")
    around = text[max(found.start() - 1, 0) : found.start()] + text[found.end() : found.end() + 1]
    if is_address or (any(sign in around for sign in "-_/#@") and " " not in found[0]):
        return re.sub(r"\W+", "-", replacement).strip("-").lower()
    before = text[: found.start()].rstrip(" \"'“‘*_([{")
    is_start = not before or before.endswith("\n\n") or (before[-1] in ".!?:>-" and before != text[: found.start()])
    return replacement[:1].upper() + replacement[1:] if is_start else replacement
