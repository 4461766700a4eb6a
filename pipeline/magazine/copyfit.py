"""Copyfitting: estimate how much room text takes, break display lines, distribute items over pages.

Lines are broken by the widths of Source Serif 4, so that an estimate is off by one line at most.
Only the design depends on it: text that turns out longer flows on.
"""

import math
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeVar

from pipeline.graphics.font_metrics import estimate_text_width
from pipeline.magazine.page_geometry import COVER_TITLES, MM_PER_PT, PAGE, TypeScale, TypeStyle
from pipeline.typesetting.word_lists import read_word_list

T = TypeVar("T")
_Path = dict[tuple[int, int], tuple[float, int, tuple[str, ...]]]  # words, lines: cost, start of the last line, lines

_DATA_FOLDER = Path(__file__).parent / "data"
_FULL_STOPS = frozenset(".?!…")
_KERNING = 1.01  # display lines may be this much wider than estimated
_MAX_COVER_LINES = 4


def count_lines(text: str, style: TypeStyle, width_mm: float) -> int:
    """Count the lines that ``text`` takes, broken greedily at spaces."""
    available = width_mm / MM_PER_PT / style.size / style.width_factor * 1000
    space = estimate_text_width(" ")
    count, used = 1, 0
    for width in _measure_words(text):
        if used and used + space + width > available:
            count, used = count + 1, width
        else:
            used += width + (space if used else 0)
    return count


@lru_cache(maxsize=4096)  # the same words are tried at many widths
def _measure_words(text: str) -> tuple[int, ...]:
    """Measure each word in 1/1000 em. A no-break space does not separate words."""
    return tuple(estimate_text_width(word) for word in filter(None, re.split(r"[ \n\t]", text)))


def estimate_height_mm(text: str, style: TypeStyle, width_mm: float) -> float:
    """Estimate the height of ``text``; 0 if it is empty."""
    return count_lines(text, style, width_mm) * style.leading_mm if text.strip() else 0.0


def break_display_lines(text: str, style: TypeStyle, width_mm: float) -> tuple[str, ...]:
    """Break large type into as few lines as possible, of similar length, by sense.

    Lines preferably end after punctuation and not after an article or preposition; no single word
    is left on the last line.
    """
    words = [word for word in re.split(r"[ \n\t]", text) if word]
    widths = [_measure_word_mm(word, style) for word in words]
    count = count_lines(text, style, width_mm)
    mean_mm = (sum(widths) + _measure_word_mm(" ", style) * (len(words) - count)) / count
    best: _Path = {(0, 0): (0.0, 0, ())}
    for line, end in ((row, stop) for row in range(1, count + 1) for stop in range(row, len(words) + 1)):
        last = end == len(words)
        settings = [
            (before + _compute_line_cost(words[start:end], line_mm / mean_mm, last=last), start, lines)
            for start in range(end)
            if (start, line - 1) in best
            and ((line_mm := _measure_line_mm(widths[start:end], style)) <= width_mm or end == start + 1)
            for before, _, lines in [best[start, line - 1]]
        ]
        if settings:
            cost, start, lines = min(settings)
            best[end, line] = (cost, start, (*lines, " ".join(words[start:end])))
    return best[len(words), count][2] if (len(words), count) in best else (text,)


def _compute_line_cost(line: Sequence[str], relative_length: float, *, last: bool) -> float:
    """Compute the cost of a line, whose length is given relative to the mean."""
    ends = [word.rstrip("”’\"'")[-1:] for word in line]
    splits_sentence = len(line) > 1 and (ends[0] in _FULL_STOPS or ends[-2] in _FULL_STOPS)  # one word apart
    cost = (relative_length - 1) ** 2 + (0.15 if splits_sentence else 0.0)
    cost -= 0.05 if line[0].casefold() in _read_words("line-starters") else 0.0
    if last:
        return cost + (0.3 if len(line) == 1 and relative_length < 0.5 else 0.0)
    cost += 0.16 if line[-1].casefold().strip("“‘\"'") in _read_words("not-at-line-end") else 0.0
    return cost - (0.14 if ends[-1] in _FULL_STOPS else 0.08 if ends[-1] in ",:;–" else 0.0)


