"""Breaks in words that are too long for a line."""

import pytest

from pipeline.typesetting.hyphenation import ADDED_HYPHEN, insert_soft_hyphens, mark_long_words, split_long_word


def split(word, length, language="nl"):
    pieces = split_long_word(word, lambda piece: len(piece) - piece.count("\u2060") <= length, language=language)
    return tuple(piece.replace(ADDED_HYPHEN, "-") for piece in pieces)


@pytest.mark.parametrize(("word", "pieces"), [
    ("vergunningverleningsprocedure", ("vergunningverle-", "ningsprocedure")),
    ("Arbeidsongeschiktheidsverzekering", ("Arbeidsongeschikt-", "heidsverzekering")),
    ("ONTWIKKELINGSSAMENWERKINGSBELEID", ("ONTWIKKELINGSSA-", "MENWERKINGSBELEID")),
    ("beleid", ("beleid",)),
    ("gemeenteraad/burgemeester", ("gemeenteraad/bur-", "gemeester")),
    ("„verantwoordelijkheden”,", ("„verantwoordelijk-", "heden”,")),
])  # fmt: skip
def test_word_is_split_at_syllables_into_pieces_that_fit(word, pieces):
    assert pieces == split(word, 18)


def test_pieces_fit_and_together_are_the_word():
    word = "hottentottensoldatententententoonstellingsbouwterrein" * 3

    pieces = split(word, 20)

    assert word == "".join(piece.removesuffix("-") for piece in pieces)
    assert all(4 <= len(piece) <= 20 for piece in pieces)


def test_word_without_syllables_stays_whole():
    assert ("7f3a9c1e5b8d2046" * 4,) == split("7f3a9c1e5b8d2046" * 4, 18)


def test_language_without_patterns_breaks_only_at_marks():
    assert ("aaaaaaaaaaaaaaaaaaaaaaaaa",) == split("aaaaaaaaaaaaaaaaaaaaaaaaa", 10, language="xx")
    assert ("aaaaaaaa/", "bbbbbbbb") == split("aaaaaaaa/bbbbbbbb", 10, language="xx")


def test_word_with_a_diaeresis_is_not_split_where_dutch_drops_it():
    pieces = [
        piece
        for word in ("geïnteresseerden", "coëfficiënten")
        for piece in insert_soft_hyphens(word, min_letters=12).split("\u00ad")
    ]

    assert len(pieces) >= 6
    assert not any(piece[0] in "ëïöü" for piece in pieces)


def test_soft_hyphens_stand_between_syllables():
    assert "ver\u00adgun\u00adning\u00adver\u00adle\u00adning" == insert_soft_hyphens("vergunningverlening")


def test_short_words_and_entities_get_no_soft_hyphens():
    assert "beleid &CounterClockwiseContourIntegral; x" == insert_soft_hyphens(
        "beleid &CounterClockwiseContourIntegral; x"
    )


def test_long_word_of_a_heading_is_marked_with_its_marks_and_others_are_not():
    marked = mark_long_words("Draagvlak voor de „energietransitie”, & 't <b>")

    assert (
        'Draagvlak voor de <span class="long-word">„ener¬gie¬tran¬si¬tie”,</span> &amp; &#39;t &lt;b&gt;'
        == marked.replace("\u00ad", "¬")
    )


def test_very_long_word_is_measured_a_bounded_number_of_times():
    measured = []

    split_long_word("verantwoordelijkheid" * 200, lambda piece: measured.append(len(piece)) or len(piece) <= 30)

    assert len(measured) < 5000
    assert 60 > sorted(measured)[-2]  # apart from the whole word, only pieces of about a line
