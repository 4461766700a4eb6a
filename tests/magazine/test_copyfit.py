"""Copyfitting: line breaks, estimates, and distribution over pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.builder.section_order import arrange_sections
from pipeline.magazine import copyfit
from pipeline.magazine.page_geometry import HEADING_1, PAGE, PRINT_SCALE, THEME
from pipeline.magazine.sections import render_edition
from pipeline.typesetting.hyphenation import ADDED_HYPHEN

HEIGHTS = st.lists(st.floats(min_value=1, max_value=400), max_size=20)


@given(heights=HEIGHTS, gap=st.floats(min_value=0, max_value=20))
def test_distribution_keeps_all_items_in_order(heights, gap):
    pages = copyfit.distribute_over_pages(range(len(heights)), heights, gap=gap)

    assert list(range(len(heights))) == [item for page in pages for item in page]
    assert all(pages)


@given(heights=HEIGHTS)
def test_only_a_single_item_may_exceed_the_page_height(heights):
    for page in copyfit.distribute_over_pages(heights, heights, gap=5.0, page_height=200.0):
        assert len(page) == 1 or sum(page) + 5.0 * (len(page) - 1) <= 200.001


def test_pages_are_filled_evenly():
    assert [[60, 60], [60, 60]] == copyfit.distribute_over_pages([60] * 4, [60.0] * 4, page_height=200.0)


def test_minimum_number_of_pages_is_used():
    assert [[10, 10], [10]] == copyfit.distribute_over_pages([10] * 3, [10.0] * 3, page_height=200.0, min_pages=2)


def test_last_line_of_heading_has_more_than_one_word():
    title = "Na de opname begint het pas"

    assert ("Na de opname", "begint het pas") == copyfit.break_display_lines(title, HEADING_1, PAGE.text_width)


def test_word_wider_than_the_line_is_hyphenated():
    lines = copyfit.break_display_lines("De vergunningverleningsprocedure nu", HEADING_1, 120.0)

    assert "De|vergunningver-|leningsproce-|dure nu" == "|".join(lines).replace(ADDED_HYPHEN, "-")
    assert len(lines) == copyfit.count_lines("De vergunningverleningsprocedure nu", HEADING_1, 120.0)


def test_long_theme_gets_smaller_type():
    sizes = [
        copyfit.choose_theme_size("Hoe groeit vertrouwen tussen burger en ambtenaar? " * count) for count in (1, 4, 9)
    ]

    assert 0 == sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Hoe groeit vertrouwen tussen burger en ambtenaar?", ("Hoe groeit vertrouwen", "tussen burger", "en ambtenaar?")),
        ("“Wie bezwaar maakt, bedoelt vaak: leg het me uit.”", ("“Wie bezwaar maakt,", "bedoelt vaak:", "leg het me uit.”")),
        ("Vertrouwen laat zich slecht organiseren. Een volgorde wel.", ("Vertrouwen laat zich", "slecht organiseren.", "Een volgorde wel.")),
    ],
)  # fmt: skip
def test_display_lines_break_by_sense(text, lines):
    assert lines == copyfit.break_display_lines(text, THEME, 172 if "burger" in text else 155)


@given(
    text=st.text(st.sampled_from("aeinw ,."), min_size=1, max_size=120), width=st.floats(min_value=20, max_value=200)
)
def test_display_lines_keep_all_words_in_the_fewest_lines(text, width):
    result = copyfit.break_display_lines(text, PRINT_SCALE.pull, width)

    assert "".join(text.split()) == "".join("".join(result).replace(ADDED_HYPHEN, "").split())
    assert len(result) <= max(1, copyfit.count_lines(text, PRINT_SCALE.pull, width))


def test_long_cover_title_gets_smaller_type():
    sizes = [copyfit.choose_cover_title(title, 165).size for title in ("Nu", "Meerjarenbeleidsvoorbereiding")]

    assert sizes[0] == 76
    assert sizes[1] < 76


def test_page_count_matches_the_estimate(screen_edition, programme, releases, theme):
    """Otherwise an opening spread could begin on a right page, with a filler before it."""
    html = render_edition(programme, releases, theme=theme)
    *_, last = arrange_sections(html, lambda section: section.estimated_pages, 1)

    assert screen_edition[1].pages == last.first_page + last.section.estimated_pages - 1


@pytest.mark.parametrize(
    ("text_md", "at_least", "at_most"),
    [
        ("een\\\n" * 99 + "twee", 100, 100),
        ("een  \n" * 99 + "twee", 100, 100),
        ("een\n" * 99 + "twee", 5, 20),
        ("```\n" + "x = 1\n" * 98 + "```", 100, 101),
        (">een\n" * 100, 100, 101),
        ("规则不是关键关键是谁接电话" * 100, 50, 70),  # 22 to 24 letters on a line
    ],
    ids=lambda value: repr(value)[:16],
)
def test_lines_that_are_no_running_text_are_estimated(text_md, at_least, at_most):
    lines = copyfit.estimate_column_lines(text_md, PRINT_SCALE)

    assert at_least <= lines <= at_most
