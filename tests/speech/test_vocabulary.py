"""Vocabulary: near misses of names are corrected, other words are left alone."""

import pytest

from pipeline.speech.vocabulary import collect_terms, correct_words
from tests.speech.dutch import load_subtitles
from tests.speech.test_cues import say

TERMS = collect_terms(
    ["Marije Boerlaagh", "Youssef El Khattabi", "gemeente Amsterdam"],
    ["participatieverordening", "K-buurt", "omgekeerd beleidsproces"],
)


def correct(text):
    return " ".join(word.word for word in correct_words(say(text), TERMS))


@pytest.mark.parametrize(
    ("recognised", "meant"),
    [
        ("Zegt Marije Boerlaag.", "Zegt Marije Boerlaagh."),
        ("Zegt Mareije Boerlach, ja", "Zegt Marije Boerlaagh, ja"),
        ("de participatie verordening is klaar", "de participatieverordening is klaar"),
        ("de participatieverordning.", "de participatieverordening."),
        ("Participatie verordening.", "Participatieverordening."),
        ("in de k buurt wonen", "in de K-buurt wonen"),
        ("volgens Joussef El Kattabi", "volgens Youssef El Khattabi"),
        ("het omgekeerde beleidsproces", "het omgekeerd beleidsproces"),
    ],
)
def test_near_misses_are_corrected(recognised, meant):
    assert meant == correct(recognised)


@pytest.mark.parametrize(
    "text", ["Marije Boerlaagh zei dat", "de buurt", "de verordening over participatie", "de gemeente Rotterdam"]
)
def test_other_words_stay(text):
    assert text == correct(text)


def test_a_correction_keeps_what_was_recognised():
    (word,) = correct_words(say("Boerlaag."), TERMS)

    assert ("Boerlaagh.", "Boerlaag.") == (word.word, word.recognised)


def test_words_keep_their_times():
    words = say("de participatie verordening is")

    corrected = correct_words(words, TERMS)

    spans = [(0.0, 0.25), (words[1].start_s, words[2].end_s), (words[3].start_s, words[3].end_s)]
    assert [pytest.approx(span) for span in spans] == [(word.start_s, word.end_s) for word in corrected]


def test_a_whole_book_of_other_dutch_is_not_changed():
    text = " ".join(text for text, _ in load_subtitles().values())

    assert [] == [word.recognised for word in correct_words(say(text), TERMS) if word.recognised]
