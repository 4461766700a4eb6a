"""Invented text: stock phrases that stand alone, and words repeated over and over."""

import pytest

from pipeline.speech.stock_phrases import find_suspect_passages
from tests.speech.dutch import load_subtitles
from tests.speech.test_cues import say


@pytest.mark.parametrize(
    "phrase",
    [
        "Ondertitels ingediend door de Amara.org gemeenschap",
        "TV GELDERLAND 2021",
        "MUZIEK.",
        "Bedankt voor het kijken!",
        "Thank you for watching.",
        "Subtitles by the Amara.org community",
    ],
)
def test_stock_phrases_that_stand_alone_are_flagged(phrase):
    words = say("Dat was het dan.") + say(phrase, at_s=10.0) + say("En nu verder.", at_s=20.0)

    assert [(10.0, phrase)] == [(passage.start_s, passage.text) for passage in find_suspect_passages(words)]


def test_the_same_words_within_a_sentence_are_not_flagged():
    assert [] == find_suspect_passages(say("we maakten muziek en daarna bedankt voor het luisteren gezegd"))


def test_words_repeated_over_and_over_are_flagged_once():
    (passage,) = find_suspect_passages(say("Ja. " + "Ik bedoel, " * 44 + "dat is zo."))

    assert "the same words 44 times in a row" == str(passage.reason)


def test_real_speech_has_no_stock_phrases():
    found = [find_suspect_passages(say(text)) for text, _ in load_subtitles().values()]

    assert sum(map(len, found)) <= 2  # songs of the game do repeat words
