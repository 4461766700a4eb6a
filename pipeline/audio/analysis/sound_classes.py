"""Classes of sound in a talk: what is a speaker, what goes on behind, and what could be cut off at both ends."""

import functools
from collections.abc import Callable, Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.analysis.speech_phrases import (
    CLOSED_GAP,
    SpeechPhrases,
    extend_runs,
    find_long_runs,
    find_phrases,
)
from pipeline.audio.analysis.voice_activity import SpeechProfile
from pipeline.audio.metering.hop_buffer import iter_chunks, map_chunks
from pipeline.audio.metering.loudness import to_lufs, to_power
from pipeline.audio.metering.sliding_window import close_gaps, compute_window_means
from pipeline.media.samples import Float32Array, Float64Array

# applause and other loud sounds
_APPLAUSE_WINDOW = 40
_APPLAUSE_ABOVE_FLOOR_DB = 10.0
_APPLAUSE_BELOW_TALK_DB = 25.0  # softer sounds disturb nobody: breaths, and the ends of words before digital silence

# both ends; lengths in hops of 10 ms
_SPEAKER_RATING = 0.5
_SPEAKER_BELOW_TALK_DB = 16.0  # a voice further below it is somebody in the audience
_TALK_WITHIN, _MIN_TALK = 1500, 400  # the talk has begun when somebody speaks so much of that time
_BESIDE_TALK = 300  # applause so near to the talk belongs to it
_MIN_CUT = 1000
_KEPT = 50  # before the first words and after the last


class SoundClass(IntEnum):
    """What a hop holds."""

    QUIET = 0  # pauses, noise, soft sounds
    SPEECH = 1
    BACKGROUND = 2  # babble or music without a speaker in front of it
    APPLAUSE = 3  # and other loud sounds without the pitch of a voice


def classify_hops(energies: Float32Array, profile: SpeechProfile) -> NDArray[np.uint8]:
    """Classify each hop of a talk.

    Args:
        energies: K-weighted mean square per hop of 10 ms, shape (hops,), full scale is 1.0.
        profile: Speech profile of the same talk.

    Returns:
        A ``SoundClass`` per hop, shape (hops,), uint8.
    """
    phrases = find_phrases(energies, profile)
    classes = np.full(len(energies), SoundClass.QUIET, np.uint8)
    ratings = phrases.rate_speakers()
    for (first, last), rating in zip(phrases.spans.tolist(), ratings.tolist(), strict=True):
        classes[first:last] = SoundClass.SPEECH if rating >= _SPEAKER_RATING else SoundClass.BACKGROUND
    for (first, last), _ in find_applause(energies, phrases):
        classes[first:last] = SoundClass.APPLAUSE
    return classes


def find_applause(energies: Float32Array, phrases: SpeechPhrases) -> list[tuple[tuple[int, int], float]]:
    """Find loud sounds that are not speech.

    Args:
        energies: K-weighted mean square per hop of 10 ms, shape (hops,), full scale is 1.0.
        phrases: Of the same talk.

    Returns:
        First hop and end of each, and the level in LUFS of its loudest 400 ms.
    """
    quiet = ~extend_runs(phrases.speech)
    threshold = max(phrases.floor * 10 ** (_APPLAUSE_ABOVE_FLOOR_DB / 10), 1e-9)
    if len(phrases.spans):
        threshold = max(threshold, to_power(phrases.compute_loudest() - _APPLAUSE_BELOW_TALK_DB))
    smooth = functools.partial(compute_window_means, energies, width=_APPLAUSE_WINDOW, mode="edge")
    loud = map_chunks(len(energies), lambda part: quiet[part] & (smooth(part) > threshold))
    return [
        ((first, last), _find_loudest(smooth, first, last))
        for first, last in find_long_runs(close_gaps(loud, CLOSED_GAP))
    ]


def find_removable_ends(
    phrases: SpeechPhrases, ratings: Float64Array, applause: Sequence[tuple[int, int]], hops: int
) -> list[tuple[int, int]]:
    """Find what is before a talk and after it: murmur, silence, lone words; applause beside the talk belongs to it.

    Args:
        phrases: At least one.
        ratings: From ``SpeechPhrases.rate_speakers``, shape (phrases,).
        applause: First hop and end of each, in order.
        hops: Length of the recording.

    Returns:
        First hop and end of each, at most one at the beginning and one at the end.
    """
    talk = _find_talk(phrases, ratings)
    if talk is None:
        return []
    first, last = talk
    for start, stop in reversed(applause):
        first = min(first, start) if start < first <= stop + _BESIDE_TALK else first
    for start, stop in applause:
        last = max(last, stop) if start - _BESIDE_TALK <= last < stop else last
    ends = ((0, first - _KEPT), (last + _KEPT, hops))
    return [(start, stop) for start, stop in ends if stop - start >= _MIN_CUT]


def _find_talk(phrases: SpeechPhrases, ratings: Float64Array) -> tuple[int, int] | None:
    """Find first hop and end of the talk: where somebody speaks for more than a few words."""
    loudest = phrases.compute_loudest()
    counted = (ratings >= _SPEAKER_RATING) & (phrases.levels >= loudest - _SPEAKER_BELOW_TALK_DB)
    spans, sums = phrases.spans[counted], np.concatenate([[0], np.cumsum(phrases.lengths[counted])])
    if not len(spans):
        return None
    numbers = np.arange(len(spans))
    after = sums[np.searchsorted(spans[:, 0], spans[:, 0] + _TALK_WITHIN)] - sums[numbers]
    before = sums[numbers + 1] - sums[np.searchsorted(spans[:, 1], spans[:, 1] - _TALK_WITHIN, side="right")]
    firsts, lasts = spans[after >= _MIN_TALK, 0], spans[before >= _MIN_TALK, 1]
    return (int(firsts[0]), int(lasts[-1])) if len(firsts) and len(lasts) else None


def _find_loudest(smooth: Callable[[slice], Float64Array], first: int, last: int) -> float:
    parts = (slice(first + part.start, first + part.stop) for part in iter_chunks(last - first))
    return float(to_lufs(max(float(smooth(part).max()) for part in parts)))
