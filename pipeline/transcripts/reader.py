"""Read the text of a transcript in whatever format it has, and complete what the format leaves open."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from pipeline.errors import fill
from pipeline.text import normalise_text
from pipeline.transcripts.cue_blocks import is_sbv, is_subrip, parse_sbv, parse_subrip
from pipeline.transcripts.cue_source import ENDS_FIRST, CueFinding, SourceCue, SourceTranscript
from pipeline.transcripts.json_segments import is_json, parse_json
from pipeline.transcripts.line_tables import is_ass, is_label_table, parse_ass, parse_label_table
from pipeline.transcripts.names import take_labels
from pipeline.transcripts.timed_text import parse_text
from pipeline.transcripts.ttml import is_ttml, parse_ttml
from pipeline.transcripts.webvtt import is_webvtt, parse_webvtt

_MS_PER_CHARACTER = 130  # slow speech has 8 characters in a second
_MIN_CUE_MS = 1000
_FORMATS: tuple[tuple[Callable[[str], bool], Callable[[str], SourceTranscript]], ...] = (
    (is_json, parse_json),
    (is_ttml, parse_ttml),
    (is_ass, parse_ass),
    (is_label_table, parse_label_table),
    (is_sbv, parse_sbv),
)


def read_transcript(text: str) -> SourceTranscript:
    """Read a transcript; its content decides what format it is, not its name.

    Args:
        text: The decoded file.

    Returns:
        Cues in order of time, all with an end; or the lines of a text without times.
    """
    text = normalise_text(text)
    transcript = _parse(text)
    cues = take_labels(_remove_repeats(transcript.cues, text))
    findings = [_soften(one) if one.message == ENDS_FIRST else one for one in transcript.findings]
    ordered = tuple(sorted(cues, key=lambda cue: cue.start_ms))
    if moved := sum(one is not other for one, other in zip(cues, ordered, strict=True)):
        line = next(later.line for cue, later in pairwise(cues) if later.start_ms < cue.start_ms)
        message = fill("{moved} cues are not in order of time; they are sorted", moved=moved)
        findings.append(CueFinding(line=line, column=1, message=message, severity="warning"))
    if not (cues or findings or transcript.lines):
        findings.append(
            CueFinding(line=1, column=1, message="the file has no text", hint="export the transcript again")
        )
    completed = tuple(_complete_ends(ordered))
    return replace(transcript, cues=completed, findings=tuple(sorted(findings)))


def _parse(text: str) -> SourceTranscript:
    for is_format, parse in _FORMATS:
        if is_format(text):
            return parse(text)
    if is_webvtt(text):
        return _choose_reading(parse_webvtt(text), text)
    transcript = parse_subrip(text) if is_subrip(text) else parse_text(text)
    return transcript if transcript.cues or transcript.findings else parse_text(text)


def _choose_reading(transcript: SourceTranscript, text: str) -> SourceTranscript:
    """Read a file that says it is WebVTT, and has not one timing of it, as SubRip: with commas, or one digit more."""
    if transcript.cues:
        return transcript
    other = parse_subrip(text)
    return other if other.cues and not other.findings else transcript


def _remove_repeats(cues: Sequence[SourceCue], text: str) -> tuple[SourceCue, ...]:
    """Remove what rolling captions show a second time: YouTube repeats each line below the next one."""
    if "<c>" not in text or not is_webvtt(text):
        return tuple(cues)
    kept: list[SourceCue] = []
    shown = ""
    for cue in cues:
        words = cue.text.removeprefix(shown).strip() if shown else cue.text
        shown = words or shown
        if words and (cue.end_ms or 0) - cue.start_ms > 10:
            kept.append(replace(cue, text=words))
    return tuple(kept)


def _soften(finding: CueFinding) -> CueFinding:
    """Make the finding of an impossible end a warning: the words are kept."""
    return replace(finding, severity="warning", hint="its end is now that of its words, or the start of the next cue")


def _complete_ends(cues: Sequence[SourceCue]) -> Iterator[SourceCue]:
    """Give each cue without a possible end the start of the next one, or less if its text is short."""
    for number, cue in enumerate(cues):
        if cue.end_ms is not None and cue.end_ms > cue.start_ms:
            yield cue
            continue
        longest_ms = cue.start_ms + max(_MIN_CUE_MS, _MS_PER_CHARACTER * len(cue.text))
        following = [later.start_ms for later in cues[number + 1 : number + 8] if later.start_ms > cue.start_ms]
        yield replace(cue, end_ms=min([longest_ms, *following[:1]]))
