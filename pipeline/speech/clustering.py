"""Groups voice vectors by speaker: spectral clustering, whose number of groups follows from the largest eigengap.

Source: Park et al., Auto-tuning spectral clustering for speaker diarization using normalized
maximum eigengap (2020).
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipeline.media.samples import Float32Array, Float64Array

MAX_SPEAKERS = 8

_MAX_VECTORS = 1500  # clustered; all are compared with the centroids afterwards
_SAME_VOICE = 0.93  # similarity of two groups of one voice; of two people it was at most 0.9
_MIN_SHARE = 0.02  # of all vectors; a smaller group joins another
_MIN_GROUP = 3
_MIN_NEIGHBOURS = 5  # with fewer, groups of few vectors fall apart


def group_vectors(vectors: Float32Array, *, speakers: int = 0) -> Float32Array:
    """Find the voices.

    Args:
        vectors: Shape (vectors, 256), of length 1.
        speakers: Number of voices; 0: unknown.

    Returns:
        The centroid of each voice, shape (voices, 256), of length 1; in no order of time.
    """
    step = -(-len(vectors) // _MAX_VECTORS)
    chosen = vectors[::step]
    if len(chosen) < 4:
        return _compute_centroids(chosen, np.zeros(len(chosen), np.int64))
    labels = _cluster(chosen, speakers)
    for _ in range(5):  # reassignment, as k-means does
        centroids = _compute_centroids(chosen, labels)
        labels = (chosen @ centroids.T).argmax(axis=1)
    return centroids if speakers else _merge_alike(chosen, labels)


def _cluster(vectors: Float32Array, speakers: int) -> NDArray[np.int64]:
    similarity = vectors @ vectors.T
    best: tuple[float, int, Float64Array] | None = None
    for share in (0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3):
        neighbours = max(_MIN_NEIGHBOURS, round(share * len(vectors)))
        values, basis = _decompose(similarity, neighbours)
        gaps = np.diff(values[: MAX_SPEAKERS + 1])
        count = speakers or int(gaps.argmax()) + 1
        rating = share / max(float(gaps[count - 1]) / max(float(values[-1]), 1e-9), 1e-9)
        if best is None or rating < best[0]:
            best = rating, count, basis
    if best is None:
        raise ValueError("no vectors")
    _, count, basis = best
    return _run_k_means(basis[:, :count], count)


def _decompose(similarity: Float32Array, neighbours: int) -> tuple[Float64Array, Float64Array]:
    """Decompose the Laplacian of the graph in which each vector has its nearest neighbours.

    One matrix is filled in place: with 1500 vectors each takes 18 MB.

    Returns:
        All eigenvalues, shape (vectors,), in ascending order, and the first eigenvectors, shape
        (vectors, ``MAX_SPEAKERS``).
    """
    laplacian = np.zeros(similarity.shape)
    for number, row in enumerate(similarity):
        nearest = np.argpartition(-row.astype(np.float64), min(neighbours, len(row) - 1))[:neighbours]
        laplacian[number, nearest] = -0.5
    laplacian += laplacian.T
    np.fill_diagonal(laplacian, laplacian.diagonal() - laplacian.sum(axis=1))
    values, basis = np.linalg.eigh(laplacian)
    return values, basis[:, :MAX_SPEAKERS].copy()


def _run_k_means(points: Float64Array, count: int) -> NDArray[np.int64]:
    """Run k-means from the points that are farthest from each other: no random start."""
    centres = [points[np.square(points - points.mean(axis=0)).sum(axis=1).argmax()]]
    while len(centres) < count:
        nearest = np.min([np.square(points - centre).sum(axis=1) for centre in centres], axis=0)
        centres.append(points[nearest.argmax()])
    means = np.stack(centres)
    for _ in range(50):
        labels = np.square(points[:, np.newaxis] - means).sum(axis=2).argmin(axis=1)
        means = np.stack([points[labels == n].mean(axis=0) if (labels == n).any() else means[n] for n in range(count)])
    return np.asarray(labels, np.int64)


def _merge_alike(vectors: Float32Array, labels: NDArray[np.int64]) -> Float32Array:
    """Merge groups that are one voice, and those that are too small to be one."""
    while True:
        numbers, counts = np.unique(labels, return_counts=True)
        labels = np.searchsorted(numbers, labels)
        centroids = _compute_centroids(vectors, labels)
        if len(numbers) == 1:
            return centroids
        pairs = [(_compare_groups(vectors, labels, a, b), a, b) for a, b in combinations(range(len(numbers)), 2)]
        small = int(counts.argmin())
        if counts[small] < max(_MIN_GROUP, _MIN_SHARE * len(vectors)):
            pairs = [pair for pair in pairs if small in pair[1:]]
        elif max(pairs)[0] < _SAME_VOICE:
            return centroids
        _, keep, gone = max(pairs)
        labels = np.where(labels == gone, keep, labels)


def _compare_groups(vectors: Float32Array, labels: NDArray[np.int64], one: int, other: int) -> float:
    """Return the similarity of two groups as if both were large: that of centroids falls with the number of vectors."""
    members, others = vectors[labels == one], vectors[labels == other]
    own = _average_pairs(members) * _average_pairs(others)
    return float((members @ others.T).mean()) / float(np.sqrt(max(own, 1e-9)))


def _average_pairs(members: Float32Array) -> float:
    """Average the similarity of different vectors of a group."""
    count = len(members)
    total = float((members @ members.T).sum(dtype=np.float64))
    return (total - count) / (count * (count - 1)) if count > 1 else 1.0


def _compute_centroids(vectors: Float32Array, labels: NDArray[np.int64]) -> Float32Array:
    means = np.stack([vectors[labels == number].mean(axis=0) for number in np.unique(labels)])
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), np.float32)
