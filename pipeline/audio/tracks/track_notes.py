"""Says about each track of a take how it was aligned, and what became of it in the mix."""

from collections.abc import Iterator

from pipeline.model import MixedTrack, Sentence, TrackGap, sentence
from pipeline.model.time_codes import format_time_code

_SURE = 0.8  # confidence of an alignment that needs no check
_MAX_GAPS = 5  # named one by one
_NEGLIGIBLE_PPM = 0.5


def describe_track(mixed: MixedTrack, *, is_reference: bool) -> tuple[Sentence, ...]:
    """Describe alignment and use of a track."""
    track = mixed.alignment
    if track.reason is not None:
        notes = [track.reason]
    else:
        notes = [*_describe_alignment(mixed, is_reference=is_reference), *_describe_gaps(track.gaps)]
    if track.role == "microphone" and mixed.gain_db is None:
        notes.append(sentence("nobody speaks into this microphone; left out of the mix"))
    return tuple(notes)


def _describe_alignment(mixed: MixedTrack, *, is_reference: bool) -> Iterator[Sentence]:
    track = mixed.alignment
    starts, drift = f"{track.offset_s:.2f}", f"{abs(track.drift_ppm):.1f}"
    hourly = f"{abs(track.drift_ppm) * 3600e-6:.2f}"
    if is_reference:
        yield sentence("starts at {start} s; its clock is that of the take", start=starts)
    elif abs(track.drift_ppm) < _NEGLIGIBLE_PPM:
        yield sentence("starts at {start} s; its clock runs at the same rate", start=starts)
    elif track.drift_ppm > 0:
        yield sentence(
            "starts at {start} s; its clock was {drift} ppm fast ({hourly} s an hour), corrected",
            start=starts,
            drift=drift,
            hourly=hourly,
        )
    else:
        yield sentence(
            "starts at {start} s; its clock was {drift} ppm slow ({hourly} s an hour), corrected",
            start=starts,
            drift=drift,
            hourly=hourly,
        )
    if track.confidence < _SURE:
        percent = f"{100 * track.confidence:.0f}"
        yield sentence("alignment is uncertain (confidence {percent} %): listen for an echo", percent=percent)


def _describe_gaps(gaps: tuple[TrackGap, ...]) -> Iterator[Sentence]:
    for gap in gaps[:_MAX_GAPS]:
        length = f"{gap.length_s:.1f}" if gap.length_s >= 1 else f"{gap.length_s:.2f}"
        yield sentence("lost {length} s at {at}", length=length, at=format_time_code(gap.at_s))
    if len(gaps) > _MAX_GAPS:
        yield sentence("lost sound {number} more times", number=len(gaps) - _MAX_GAPS)
