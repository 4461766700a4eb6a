"""Copy-fitting: estimates are arithmetic, so they can be checked as such."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.magazine import copyfit
from pipeline.magazine.flatplan import parts_of
from pipeline.magazine.pages import EventPart, QuotesPart, StoryPart

HEIGHTS = st.lists(st.floats(min_value=1, max_value=400), max_size=20)


@given(heights=HEIGHTS, gap=st.floats(min_value=0, max_value=20))
def test_nothing_is_lost_or_moved_when_things_are_shared_out(heights, gap):
    pages = copyfit.shared_out(range(len(heights)), heights, gap=gap)

    assert list(range(len(heights))) == [item for page in pages for item in page]
    assert all(pages)


@given(heights=HEIGHTS)
def test_no_page_is_too_full_unless_by_one_thing_alone(heights):
    for page in copyfit.shared_out(heights, heights, gap=5.0, room=200.0):
        assert len(page) == 1 or sum(page) + 5.0 * (len(page) - 1) <= 200.001


def test_pages_are_filled_evenly():
    assert [[60, 60], [60, 60]] == copyfit.shared_out([60] * 4, [60.0] * 4, room=200.0)


def test_a_spread_can_be_asked_for():
    assert [[10, 10], [10]] == copyfit.shared_out([10] * 3, [10.0] * 3, room=200.0, pages=2)


def test_no_word_is_left_alone_under_a_large_heading():
    title = "Na de opname begint het pas"

    assert ("Na de opname", "begint het pas") == copyfit.set_large(title, copyfit.HEAD_1, copyfit.WIDE_MM)


def test_a_long_word_is_never_squeezed():
    assert ("Interbestuurlijkheid",) == copyfit.set_large("Interbestuurlijkheid", copyfit.HEAD_1, 60.0)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Hoe groeit vertrouwen tussen burger en ambtenaar?", ("Hoe groeit vertrouwen", "tussen burger", "en ambtenaar?")),
        ("“Wie bezwaar maakt, bedoelt vaak: leg het me uit.”", ("“Wie bezwaar maakt,", "bedoelt vaak:", "leg het me uit.”")),
        ("Vertrouwen laat zich slecht organiseren. Een volgorde wel.", ("Vertrouwen laat zich", "slecht organiseren.", "Een volgorde wel.")),
    ],
)  # fmt: skip
def test_large_type_breaks_where_the_sense_allows_it(text, lines):
    assert lines == copyfit.set_large(text, copyfit.THEME, 172 if "burger" in text else 155)


@given(
    text=st.text(st.sampled_from("aeinw ,."), min_size=1, max_size=120), width=st.floats(min_value=20, max_value=200)
)
def test_large_type_keeps_every_word_and_takes_no_line_more_than_it_must(text, width):
    set_so = copyfit.set_large(text, copyfit.PRINT.pull, width)

    assert text.split() == " ".join(set_so).split()
    assert len(set_so) <= max(1, copyfit.lines(text, copyfit.PRINT.pull, width))


def test_a_long_title_is_set_smaller_on_the_cover():
    sizes = [copyfit.cover_setting(title, 165).size for title in ("Nu", "Meerjarenbeleidsvoorbereiding")]

    assert sizes[0] == 76
    assert sizes[1] < 76


def test_the_magazine_is_as_long_as_was_reckoned(magazine, programme, releases):
    """Else an opening spread would begin on a right page, and a blank one would go before it."""
    parts = parts_of(programme, programme.magazine, {one.episode.slug: one for one in releases}, copyfit.SCREEN)
    reckoned = {
        EventPart: lambda part: 2 + len(part.sheets),
        QuotesPart: lambda part: len(part.pages),
        StoryPart: lambda _: 2,
    }

    assert magazine[1].pages == sum(reckoned.get(type(part), lambda _: 1)(part) for part in parts)
