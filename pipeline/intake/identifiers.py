"""Finds numbers that identify a person: phone, bank account (IBAN) and citizen service number (BSN).

The only module that imports phonenumbers and stdnum.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import phonenumbers
from stdnum import iban
from stdnum.nl import bsn

from pipeline.typesetting.word_lists import read_word_list

_BSN = re.compile(r"(?<![\w.,-])(?:\d{9}|\d{4}[ .]\d{2}[ .]\d{3}|\d{3}[ .]\d{3}[ .]\d{3})(?![\w-]|[.,]\d)")
_IBAN = re.compile(r"(?<!\w)[A-Za-z]{2}\d{2}(?:[ .-]?[A-Za-z0-9]){11,30}(?!\w)")
_IBAN_GROUP = 4  # characters
_IBAN_LENGTHS = {
    country: int(length)
    for country, length in map(str.split, read_word_list(Path(__file__).with_name("data") / "iban-lengths.txt"))
}
_PHONE = re.compile(r"(?<![\w.,])(?:\+|\(?00?|\(\+)[\d(](?:[\s().–/-]{0,3}\d){7,14}(?!\w)")


def find_identifiers(line: str) -> Iterator[tuple[str, int, int]]:
    """Yield kind (bsn, iban or phone), start and end of each number whose check digits or plan are right.

    Source: Regeling burgerservicenummer, article 2; ISO 13616; the numbering plans in libphonenumber.
    """
    position = 0
    while match := _IBAN.search(line, position):
        end = _measure_iban(match[0])
        position = match.start() + (end or _IBAN_GROUP)
        if end:
            yield "iban", match.start(), position
    for match in _BSN.finditer(line):
        if bsn.is_valid(re.sub(r"\D", "", match[0])):
            yield "bsn", *match.span()
    for match in _PHONE.finditer(line):
        if _is_phone(match[0]):
            yield "phone", *match.span()


def _measure_iban(words: str) -> int:
    """Return the length of the IBAN with which words begin, in which it may have spaces; 0: it is none."""
    length = _IBAN_LENGTHS.get(words[:2].upper(), 0)
    ends = [index for index, letter in enumerate(words, start=1) if letter.isalnum()]
    end = ends[length - 1] if 0 < length <= len(ends) else 0
    return end if end and iban.is_valid(words[:end], check_country=False) else 0


def _is_phone(words: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(words, "NL"))
    except phonenumbers.NumberParseException:
        return False
