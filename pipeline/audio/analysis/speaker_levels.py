"""Levels of speakers, found by how similar phrases sound.

Nobody is named: for each phrase, the phrases around it are weighed by how likely they are of the
same speaker. Timbre decides, and level where it is far off; so a sentence that somebody says softly
on purpose does not count as another speaker.

Source: two-covariance model of speaker verification (Brümmer and de Villiers 2010, "The speaker
partitioning problem"), with both covariances estimated from the talk itself.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.analysis.speech_phrases import TIMBRE_HOPS, SpeechPhrases, count_voiced
from pipeline.audio.analysis.voice_activity import TIMBRE_BANDS, TIMBRE_FRAMES, SpeechProfile
from pipeline.media.samples import Float64Array

_NEIGHBOURS = 60  # phrases before and after, at most
_NEAR_S = 20.0  # the weight of a phrase falls by e in that time: speakers move
_ROUNDS = 4  # the first leaves a part of the difference between two speakers, the next ones of what is left

# timbre: variances in dB² of a phrase with one voiced second
_ROW_S = 0.2
_MIN_HALF_S = 0.3  # voiced time in both halves of a phrase, which tell how one speaker varies
_USUAL_VARIANCE, _USUAL_WEIGHT = 6.4, 6  # stands for so many phrases: a short talk has few
_VARIANCE_BETWEEN_PHRASES = 1.95  # more than between the halves of one
_DIMENSIONS = 3  # in which speakers differ most
_MIN_VARIANCE = 0.02  # of speakers against one of a phrase

# levels in dB of phrases: of one speaker, and of several
_OWN_DEVIATION_DB, _OTHERS_DEVIATION_DB = 2.45, 7.75

# evidence: natural logarithms of likelihood ratios
_TIMBRE_WEIGHT = 0.92  # rows of timbre are not independent
_MAX_AGAINST_BY_LEVEL = 3.2
_PRIOR = -2.3
_SELF = -2.7  # of a phrase itself: little, or its emphasis would be levelled


def estimate_speaker_levels(phrases: SpeechPhrases, profile: SpeechProfile, weights: Float64Array) -> Float64Array:
    """Estimate for each phrase the level of its speaker.

    Args:
        phrases: At least one.
        profile: Speech profile of the same talk.
        weights: How much each phrase counts, shape (phrases,).

    Returns:
        LUFS, shape (phrases,).
    """
    similar = _compare_phrases(phrases, *_measure_timbre(phrases, profile))
    totals = _sum_neighbours(similar, weights)
    levels = _sum_neighbours(similar, weights * phrases.levels) / totals
    for _ in range(_ROUNDS):
        means = phrases.levels - levels
        for _ in range(2):  # two phrases that are like no other one would swap their levels in one step
            means = _sum_neighbours(similar, weights * means) / totals
        levels = levels + means
    return levels


def _measure_timbre(phrases: SpeechPhrases, profile: SpeechProfile) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Measure the coordinates of each phrase in which speakers differ most.

    Returns:
        The coordinates, shape (phrases, dimensions), with a variance of 1 in a voiced second of one
        speaker; voiced seconds, shape (phrases,); variance of the speakers, shape (dimensions,).
    """
    halves = np.array([_sum_halves(profile, first, last) for first, last in phrases.spans.tolist()])
    sums = halves.sum(axis=1)
    seconds = sums[:, -1]
    means = sums[:, :-1] / np.maximum(seconds, _ROW_S / TIMBRE_FRAMES)[:, np.newaxis]
    weights = seconds / max(float(seconds.sum()), 1e-9)
    centred = means - weights @ means
    own = _estimate_own_covariance(halves)
    all_speakers = centred.T @ (centred * weights[:, np.newaxis]) - own * np.count_nonzero(seconds) / max(
        float(seconds.sum()), 1e-9
    )
    whitening = np.linalg.inv(np.linalg.cholesky(own))
    variances, directions = np.linalg.eigh(whitening @ all_speakers @ whitening.T)
    best = [number for number in range(-1, -1 - _DIMENSIONS, -1) if variances[number] > _MIN_VARIANCE]
    return centred @ whitening.T @ directions[:, best], seconds, variances[best]


