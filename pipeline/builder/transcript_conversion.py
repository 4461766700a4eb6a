"""Turn a transcript that was read from a file into cues of an episode: shifted, and within its recording."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.audio.io.probe import read_declared_duration
from pipeline.errors import fill, make_message
from pipeline.model import Cue
from pipeline.model.time_codes import format_position, format_time_code
from pipeline.transcripts.cue_source import CueFinding, SourceCue, SourceTranscript
from pipeline.transcripts.time_shift import find_late_cues


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertedTranscript:
    """The cues of an episode, and what was found while converting."""

    cues: tuple[Cue, ...]
    findings: tuple[CueFinding, ...]
    suggested_shift_ms: int = 0  # not 0: no cue can be used before all are shifted


def convert_transcript(transcript: SourceTranscript, *, shift_ms: int, duration_s: float) -> ConvertedTranscript:
    """Shift the cues, and leave out those outside the recording, each with a finding.

    Args:
        transcript: As read from its file.
        shift_ms: Added to all times.
        duration_s: The duration of the recording; 0: unknown.
    """
    shifted = [_shift(cue, shift_ms) for cue in transcript.cues]
    times_ms = [(cue.start_ms, cue.end_ms or cue.start_ms) for cue in shifted]
    late = find_late_cues(times_ms, duration_ms=round(duration_s * 1000)) if duration_s else None
    outside = set(late.indices) if late else set()
    end = format_time_code(duration_s)
    findings = [*transcript.findings]
    if late and late.shift_ms:
        message = fill(
            "{count} of {total} cues begin after the end of the sound, {end}",
            count=len(late.indices),
            total=len(shifted),
            end=end,
        )
        hint = fill("the cues fit if they are earlier: --shift -{position}", position=format_position(-late.shift_ms))
        finding = CueFinding(line=shifted[late.indices[0]].line, column=1, message=message, hint=hint)
        total_ms = shift_ms + late.shift_ms
        return ConvertedTranscript(cues=(), findings=(*findings, finding), suggested_shift_ms=total_ms)
    message = fill("this cue begins after the end of the sound, {end}; it is left out", end=end)
    findings += (_report(shifted[index], message) for index in sorted(outside))
    for index, cue in enumerate(shifted):
        if cue.start_ms < 0:
            outside.add(index)
            findings.append(_report(cue, "this cue begins before the sound after the shift; it is left out"))
    kept = [cue for index, cue in enumerate(shifted) if index not in outside]
    return ConvertedTranscript(cues=tuple(_build_cues(kept)), findings=tuple(sorted(findings)))


def sum_declared_durations(paths: Sequence[Path]) -> float:
    """Return the duration of all parts in seconds; 0: a header does not tell it. Of tracks of one talk it is too long."""
    durations = [read_declared_duration(str(path)) for path in paths]
    return sum(filter(None, durations)) if all(durations) else 0.0


def _shift(cue: SourceCue, shift_ms: int) -> SourceCue:
    return replace(cue, start_ms=cue.start_ms + shift_ms, end_ms=(cue.end_ms or cue.start_ms) + shift_ms)


def _report(cue: SourceCue, message: str) -> CueFinding:
    return CueFinding(
        line=cue.line,
        column=cue.column,
        message=fill("{message}: `{text}`", message=make_message(message), text=cue.text[:40]),
    )


def _build_cues(cues: Sequence[SourceCue]) -> Iterator[Cue]:
    for cue in cues:
        yield Cue(start_ms=cue.start_ms, end_ms=cue.end_ms or cue.start_ms, speaker=cue.speaker, text=cue.text)
