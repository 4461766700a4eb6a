"""Match a text with recognised words: what was never heard, and what is not written."""

from dataclasses import replace
from itertools import count

from pipeline.model import SpokenWord
from pipeline.speech.alignment.sentences import split_sentences
from pipeline.speech.alignment.word_matching import match_words

TEXTS = [
    "De gemeente begint bij de vraag van de bewoner.",
    "Daarna komt pas de regel.",
    "Wie heeft er vanavond koffie gehaald?",
    "We gaan verder met de tweede tafel.",
]


def speak(text):
    """Return words of half a second each."""
    return [
        SpokenWord(word=word, start_s=n / 2, end_s=n / 2 + 0.4, confidence=0.9)
        for n, word in zip(count(), text.split(), strict=False)
    ]


def test_recognised_text_matches_wholly():
    match = match_words(TEXTS, speak(" ".join(TEXTS)))

    assert ((1.0,) * 4, 1.0, ()) == (match.shares, match.share, match.loose)


def test_errors_of_the_recogniser_do_not_hide_a_sentence():
    match = match_words(
        TEXTS, speak("de gemeente begon bij de vraag van bewoners daarna komt past de regel we gaan verder")
    )

    assert [True, True, False, True] == [share > 0.3 for share in match.shares]
    assert 0 == match.shares[2]


def test_words_that_are_not_in_the_text_are_found():
    match = match_words(TEXTS[:2], speak(f"{TEXTS[0]} En dat vind ik zelf eigenlijk ook wel. {TEXTS[1]}"))

    (loose,) = match.loose
    assert (1, 4.5, "En dat vind ik zelf eigenlijk ook wel.") == (loose.before, loose.start_s, loose.text)
    assert (1.0, 1.0) == match.shares


def test_each_sentence_has_the_time_of_its_words():
    words = speak("En hoe de gemeente begint bij de vraag van de bewoner. Eerlijk. Haar na komt pas de regel.")
    paused = words[:14] + [replace(word, start_s=word.start_s + 2, end_s=word.end_s + 2) for word in words[14:]]

    assert ((1.0, 5.4), (6.5, 8.9), None) == match_words(TEXTS[:3], words).spans_s  # from "na", for "Daarna"
    assert ((1.0, 5.4), (9.0, 10.9), None) == match_words(TEXTS[:3], paused).spans_s  # from "komt", after the pause


def test_another_text_does_not_match():
    match = match_words(
        TEXTS, speak("vandaag regent het en morgen schijnt waarschijnlijk weer een beetje zon boven zee")
    )

    assert 0.2 > match.share


def test_nothing_recognised_matches_nothing():
    assert 0 == match_words(TEXTS, []).share


def test_lines_become_sentences_of_readable_length():
    long = "Dit is een bijzin, " * 20 + "en dat was het."
    sentences = split_sentences(
        [(1, "Jan", "Ja. Nee. Dat klopt dan ook niet. En toen? Weer verder met 3.5 uur."), (2, "", long)]
    )

    assert ["Ja. Nee. Dat klopt dan ook niet.", "En toen? Weer verder met 3.5 uur."] == [
        one.text for one in sentences if one.line == 1
    ]
    assert {"Jan"} == {one.speaker for one in sentences if one.line == 1}
    assert " ".join(one.text for one in sentences if one.line == 2) == long
    assert max(len(one.text) for one in sentences) <= 160
