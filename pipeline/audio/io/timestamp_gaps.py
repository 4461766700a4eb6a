"""Finds gaps in the time stamps of a stream, where a recording lost audio and players keep the time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.audio.io.mp4_boxes import has_steady_time_stamps, is_fragmented
from pipeline.media.decoder import TimestampGap
from pipeline.media.packet_times import PacketTimes, read_first_sample_time, read_packet_times
from pipeline.media.samples import BoolArray, Float64Array
from pipeline.media.stream_info import StreamInfo
from pipeline.model import Defect, sentence

_CONTAINERS = {"mov", "matroska", "ogg", "mpegts", "mpeg", "asf"}  # time stamps of the others are counted samples
_MIN_GAP_S = 0.015  # less than any lost packet, and more than time stamps are rounded to
_MIN_LATE_START_S = 0.1  # cameras start microphone and picture within a tenth of a second
_MAX_SILENCE_S = 6 * 3600  # in all; more is a clock that was set
_MAX_OVERLAP_S = 1.0  # more is a clock that was set back, and says nothing of the time after it
_JITTER_S = 1.0  # a late packet that later ones catch up with within that time is no gap
_USUAL_SAMPLES = (  # of a packet in the codecs that recordings use
    *(
        120,
        160,
        240,
        256,
        320,
        480,
        512,
        576,
        768,
        960,
        1024,
        1152,
        1280,
        1536,
        1920,
        2048,
        2304,
        2880,
        3840,
        4096,
        4608,
    ),
)
_ROUNDED_S = 0.0006  # containers round to a millisecond
_SLOPE_PACKETS = (32, 128)  # over which the duration of a packet is exact in spite of that
_WINDOW_PACKETS = 8  # few enough for most windows to have no gap
_REGULAR_S = 0.0015  # by which rounded durations of equal packets differ
_EXACT_S = 1e-5
_REGULAR_PART = 0.9
_REPORTED_S, _REPORTED = 0.5, 10  # gaps that are listed one by one; all others are one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampFindings:
    """Gaps of a stream to be filled, and all that its time stamps say about it."""

    gaps: tuple[TimestampGap, ...] = ()
    defects: tuple[Defect, ...] = ()  # times count from the start of the file


def check_timestamps(path: str, info: StreamInfo, *, stream: int, sample_rate_hz: int) -> TimestampFindings:
    """Find gaps in the time stamps of a stream, and audio that starts after the picture.

    Healthy files have none, and cost reading the file once without decoding it; most MP4s not even
    that.

    Args:
        path: The file.
        info: What the file declares.
        stream: Number of the stream among the audio streams.
        sample_rate_hz: Its sample rate.
    """
    if info.container not in _CONTAINERS or (info.container == "mov" and has_steady_time_stamps(Path(path))):
        return TimestampFindings()
    times = read_packet_times(path, stream=stream)
    if not len(times.starts_s):
        return TimestampFindings()
    jumps = find_jumps(times, sample_rate_hz=sample_rate_hz)
    start_s = _find_timeline_start(path, info)
    may_start_late = start_s is not None and times.starts_s[0] - start_s >= _MIN_LATE_START_S / 2
    if not jumps and not may_start_late:
        return TimestampFindings()
    first_s = read_first_sample_time(path, stream=stream)
    if first_s is None:
        return TimestampFindings()
    late_s = 0.0 if start_s is None else first_s - start_s
    return _describe(
        jumps,
        skipped_s=float(first_s - times.starts_s[0]),
        late_s=late_s if _MIN_LATE_START_S <= late_s <= _MAX_SILENCE_S else 0.0,
    )


def _find_timeline_start(path: str, info: StreamInfo) -> float | None:
    """Return the time stamp that players show as 0:00; ``None``: that of the first sample.

    Only an edit list, a picture or another stream shows that audio starts late.
    """
    if info.container == "mov" and not is_fragmented(Path(path)):
        return 0.0  # an edit list says when each track starts
    return info.start_s if info.has_picture or info.audio_streams > 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampJump:
    """A place where time stamps do not continue: forward over lost audio, or back."""

    at_s: float  # duration of the packets before it
    duration_s: float  # negative: back


def find_jumps(times: PacketTimes, *, sample_rate_hz: int) -> list[TimestampJump]:
    """Find where time stamps jump and do not come back within a second.

    Rounded time stamps, single late packets and a clock that drifts are no jumps.

    Args:
        times: Of all packets.
        sample_rate_hz: Sample rate of the stream.
    """
    starts_s = times.starts_s
    if len(starts_s) < 3:
        return []
    durations_s, regular = _estimate_durations(times, sample_rate_hz)
    ends_s = np.cumsum(durations_s)
    ahead_s = starts_s - ends_s + durations_s  # of the samples so far
    reach = 1 + int(_JITTER_S / max(float(np.median(durations_s)), 1e-3))
    jumps: list[TimestampJump] = []
    previous, level_s, jumped_s = -reach, 0.0, 0.0
    # the first packets of Vorbis are shorter than they say
    for packet in map(int, 2 + np.flatnonzero(np.abs(np.diff(ahead_s[1:])) >= _MIN_GAP_S)):
        is_near = packet - previous < reach
        before_s = float(ahead_s[max(0, previous, packet - reach) : packet].min())
        if is_near:
            before_s = min(before_s, level_s)
        after_s = float(ahead_s[packet : packet + reach].min())
        jump_s = after_s - before_s
        if abs(jump_s) < _MIN_GAP_S:
            continue
        if is_near and jump_s < 0 and jumps[-1].duration_s < 0:  # time stands still, as a muxer writes it
            jumps[-1] = replace(jumps[-1], duration_s=jumps[-1].duration_s + jump_s)
        else:
            stamped_s = starts_s[packet - 1] + durations_s[packet - 1] - starts_s[0] - jumped_s
            counted_s = ends_s[packet - 1] if regular else stamped_s
            jumps.append(TimestampJump(at_s=float(counted_s), duration_s=jump_s))
        previous, level_s, jumped_s = packet, after_s, jumped_s + jump_s
    return jumps


def _estimate_durations(times: PacketTimes, sample_rate_hz: int) -> tuple[Float64Array, bool]:
    """Estimate the decoded duration of each packet; also return whether all are the same, and exact.

    A container may round durations to a millisecond, or count a gap as part of the packet before it.
    """
    starts_s, declared_s = times.starts_s, times.durations_s
    known: BoolArray = ~np.isnan(declared_s)
    median_s = float(np.median(declared_s[known] if known.any() else np.diff(starts_s)))
    usual = [size / sample_rate_hz for size in _USUAL_SAMPLES if abs(size / sample_rate_hz - median_s) < _ROUNDED_S]
    spans = [span for span in _SLOPE_PACKETS if len(starts_s) > 4 * span]
    slopes = [float(np.median(starts_s[span:] - starts_s[:-span])) / span for span in spans]
    window = min(_WINDOW_PACKETS, len(starts_s) - 1)
    steps_s = starts_s[window:] - starts_s[:-window]
    misfits_s = {one: _measure_misfit(steps_s, window * one) for one in (*usual, median_s, *slopes)}
    least_s = min(misfits_s.values())
    best_s, misfit_s = next(one for one in misfits_s.items() if one[1] <= least_s + _ROUNDED_S)  # a usual one first
    near = np.abs(declared_s[known] - best_s) < _REGULAR_S
    if best_s > 0 and misfit_s < _REGULAR_S and (not known.any() or near.mean() >= _REGULAR_PART):
        return np.full(len(starts_s), best_s), best_s in usual or misfit_s < _EXACT_S
    durations_s = np.where(known, declared_s, max(median_s, 0.0))
    return np.minimum(durations_s, 4 * max(median_s, 0.0)), False


def _measure_misfit(steps_s: Float64Array, expected_s: float) -> float:
    """Measure by how much most steps differ from what is expected; gaps are few."""
    return round(float(np.median(np.abs(steps_s - expected_s))), 6)


def _describe(jumps: list[TimestampJump], *, skipped_s: float, late_s: float) -> TimestampFindings:
    gaps, defects = [], []
    if late_s:
        gaps.append(TimestampGap(at_s=0.0, duration_s=late_s))
        message = sentence(
            "the audio starts {length} s after the start of the file; silence was put before it", length=f"{late_s:.1f}"
        )
        defects.append(Defect(code="late-start", at_s=0.0, message=message))
    overlap_s, silent_s, filled = 0.0, late_s, list[tuple[float, float]]()
    for jump in jumps:
        at_s = max(0.0, jump.at_s - skipped_s)
        if jump.duration_s < -_MAX_OVERLAP_S or silent_s + jump.duration_s > _MAX_SILENCE_S:
            defects.append(_describe_reset(at_s + silent_s, jump.duration_s))
            overlap_s = 0.0
            continue
        missing_s = jump.duration_s - overlap_s  # later audio catches up with what was too long before
        overlap_s = max(0.0, -missing_s)
        if missing_s >= _MIN_GAP_S:
            gaps.append(TimestampGap(at_s=at_s, duration_s=missing_s))
            filled.append((at_s + silent_s, missing_s))
            silent_s += missing_s
    return TimestampFindings(gaps=tuple(gaps), defects=(*defects, *_describe_gaps(filled)))


def _describe_reset(at_s: float, jump_s: float) -> Defect:
    if jump_s > 0:
        text = sentence("time stamps jump forward by {length} s; all audio is kept", length=f"{jump_s:.0f}")
    else:
        text = sentence("time stamps go back by {length} s; all audio is kept", length=f"{-jump_s:.1f}")
    return Defect(code="timestamps", at_s=round(at_s, 2), message=text)


def _describe_gaps(gaps: list[tuple[float, float]]) -> Iterator[Defect]:
    """Describe long gaps one by one, and all others together."""
    listed = [gap for gap in gaps if gap[1] >= _REPORTED_S][:_REPORTED]
    if len(gaps) == 1:
        listed = gaps
    for at_s, missing_s in listed:
        text = sentence(
            "{length} s of audio missing; replaced by silence", length=f"{missing_s:.{1 + (missing_s < 1)}f}"
        )
        yield Defect(code="gap", at_s=round(at_s, 2), message=text)
    others = [gap for gap in gaps if gap not in listed]
    if others:
        total_s = sum(missing_s for _, missing_s in others)
        text = sentence(
            "{number} short gaps, {length} s of audio missing in all; replaced by silence",
            number=len(others),
            length=f"{total_s:.{1 + (total_s < 1)}f}",
        )
        yield Defect(code="gap", at_s=round(others[0][0], 2), message=text)
