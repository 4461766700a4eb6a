"""Phrases of a talk: where somebody speaks, how loud, and how far it stands out from its background.

Babble and music have the pitch of voices too. What tells them from a speaker: they have hardly any
pauses, their pauses have a pitch too, and their timbre changes less from one syllable to the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.analysis.voice_activity import TIMBRE_BANDS, TIMBRE_FRAMES, SpeechProfile
from pipeline.audio.metering.hop_buffer import iter_chunks, map_chunks
from pipeline.audio.metering.loudness import compute_integrated_lufs, to_lufs, to_power
from pipeline.audio.metering.sliding_window import (
    close_gaps,
    compute_window_means,
    compute_window_sums,
    find_runs,
    pad_range,
)
from pipeline.media.samples import BoolArray, Float32Array, Float64Array

# speech detection; lengths in hops of 10 ms
REACH_HOPS = 15  # consonants and breaths around a voice
CLOSED_GAP = 25  # a shorter pause belongs to the phrase
_ABOVE_FLOOR_DB, _ABOVE_NOISE_DB = 6.0, 3.0  # speech is that much louder than the noise floor; if that has no pitch
_QUIET_ABOVE_FLOOR_DB = 2.0  # the mean of noise is 1 dB above the floor
_BELOW_INTEGRATED_DB = 30.0  # and at most that much below the loudness of the whole talk
_VOICED_SHARE = 0.2  # of 600 ms: noise has the pitch of a voice now and then
_SHORTEST_PHRASE = REACH_HOPS  # anything shorter is a knock
_FLOOR_WINDOW, _SECOND, _FLOOR_QUANTILE = 16, 100, 0.1
_DIGITAL_SILENCE = 1e-13  # power of a hop: dither of 24 bits is above it

# splitting of phrases
_LONGEST_PART, _SHORTEST_PART = 250, 100
_SPLIT_WINDOW = 11

# babble or music behind the pauses of a phrase
_BACKGROUND_WINDOW, _SHORTEST_BACKGROUND = 15, 40
_BACKGROUND_BELOW_PHRASE_DB, _BACKGROUND_ABOVE_QUIET_DB = 6.0, 8.0

# distinctness
_SURROUNDINGS = 300  # hops before and after the middle of a phrase
_QUIET_PERCENT = 10
_FLUX_WEIGHT = 4.0
_CLEARLY_DISTINCT_DB = 20.0
_SHARE_OF_TALK = 0.65  # in a hall, the talk itself has few pauses: less distinctness is enough there
_MORE_PER_DB = 0.5  # the softer a phrase, the more would be raised by mistake
_DOUBT_DB = 3.0
_WITHOUT_PITCH_DB, _MIN_PITCH = 10.0, 0.2  # quiet moments of noise, whose level says nothing; a share of 20 ms frames
_NEAR_LOUDEST_DB = 6.0

_MOST_NOISE = 0.75  # of the power of a phrase: with more, nothing can be said about its voice

TIMBRE_HOPS = 2 * TIMBRE_FRAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechPhrases:
    """Phrases in order of time: runs of speech, the long ones split where they are quietest."""

    speech: BoolArray  # shape (hops,): a voice, and the short pauses in a phrase
    floor: float  # power between words; 0.0: digital silence
    spans: NDArray[np.int64]  # first hop and end of each, shape (phrases, 2)
    levels: Float64Array  # LUFS of the louder hops, so that breaths do not count, without the noise, shape (phrases,)
    # level above the quiet moments around, whether these have no pitch, and change of timbre, shape (phrases,)
    distinctness_db: Float64Array

    @property
    def lengths(self) -> Float64Array:
        """Length of each in hops, shape (phrases,)."""
        return np.asarray(self.spans[:, 1] - self.spans[:, 0], np.float64)

    def compute_loudest(self) -> float:
        """Compute the level in LUFS of the loudest speakers."""
        return _compute_weighted_quantile(self.levels, self.lengths, 0.9)

    def rate_speakers(self) -> Float64Array:
        """Rate each phrase from 0, background such as babble and music, to 1, a speaker; shape (phrases,).

        A phrase is compared with the loudest speakers of the same talk.
        """
        if not len(self.spans):
            return np.zeros(0)
        below_db = self.compute_loudest() - self.levels
        near = below_db < _NEAR_LOUDEST_DB
        typical = _compute_weighted_quantile(self.distinctness_db[near], self.lengths[near], 0.75)
        least = min(_CLEARLY_DISTINCT_DB, _SHARE_OF_TALK * typical)
        enough = least + _MORE_PER_DB * np.maximum(0, below_db - _NEAR_LOUDEST_DB)
        return np.clip((self.distinctness_db - enough) / _DOUBT_DB + 1, 0, 1)


def find_phrases(energies: Float32Array, profile: SpeechProfile) -> SpeechPhrases:
    """Find the phrases of a talk.

    Args:
        energies: K-weighted mean square per hop of 10 ms, shape (hops,), full scale is 1.0.
        profile: Speech profile of the same talk.
    """
    floor = estimate_noise_floor(energies)
    speech = _find_speech(energies, profile.voiced, floor)
    runs = [part for run in find_long_runs(speech) for part in _split_phrase(energies, run)]
    parts = [part for run in runs for part in _remove_background(energies, profile.voiced, speech, run)]
    levels = np.array([_measure_level(energies, *part) for part in parts])
    around = np.array([_measure_surroundings(energies, profile.voiced, *part) for part in parts]).reshape(-1, 2)
    flux = np.array([_measure_flux(profile, *part) for part in parts])
    bonus_db = _WITHOUT_PITCH_DB * np.clip(1 - around[:, 1] / _MIN_PITCH, 0, 1)
    return SpeechPhrases(
        speech=speech,
        floor=floor,
        spans=np.array(parts, np.int64).reshape(-1, 2),
        levels=_remove_noise(levels, floor),
        distinctness_db=levels - around[:, 0] + bonus_db + _FLUX_WEIGHT * flux,
    )


def estimate_noise_floor(energies: Float32Array) -> float:
    """Estimate the power between words.

    Silence for seconds says nothing about the noise of a recording. Silence beside sound does: a noise
    gate or a meeting tool made it.

    Args:
        energies: K-weighted mean square per hop of 10 ms, shape (hops,), full scale is 1.0.

    Returns:
        The power; 0.0 if there is digital silence between words, or only digital silence.
    """
    quietest: list[float] = []
    for part in iter_chunks(len(energies)):
        near = pad_range(energies, part, _FLOOR_WINDOW, mode="edge")
        silent = near <= _DIGITAL_SILENCE
        smooth = compute_window_sums(np.where(silent, np.inf, near), _FLOOR_WINDOW) / _FLOOR_WINDOW
        smooth[compute_window_sums(silent.astype(np.float64), _FLOOR_WINDOW) == _FLOOR_WINDOW] = 0.0
        seconds = (smooth[at : at + _SECOND] for at in range(0, len(smooth), _SECOND))
        quietest += [float(second.min()) for second in seconds if second.any()]
    powers = [power for power in quietest if np.isfinite(power)]
    return float(np.quantile(powers, _FLOOR_QUANTILE, method="lower")) if powers else 0.0


def extend_runs(mask: BoolArray) -> BoolArray:
    """Extend each run of true values by ``REACH_HOPS`` to both sides.

    Args:
        mask: Shape (hops,).

    Returns:
        Shape (hops,).
    """
    width = 2 * REACH_HOPS + 1
    return map_chunks(len(mask), lambda part: compute_window_means(mask, part, width, mode="symmetric") > 0)


def find_long_runs(mask: BoolArray) -> list[tuple[int, int]]:
    """Find runs of true values that are longer than a knock: first hop and end of each.

    Args:
        mask: Shape (hops,).
    """
    return [(first, last) for first, last in find_runs(mask) if last - first >= _SHORTEST_PHRASE]


def _find_speech(energies: Float32Array, voiced: BoolArray, floor: float) -> BoolArray:
    """Find hops with a voice above the floor, and the consonants and short breaths around it."""
    count = len(energies)
    whole = compute_integrated_lufs(energies)
    lowest = to_power((whole if whole is not None else -70.0) - _BELOW_INTEGRATED_DB)
    voice = np.zeros(count, bool)  # in place, as hours of hops are large
    voice[: 2 * len(voiced)] = np.repeat(voiced, 2)[:count]
    loud = _find_noise(voice, ~_compare(energies, floor * 10 ** (_QUIET_ABOVE_FLOOR_DB / 10)))
    loud &= _compare(energies, max(floor * 10 ** (_ABOVE_NOISE_DB / 10), lowest))
    loud |= _compare(energies, max(floor * 10 ** (_ABOVE_FLOOR_DB / 10), lowest))
    voice &= loud
    often = map_chunks(count, lambda part: compute_window_means(voice, part, 60, mode="symmetric") > _VOICED_SHARE)
    return close_gaps(extend_runs(voice & often) & loud, CLOSED_GAP)


def _compare(energies: Float32Array, threshold: float) -> BoolArray:
    """Find hops whose surroundings of 50 ms are above a power."""
    return map_chunks(len(energies), lambda part: compute_window_means(energies, part, 5, mode="symmetric") > threshold)


def _find_noise(pitch: BoolArray, quiet: BoolArray) -> BoolArray:
    """Find hops whose quiet surroundings have no pitch: what is there is noise, not babble or music."""

    def compare(part: slice) -> BoolArray:
        pitched, all_ = (compute_window_means(one, part, 2 * _SURROUNDINGS, mode="symmetric") for one in (both, quiet))
        return np.asarray((pitched <= _MIN_PITCH / 2 * all_) & (all_ > 0))

    both = pitch & quiet
    return map_chunks(len(pitch), compare)


def _split_phrase(energies: Float32Array, phrase: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Split a long phrase where it is quietest, for two may speak without a pause between them.

    No part is shorter than ``_SHORTEST_PART``: the end of a sentence is soft, and is not another
    speaker.
    """
    first, last = phrase
    while last - first > _LONGEST_PART + _SHORTEST_PART:
        smooth = compute_window_means(energies, slice(first, first + _LONGEST_PART), _SPLIT_WINDOW, mode="symmetric")
        at = first + _SHORTEST_PART + int(smooth[_SHORTEST_PART:].argmin())
        yield first, at
        first = at
    yield first, last


