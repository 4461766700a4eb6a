"""Who speaks when: each moment of a take is attributed to the microphone of its speaker.

Which microphone a sound reaches first says who speaks, even where automatic gain control makes all
equally loud. Differences in level add to that where they are informative; they are learned once,
from moments of which the delays are sure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from pipeline.audio.metering.block_biquad import BATCH_ROWS, ROW_SAMPLES, BlockBiquad
from pipeline.audio.metering.filter_design import build_k_weighting
from pipeline.audio.metering.hop_buffer import HOP_SAMPLES
from pipeline.audio.metering.sliding_window import close_gaps, compute_moving_mean
from pipeline.audio.parallel import map_parallel
from pipeline.audio.tracks.time_delays import (
    FRAME_SAMPLES,
    ReadTrack,
    find_clock_errors,
    score_delays,
)
from pipeline.media.samples import RATE, BoolArray, Float32Array, Float64Array

CHUNK_FRAMES = 200  # 20 s; no result depends on the number of workers

_FRAME_HOPS = FRAME_SAMPLES // HOP_SAMPLES
_WARM_UP = 10 * BATCH_ROWS * ROW_SAMPLES  # samples in which the filter settles: 200 ms
_SMOOTH_HOPS = 20  # of the decision
_LEVEL_HOPS = 10
_TEMPERATURE = 1.5
_SURE_SCORE = 8.0  # lead of the best score over the second, in standard deviations of noise
_MIN_SURE_HOPS = 100
_MAX_LEVEL_LOGIT = 8.0  # what levels can add at most
_COHERENT = 5.0  # correlation of a voice, in standard deviations of noise
_FLOOR_PERCENTILE, _ABOVE_FLOOR_DB, _FAR_ABOVE_FLOOR_DB = 5, 8.0, 18.0
_OWN_PERCENTILE = 95  # level of a track while its own speaker speaks
_LOGIT_PER_DB = 0.5  # where no delay can teach what levels mean
_UNKNOWN_LOGIT = -6.0  # of a track that no sound surely reached first: perhaps it has no speaker
_PAUSE_HOPS = 31  # shorter pauses belong to the speech around them


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Who speaks, per hop of 10 ms."""

    posterior: Float32Array  # of each microphone, shape (tracks, hops); sums to 1
    speech: BoolArray  # someone speaks, shape (hops,)
    energies: Float32Array  # mean square of each K-weighted track, shape (tracks, hops)
    peaks: Float32Array  # highest sample of each track, shape (tracks, hops)
    clock_errors: tuple[int, ...]  # samples by which each track is late

    @property
    def winners(self) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
        """The most probable microphone, shape (hops,)."""
        return np.asarray(self.posterior.argmax(axis=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkActivity:
    """What is measured in some frames: delays per 100 ms, levels per 10 ms."""

    scores: Float32Array
    coherence: Float32Array
    energies: Float32Array
    peaks: Float32Array


def attribute_speech(
    read: ReadTrack, tracks: Sequence[int], samples: int, recorded: BoolArray, *, workers: int | None = None
) -> Attribution:
    """Find out who speaks when, in parallel.

    Args:
        read: Reads samples of a track on the clock of the take; zeros where there are none.
        tracks: Numbers of the microphones.
        samples: Length of the take at 48 kHz.
        recorded: Whether each track has sound, shape (tracks, hops).
        workers: Number of workers; the number of cores by default.
    """
    clock_errors = find_clock_errors(read, tracks, samples)
    frames = -(-samples // FRAME_SAMPLES)
    measure = partial(_measure_chunk, read, tuple(tracks), frames, clock_errors)
    chunks = list(map_parallel(measure, range(0, frames, CHUNK_FRAMES), workers=workers))
    hops = recorded.shape[1]
    energies = np.concatenate([one.energies for one in chunks], axis=1)[:, :hops]
    scores = np.concatenate([one.scores for one in chunks], axis=1)
    coherence = np.concatenate([one.coherence for one in chunks])
    posterior = _compute_posterior(_spread(scores, hops), _compute_levels(energies), recorded)
    return Attribution(
        posterior=posterior,
        speech=_detect_speech(_compute_levels(energies), _spread(coherence[np.newaxis], hops)[0], recorded),
        energies=energies,
        peaks=np.concatenate([one.peaks for one in chunks], axis=1)[:, :hops],
        clock_errors=clock_errors,
    )


def _measure_chunk(
    read: ReadTrack, tracks: tuple[int, ...], frames: int, clock_errors: tuple[int, ...], first: int
) -> ChunkActivity:
    last = min(frames, first + CHUNK_FRAMES)
    delays = score_delays(read, tracks, first, last, clock_errors)
    weighting = BlockBiquad(build_k_weighting(RATE))
    hops = (last - first) * _FRAME_HOPS
    energies, peaks = (np.empty((len(tracks), hops), np.float32) for _ in range(2))
    for number, (track, error) in enumerate(zip(tracks, clock_errors, strict=True)):
        samples = read(track, first * FRAME_SAMPLES - _WARM_UP + error, last * FRAME_SAMPLES + error)
        state = np.zeros(weighting.state_count)
        weighting.warm_up(samples[:_WARM_UP], state)
        own = samples[_WARM_UP:].reshape(hops, HOP_SAMPLES)
        peaks[number] = np.maximum(own.max(axis=1), -own.min(axis=1))
        weighted = weighting.filter_channel(samples[_WARM_UP:], state).reshape(hops, HOP_SAMPLES)
        energies[number] = np.einsum("hs,hs->h", weighted, weighted) / np.float32(HOP_SAMPLES)
    return ChunkActivity(scores=delays.scores, coherence=delays.coherence, energies=energies, peaks=peaks)


def _spread(values: Float32Array, hops: int) -> Float32Array:
    """Interpolate from frames to hops, shape (rows, frames) to (rows, hops)."""
    frames = (np.arange(values.shape[1]) + 0.5) * _FRAME_HOPS - 0.5
    return np.stack([np.interp(np.arange(hops), frames, row).astype(np.float32) for row in values])


def _compute_levels(energies: Float32Array) -> Float32Array:
    """Compute the level in dB around each hop, shape (tracks, hops)."""
    smooth = [compute_moving_mean(row, _LEVEL_HOPS + 1) for row in energies]
    return (10 * np.log10(np.maximum(smooth, 1e-12))).astype(np.float32)


# Decide


def _compute_posterior(scores: Float32Array, levels_db: Float32Array, recorded: BoolArray) -> Float32Array:
    logits = scores / np.float32(_TEMPERATURE) + _compute_level_logits(scores, levels_db, recorded)
    smooth = np.stack([compute_moving_mean(row, _SMOOTH_HOPS + 1) for row in logits])
    smooth[~recorded] = -1e3
    smooth -= smooth.max(axis=0)
    weights = np.exp(smooth)
    return np.asarray(weights / weights.sum(axis=0), np.float32)


def _compute_level_logits(scores: Float32Array, levels_db: Float32Array, recorded: BoolArray) -> Float32Array:
    """Compute how well the levels of all tracks fit each speaker.

    Levels of each speaker are learned from hops of which the delays are sure: once, since learning
    from own decisions again and again drifts away.
    """
    if len(scores) < 2:
        return np.zeros_like(scores)
    ordered = np.sort(scores, axis=0)
    sure = (ordered[-1] - ordered[-2] > _SURE_SCORE) & recorded.all(axis=0)
    shape = levels_db - levels_db.mean(axis=0)
    labels = scores.argmax(axis=0)
    chosen = [sure & (labels == number) for number in range(len(scores))]
    known = [number for number, hops in enumerate(chosen) if hops.sum() >= _MIN_SURE_HOPS]
    if not known:  # no sound reaches two microphones: each hears its own speaker only
        own = np.percentile(levels_db, _OWN_PERCENTILE, axis=1, keepdims=True)
        return _limit_logits((levels_db - own) * np.float32(_LOGIT_PER_DB))
    if len(known) < 2:
        return np.zeros_like(scores)
    means = {number: np.median(shape[:, chosen[number]], axis=1) for number in known}
    errors = np.concatenate([shape[:, chosen[number]] - means[number][:, np.newaxis] for number in known], axis=1)
    deviation = np.maximum(1.48 * np.median(np.abs(errors), axis=1), 1.0)[:, np.newaxis]
    fits = np.full(scores.shape, -np.inf, np.float32)
    for number in known:
        fits[number] = -0.5 * (np.minimum(np.abs(shape - means[number][:, np.newaxis]) / deviation, 4.0) ** 2).sum(
            axis=0
        )
    fits = _limit_logits(fits)
    fits[[number for number in range(len(scores)) if number not in known]] = _UNKNOWN_LOGIT
    fits[:, ~recorded.all(axis=0)] = 0
    return fits


def _limit_logits(logits: Float32Array) -> Float32Array:
    """Limit what levels can say against a track, so that they never outvote a sure delay."""
    return np.asarray(np.maximum(logits - logits.max(axis=0), np.float32(-_MAX_LEVEL_LOGIT)))


def _detect_speech(levels_db: Float32Array, coherence: Float32Array, recorded: BoolArray) -> BoolArray:
    """Detect hops in which someone speaks: coherent at two microphones, or well above the noise of one."""
    above: Float64Array = np.full(levels_db.shape, -np.inf)
    for number, (level_db, has_sound) in enumerate(zip(levels_db, recorded, strict=True)):
        if has_sound.any():
            above[number] = np.where(
                has_sound, level_db - np.percentile(level_db[has_sound], _FLOOR_PERCENTILE), -np.inf
            )
    highest = above.max(axis=0)
    speech = (highest > _ABOVE_FLOOR_DB) & (coherence > _COHERENT) | (highest > _FAR_ABOVE_FLOOR_DB)
    return close_gaps(speech, _PAUSE_HOPS)
