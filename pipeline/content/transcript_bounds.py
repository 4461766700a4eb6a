"""Check the cues of a transcript against the duration of the recording, which only measuring it can tell."""

from pathlib import Path

from pipeline.content.field_error import FieldError
from pipeline.content.loader import open_folder
from pipeline.errors import ValidationError, fill
from pipeline.model.time_codes import format_position, format_time_code
from pipeline.transcripts.time_shift import find_late_cues
from pipeline.transcripts.webvtt import parse_webvtt

_CODE = "late-cue"


def check_transcript_end(root: Path, slug: str, *, duration_ms: int) -> tuple[ValidationError, ...]:
    """Find cues that begin after the end of the recording: their words would be on no page.

    Args:
        root: The folder of the programme.
        slug: The episode.
        duration_ms: The duration of its recording.

    Returns:
        One error at each such cue; or a single one, if a shift of all cues repairs the file.
    """
    try:
        source = open_folder(root).read(f"episodes/{slug}/transcript.vtt")
    except FieldError:
        return ()  # there is none, or it is reported already
    cues = parse_webvtt(source.text).cues
    late = find_late_cues([(cue.start_ms, cue.end_ms or cue.start_ms) for cue in cues], duration_ms=duration_ms)
    end = format_time_code(duration_ms / 1000)
    if late.shift_ms:
        first = cues[late.indices[0]]
        message = fill(
            "{count} of {total} cues begin after the end of the sound, {end}",
            count=len(late.indices),
            total=len(cues),
            end=end,
        )
        hint = fill(
            "the cues fit if they are earlier: weerslag transcribe {slug} --import transcript.vtt --shift -{position}",
            slug=slug,
            position=format_position(-late.shift_ms),
        )
        return (source.create_error(_CODE, first.line, first.column, message, hint),)
    message = fill("this cue begins after the end of the sound, {end}", end=end)
    hint = "correct its time, or remove the cue: times are those of the recording, before cuts"
    return tuple(
        source.create_error(_CODE, cue.line, cue.column, message, hint)
        for cue in (cues[index] for index in late.indices)
    )