@cache
def _read_words(name: str) -> frozenset[str]:
    return frozenset(read_word_list(_DATA_FOLDER / f"{name}.txt"))


def _measure_line_mm(widths: Sequence[float], style: TypeStyle) -> float:
    return (sum(widths) + _measure_word_mm(" ", style) * (len(widths) - 1)) * _KERNING


def _measure_word_mm(word: str, style: TypeStyle) -> float:
    return estimate_text_width(word) / 1000 * style.size * style.width_factor * MM_PER_PT


def choose_cover_title(title: str, width_mm: float) -> TypeStyle:
    """Choose the largest type for a cover title on at most four lines, with whole words."""
    for style in COVER_TITLES:
        fits = all(_measure_word_mm(word, style) <= width_mm for word in title.split())
        if fits and count_lines(title, style, width_mm) <= _MAX_COVER_LINES:
            return style
    return COVER_TITLES[-1]


@lru_cache(maxsize=4096)
def estimate_column_lines(text_md: str, scale: TypeScale) -> float:
    """Estimate the height of Markdown in one column, in lines of text."""
    return sum(_estimate_block_lines(block.strip(), scale) for block in re.split(r"\n\s*\n", text_md) if block.strip())


def _estimate_block_lines(block: str, scale: TypeScale) -> float:
    if block.startswith("!["):
        return 2 + scale.picture_lines + count_caption_lines(_find_caption(block), scale)
    if block.startswith("#"):
        return 1 + count_lines(block.lstrip("# "), scale.text, PAGE.column_width)
    if block.startswith("[^"):
        notes = sum(count_lines(note, scale.caption, PAGE.column_width - 5) for note in block.splitlines())
        return 1 + notes * scale.caption.leading / scale.text.leading
    if block.startswith("|"):
        return 2 + sum(_count_row_lines(row, scale) for row in block.splitlines() if not set(row) <= set("|-: "))
    if re.match(r"([-*+>]|\d+[.)])\s", block):
        return 1 + sum(count_lines(line, scale.text, PAGE.column_width - 6) for line in block.splitlines())
    return count_lines("     " + re.sub(r"[*_`]|\]\(\S+?\)|\[", "", block), scale.text, PAGE.column_width)


def count_caption_lines(caption: str, scale: TypeScale) -> int:
    """Count the lines of a caption in a column; 0 if it is empty."""
    return count_lines(caption, scale.caption, PAGE.column_width) if caption else 0


def _find_caption(block: str) -> str:
    found = re.search(r'"([^"]*)"\s*\)', block)
    return found[1] if found else ""


def _count_row_lines(row: str, scale: TypeScale) -> int:
    cells = row.strip().strip("|").split("|")
    return max(count_lines(cell, scale.caption, PAGE.column_width / len(cells) - 3) for cell in cells)


def compute_balanced_height_mm(lines: float, scale: TypeScale) -> float:
    """Compute the height of lines that are balanced over two columns."""
    return math.ceil(lines / 2) * scale.text.leading_mm


def distribute_over_pages(
    items: Sequence[T],
    heights: Sequence[float],
    *,
    gap: float = 0.0,
    page_height: float = PAGE.text_height,
    min_pages: int = 0,
) -> list[list[T]]:
    """Distribute items in order over as few pages as possible, as evenly as possible.

    Args:
        items: The items in order.
        heights: Height of each item; one that is higher than a page gets a separate page.
        gap: Space between two items.
        page_height: Height of a page, in the same unit.
        min_pages: Use at least so many pages.
    """
    count = max(min_pages, len(_fill_pages(heights, heights, gap, page_height)))
    low, high = max((one for one in heights if one <= page_height), default=0.0), page_height
    for _ in range(24):  # bisect for the lowest page height that needs no more pages
        middle = (low + high) / 2
        low, high = (low, middle) if len(_fill_pages(heights, heights, gap, middle)) <= count else (middle, high)
    return _fill_pages(items, heights, gap, high)


def _fill_pages(items: Sequence[T], heights: Sequence[float], gap: float, page_height: float) -> list[list[T]]:
    pages: list[list[T]] = []
    used = math.inf
    for item, height in zip(items, heights, strict=True):
        if used + gap + height > page_height + 1e-6:
            pages.append([])
            used = -gap
        pages[-1].append(item)
        used += gap + height
    return pages
