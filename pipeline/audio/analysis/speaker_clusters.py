"""Speaker clustering: which phrases of a talk are of one speaker.

Phrases are merged from the bottom up while that explains them about as well, then assigned again,
with the phrases before and after as weak evidence. Nobody is named, and no number of speakers is
guessed.

Source: two-covariance model of speaker verification (Brümmer and de Villiers 2010, "The speaker
partitioning problem"); assignment as in VBx (Landini et al. 2022, "Bayesian HMM clustering of
x-vector sequences"), with a mean field in place of the hidden Markov model.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.media.samples import Float64Array

_BLOCK = 128  # phrases that are merged at once: the time for that grows with the square
_MERGE_COST = 3.0  # natural logarithm: so much better two clusters may explain the phrases, and still be merged
_ROUNDS = 8
_MAX_AGAINST = 9.3  # natural logarithm, of one measure: one odd value does not decide
# natural logarithm in favour of the speaker of the next phrase, and the pause after which that falls by e
_SAME_RUN, _SAME_TURN = (1.06, 0.05), (2.51, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerFeatures:
    """Measures in which speakers differ, each with a mean of about zero over all phrases."""

    values: Float64Array  # shape (phrases, measures)
    precisions: Float64Array  # one over the variance within a speaker, shape (phrases, measures); 0: not known
    variances: Float64Array  # between speakers, shape (measures,)


def cluster_speakers(features: SpeakerFeatures, pauses_s: Float64Array) -> Float64Array:
    """Find which phrases are of one speaker.

    Args:
        features: Of at least one phrase.
        pauses_s: Between each phrase and the next one, shape (phrases - 1,); infinite: no evidence of the same speaker.

    Returns:
        Probability of each speaker, shape (phrases, speakers).
    """
    weighted = features.precisions * features.values
    labels = np.zeros(0, np.int64)
    for start in range(0, len(weighted), _BLOCK):
        block = slice(start, start + _BLOCK)
        own = _merge_clusters(features.precisions[block], weighted[block], features.variances)
        labels = np.concatenate([labels, own + (labels.max(initial=-1) + 1)])
    (run, run_s), (turn, turn_s) = _SAME_RUN, _SAME_TURN
    coupling = run * np.exp(-pauses_s / run_s) + turn * np.exp(-pauses_s / turn_s)
    shares = np.zeros((0, 0))
    for _ in range(2):
        precisions, sums = _sum_clusters(features.precisions, labels), _sum_clusters(weighted, labels)
        labels = _merge_clusters(precisions, sums, features.variances)[labels]
        shares = _assign_phrases(features, coupling[:, np.newaxis], labels)
        used, labels = np.unique(shares.argmax(axis=1), return_inverse=True)
        shares = shares[:, used] / shares[:, used].sum(axis=1, keepdims=True)
    return shares


def _sum_clusters(numbers: Float64Array, labels: NDArray[np.int64]) -> Float64Array:
    """Sum the rows of each cluster, shape (clusters, measures)."""
    total = np.zeros((int(labels.max()) + 1, numbers.shape[1]))
    np.add.at(total, labels, numbers)
    return total


def _merge_clusters(precisions: Float64Array, sums: Float64Array, variances: Float64Array) -> NDArray[np.int64]:
    """Merge the two clusters most alike, until one explains no pair nearly as well as two.

    Args:
        precisions: Summed over the phrases of each cluster, shape (clusters, measures).
        sums: Of the values times their precisions, same shape.
        variances: Between speakers, shape (measures,).

    Returns:
        The new number of each cluster, from 0, shape (clusters,).
    """
    count = len(precisions)
    precisions, sums, labels, alive = precisions.copy(), sums.copy(), np.arange(count), np.ones(count, bool)
    evidence = _compute_evidence(precisions, sums, variances)

    def compare(one: int) -> Float64Array:
        both = _compute_evidence(precisions[one] + precisions, sums[one] + sums, variances)
        gains = np.where(alive, both - evidence[one] - evidence, -np.inf)
        gains[one] = -np.inf
        return gains

    gains = np.array([compare(one) for one in range(count)])
    while True:
        one, other = divmod(int(gains.argmax()), count)
        if not gains[one, other] > -_MERGE_COST:
            return np.asarray(np.unique(labels, return_inverse=True)[1], np.int64)
        labels[labels == other], alive[other] = one, False
        precisions[one] += precisions[other]
        sums[one] += sums[other]
        evidence[one] = _compute_evidence(precisions[one], sums[one], variances)
        gains[other], gains[:, other] = -np.inf, -np.inf
        gains[one] = gains[:, one] = compare(one)


def _compute_evidence(precisions: Float64Array, sums: Float64Array, variances: Float64Array) -> Float64Array:
    """Compute the log likelihood of the phrases of a cluster, its mean unknown; what all clusterings share is left out.

    Returns:
        Shape (…) for arguments of shape (…, measures).
    """
    with_mean = sums**2 / (1 / variances + precisions) - np.log1p(precisions * variances)
    return np.asarray(with_mean.sum(axis=-1) / 2)


def _assign_phrases(features: SpeakerFeatures, coupling: Float64Array, labels: NDArray[np.int64]) -> Float64Array:
    """Assign phrases to clusters, and estimate these again, in turn.

    Returns:
        Probability of each cluster, shape (phrases, clusters).
    """
    known = np.minimum(1, features.precisions.max(axis=1) / max(float(features.precisions.max()), 1e-9))
    shares = np.eye(int(labels.max()) + 1)[labels]
    for round_ in range(_ROUNDS):
        sizes = np.einsum("pc,p->c", shares, known)
        evidence = np.tile(np.log(np.maximum(sizes - 0.5, 1e-3)), (len(labels), 1))
        for values, precisions, variance in zip(
            features.values.T, features.precisions.T, features.variances, strict=True
        ):
            inner = 1 / (1 / variance + np.einsum("pc,p->c", shares, precisions))
            means = np.einsum("pc,p->c", shares, precisions * values) * inner
            distances = precisions[:, np.newaxis] * ((values[:, np.newaxis] - means) ** 2 + inner)
            evidence -= np.minimum(distances / 2, _MAX_AGAINST)
        evidence[1:] += coupling * shares[:-1]
        evidence[:-1] += coupling * shares[1:]
        new = np.exp(evidence - evidence.max(axis=1, keepdims=True))
        new /= new.sum(axis=1, keepdims=True)
        shares = new if round_ == _ROUNDS - 1 else (shares + new) / 2  # halves: neighbours would swap speakers
    return shares
