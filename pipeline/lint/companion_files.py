"""Reads what stands beside the sound, as strictly as the strictest app: transcripts and chapters.

Sources: w3.org/TR/webvtt1, section 4; podcast-namespace, docs/examples/transcripts and docs/examples/chapters.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

Tell = Callable[[str, str, str], None]  # code, what, hint

_MOST_BYTES = 20_000_000
_VTT_TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_VTT_LINE = re.compile(rf"{_VTT_TIME}[ \t]+-->[ \t]+{_VTT_TIME}(?:[ \t].*)?", re.ASCII)
_SRT_TIME = r"(\d{2,}):([0-5]\d):([0-5]\d)[,.](\d{3})"
_SRT_LINE = re.compile(rf"{_SRT_TIME}[ \t]+-->[ \t]+{_SRT_TIME}(?:[ \t].*)?", re.ASCII)
_VTT, _SRT, _JSON = "text/vtt", ("application/x-subrip", "application/srt", "text/srt"), "application/json"
_SLACK_S = 1.0
_FEWEST = 3


class _Unreadable(Exception):  # noqa: N818 # ends the reading of one file, within this module
    """What is wrong, for a person."""


def judge_transcript_file(file: Path, media_type: str, whole_s: float, tell: Tell) -> None:
    """A transcript in the form that the feed calls it; ``whole_s`` is 0 where nobody knows how long the episode is."""
    try:
        last_s = _last_second(_text(file), media_type.partition(";")[0].strip())
    except _Unreadable as error:
        tell("transcript", str(error), "Mend that line, or write the transcript anew.")
        return
    if whole_s and last_s > whole_s + _SLACK_S:
        tell("transcript-beyond", f"it ends at {last_s:.1f} s, the episode at {whole_s:.1f} s", "")


def judge_chapters_file(file: Path, whole_s: float, tell: Tell) -> None:
    """JSON chapters: readable, in order, within the episode."""
    try:
        starts = [_start_of(chapter, number) for number, chapter in enumerate(_chapters(_text(file)), 1)]
    except _Unreadable as error:
        tell("chapters", str(error), "")
        return
    if starts and starts[0]:
        tell("chapters-first", f"the first chapter begins at {starts[0]:g} s", "")
    if starts != sorted(set(starts)):
        tell("chapters-order", "the chapters do not follow one another", "")
    if whole_s and starts and max(starts) >= whole_s + _SLACK_S:
        tell("chapters-beyond", f"a chapter begins at {max(starts):g} s, the episode ends at {whole_s:.1f} s", "")
    if 0 < len(starts) < _FEWEST:
        tell("chapters-few", f"there are {len(starts)} chapters", "")


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise _Unreadable(f"it has more than {_MOST_BYTES // 1_000_000} million bytes")
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Unreadable("it is no UTF-8") from error
    except OSError as error:
        raise _Unreadable(f"it cannot be read ({error.strerror})") from error
    if not text.strip():
        raise _Unreadable("it is empty")
    return text


def _last_second(text: str, media_type: str) -> float:
    """When the last words of a transcript end; 0 for a form without times."""
    if media_type == _VTT:
        return _ended_s(_vtt_times(text.splitlines()))
    if media_type in _SRT:
        return _ended_s(_srt_times(text.splitlines()))
    if media_type == _JSON:
        return _ended_s(_json_times(text))
    return 0.0


def _ended_s(times: Iterator[tuple[int, float, float]]) -> float:
    last_s, before_s, count = 0.0, 0.0, 0
    for line, start, end in times:
        count += 1
        if not start < end:
            raise _Unreadable(f"line {line}: words end before they begin")
        if start < before_s:
            raise _Unreadable(f"line {line}: words stand before those that come earlier")
        last_s, before_s = max(last_s, end), start
    if not count:
        raise _Unreadable("there are no words in it")
    return last_s


def _vtt_times(lines: Sequence[str]) -> Iterator[tuple[int, float, float]]:
    if not re.match(r"WEBVTT(?:[ \t]|$)", lines[0]):
        raise _Unreadable("line 1: it does not begin with WEBVTT")
    for number, line in enumerate(lines, 1):
        if "-->" in line:
            yield number, *_times(_VTT_LINE, line, number)


def _srt_times(lines: Sequence[str]) -> Iterator[tuple[int, float, float]]:
    for number, line in enumerate(lines, 1):
        if "-->" in line:
            yield number, *_times(_SRT_LINE, line, number)


def _times(form: re.Pattern[str], line: str, number: int) -> tuple[float, float]:
    found = form.fullmatch(line.strip())
    if not found:
        raise _Unreadable(f"line {number}: “{line.strip()[:60]}” is no time")
    parts = [int(part or 0) for part in found.groups()]
    start, end = (
        hours * 3600 + minutes * 60 + seconds + ms / 1000 for hours, minutes, seconds, ms in (parts[:4], parts[4:])
    )
    return start, end


def _json_times(text: str) -> Iterator[tuple[int, float, float]]:
    document = _json(text)
    segments = document.get("segments") if isinstance(document, dict) else None
    if not isinstance(segments, list):
        raise _Unreadable("it has no list `segments`")
    for number, segment in enumerate(segments, 1):
        if not isinstance(segment, dict) or not isinstance(segment.get("body"), str):
            raise _Unreadable(f"segment {number} has no `body`")
        start, end = (_seconds(segment.get(name)) for name in ("startTime", "endTime"))
        if start is None or end is None:
            raise _Unreadable(f"segment {number} has no `startTime` and `endTime` in seconds")
        yield number, start, end


def _chapters(text: str) -> list[Any]:
    document = _json(text)
    chapters = document.get("chapters") if isinstance(document, dict) else None
    if not isinstance(chapters, list):
        raise _Unreadable("it has no list `chapters`")
    if not isinstance(document.get("version"), str):
        raise _Unreadable("it has no `version`")
    return chapters


def _start_of(chapter: Any, number: int) -> float:
    start = _seconds(chapter.get("startTime")) if isinstance(chapter, dict) else None
    if start is None:
        raise _Unreadable(f"chapter {number} has no `startTime` in seconds")
    return start


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Unreadable(
            f"it is no JSON ({error})" if isinstance(error, ValueError) else "it is nested too deep"
        ) from error


def _seconds(value: Any) -> float | None:
    """A number of seconds; not-a-number, endless and true are none."""
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not abs(value) < 10**9
        or not math.isfinite(value)
    ):
        return None
    return float(value) if value >= 0 else None
