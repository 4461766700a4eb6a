"""Read the transcript of an episode: its cues, and an error for each line whose words would be lost."""

from functools import lru_cache

from pipeline.content.programme_folder import SourceText
from pipeline.errors import ValidationError
from pipeline.model import Cue
from pipeline.transcripts.cue_source import SourceCue, SourceTranscript
from pipeline.transcripts.webvtt import parse_webvtt


def read_webvtt(source: SourceText, errors: list[ValidationError]) -> tuple[Cue, ...]:
    """Read a WebVTT file; errors are added to ``errors``.

    Returns:
        The cues in the order of the file. A cue with two speakers becomes two cues.
    """
    transcript = parse_webvtt(source.text)
    errors += (
        source.create_error("bad-cue", one.line, one.column, one.message, one.hint) for one in transcript.findings
    )
    _check_order(source, transcript, errors)
    return _build_cues(source.text)


@lru_cache(maxsize=2)  # an editor reads the same file before and after each edit
def _build_cues(text: str) -> tuple[Cue, ...]:
    return tuple(_build_cue(cue) for cue in parse_webvtt(text).cues)


def _check_order(source: SourceText, transcript: SourceTranscript, errors: list[ValidationError]) -> None:
    previous_ms = 0
    for cue in transcript.cues:
        if cue.start_ms < previous_ms:
            message = "this cue begins before the previous cue"
            errors.append(source.create_error("bad-cue", cue.line, cue.column, message, "sort the cues by time"))
        previous_ms = max(previous_ms, cue.start_ms)


def _build_cue(cue: SourceCue) -> Cue:
    if cue.end_ms is None:
        raise ValueError("a cue of WebVTT has an end")
    return Cue(start_ms=cue.start_ms, end_ms=cue.end_ms, speaker=cue.speaker, text=cue.text)
