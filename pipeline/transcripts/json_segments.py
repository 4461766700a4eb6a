"""JSON of Podcasting 2.0, Whisper, WhisperX, whisper.cpp and AssemblyAI: lists of segments with start, end and text."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.errors import fill
from pipeline.text import normalise_text
from pipeline.transcripts.cue_source import ENDS_FIRST, CueFinding, SourceCue, SourceTranscript
from pipeline.transcripts.timestamps import parse_clock

_LISTS = ("segments", "utterances", "transcription", "cues", "monologues", "results", "words")
_STARTS, _ENDS = ("startTime", "start", "start_s", "from"), ("endTime", "end", "end_s", "to")
_TEXTS, _SPEAKERS = ("body", "text", "word", "content"), ("speaker", "speaker_label", "speakerName")
_MAX_PAUSE_MS = 800  # between words of one cue
_MAX_CUE_CHARACTERS = 240


def is_json(text: str) -> bool:
    """Whether a text is meant to be JSON."""
    return re.match(r"\s*[\[{]\s*[\[{\"\]}]", text) is not None


def parse_json(text: str) -> SourceTranscript:
    """Parse a list of segments; the findings have the line of the segment.

    Sources: podcast-namespace, docs/examples/transcripts; openai/whisper, ``ResultWriter``;
    ggml-org/whisper.cpp, ``output_json``.
    """
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        message = fill("this is not JSON: {reason}", reason=getattr(error, "msg", "nested too deeply"))
        finding = CueFinding(line=line, column=column, message=message, hint="export the transcript again")
        return SourceTranscript(format="JSON", findings=(finding,))
    name, segments = _find_segments(document)
    findings: list[CueFinding] = []
    lines = _locate_segments(text, name)
    cues = [cue for one, line in zip(segments, lines, strict=False) if (cue := _build_cue(one, line, findings))]
    if not segments:
        keys = ", ".join(_LISTS)
        findings.append(
            CueFinding(line=1, column=1, message=fill("this JSON has no list of segments ({keys})", keys=keys))
        )
    is_words = name == "words" or (bool(segments) and all("word" in one for one in segments))
    return SourceTranscript(
        format=_name_format(document, name),
        cues=tuple(_join_words(cues) if is_words else cues),
        findings=tuple(findings),
    )


def _find_segments(document: Any) -> tuple[str, list[Mapping[str, Any]]]:
    if isinstance(document, list):
        return "", [one for one in document if isinstance(one, dict)]
    if not isinstance(document, dict):
        return "", []
    for name in _LISTS:
        found = document.get(name)
        if isinstance(found, list) and any(isinstance(one, dict) and _has_times(one) for one in found):
            return name, [one for one in found if isinstance(one, dict)]
    for value in document.values():  # whisper servers wrap the result once more
        if isinstance(value, dict) and (inner := _find_segments(value))[1]:
            return inner
    return "", []


def _has_times(segment: Mapping[str, Any]) -> bool:
    return any(key in segment for key in (*_STARTS, "timestamps", "offsets"))


def _locate_segments(text: str, name: str) -> Iterator[int]:
    """Yield the line of each object in the list ``name``; of an unknown list all lines are 1."""
    begin = text.find("[", text.find(f'"{name}"') if name else 0)
    depth, is_string, line, at = 0, False, text.count("\n", 0, max(begin, 0)) + 1, max(begin, 0) + 1
    for found in re.finditer(r'\\.|"|[{}\[\]]|\n', text[at:], re.DOTALL):
        sign = found[0]
        if sign == '"':
            is_string = not is_string
        elif sign == "\n":
            line += 1
        elif not is_string and sign in "{[":
            if not depth and sign == "{":
                yield line
            depth += 1
        elif not is_string and sign in "}]":
            depth -= 1
    while True:
        yield 1


def _build_cue(segment: Mapping[str, Any], line: int, findings: list[CueFinding]) -> SourceCue | None:
    text = " ".join(normalise_text(str(_get_first(segment, _TEXTS) or "")).split())
    if not text:
        return None
    times = segment.get("offsets", segment.get("timestamps", segment))
    times = times if isinstance(times, dict) else {}
    is_ms = times is segment.get("offsets")
    start_ms, end_ms = (_parse_time(_get_first(times, keys), is_ms=is_ms) for keys in (_STARTS, _ENDS))
    if start_ms is None:
        message = fill("this segment has no possible start: `{text}`", text=text[:40])
        findings.append(
            CueFinding(line=line, column=1, message=message, hint="correct it: seconds from the start of the sound")
        )
        return None
    if end_ms is not None and end_ms <= start_ms:
        findings.append(CueFinding(line=line, column=1, message=ENDS_FIRST))
    speaker = normalise_text(str(_get_first(segment, _SPEAKERS) or "")).strip()
    return SourceCue(line=line, start_ms=start_ms, end_ms=end_ms, speaker=speaker, text=text)


def _get_first(segment: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((segment[key] for key in keys if segment.get(key) is not None), None)


def _parse_time(value: Any, *, is_ms: bool) -> int | None:
    """Parse seconds, milliseconds, or a clock time; NaN, negative and far too large numbers are no times."""
    if isinstance(value, str):
        return parse_clock(value) if ":" in value else _parse_time(_parse_float(value), is_ms=is_ms)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        return None
    return round(value if is_ms else value * 1000)


def _parse_float(text: str) -> float | None:
    try:
        return float(text.removesuffix("s"))
    except ValueError:
        return None


def _join_words(words: list[SourceCue]) -> Iterator[SourceCue]:
    """Join words to cues: at pauses, new speakers and ends of sentences."""
    group: list[SourceCue] = []
    for word in words:
        if group and _begins_cue(group, word):
            yield _join(group)
            group = []
        group.append(word)
    if group:
        yield _join(group)


def _begins_cue(group: list[SourceCue], word: SourceCue) -> bool:
    last = group[-1]
    if word.speaker != last.speaker or word.start_ms - (last.end_ms or last.start_ms) > _MAX_PAUSE_MS:
        return True
    length = sum(len(one.text) + 1 for one in group)
    return length > _MAX_CUE_CHARACTERS or (length > _MAX_CUE_CHARACTERS // 3 and last.text[-1:] in ".?!…")


def _join(group: list[SourceCue]) -> SourceCue:
    return SourceCue(
        line=group[0].line,
        start_ms=group[0].start_ms,
        end_ms=group[-1].end_ms,
        speaker=group[0].speaker,
        text=" ".join(one.text for one in group),
    )


def _name_format(document: Any, name: str) -> str:
    if isinstance(document, dict) and "version" in document and name == "segments":
        return "Podcasting 2.0 JSON"
    return {"segments": "Whisper JSON", "transcription": "whisper.cpp JSON", "utterances": "AssemblyAI JSON"}.get(
        name, "JSON"
    )
