"""Time codes and durations: how WebVTT, SubRip, chapters, feeds, schema.org and people write them.

Parsers return ``None`` for any other text; they never raise.
"""

import re

POSITION_PATTERN = r"^(\d{1,2}:[0-5]\d:[0-5]\d|\d{1,3}:[0-5]\d)(\.\d{1,3})?$"

_VTT_TIMESTAMP = re.compile(r"(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})", re.ASCII)
_SRT_TIMESTAMP = re.compile(r"(\d{2,4}):([0-5]\d):([0-5]\d)[,.](\d{3})", re.ASCII)
_ITUNES_DURATION = re.compile(r"\d{1,7}|\d{1,4}:[0-5]?\d|\d{1,3}:[0-5]?\d:[0-5]?\d", re.ASCII)
_NPT = re.compile(r"(?:(?:\d{1,3}:)?\d{1,3}:)?\d{1,6}(?:\.\d{1,6})?", re.ASCII)


def format_time_code(seconds: float, *, with_hours: bool = False) -> str:
    """Format a time for people: ``0:41``, ``1:02:03``, or ``0:00:41`` with hours; rounded down to whole seconds."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours or with_hours else f"{minute}:{second:02}"


def format_position(at_ms: int) -> str:
    """Format a position as ``parse_position`` reads it: ``00:41``, ``1:02:03``, ``00:41.500``."""
    text = format_time_code(at_ms // 1000)
    text = text if len(text) > len("0:41") else text.zfill(5)
    return f"{text}.{at_ms % 1000:03}" if at_ms % 1000 else text


def parse_position(text: str) -> int | None:
    """Parse a position in a recording as programme files write it; in milliseconds."""
    if not re.match(POSITION_PATTERN, text):
        return None
    whole, _, fraction = text.partition(".")
    return 1000 * _sum_units(whole) + int(fraction.ljust(3, "0")[:3] or 0)


def format_timestamp(at_ms: int, *, decimal_mark: str = ".") -> str:
    """Format ``HH:MM:SS.mmm``, as WebVTT and Podlove chapters write it; SubRip has a comma."""
    return f"{at_ms // 3_600_000:02}:{at_ms // 60_000 % 60:02}:{at_ms // 1000 % 60:02}{decimal_mark}{at_ms % 1000:03}"


def parse_vtt_timestamp(text: str) -> int | None:
    """Parse ``00:41.000`` or ``00:00:41.000``; in milliseconds.

    Source: W3C WebVTT 1, section 4.1, "WebVTT timestamp".
    """
    return _parse_timestamp(_VTT_TIMESTAMP, text)


def parse_srt_timestamp(text: str) -> int | None:
    """Parse ``00:00:41,000``; in milliseconds. A point is accepted, because many programs write one."""
    return _parse_timestamp(_SRT_TIMESTAMP, text)


def parse_itunes_duration(text: str) -> int | None:
    """Parse seconds, ``MM:SS`` or ``HH:MM:SS``; in seconds.

    Source: podcasters.apple.com 823, ``itunes:duration``.
    """
    return _sum_units(text) if _ITUNES_DURATION.fullmatch(text) else None


def parse_npt(text: str) -> float | None:
    """Parse a normal play time, as Podlove chapters write it: ``41.5``, ``00:41`` or ``1:02:03.500``; in seconds.

    Source: RFC 2326, section 3.6; Podlove Simple Chapters 1.2.
    """
    if not _NPT.fullmatch(text):
        return None
    whole, _, fraction = text.partition(".")
    if any(int(unit) > 59 for unit in whole.split(":")[1:]):
        return None
    return _sum_units(whole) + float(f"0.{fraction or 0}")


def format_iso_duration(seconds: float) -> str:
    """Format an ISO 8601 duration, rounded to whole seconds: ``PT1H2M3S``."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minute}M" if minute else "") + f"{second}S"


def _parse_timestamp(pattern: re.Pattern[str], text: str) -> int | None:
    if not (found := pattern.fullmatch(text)):
        return None
    hours, minutes, seconds, milliseconds = (int(unit or 0) for unit in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds


def _sum_units(text: str) -> int:
    """``1:02:03`` as seconds."""
    seconds = 0
    for unit in text.split(":"):
        seconds = seconds * 60 + int(unit)
    return seconds
