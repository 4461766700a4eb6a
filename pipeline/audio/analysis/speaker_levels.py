"""Levels of speakers: phrases are told apart by timbre, pitch and level, and each speaker gets one slow level.

What differs between the phrases of one speaker is emphasis, and is kept.
"""

import numpy as np

from pipeline.audio.analysis.speaker_clusters import SpeakerFeatures, cluster_speakers
from pipeline.audio.analysis.speech_phrases import TIMBRE_HOPS, SpeechPhrases, count_voiced
from pipeline.audio.analysis.voice_activity import TIMBRE_BANDS, TIMBRE_FRAMES, SpeechProfile
from pipeline.media.samples import Float64Array

# timbre: variances in dB² of a phrase with one voiced second
_ROW_S = 0.2
_MIN_HALF_S = 0.3  # voiced time in both halves of a phrase, which tell how one speaker varies
_USUAL_VARIANCE, _USUAL_WEIGHT = 6.4, 6  # stands for so many phrases: a short talk has few
_VARIANCE_BETWEEN_PHRASES = 1.95  # more than between the halves of one
_DIMENSIONS = 4  # in which speakers differ most
_MIN_VARIANCE = 0.02  # of speakers against one of a phrase
_TIMBRE_WEIGHT, _MAX_TIMBRE_S = 0.23, 4.0  # rows of timbre are not independent

# standard deviations of phrases: of one speaker, and of several
_OWN_PITCH, _OTHERS_PITCH, _PITCH_S = 0.18, 0.3, 1.0  # octaves; voiced seconds after which the median is certain
_OWN_LEVEL_DB, _OTHERS_LEVEL_DB, _LEVEL_HOPS = 2.25, 8.9, 100
_MIN_COUNTED = 0.5  # what counts for less is background, and nobody's turn

# the level of a speaker
_BIN_S, _DRIFT_S = 5.0, 200.0  # the weight of a phrase falls by e in that time: speakers move
_USUAL_S = 23.0  # the mean of all phrases of a speaker counts for so much speech around
_MAX_EMPHASIS_DB = 6.0  # what is further from its speaker's level is another speaker, or cannot be understood


def estimate_speaker_levels(phrases: SpeechPhrases, profile: SpeechProfile, weights: Float64Array) -> Float64Array:
    """Estimate for each phrase the level of its speaker.

    Args:
        phrases: At least one.
        profile: Speech profile of the same talk.
        weights: How much each phrase counts, shape (phrases,).

    Returns:
        LUFS, shape (phrases,).
    """
    timbre, seconds, variances = _measure_timbre(phrases, profile)
    pitch, voiced_s = _measure_pitch(phrases, profile)
    counted = weights / phrases.lengths
    certain = np.stack(
        [
            *[_TIMBRE_WEIGHT * np.minimum(seconds, _MAX_TIMBRE_S)] * timbre.shape[1],
            np.minimum(1, voiced_s / _PITCH_S) / _OWN_PITCH**2,
            np.minimum(1, phrases.lengths / _LEVEL_HOPS) / _OWN_LEVEL_DB**2,
        ],
        axis=1,
    )
    features = SpeakerFeatures(
        values=np.column_stack([timbre, pitch, phrases.levels - np.average(phrases.levels, weights=weights)]),
        precisions=certain * counted[:, np.newaxis],
        variances=np.array([*variances, _OTHERS_PITCH**2, _OTHERS_LEVEL_DB**2]),
    )
    pauses_s = (phrases.spans[1:, 0] - phrases.spans[:-1, 1]) / 100
    # a phrase that tells nothing of a speaker would echo its neighbours, as if it were evidence
    pauses_s[np.minimum(counted[1:], counted[:-1]) < _MIN_COUNTED] = np.inf
    speakers = cluster_speakers(features, pauses_s)
    levels = _follow_levels(phrases, speakers * weights[:, np.newaxis])
    emphasis = phrases.levels - (speakers * levels).sum(axis=1)
    return np.asarray(phrases.levels - np.clip(emphasis, -_MAX_EMPHASIS_DB, _MAX_EMPHASIS_DB))


def _follow_levels(phrases: SpeechPhrases, weights: Float64Array) -> Float64Array:
    """Follow the level of each speaker, which changes slowly.

    Args:
        phrases: At least one.
        weights: How much each phrase counts for each speaker, shape (phrases, speakers).

    Returns:
        LUFS at each phrase, shape (phrases, speakers).
    """
    power = weights * 10 ** (phrases.levels / 10)[:, np.newaxis]
    bins = (phrases.spans.sum(axis=1) / (200 * _BIN_S)).astype(np.int64)
    sums = np.zeros((2, int(bins.max()) + 1, weights.shape[1]))
    np.add.at(sums[0], bins, power)
    np.add.at(sums[1], bins, weights)
    reach = int(4 * _DRIFT_S / _BIN_S)
    kernel = np.exp(-np.abs(np.arange(-reach, reach + 1)) * _BIN_S / _DRIFT_S)
    near = np.array([[np.convolve(one, kernel)[reach:-reach] for one in kind.T] for kind in sums])
    total, count = near[:, :, bins]
    usual = _USUAL_S * 100 * (power.sum(axis=0) + 1e-20) / (weights.sum(axis=0) + 1e-9)
    return np.asarray(10 * np.log10((total.T + usual) / (count.T + _USUAL_S * 100)))


def _measure_pitch(phrases: SpeechPhrases, profile: SpeechProfile) -> tuple[Float64Array, Float64Array]:
    """Measure the pitch of each phrase.

    Returns:
        Median in octaves above the mean of all phrases, shape (phrases,); voiced seconds, same shape.
    """
    lags = [np.sort(profile.lags[first // 2 : last // 2]) for first, last in phrases.spans.tolist()]
    counts = [int(np.count_nonzero(own)) for own in lags]
    medians = [own[-1 - count // 2] if count else 1 for own, count in zip(lags, counts, strict=True)]
    octaves, seconds = -np.log2(np.array(medians, np.float64)), np.array(counts) / 50
    known = seconds > 0
    octaves[~known] = octaves[known].mean() if known.any() else 0.0
    return octaves - np.average(octaves, weights=phrases.lengths * known + 1e-9), seconds


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
