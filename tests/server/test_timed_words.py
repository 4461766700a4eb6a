"""Times of words: those of the recogniser, also after edits; marks of doubt and of names."""

from pipeline.model import Cue, SpokenWord
from pipeline.server.review.timed_words import LOW_CONFIDENCE, NAME, OtherWording, WordTimer
from pipeline.speech.comparison import WordAlternative

SPOKEN = [
    SpokenWord(word=word, start_s=start, end_s=start + 0.3, confidence=confidence)
    for word, start, confidence in (
        ("Vandaag", 1.0, 0.9),
        ("spreken", 1.4, 0.4),
        ("we", 1.9, 0.9),
        ("Anna", 2.1, 0.9),
        ("de", 2.5, 0.9),
        ("Wit.", 2.7, 0.9),
        ("Daarna", 3.4, 0.9),
    )
]


def find(text, start_ms=1000, end_ms=3300, **options):
    return WordTimer(spoken=SPOKEN, **options).find_words(Cue(start_ms=start_ms, end_ms=end_ms, speaker="", text=text))


def test_unchanged_words_have_the_times_that_were_recognised():
    words = find("Vandaag spreken we Anna de Wit.")

    assert [1000, 1400, 1900, 2100, 2500, 2700] == [word.start_ms for word in words]


def test_a_corrected_word_stands_between_its_neighbours():
    words = find("Vandaag spraken wij Anna de Wit.")

    assert (1000, 2100) == (words[0].start_ms, words[3].start_ms)
    assert 1000 < words[1].start_ms < words[2].start_ms < 2100


def test_doubt_is_marked_only_where_the_word_is_still_that_of_the_recogniser():
    assert [bool(word.marks & LOW_CONFIDENCE) for word in find("Vandaag spreken we")] == [False, True, False]
    assert not any(word.marks & LOW_CONFIDENCE for word in find("Vandaag spraken we"))


def test_names_are_marked():
    assert [word.text for word in find("Vandaag spreken we Anna de Wit.") if word.marks & NAME] == ["Anna", "Wit."]
    assert [word.text for word in find("Anna spreekt.", names=frozenset({"Anna"})) if word.marks & NAME] == ["Anna"]


def test_without_recognised_words_times_follow_the_length_of_the_words():
    words = WordTimer().find_words(Cue(start_ms=1000, end_ms=2000, speaker="", text="aaaa bbbb"))

    assert [1000, 1500] == [word.start_ms for word in words]


ALTERNATIVES = [
    WordAlternative(start_s=1.4, end_s=1.7, words="spreken", other="spraken"),
    WordAlternative(start_s=2.1, end_s=3.0, words="Anna de Wit.", other="Annette"),
    WordAlternative(start_s=3.2, end_s=3.3, words="", other="ook"),
]


def find_others(text):
    timer, cue = (
        WordTimer(spoken=SPOKEN, alternatives=ALTERNATIVES),
        Cue(start_ms=1000, end_ms=3300, speaker="", text=text),
    )
    return timer.find_other_wordings(cue, timer.find_words(cue))


def test_the_words_of_a_second_model_stand_at_those_of_the_first():
    assert [OtherWording(1, 2, "spraken"), OtherWording(3, 6, "Annette"), OtherWording(6, 6, "ook")] == find_others(
        "Vandaag spreken we Anna de Wit."
    )


def test_words_that_somebody_changed_are_compared_no_more():
    assert [OtherWording(3, 6, "Annette")] == find_others("Vandaag praten we Anna de Wit. Dan")[:1]
    assert [] == [one for one in find_others("Vandaag spraken we Anne de Wit.") if one.first != one.last]


def test_other_words_that_go_on_in_the_next_cue_stand_in_both():
    alternative = WordAlternative(start_s=1.9, end_s=2.4, words="we Anna", other="Johanna")
    timer = WordTimer(spoken=SPOKEN, alternatives=[alternative])
    first = Cue(start_ms=1000, end_ms=2150, speaker="", text="Vandaag spreken we")
    second = Cue(start_ms=2150, end_ms=3300, speaker="", text="Anna de Wit.")

    assert [OtherWording(2, 3, "Johanna")] == timer.find_other_wordings(first, timer.find_words(first))
    assert [OtherWording(0, 1, "Johanna")] == timer.find_other_wordings(second, timer.find_words(second))