def _remove_background(
    energies: Float32Array, voiced: BoolArray, speech: BoolArray, phrase: tuple[int, int]
) -> Iterator[tuple[int, int]]:
    """Remove from a phrase, and from ``speech``, where only babble or music goes on behind it."""
    first, last = phrase
    highest = min(
        _measure_level(energies, first, last) - _BACKGROUND_BELOW_PHRASE_DB,
        _measure_surroundings(energies, voiced, first, last)[0] + _BACKGROUND_ABOVE_QUIET_DB,
    )
    smooth = to_lufs(compute_window_means(energies, slice(first, last), _BACKGROUND_WINDOW, mode="symmetric"))
    for start, stop in find_runs(smooth < highest):
        if stop - start >= _SHORTEST_BACKGROUND:
            speech[first + start : first + stop] = False
    for start, stop in find_long_runs(speech[first:last]):
        yield first + start, first + stop


def _measure_level(energies: Float32Array, first: int, last: int) -> float:
    """Measure the level in LUFS of the louder hops, so that breaths do not count."""
    phrase = energies[first:last].astype(np.float64)
    return float(to_lufs(phrase[phrase >= phrase.mean() / 10].mean()))


def _remove_noise(levels: Float64Array, floor: float) -> Float64Array:
    """Compute the levels without the power of the noise."""
    share = floor / to_power(0.0) * 10 ** (-levels / 10)
    return np.asarray(levels + 10 * np.log10(1 - np.minimum(share, _MOST_NOISE)))


