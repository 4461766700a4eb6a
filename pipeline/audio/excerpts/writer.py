"""Chooses the places of excerpts, and writes them.

The places: the loudest and the softest talk, applause, and the talk with the most noise. No excerpt comes near a part
of the recording that was cut out, muted or bleeped: listeners of a report must not hear it either.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.audio.analysis.voice_activity import FRAME_SAMPLES, MARGIN_SAMPLES, find_quietest, profile_segment
from pipeline.audio.encoding import encoder
from pipeline.audio.excerpts.tasks import ExcerptTask
from pipeline.audio.io import probe
from pipeline.audio.io.recording_reader import choose_channel_count, mix_channels, read_recording
from pipeline.audio.metering.loudness import compute_integrated_lufs
from pipeline.audio.metering.meter import Meter
from pipeline.media import ffmpeg
from pipeline.media.decoder import Decoder
from pipeline.media.samples import RATE, Block
from pipeline.model import Cut, Excerpt, Timeline, merge_cuts, shift_ms

LENGTH_MS = 8_000

_PAUSE_MS = 500  # between two excerpts in the files
_MARGIN_MS = 1_000  # between an excerpt and what was cut out, muted or bleeped, or where music begins
_MAX_POSITIONS = 400  # to choose from
_FADE = RATE // 50
_CEILING_DBTP = -1.5  # an MP3 decodes a little louder
_MIN_LUFS = -65.0
_QUIET_FRAMES = 8  # of 20 ms
_MIN_SPEECH, _MAX_APPLAUSE_SPEECH = 0.25, 0.1  # share of voiced frames
_MAX_APPLAUSE_BELOW_LU = 8.0  # below the loudest talk
_KBPS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class _ExcerptCandidate:
    """A place of the recording, and what was measured there."""

    from_ms: int  # in the recording
    sound: Block  # shape (samples, channels)
    loudness_lufs: float
    speech: float  # share of voiced frames
    noise_db: float  # of the quietest 160 ms


def write_excerpts(task: ExcerptTask) -> tuple[Excerpt, ...]:
    """Choose up to four places, and write their excerpts of recording and master, each side into one MP3.

    Both files are empty if the recording has no such place.

    Raises:
        AudioError: The recording or the master cannot be read.
    """
    parts = tuple(probe.open_part(path) for path in task.parts)
    channels = choose_channel_count(parts)
    starts_ms = sorted(_choose_candidates(task))
    windows = _read_windows(read_recording(parts, channels=channels), starts_ms)
    candidates = [one for at_ms, sound in windows if (one := _measure_candidate(at_ms, sound)) is not None]
    timeline = Timeline(cuts=task.cuts, offset_ms=task.offset_ms, timed_jingles=task.timed_jingles)
    excerpts: list[Excerpt] = []
    sides: list[tuple[Block, Block]] = []
    for kind, candidate in _choose_places(candidates):
        master_ms = timeline.map_ms(candidate.from_ms)
        after = _read_master(task.master, master_ms, channels=channels)
        if (matched := _match_loudness(candidate.sound, after)) is None:
            continue
        excerpts.append(
            Excerpt(
                kind=kind,
                recording_s=candidate.from_ms / 1000,
                master_s=master_ms / 1000,
                start_s=len(sides) * (LENGTH_MS + _PAUSE_MS) / 1000,
                length_s=LENGTH_MS / 1000,
                loudness_lufs=round(matched[2], 1),
            )
        )
        sides.append(matched[:2])
    for number, out in enumerate((task.recording_out, task.master_out)):
        _write([side[number] for side in sides], channels=channels, out=out)
    return tuple(excerpts)


# Choose


def _choose_candidates(task: ExcerptTask) -> list[int]:
    """Choose places to read by what is known of the loudness: times in the recording in ms, which do not overlap."""
    curve, length_ms = task.curve_lufs, round(task.duration_s * 1000)
    end_ms = shift_ms(length_ms, cuts=merge_cuts(task.cuts))
    positions = _list_positions(task, length_ms)
    if not curve or not positions or end_ms <= 0:
        return []

    def look_up(values: Sequence[float], at_ms: int) -> float:
        middle_ms = shift_ms(at_ms + LENGTH_MS // 2, cuts=merge_cuts(task.cuts))
        return values[min(len(values) - 1, middle_ms * len(values) // end_ms)]

    by_level = sorted(
        (at_ms for at_ms in positions if look_up(curve, at_ms) > _MIN_LUFS), key=lambda at_ms: look_up(curve, at_ms)
    )
    by_gain = sorted(positions, key=lambda at_ms: look_up(task.gains_low_db, at_ms)) if task.gains_low_db else []
    chosen: list[int] = []
    for ordered, count in ((by_level[::-1], 4), (by_level, 3), (by_gain, 3)):
        _add_apart(chosen, ordered, count)
    return chosen


def _list_positions(task: ExcerptTask, length_ms: int) -> list[int]:
    """List evenly spaced starts of excerpts that touch no redaction and no music."""
    avoided = [*task.cuts, *task.mutes, *task.bleeps]
    avoided += [Cut(from_ms=one.at_ms, to_ms=one.at_ms) for one in task.timed_jingles]
    step_ms = max(500, length_ms // _MAX_POSITIONS)
    return [
        at_ms
        for at_ms in range(0, length_ms - LENGTH_MS + 1, step_ms)
        if all(at_ms + LENGTH_MS + _MARGIN_MS <= one.from_ms or one.to_ms + _MARGIN_MS <= at_ms for one in avoided)
    ]


def _add_apart(chosen: list[int], ordered: Iterable[int], count: int) -> None:
    """Add the first ``count`` of ``ordered`` that overlap nothing chosen before."""
    for at_ms in ordered:
        if count and all(abs(at_ms - other) >= LENGTH_MS for other in chosen):
            chosen.append(at_ms)
            count -= 1


def _choose_places(candidates: Sequence[_ExcerptCandidate]) -> list[tuple[str, _ExcerptCandidate]]:
    """Choose one candidate per kind, in order of time."""
    talk = sorted((one for one in candidates if one.speech >= _MIN_SPEECH), key=lambda one: one.loudness_lufs)
    loudest = talk[-1].loudness_lufs if talk else 0.0
    applause = [
        one
        for one in candidates
        if one.speech <= _MAX_APPLAUSE_SPEECH and one.loudness_lufs >= loudest - _MAX_APPLAUSE_BELOW_LU
    ]
    noisiest = sorted(talk, key=lambda one: one.noise_db - one.loudness_lufs, reverse=True)
    chosen: dict[str, _ExcerptCandidate] = {}
    for kind, ordered in (
        ("loud", talk[::-1]),
        ("soft", talk),
        ("applause", sorted(applause, key=lambda one: -one.loudness_lufs)),
        ("noise", noisiest),
    ):
        free = [one for one in ordered if one not in chosen.values()]
        chosen |= {kind: free[0]} if free else {}
    return sorted(chosen.items(), key=lambda pair: pair[1].from_ms)


# Read and measure


def _read_windows(blocks: Iterable[Block], starts_ms: Sequence[int]) -> Iterator[tuple[int, Block]]:
    """Read the windows that begin at these times, in order; they do not overlap."""
    waiting = [(at_ms, at_ms * RATE // 1000) for at_ms in starts_ms]
    pieces: list[Block] = []
    length, at = LENGTH_MS * RATE // 1000, 0
    for block in blocks:
        while waiting:
            at_ms, first = waiting[0]
            pieces.append(block[max(0, first - at) : max(0, first + length - at)].copy())
            if at + len(block) < first + length:
                break
            waiting.pop(0)
            yield at_ms, np.concatenate(pieces)
            pieces = []
        at += len(block)
        if not waiting:
            return


def _measure_candidate(from_ms: int, sound: Block) -> _ExcerptCandidate | None:
    loudness_lufs, _ = _measure(sound)
    if loudness_lufs is None or loudness_lufs < _MIN_LUFS:
        return None
    mono = np.ascontiguousarray(sound.mean(axis=1, dtype=np.float32))
    whole = (len(mono) - 2 * MARGIN_SAMPLES) // FRAME_SAMPLES * FRAME_SAMPLES
    quiet = find_quietest(mono, _QUIET_FRAMES)
    power = 0.0 if quiet is None else float(np.square(mono[quiet]).mean(dtype=np.float64))
    return _ExcerptCandidate(
        from_ms=from_ms,
        sound=sound,
        loudness_lufs=loudness_lufs,
        speech=float(np.mean(profile_segment(mono[: whole + 2 * MARGIN_SAMPLES]).lags > 0)),
        noise_db=10 * float(np.log10(max(power, 1e-14))),
    )


def _read_master(path: str, from_ms: int, *, channels: int) -> Block:
    """Read a window of the master, padded with silence if it ends earlier: shape (samples, channels)."""
    seek = ("-ss", f"{from_ms / 1000:.3f}", "-t", f"{LENGTH_MS / 1000:.3f}")
    with Decoder(path, options=seek) as blocks:
        pieces = [mix_channels(block, channels=channels) for block in blocks]
    samples = LENGTH_MS * RATE // 1000
    sound = np.concatenate([*pieces, np.zeros((samples, channels), np.float32)])
    return sound[:samples]


def _measure(sound: Block) -> tuple[float | None, float | None]:
    """Measure integrated loudness in LUFS and true peak in dBTP."""
    meter = Meter(sound.shape[1], weights=(2.0,) if sound.shape[1] == 1 else None)
    meter.push(sound)
    return compute_integrated_lufs(meter.compute_energies()), meter.compute_true_peak_dbtp()


# Write


def _match_loudness(before: Block, after: Block) -> tuple[Block, Block, float] | None:
    """Bring both to the loudness of the softer one, as far as it stays below the ceiling without a limiter.

    Returns:
        Both, and their loudness in LUFS; ``None`` if one of them is silence.
    """
    measured = [_measure(side) for side in (before, after)]
    levels = [
        (loudness, loudness + _CEILING_DBTP - peak)
        for loudness, peak in measured
        if loudness is not None and peak is not None
    ]
    if len(levels) < 2:
        return None
    target = min(levels[1][0], *(highest for _, highest in levels))
    first, second = (
        side * np.float32(10 ** ((target - loudness) / 20))
        for side, (loudness, _) in zip((before, after), levels, strict=True)
    )
    return first, second, target


def _write(sides: Sequence[Block], *, channels: int, out: str) -> None:
    """Write excerpts one after the other, faded at both ends; an empty file without any."""
    if not sides:
        Path(out).touch()
        return
    lame_gain = np.float32(encoder.compute_lame_gain(_KBPS))
    fade = ((np.arange(_FADE, dtype=np.float32) + 0.5) / _FADE)[:, np.newaxis]
    pause = np.zeros((_PAUSE_MS * RATE // 1000, channels), np.float32)

    def join() -> Iterator[Block]:
        """Yield faded excerpts and pauses: blocks of shape (samples, channels), float32."""
        for side in sides:
            faded = side * lame_gain
            faded[:_FADE] *= fade
            faded[-_FADE:] *= fade[::-1]
            yield faded
            yield pause

    ffmpeg.encode(join(), channels=channels, out=out, options=("-c:a", "libmp3lame", "-b:a", f"{_KBPS}k", "-f", "mp3"))
