"""Tables of the PDF editions: their width and their columns."""

import re

import pytest
from fontTools.ttLib import TTFont

from pipeline.magazine.page_geometry import MM_PER_PT, PAGE
from pipeline.magazine.tables import count_table_lines, place_table, read_rows, split_markdown_rows
from pipeline.typesetting import get_templates_folder, render_markdown
from tests.magazine.hostile_programme import make_table


def place(markdown):
    return place_table(str(render_markdown(markdown)).strip())


@pytest.mark.parametrize(("columns", "word", "width"), [
    (1, "beleid", "column"),
    (3, "ontwikkelingssamenwerkingsbeleid", "column"),
    (4, "ontwikkelingssamenwerkingsbeleid", "full"),
    (9, "beleid", "full"),
])  # fmt: skip
def test_table_is_as_wide_as_its_longest_words_need(columns, word, width):
    assert [f"table {width} short"] == re.findall(r'class="([^"]+)"', place(make_table(columns, 3, word)))


@pytest.mark.parametrize("head", ["Status", "Tijdstip", "Attitude", "Test", "Stuttert", "Wie", "Gemeente", "Traject"])
def test_no_word_of_a_head_is_wider_than_its_column(head):
    font = TTFont(get_templates_folder() / "fonts/source-sans-3-latin-600-normal.woff2")
    glyphs, advances = font.getBestCmap(), font["hmtx"].metrics
    units = sum(advances[glyphs[ord(letter)]][0] for letter in head) / font["head"].unitsPerEm
    long = "een lange cel waarvoor alle ruimte nodig is die de andere kolommen niet nemen " * 2

    placed = place(f"| Nr | Actie | {head} | Opmerking |\n|---|---|---|---|\n| 1 | {long} | x | {long} |")

    share = float(re.findall(r'style="width: ([\d.]+)%"', placed)[2]) / 100
    assert 9 * MM_PER_PT * units <= share * PAGE.text_width - 3.5  # 9 pt, and the space beside it


def test_table_of_many_short_cells_stays_in_its_column():
    assert 'class="table column short"' in place(
        "| a | b | c | d | e | f |\n|---|---|---|---|---|---|\n| 1 | 2 | 3 | 4 | 5 | 6 |"
    )


def test_table_that_is_too_wide_becomes_several_with_the_first_column():
    placed = place(make_table(28, 2, "beleid"))
    parts = [read_rows(part) for part in placed.split("\n")]

    assert 3 == len(parts)
    assert all("Kolom 1<" in part[0][0] and "rij 2\u00a0cel 1<" in part[2][0] for part in parts)
    assert {str(number) for number in range(1, 29)} == set(re.findall(r"Kolom (\d+)<", placed))


def test_columns_share_the_whole_width():
    for columns in (1, 2, 3, 5, 9, 20):
        for part in place(make_table(columns, 2, "vergunningverleningsprocedure")).split("\n"):
            widths = [float(one) for one in re.findall(r"width: ([\d.]+)%", part)]
            assert 100 == pytest.approx(sum(widths), abs=0.2)
            assert min(widths) > 4


def test_long_table_may_break_and_a_short_one_may_not():
    assert "short" in place(make_table(3, 11, "a"))
    assert "short" not in place(make_table(3, 12, "a"))


def test_other_blocks_stay_as_they_are():
    assert "<p>Een | twee</p>" == place_table("<p>Een | twee</p>")


def test_cells_keep_their_markup_and_empty_cells_their_place():
    placed = place("| a | b |\n|---|---|\n| **x** | |\n| | [y](https://example.org/) |")

    assert [2, 2, 2] == [len(row) for row in read_rows(placed)]
    assert "<strong>x</strong>" in placed
    assert '<th scope="col">a</th>' in placed


def test_estimate_counts_a_table_across_both_columns_twice():
    narrow, wide = (split_markdown_rows(make_table(columns, 4, "beleid")) for columns in (2, 6))

    assert 7 == count_table_lines(narrow)
    assert 2 * 7 == count_table_lines(wide)


def test_markdown_rows_are_split_at_bars_that_are_not_escaped():
    assert [["a", "b"], [r"x\|y", "z"]] == [
        [cell.strip() for cell in row] for row in split_markdown_rows("| a | b |\n|---|---|\n| x\\|y | z |")
    ]
    assert 3 == count_table_lines(split_markdown_rows("|---|"))