def _measure_surroundings(energies: Float32Array, voiced: BoolArray, first: int, last: int) -> tuple[float, float]:
    """Measure the quiet moments around a phrase and in it.

    Returns:
        Their level in LUFS; and how much of them has a pitch: hardly any of noise, much of babble.
    """
    middle = (first + last) // 2
    part = slice(max(0, middle - _SURROUNDINGS), min(len(energies), middle + _SURROUNDINGS))
    around = compute_window_means(energies, part, 5, mode="symmetric")
    lower, upper = (len(around) * percent // 100 for percent in (_QUIET_PERCENT, 2 * _QUIET_PERCENT))
    powers = np.partition(around, (lower, upper))
    frames = (np.flatnonzero(around <= powers[upper]) + part.start) // 2
    pitched = np.count_nonzero(voiced[frames[frames < len(voiced)]])
    return float(to_lufs(powers[lower])), pitched / len(frames)


def _measure_flux(profile: SpeechProfile, first: int, last: int) -> float:
    """Measure how much the timbre changes from one row to the next within 2 s, in dB."""
    middle = (first + last) // 2
    start = max(0, (middle - 100) // TIMBRE_HOPS)
    rows = profile.timbre[start : start + 10].astype(np.float64)
    heard = count_voiced(profile, start, start + len(rows)) > 0
    changes = np.abs(np.diff(rows - rows.mean(axis=1, keepdims=True), axis=0))[heard[1:] & heard[:-1]]
    return float(changes.sum()) / (TIMBRE_BANDS * max(1, len(changes)))


def count_voiced(profile: SpeechProfile, start: int, stop: int) -> NDArray[np.int64]:
    """Count the voiced frames in rows ``start`` up to ``stop`` of the timbre, shape (rows,)."""
    voiced = profile.lags[start * TIMBRE_FRAMES : stop * TIMBRE_FRAMES] > 0
    if missing := (stop - start) * TIMBRE_FRAMES - len(voiced):
        voiced = np.pad(voiced, (0, missing))
    return np.asarray(voiced.reshape(-1, TIMBRE_FRAMES).sum(axis=1), np.int64)


def _compute_weighted_quantile(numbers: Float64Array, weights: Float64Array, share: float) -> float:
    order = np.argsort(numbers, kind="stable")
    sums = np.cumsum(weights[order])
    return float(numbers[order][np.searchsorted(sums, share * sums[-1])])
