"""What is read from the file of a transcript: cues with their line, findings, and lines without a time."""

from dataclasses import dataclass

ENDS_FIRST = "this cue ends before it begins"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCue:
    """A cue as a file has it."""

    line: int  # counts from 1; of its timing
    column: int = 1
    start_ms: int
    end_ms: int | None  # ``None``: the format has only starts
    speaker: str = ""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class CueFinding:
    """What cannot be used (``error``: its words are lost), or was changed while reading (``warning``)."""

    line: int
    column: int
    message: str
    hint: str = ""
    severity: str = "error"  # error | warning


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenLine:
    """A line of a text without times."""

    line: int
    speaker: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTranscript:
    """All that was read from a file."""

    format: str  # for people: WebVTT, SubRip, plain text …
    cues: tuple[SourceCue, ...] = ()
    findings: tuple[CueFinding, ...] = ()
    lines: tuple[SpokenLine, ...] = ()  # of a text without times; then there are no cues