def _sum_halves(profile: SpeechProfile, first: int, last: int) -> Float64Array:
    """Sum timbre and voiced seconds of both halves of a phrase, shape (2, TIMBRE_BANDS + 1)."""
    start = min((first + TIMBRE_HOPS // 2) // TIMBRE_HOPS, max(0, len(profile.timbre) - 1))
    stop = max(start + 1, (last + TIMBRE_HOPS // 2) // TIMBRE_HOPS)
    rows = profile.timbre[start:stop].astype(np.float64)
    seconds = count_voiced(profile, start, start + len(rows)) * (_ROW_S / TIMBRE_FRAMES)
    sums = np.zeros((2, TIMBRE_BANDS + 1))
    half = len(rows) // 2
    for number, part in enumerate((slice(0, half), slice(half, None))):
        sums[number, :-1] = seconds[part] @ (rows[part] - rows[part].mean(axis=1, keepdims=True))
        sums[number, -1] = seconds[part].sum()
    return sums


def _estimate_own_covariance(halves: Float64Array) -> Float64Array:
    """Estimate how the timbre of one speaker varies: from the differences between halves of phrases."""
    seconds = halves[:, :, -1]
    both = halves[(seconds > _MIN_HALF_S).all(axis=1)]
    means = both[:, :, :-1] / both[:, :, -1:]
    differences = (means[:, 0] - means[:, 1]) / np.sqrt((1 / both[:, :, -1]).sum(axis=1))[:, np.newaxis]
    usual = np.eye(TIMBRE_BANDS) * _USUAL_VARIANCE * _USUAL_WEIGHT
    total = differences.T @ differences + usual
    return np.asarray(total * _VARIANCE_BETWEEN_PHRASES / (len(both) + _USUAL_WEIGHT))


def _compare_phrases(
    phrases: SpeechPhrases, timbre: Float64Array, seconds: Float64Array, variances: Float64Array
) -> list[Float64Array]:
    """Compare each phrase with those after it.

    Returns:
        For each step, from 0, how much a phrase and the one so many phrases later count for each
        other, shape (phrases - step,).
    """
    middles_s = phrases.spans.sum(axis=1) / 200
    spread = 1 / np.maximum(seconds, _ROW_S / 2)
    near = [np.full(len(spread), 1 / (1 + np.exp(-_SELF)))]
    for step in range(1, min(_NEIGHBOURS + 1, len(spread))):
        own = (spread[step:] + spread[:-step])[:, np.newaxis]
        evidence = _TIMBRE_WEIGHT * _compare_values(timbre[step:] - timbre[:-step], own, 2 * variances).sum(axis=1)
        by_level = _compare_values(
            phrases.levels[step:] - phrases.levels[:-step], 2 * _OWN_DEVIATION_DB**2, 2 * _OTHERS_DEVIATION_DB**2
        )
        evidence += np.maximum(by_level, -_MAX_AGAINST_BY_LEVEL) + _PRIOR
        distances_s = middles_s[step:] - middles_s[:-step]
        near.append(np.exp(-distances_s / _NEAR_S) / (1 + np.exp(-np.clip(evidence, -50, 50))))
    return near


def _compare_values(
    differences: Float64Array, own: Float64Array | float, between: NDArray[np.float64] | float
) -> Float64Array:
    """Compute the log likelihood ratio of one speaker against two, by their difference in normal variables."""
    return np.asarray(
        -(differences**2) / 2 * (1 / own - 1 / (own + between)) + np.log((own + between) / own) / 2, np.float64
    )


def _sum_neighbours(similar: list[Float64Array], numbers: Float64Array) -> Float64Array:
    """Sum the numbers of similar phrases, shape (phrases,)."""
    total = similar[0] * numbers
    for step, weight in enumerate(similar[1:], 1):
        total[step:] += weight * numbers[:-step]
        total[:-step] += weight * numbers[step:]
    return total
