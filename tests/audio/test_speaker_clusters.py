"""Phrases are told apart by speaker: as many speakers as there are, in short talks and in long ones."""

import numpy as np
import pytest

from pipeline.audio.analysis.speaker_clusters import SpeakerFeatures, cluster_speakers


def build_phrases(means, turns, *, seed=1, distance=4.0):
    """Build phrases of speakers, three per turn; measures have a deviation of 1 within a speaker.

    They count for less than that, as in a talk, where they depend on each other.
    """
    random = np.random.default_rng(seed)
    speakers = np.repeat(random.permutation(np.arange(turns) % means), 3)
    values = distance * np.eye(means, 5)[speakers] + random.standard_normal((len(speakers), 5))
    pauses_s = np.where(np.diff(speakers) == 0, 0.3, 0.8)
    features = SpeakerFeatures(
        values=values - values.mean(axis=0), precisions=np.full_like(values, 0.4), variances=np.full(5, distance**2 / 5)
    )
    return speakers, features, pauses_s


@pytest.mark.parametrize(("count", "turns"), [(1, 12), (2, 20), (5, 40), (3, 400)])
def test_each_speaker_is_one_cluster(count, turns):
    speakers, features, pauses_s = build_phrases(count, turns)

    shares = cluster_speakers(features, pauses_s)

    assert shares.shape == (len(speakers), count)
    assert shares.sum(axis=1) == pytest.approx(1)
    found = shares.argmax(axis=1)
    for number in range(count):
        assert np.mean(found[speakers == number] == np.bincount(found[speakers == number]).argmax()) > 0.97


def test_single_phrase_is_one_speaker():
    features = SpeakerFeatures(values=np.zeros((1, 2)), precisions=np.ones((1, 2)), variances=np.ones(2))

    assert cluster_speakers(features, np.zeros(0)) == pytest.approx(np.ones((1, 1)))


def test_phrase_without_measures_is_assigned_to_the_speaker_around_it():
    speakers, features, pauses_s = build_phrases(2, 20)
    features.precisions[31] = 0

    found = cluster_speakers(features, pauses_s).argmax(axis=1)

    assert speakers[30] == speakers[31] == speakers[32]
    assert found[31] == found[30]
