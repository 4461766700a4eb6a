"""Distribution of reflections over pages: all of them, in order, and no page near empty without need."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.magazine.copyfit import keeps_words_whole
from pipeline.magazine.page_distribution import distribute_reflections, estimate_page_mm
from pipeline.magazine.page_geometry import PAGE, PRINT_SCALE, QUOTE_WIDTHS_MM, QUOTES
from pipeline.magazine.pages import PreparedReflection, PullQuote
from pipeline.magazine.pull_quotes import arrange_quote_pages
from pipeline.model import Quote, Reflection

SENTENCE = "Wij spraken over vertrouwen en over wie er belt als het misgaat. "  # 12 words
FULL_PAGE = 64  # sentences, with an insight and a quote


def make_reflection(number: int, sentences: int, insights: int = 1, *, has_quote: bool = True) -> PreparedReflection:
    reflection = Reflection(
        slug=f"tafel-{number}",
        event="avond",
        group=f"Tafel {number}",
        question="Wat heb jij nodig om te vertrouwen?",
        approved=date(2024, 7, 1),
        insights=("Bel eerst, schrijf later.",) * insights,
        text_md=SENTENCE * sentences,
    )
    quote = PullQuote(quote=Quote(text=SENTENCE.strip()), group=reflection.group, colour=1) if has_quote else None
    return PreparedReflection(anchor=reflection.slug, reflection=reflection, blocks=(), pull_quote=quote, moment=None)


def distribute(*reflections, may_move_quotes=True):
    return distribute_reflections(reflections, PRINT_SCALE, may_move_quotes=may_move_quotes)


def list_slugs(pages):
    return [[one.reflection.slug for one in page.reflections] for page in pages]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 150), max_size=8), st.booleans())
def test_each_reflection_occurs_once_in_order_with_its_quote_or_without(lengths, may_move_quotes):
    reflections = [make_reflection(number, length) for number, length in enumerate(lengths)]

    pages = distribute(*reflections, may_move_quotes=may_move_quotes)

    placed = [one for page in pages for one in page.reflections]
    assert [one.anchor for one in reflections] == [one.anchor for one in placed]
    assert may_move_quotes or all(one.pull_quote for one in placed)
    assert all(
        ("moved quote" in page.measures) == any(one.pull_quote is None for one in page.reflections) for page in pages
    )


def test_short_reflections_share_a_page():
    assert [["tafel-1", "tafel-2", "tafel-3"]] == list_slugs(
        distribute(*(make_reflection(n, 2, has_quote=False) for n in (1, 2, 3)))
    )


def test_text_a_little_too_long_gets_its_insights_in_two_columns_and_then_loses_its_quote():
    length = next(n for n in range(30, 120) if not fits(make_reflection(1, n, insights=6)))

    (in_columns,) = distribute(make_reflection(1, length, insights=6))
    moved = next(
        page for n in range(length, 120) for page in distribute(make_reflection(1, n, insights=6)) if not quote_of(page)
    )

    assert (("two columns",), 2) == (in_columns.measures, in_columns.reflections[0].insight_columns)
    assert in_columns.single
    assert quote_of(in_columns)
    assert (("two columns", "moved quote"), True) == (moved.measures, moved.single)


def test_quote_stays_with_its_group_if_there_are_no_pages_of_quotes():
    for length in range(30, 120, 3):
        assert all(map(quote_of, distribute(make_reflection(1, length), may_move_quotes=False)))


def test_short_reflection_fills_the_last_page_of_a_long_one():
    (page,) = distribute(make_reflection(1, FULL_PAGE + 30), make_reflection(2, 6))

    assert [True, False] == [one.flows for one in page.reflections]
    assert (2, ("shared",)) == (page.estimated_pages, page.measures)


def test_reflection_of_a_few_lines_does_not_stand_alone_between_two_long_ones():
    pages = distribute(make_reflection(1, 60), make_reflection(2, 2, 0, has_quote=False), make_reflection(3, 60))

    assert ["tafel-2"] not in list_slugs(pages)


def test_quote_moves_where_its_group_would_leave_another_alone_on_a_page_near_empty():
    bare, quoted = make_reflection(1, 6, 4, has_quote=False), make_reflection(2, 24, 4)

    (together,) = distribute(bare, quoted)
    assert 2 == len(distribute(bare, quoted, may_move_quotes=False))

    assert [None, None] == [one.pull_quote for one in together.reflections]
    assert ("moved quote",) == together.measures
    assert together.excess_mm > 0  # which `check` reports


def test_quotes_do_not_move_where_both_groups_fill_a_page():
    pages = distribute(make_reflection(1, 26, 3), make_reflection(2, 26, 3))

    assert [1, 1] == [len(page.reflections) for page in pages]
    assert all(map(quote_of, pages))


def test_quote_moves_where_it_saves_a_page_near_empty():
    sentences, kept = next(
        (n, page)
        for n in range(100, 200)
        for page in distribute(make_reflection(1, n), may_move_quotes=False)
        if page.estimated_pages == 3
    )
    (page,) = distribute(make_reflection(1, sentences))

    assert quote_of(kept)
    assert (2, ("moved quote",)) == (page.estimated_pages, page.measures)
    assert page.excess_mm > 0  # which `check` reports


def test_last_page_is_shared_only_if_text_of_the_first_group_fits_on_it_too():
    long = make_reflection(1, FULL_PAGE, 6)  # its insights alone would stand there
    short, full = (make_reflection(2, length, has_quote=False) for length in (20, 36))

    assert [["tafel-1", "tafel-2"]] == list_slugs(distribute(long, short))
    assert [["tafel-1"], ["tafel-2"]] == list_slugs(distribute(long, full))


@pytest.mark.parametrize("word", ["ontwikkelingssamenwerkingsbeleid", "arbeidsongeschiktheidsverzekering"])
def test_no_word_of_a_quote_is_hyphenated_to_set_it_larger(word):
    quote = PullQuote(quote=Quote(text=f"Bij het {word} zitten er drie."), group="Tafel 1", colour=1)

    (page,) = distribute(replace(make_reflection(1, 12), pull_quote=quote))
    quote_pages = arrange_quote_pages([quote] * 5)

    assert not keeps_words_whole(quote.quote.text, QUOTES[0], PAGE.text_width)
    assert quote_of(page).size > 0
    assert keeps_words_whole(f"“{quote.quote.text}”", QUOTES[quote_of(page).size], PAGE.text_width)
    for one in (one for page in quote_pages for one in page):
        assert keeps_words_whole(f"“{one.quote.text}”", QUOTES[one.size], QUOTE_WIDTHS_MM[one.size])


@pytest.mark.parametrize("sentences", range(80, 150, 7))
def test_quote_is_set_larger_to_fill_the_last_page(sentences):
    (page,) = distribute(make_reflection(1, sentences), may_move_quotes=False)
    smallest = replace(page.reflections[0], pull_quote=replace(quote_of(page), size=3))

    pages = page.estimated_pages
    assert estimate_page_mm(page.reflections, PRINT_SCALE) <= PAGE.text_height * pages
    assert estimate_page_mm((smallest,), PRINT_SCALE) > PAGE.text_height * (pages - 1)


def fits(one):
    return (
        estimate_page_mm((replace(one, pull_quote=replace(one.pull_quote, size=3)),), PRINT_SCALE)
        <= PAGE.text_height - 10
    )


def quote_of(page):
    return page.reflections[0].pull_quote
