"""Each phrase gets the level of its speaker, whatever goes on in the background."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.audio.analysis.analysis_pass import analyse_speech
from pipeline.audio.analysis.speaker_levels import estimate_speaker_levels
from pipeline.audio.analysis.speech_phrases import find_phrases
from tests.audio.scenes import build_talk

pytestmark = pytest.mark.slow

MIN_PAUSE_HOPS = 40
BACKGROUND_LUFS, BACKGROUND_WEIGHT = -45.0, 0.01


@pytest.mark.parametrize(("names", "seed"), [(("man", "woman"), 13), (("boy", "man"), 12)])
def test_background_in_the_pauses_does_not_change_who_speaks(names, seed):
    """Murmur between two turns is found as a phrase; it says nothing about the speaker before it or after it."""
    talk = build_talk({names[0]: 0, names[1]: -6}, turn_s=(1.0, 3.0), seed=seed)
    analysis = analyse_speech([talk.sound], 1, high_pass_hz=80)
    phrases = find_phrases(analysis.energies, analysis.profile)
    without = estimate_speaker_levels(phrases, analysis.profile, phrases.lengths)

    pauses = np.column_stack([phrases.spans[:-1, 1], phrases.spans[1:, 0]])
    long = np.flatnonzero(np.diff(pauses, axis=1)[:, 0] >= MIN_PAUSE_HOPS)
    murmured = replace(
        phrases,
        spans=np.insert(phrases.spans, long + 1, pauses[long], axis=0),
        levels=np.insert(phrases.levels, long + 1, BACKGROUND_LUFS),
        distinctness_db=np.insert(phrases.distinctness_db, long + 1, 0.0),
    )
    background = np.insert(np.zeros(len(phrases.lengths), bool), long + 1, True)
    weights = murmured.lengths * np.where(background, BACKGROUND_WEIGHT, 1)
    levels = estimate_speaker_levels(murmured, analysis.profile, weights)

    assert len(long) >= 10
    assert levels[~background] == pytest.approx(without, abs=0.2)
