"""Timestamps as programs and people write them in transcripts: with a comma or a point, with or without hours."""

import re

CLOCK = r"(?:\d{1,3}:)?\d{1,3}:\d{1,2}(?:[.,:;]\d{1,3})?"  # 0:41, 00:41, 1:02:03, 0:00:41.5, 00:00:41:12
_PARTS = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,9}))?", re.ASCII)
_SECONDS = re.compile(r"(\d{1,7})(?:[.,](\d{1,9}))?", re.ASCII)


def parse_clock(text: str) -> int | None:
    """Parse ``0:41``, ``1:02:03`` or ``00:00:41,500``; in milliseconds. ``None``: it is no time."""
    if not (found := _PARTS.fullmatch(text.strip())):
        return None
    hours, minutes, seconds, fraction = found.groups()
    if int(seconds) > 59 or (hours and int(minutes) > 59):
        return None
    return 1000 * (3600 * int(hours or 0) + 60 * int(minutes) + int(seconds)) + _parse_fraction(fraction)


def parse_seconds(text: str) -> int | None:
    """Parse ``41.5``, or ``41,5`` as Dutch programs write it; in milliseconds. ``None``: it is no number."""
    if not (found := _SECONDS.fullmatch(text.strip())):
        return None
    return 1000 * int(found[1]) + _parse_fraction(found[2])


def _parse_fraction(digits: str | None) -> int:
    """Return milliseconds: ``5`` is half a second, ``1000`` a tenth."""
    return int((digits or "0").ljust(3, "0")[:3])
