"""Cues: line lengths, where they end, speakers and times."""

from pipeline.model import SpokenWord
from pipeline.speech.cues import build_cues
from pipeline.transcripts.line_breaks import LINE_CHARACTERS, break_lines
from tests.speech.dutch import load_subtitles


def say(text, *, at_s=0.0, speaker="", word_s=0.3, pause_s=0.0):
    """Speak a text evenly: words with times."""
    words = []
    for word in text.split():
        words.append(SpokenWord(word=word, start_s=at_s, end_s=at_s + word_s - 0.05, confidence=0.9, speaker=speaker))
        at_s += word_s + pause_s
    return words


def test_every_cue_has_at_most_two_lines_of_42_characters():
    text = " ".join(text for text, _ in list(load_subtitles().values())[:150])

    cues = build_cues(say(text))

    lines = [break_lines(cue.text) for cue in cues]
    assert len(cues) > 100
    assert max(map(len, lines)) == 2
    assert max(len(line) for pair in lines for line in pair) <= LINE_CHARACTERS


def test_no_word_is_lost_or_moved():
    text = " ".join(text for text, _ in list(load_subtitles().values())[:50])

    assert text.split() == " ".join(cue.text for cue in build_cues(say(text))).split()


def test_cues_end_where_sentences_end():
    text = "Dat was de eerste vraag. Toen begon iedereen tegelijk te praten over het plein. Niemand luisterde nog."

    cues = build_cues(say(text))

    assert len(cues) == 2
    assert all(cue.text.endswith(".") for cue in cues)


def test_a_line_does_not_end_in_an_article():
    assert ["Wij gingen na de opening van het gebouw", "naar de grote zaal aan de andere kant"] == break_lines(
        "Wij gingen na de opening van het gebouw naar de grote zaal aan de andere kant"
    )


def test_a_cue_has_one_speaker():
    words = say("Wat vind jij daarvan", speaker="Anna") + say("ik weet het niet", at_s=1.2, speaker="Bram")

    assert [("Anna", "Wat vind jij daarvan"), ("Bram", "ik weet het niet")] == [
        (cue.speaker, cue.text) for cue in build_cues(words)
    ]


def test_a_pause_ends_a_cue():
    words = say("een paar woorden hier") + say("en dan weer verder", at_s=4.0)

    assert ["een paar woorden hier", "en dan weer verder"] == [cue.text for cue in build_cues(words)]


def test_a_cue_stays_long_enough_to_read_but_not_over_the_next():
    words = say("Ja.", word_s=0.25, speaker="Anna") + say("Precies dat bedoel ik.", at_s=0.6, speaker="Bram")

    first, second = build_cues(words + say("Later nog iets.", at_s=30.0))[:2]

    assert first.end_ms <= second.start_ms == 600
    assert second.end_ms - second.start_ms >= 1290


def test_no_words_give_no_cues():
    assert [] == build_cues([])


def test_a_short_remark_through_a_sentence_of_another_does_not_divide_it():
    words = [
        *say("Dat plein moet gewoon groen worden, vind ik.", speaker="Anna"),
        *say("Ja.", at_s=0.9, speaker="Bram"),
        *say("Dat is mooi.", at_s=3.0, speaker="Bram"),
        *say("En snel.", at_s=4.5, speaker="Anna"),
    ]

    cues = build_cues(sorted(words, key=lambda word: word.start_s))

    assert [
        ("Anna", "Dat plein moet gewoon groen worden, vind ik."),
        ("Bram", "Ja."),
        ("Bram", "Dat is mooi."),
        ("Anna", "En snel."),
    ] == [(cue.speaker, cue.text) for cue in cues]
