"""Who speaks while another has the turn, and which sound of a microphone is recognised."""

import numpy as np
import pytest

from pipeline.audio.tracks.attribution import Attribution
from pipeline.audio.tracks.own_sound import find_own_sound
from pipeline.audio.tracks.simultaneous_talk import list_simultaneous_spans
from pipeline.model import SpeakerSpan

NAMES = ("Anna", "Bram")


def attribute(*, bleed_db, through_s):
    """Let Anna have the turn for five seconds, then Bram; she speaks through him in ``through_s``."""
    hops = np.arange(1000)
    syllables_db = 6 * np.sin(hops / 7)
    turns = np.stack([hops < 500, hops >= 500])
    speaks = turns.copy()
    speaks[0, round(100 * through_s[0]) : round(100 * through_s[1])] = True
    own = np.where(speaks, 10 ** ((syllables_db - 26) / 10), 0)
    energies = own + 10 ** (bleed_db / 10) * own[::-1] + 1e-7
    return Attribution(
        posterior=turns.astype(np.float32),
        speech=np.ones(1000, bool),
        energies=energies.astype(np.float32),
        peaks=np.sqrt(energies).astype(np.float32),
        clock_errors=(0, 0),
    )


def test_who_speaks_through_another_is_found():
    (found,) = list_simultaneous_spans(attribute(bleed_db=-14, through_s=(7.0, 8.2)), NAMES)

    assert ("Anna", 7.0, 8.2) == (
        found.speaker,
        pytest.approx(found.start_s, abs=0.12),
        pytest.approx(found.end_s, abs=0.12),
    )


@pytest.mark.parametrize(
    ("bleed_db", "through_s"), [(-14, (0, 0)), (-6, (7.0, 8.2)), (-14, (7.0, 7.1))], ids=["alone", "near", "a click"]
)
def test_nothing_is_found_where_microphones_do_not_tell(bleed_db, through_s):
    assert () == list_simultaneous_spans(attribute(bleed_db=bleed_db, through_s=through_s), NAMES)


def test_each_moment_is_in_the_sound_of_a_track_and_simultaneous_talk_in_both():
    def span(start_s, end_s, speaker):
        return SpeakerSpan(start_s=start_s, end_s=end_s, speaker=speaker, confidence=1.0)

    spans = [span(1.0, 2.0, "Anna"), span(3.0, 6.0, "Bram")]

    anna, bram = (find_own_sound(spans, [span(4.0, 4.4, "Anna")], name, samples=48_000 * 7) for name in NAMES)

    assert (anna | bram).all()
    assert [*range(250), *range(370, 470)] == list(np.flatnonzero(anna))
    assert list(range(250, 700)) == list(np.flatnonzero(bram))
