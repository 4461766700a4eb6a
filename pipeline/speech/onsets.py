"""Moves the starts and ends of words to where sound begins and ends: a recogniser is 0.2 to 0.4 s early after a pause."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from pipeline.media.samples import BoolArray, Float32Array
from pipeline.model import SpokenWord
from pipeline.speech.tasks import RATE_HZ

_HOP = RATE_HZ // 100
_HOPS_PER_S = 100
_MIN_PAUSE_HOPS = 10  # a shorter silence may be the closure of a plosive inside a word
_MIN_SOUND_HOPS = 4  # shorter: a click
_BEFORE_HOPS, _AFTER_HOPS = 25, 80  # around a start, where its onset is sought
_BELOW_SPEECH_DB = 28.0
_ABOVE_NOISE_DB = 8.0


def refine_starts(words: Sequence[SpokenWord], sound: Float32Array) -> Iterator[SpokenWord]:
    """Move the start of each word after a pause to the end of that pause, and the end of each word before one.

    Args:
        words: In order of time.
        sound: Shape (samples,), float32, 16 kHz; the times of the words count from its start.

    Yields:
        The same words. They do not overlap more than before.
    """
    pauses = _find_pauses(_find_silence(sound))
    for number, word in enumerate(words):
        before_s = words[number - 1].start_s if number else 0.0
        start_s = _find_onset(word, pauses, earliest_s=before_s)
        end_s = _find_offset(word, pauses, start_s=start_s)
        yield replace(word, start_s=start_s, end_s=max(end_s, start_s))


def _find_silence(sound: Float32Array) -> BoolArray:
    """Find hops of 10 ms without speech, shape (hops,)."""
    hops = sound[: len(sound) // _HOP * _HOP].reshape(-1, _HOP)
    levels = 10 * np.log10(np.square(np.diff(hops, axis=1)).mean(axis=1) + 1e-12)  # the difference weakens rumble
    if not len(levels):
        return np.zeros(0, bool)
    noise, speech = np.percentile(levels, (5, 95))
    threshold = max(speech - _BELOW_SPEECH_DB, min(noise + _ABOVE_NOISE_DB, speech - _ABOVE_NOISE_DB))
    return np.asarray(levels < threshold)


def _find_pauses(silent: BoolArray) -> tuple[np.ndarray, np.ndarray]:
    """Find the starts and ends of pauses in hops; a click does not end one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], silent, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    kept = np.ones(len(starts), bool)
    kept[1:] = starts[1:] - ends[:-1] >= _MIN_SOUND_HOPS
    ends = ends[np.concatenate([kept[1:], [True]])] if len(starts) else ends
    starts = starts[kept]
    long = ends - starts >= _MIN_PAUSE_HOPS
    return starts[long], ends[long]


def _find_onset(word: SpokenWord, pauses: tuple[np.ndarray, np.ndarray], *, earliest_s: float) -> float:
    starts, ends = pauses
    start, end = word.start_s * _HOPS_PER_S, word.end_s * _HOPS_PER_S
    low = max(start - _BEFORE_HOPS, earliest_s * _HOPS_PER_S)
    near = np.flatnonzero((ends > low) & (ends <= min(start + _AFTER_HOPS, end)) & (starts <= start + _BEFORE_HOPS))
    if not len(near):
        return word.start_s
    longest = near[np.argmax(ends[near] - starts[near])]
    return round(float(ends[longest]) / _HOPS_PER_S, 3)


def _find_offset(word: SpokenWord, pauses: tuple[np.ndarray, np.ndarray], *, start_s: float) -> float:
    starts, ends = pauses
    start, end = start_s * _HOPS_PER_S, word.end_s * _HOPS_PER_S
    near = np.flatnonzero((starts > start) & (starts < end + _BEFORE_HOPS) & (ends >= end))
    return round(float(starts[near[0]]) / _HOPS_PER_S, 3) if len(near) else word.end_s
