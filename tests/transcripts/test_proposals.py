"""Proposed chapters and cuts: near the places where topics change, and never through a cue."""

import random
import re

import pytest

from pipeline.model import Cue, classify_overlap
from pipeline.transcripts.cut_proposals import propose_cuts
from pipeline.transcripts.topics import propose_chapters

TOPICS = {
    "brug": "brug kanaal fietsers aannemer beton pijler oever veerpont schipper sluis doorvaart helling",
    "school": "school leerlingen docent lokaal rooster toets juf gymzaal schoolplein ouders rapport bibliotheek",
    "moestuin": "moestuin aardbeien compost gieter schoffel buurtbewoners zaden kas pompoen onkruid regenton oogst",
}
OPENINGS = [
    "Eerst kijken we naar de {}, en dan de {}.",
    "Wat betekent dat voor de {} bij de {}?",
    "Ik zag daar een {} naast een {}.",
]


@pytest.fixture
def talk():
    """Five minutes on each topic: cues, and when each topic begins."""
    draw, cues, starts_ms, at_ms = random.Random(4), [], [], 0
    for words in TOPICS.values():
        starts_ms.append(at_ms)
        for _ in range(60):
            text = draw.choice(OPENINGS).format(*draw.sample(words.split(), 2))
            cues.append(Cue(start_ms=at_ms, end_ms=at_ms + 4500, speaker="Jan", text=text))
            at_ms += 5000
    return cues, starts_ms


def test_chapters_begin_where_the_topic_changes(talk):
    cues, starts_ms = talk

    chapters = propose_chapters(cues)

    assert len(chapters) == 3
    assert all(
        abs(chapter.start_ms - start_ms) <= 15_000 for chapter, start_ms in zip(chapters, starts_ms, strict=True)
    )
    assert 0 == chapters[0].start_ms


def test_titles_are_words_of_the_speakers(talk):
    cues, _ = talk
    spoken = " ".join(re.sub(r"[.]", "", cue.text) for cue in cues)

    for chapter, words in zip(propose_chapters(cues), TOPICS.values(), strict=True):
        assert chapter.title in spoken
        assert any(word in chapter.title for word in words.split())
        assert len(chapter.title) <= 60


def test_short_transcript_has_no_chapters(talk):
    cues, _ = talk

    assert () == propose_chapters(cues[:20])
    assert () == propose_chapters([])


def test_long_silence_and_false_start_are_proposed():
    def cue(start_s, end_s, text):
        return Cue(start_ms=start_s * 1000, end_ms=end_s * 1000, speaker="Jan", text=text)

    cues = [
        cue(0, 4, "Welkom allemaal."),
        cue(4, 6, "We gaan nu verder met"),
        cue(7, 11, "We gaan nu beginnen met de vraag."),
        cue(24, 28, "Dat was de vraag."),
        cue(28, 30, "Dat was de vraag dus."),
    ]

    found = propose_cuts(cues)

    assert [("false start", 4000, 7000), ("silence", 12_000, 23_000)] == [
        (one.kind, one.cut.from_ms, one.cut.to_ms) for one in found
    ]
    assert {"none", "all"} == {classify_overlap(one, proposed.cut) for proposed in found for one in cues}
