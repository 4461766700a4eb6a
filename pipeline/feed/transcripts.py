"""Transcripts: shifted by cuts and jingles, redacted, and formatted as WebVTT, SubRip and JSON."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from pipeline.feed.text_fields import format_json_list, normalise_space
from pipeline.model import Cue, Cut, SpeakerSpan, Timeline, classify_overlap
from pipeline.model.time_codes import format_timestamp

MEDIA_TYPES = {
    "vtt": "text/vtt",
    "srt": "application/x-subrip",
    "json": "application/json",
}  # the preferred format first

_VTT_LINE_CHARACTERS = 65  # podcast-namespace, docs/examples/transcripts
_SRT_LINE_CHARACTERS = 32
_SRT_MAX_LINES = 2
_MIN_SPEAKER_SHARE = 0.6  # of the talk in a cue: with less, a person must decide


def shift_cues(cues: Sequence[Cue], *, timeline: Timeline, duration_ms: int) -> tuple[Cue, ...]:
    """Shift cues from the timeline of the recording to that of the enclosure.

    A cue inside a cut is dropped; one that overlaps a cut keeps its text in the remaining time. No cue overlaps a jingle.

    Args:
        cues: Cues on the timeline of the recording, in any order.
        timeline: Maps the recording to the enclosure.
        duration_ms: The duration of the enclosure.

    Returns:
        Cues on the timeline of the enclosure, in order of their start.
    """
    shifted = []
    for cue in sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms)):
        start_ms, end_ms = timeline.map_span_ms(cue.start_ms, cue.end_ms)
        end_ms = min(end_ms, duration_ms)
        if start_ms < end_ms:
            shifted.append(Cue(start_ms=start_ms, end_ms=end_ms, speaker=cue.speaker, text=cue.text))
    return tuple(shifted)


def fill_speakers(cues: Sequence[Cue], spans: Sequence[SpeakerSpan]) -> tuple[Cue, ...]:
    """Give each cue without a speaker the one who speaks longest in it; a name that a person wrote stays.

    A cue stays without a speaker if nobody speaks in it, or nobody for most of the time that
    anybody does.

    Args:
        cues: Cues on the timeline of the recording, in any order.
        spans: Who speaks when, on the same timeline.
    """
    ordered = sorted(spans, key=lambda span: span.start_s)
    longest_s = max((span.end_s - span.start_s for span in ordered), default=0.0)
    starts_s = [span.start_s for span in ordered]
    filled = []
    for cue in cues:
        first = bisect_left(starts_s, cue.start_ms / 1000 - longest_s)
        near = ordered[first : bisect_left(starts_s, cue.end_ms / 1000)]
        filled.append(cue if cue.speaker else replace(cue, speaker=_find_main_speaker(cue, near)))
    return tuple(filled)


def _find_main_speaker(cue: Cue, spans: Sequence[SpeakerSpan]) -> str:
    talk_s: dict[str, float] = {}
    for span in spans:
        both_s = min(span.end_s, cue.end_ms / 1000) - max(span.start_s, cue.start_ms / 1000)
        talk_s[span.speaker] = talk_s.get(span.speaker, 0.0) + max(0.0, both_s)
    main = max(talk_s, key=lambda speaker: (talk_s[speaker], speaker), default="")
    return main if talk_s.get(main, 0.0) > _MIN_SPEAKER_SHARE * sum(talk_s.values()) else ""


def redact_cues(cues: Sequence[Cue], *, removed: Sequence[Cut], bleeps: Sequence[Cut], mark: str) -> tuple[Cue, ...]:
    """Drop cues that ``removed`` spans (cuts and mutes) cover completely; replace the text of bleeped cues by ``mark``."""
    redacted = []
    for cue in cues:
        if any(classify_overlap(cue, span) == "all" for span in removed):
            continue
        is_bleeped = any(classify_overlap(cue, bleep) == "all" for bleep in bleeps)
        redacted.append(replace(cue, text=mark) if is_bleeped else cue)
    return tuple(redacted)


def format_transcript(cues: Sequence[Cue], *, file_format: str) -> str:
    """Format cues as ``vtt``, ``srt`` or ``json``; cues without text are left out."""
    formatters = {"vtt": _format_vtt, "srt": _format_srt, "json": _format_json}
    return formatters[file_format]([cue for cue in cues if normalise_space(cue.text)])


def _format_vtt(cues: Sequence[Cue]) -> str:
    """Format WebVTT; every cue names its speaker, because a player that seeks shows a single cue.

    Source: w3.org/TR/webvtt1, section 4.
    """
    return "\n\n".join(["WEBVTT", *map(_format_vtt_cue, cues)]) + "\n"


def _format_vtt_cue(cue: Cue) -> str:
    speaker = f"<v {_escape_vtt(normalise_space(cue.speaker))}>" if normalise_space(cue.speaker) else ""
    lines = _wrap_text(cue.text, width=_VTT_LINE_CHARACTERS)
    return f"{format_timestamp(cue.start_ms)} --> {format_timestamp(cue.end_ms)}\n{speaker}" + "\n".join(
        map(_escape_vtt, lines)
    )


def _escape_vtt(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _format_srt(cues: Sequence[Cue]) -> str:
    """Format SubRip with subtitles of at most two short lines; a new speaker is named first."""
    subtitles: list[str] = []
    speaker = ""
    for cue in cues:
        text = normalise_space(cue.text)
        if normalise_space(cue.speaker) not in {"", speaker}:
            speaker = normalise_space(cue.speaker)
            text = f"{speaker}: {text}"
        subtitles += _split_subtitles(cue, text)
    return "\n".join(f"{number}\n{subtitle}\n" for number, subtitle in enumerate(subtitles, 1))


def _split_subtitles(cue: Cue, text: str) -> Iterator[str]:
    """Split the text of a cue into subtitles; each lasts in proportion to its number of characters."""
    lines = _wrap_text(text, width=_SRT_LINE_CHARACTERS)
    subtitles = ["\n".join(lines[at : at + _SRT_MAX_LINES]) for at in range(0, len(lines), _SRT_MAX_LINES)]
    offsets = list(accumulate(map(len, subtitles), initial=0))
    length_ms = cue.end_ms - cue.start_ms
    times = [format_timestamp(cue.start_ms + length_ms * offset // offsets[-1], decimal_mark=",") for offset in offsets]
    for subtitle, (start, end) in zip(subtitles, pairwise(times), strict=True):
        yield f"{start} --> {end}\n{subtitle}"


def _format_json(cues: Sequence[Cue]) -> str:
    """Format the JSON of the podcast namespace, version 1.0.0."""
    return format_json_list({"version": "1.0.0"}, "segments", map(_build_segment, cues))


def _build_segment(cue: Cue) -> dict[str, object]:
    speaker = normalise_space(cue.speaker)
    segment = {"startTime": cue.start_ms / 1000, "endTime": cue.end_ms / 1000, "body": normalise_space(cue.text)}
    return {"speaker": speaker, **segment} if speaker else segment


def _wrap_text(text: str, *, width: int) -> list[str]:
    """Wrap text in lines of at most ``width`` characters; only a longer word is broken."""
    lines: list[str] = []
    for word in normalise_space(text).split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines += (word[at : at + width] for at in range(0, len(word), width))
    return lines
