"""Rules for transcript and chapter files, as strict as the strictest app.

Sources: w3.org/TR/webvtt1, section 4; podcast-namespace, docs/examples/transcripts and docs/examples/chapters.
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import fill
from pipeline.lint.value_types import SRT_TYPES
from pipeline.model.time_codes import parse_srt_timestamp, parse_vtt_timestamp

FileProblem = tuple[str, str, str]  # code, message, hint

_MAX_BYTES = 20_000_000
_CUE_TIMING = re.compile(r"(\S+)[ \t]+-->[ \t]+(\S+)(?:[ \t].*)?")
_TOLERANCE_S = 1.0
_MIN_CHAPTERS = 3


class _InvalidFileError(Exception):
    """A file cannot be parsed; the message says why."""


def check_transcript_file(file: Path, media_type: str, duration_s: float) -> Iterator[FileProblem]:
    """Check a transcript.

    Args:
        file: The transcript.
        media_type: Its type in the feed.
        duration_s: The duration of the episode; 0 if unknown.

    Yields:
        The code, the message and the hint of each problem.
    """
    try:
        end_s = _find_end(_read_text(file), media_type.partition(";")[0].strip())
    except _InvalidFileError as error:
        yield "transcript", error.args[0], "Correct that line, or create the transcript again."
        return
    if duration_s and end_s > duration_s + _TOLERANCE_S:
        yield (
            "transcript-beyond",
            fill(
                "the transcript ends at {end_s:.1f} s, the episode at {duration_s:.1f} s",
                end_s=end_s,
                duration_s=duration_s,
            ),
            "",
        )


def check_chapters_file(file: Path, duration_s: float) -> Iterator[FileProblem]:
    """Check a file of JSON chapters; the arguments are those of ``check_transcript_file``."""
    try:
        starts = _parse_starts(_read_text(file))
    except _InvalidFileError as error:
        yield "chapters", error.args[0], ""
        return
    if starts and starts[0]:
        yield "chapters-first", fill("the first chapter starts at {start_s:g} s", start_s=starts[0]), ""
    if starts != sorted(set(starts)):
        yield "chapters-order", "the chapters are not in order of time", ""
    if duration_s and starts and max(starts) >= duration_s + _TOLERANCE_S:
        message = fill(
            "a chapter starts at {start_s:g} s, but the episode ends at {duration_s:.1f} s",
            start_s=max(starts),
            duration_s=duration_s,
        )
        yield "chapters-beyond", message, ""
    if 0 < len(starts) < _MIN_CHAPTERS:
        yield "chapters-few", fill("only {count} chapters", count=len(starts)), ""


def _read_text(file: Path) -> str:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise _InvalidFileError(fill("the file has more than {count} million bytes", count=_MAX_BYTES // 1_000_000))
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _InvalidFileError("the file is not UTF-8") from error
    except OSError as error:
        raise _InvalidFileError(fill("the file cannot be read ({strerror})", strerror=error.strerror)) from error
    if not text.strip():
        raise _InvalidFileError("the file is empty")
    return text


def _find_end(text: str, media_type: str) -> float:
    """Find the end of the last cue in seconds; 0 in a format without times."""
    if media_type == "text/vtt":
        if not re.match(r"WEBVTT(?:[ \t]|$)", text.splitlines()[0]):
            raise _InvalidFileError("line 1: it must begin with WEBVTT")
        return _check_cue_times(_iter_cue_times(text, parse_vtt_timestamp))
    if media_type in SRT_TYPES:
        return _check_cue_times(_iter_cue_times(text, parse_srt_timestamp))
    if media_type == "application/json":
        return _check_cue_times(_iter_segment_times(text))
    return 0.0


def _check_cue_times(times: Iterator[tuple[int, float, float]]) -> float:
    """Check the order of cues, each a line number, a start and an end in seconds; return the last end."""
    last_end_s, previous_start_s, count = 0.0, 0.0, 0
    for line, start_s, end_s in times:
        count += 1
        if not start_s < end_s:
            raise _InvalidFileError(fill("line {line}: a cue ends before it starts", line=line))
        if start_s < previous_start_s:
            raise _InvalidFileError(fill("line {line}: a cue starts before the previous cue", line=line))
        last_end_s, previous_start_s = max(last_end_s, end_s), start_s
    if not count:
        raise _InvalidFileError("the transcript has no cues")
    return last_end_s


def _iter_cue_times(text: str, parse: Callable[[str], int | None]) -> Iterator[tuple[int, float, float]]:
    for number, line in enumerate(text.splitlines(), 1):
        if "-->" in line:
            found = _CUE_TIMING.fullmatch(line.strip())
            start_ms, end_ms = (parse(found[1]), parse(found[2])) if found else (None, None)
            if start_ms is None or end_ms is None:
                raise _InvalidFileError(
                    fill("line {number}: invalid cue timing “{line}”", number=number, line=line.strip()[:60])
                )
            yield number, start_ms / 1000, end_ms / 1000


def _iter_segment_times(text: str) -> Iterator[tuple[int, float, float]]:
    for number, segment in enumerate(_parse_list(text, "segments")[1], 1):
        if not isinstance(segment, dict) or not isinstance(segment.get("body"), str):
            raise _InvalidFileError(fill("segment {number} has no `body`", number=number))
        start_s, end_s = (_parse_seconds(segment.get(name)) for name in ("startTime", "endTime"))
        if start_s is None or end_s is None:
            raise _InvalidFileError(fill("segment {number} has no `startTime` and `endTime` in seconds", number=number))
        yield number, start_s, end_s


def _parse_starts(text: str) -> list[float]:
    """Parse the start of each chapter in seconds."""
    document, chapters = _parse_list(text, "chapters")
    if not isinstance(document.get("version"), str):
        raise _InvalidFileError("`version` is missing")
    starts = []
    for number, chapter in enumerate(chapters, 1):
        start_s = _parse_seconds(chapter.get("startTime")) if isinstance(chapter, dict) else None
        if start_s is None:
            raise _InvalidFileError(fill("chapter {number} has no `startTime` in seconds", number=number))
        starts.append(start_s)
    return starts


def _parse_list(text: str, name: str) -> tuple[dict[str, Any], list[Any]]:
    """Parse a JSON object; return it, and the list ``name`` in it."""
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise _InvalidFileError("the JSON is nested too deeply") from error
    except ValueError as error:
        raise _InvalidFileError(fill("the JSON is invalid ({error})", error=error)) from error
    if not isinstance(document, dict) or not isinstance(document.get(name), list):
        raise _InvalidFileError(fill("the list `{name}` is missing", name=name))
    return document, document[name]


def _parse_seconds(value: Any) -> float | None:
    """Accept a finite number of seconds from 0 to 10⁹; JSON's ``true`` is not a number."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 10**9 and math.isfinite(value) else None
