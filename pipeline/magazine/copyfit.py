"""Copyfitting: estimate how much room text takes, break display lines, distribute items over pages.

Lines are broken by the widths of Source Serif 4, so that an estimate is off by one line at most.
Only the design depends on it: text that turns out longer flows on.
"""

import math
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeVar

from pipeline.graphics.font_metrics import estimate_text_width
from pipeline.magazine.page_geometry import (
    COVER_TITLES,
    MM_PER_PT,
    PAGE,
    THEME_HEIGHT_MM,
    THEME_WIDTH_MM,
    THEMES,
    TypeScale,
    TypeStyle,
)
from pipeline.magazine.tables import count_table_lines, split_markdown_rows
from pipeline.typesetting.hyphenation import split_long_word
from pipeline.typesetting.word_lists import read_word_list

T = TypeVar("T")
PictureLines = tuple[tuple[int, int], ...]  # of each picture: its height in lines, and the columns that it crosses
_Path = dict[tuple[int, int], tuple[float, int, tuple[str, ...]]]  # words, lines: cost, start of the last line, lines

_DATA_FOLDER = Path(__file__).parent / "data"
_FULL_STOPS = frozenset(".?!…")
_KERNING = 1.01  # display lines may be this much wider than estimated
_MAX_COVER_LINES = 4
_HARD_BREAK = re.compile(r"(?:\\|(?<! ) {2,})\n")


@lru_cache(maxsize=16384)  # each way to distribute texts over pages is estimated
def count_lines(text: str, style: TypeStyle, width_mm: float, *, language: str = "nl") -> int:
    """Count the lines that ``text`` takes, broken greedily at spaces and in words that are too long for a line."""
    available = width_mm / MM_PER_PT / style.size / style.width_factor * 1000
    space = estimate_text_width(" ")
    count, used = 1, 0.0
    for width in _measure_words(split_long_words(text, int(available / _KERNING), language)):
        if used and used + space + width > available:
            count, used = count + 1, width
        else:
            used += width + (space if used else 0)
        if used > available:  # it has no syllables, and is broken anywhere: Chinese, for one
            full = math.ceil(used / available) - 1
            count, used = count + full, used - full * available
    return count


@lru_cache(maxsize=4096)  # the same words are tried at many widths
def _measure_words(text: str) -> tuple[int, ...]:
    """Measure each word in 1/1000 em. A no-break space does not separate words."""
    return tuple(estimate_text_width(word) for word in filter(None, re.split(r"[ \n\t]", text)))


@lru_cache(maxsize=4096)
def split_long_words(text: str, available: int, language: str) -> str:
    """Put a space where each word that is wider than ``available`` (in 1/1000 em) is broken, after its hyphen."""
    if max(_measure_words(text), default=0) <= available:
        return text
    words = (word for word in re.split(r"[ \n\t]", text) if word)
    pieces = (
        split_long_word(word, lambda one: estimate_text_width(one) <= available, language=language) for word in words
    )
    return " ".join(piece for word in pieces for piece in word)


def keeps_words_whole(text: str, style: TypeStyle, width_mm: float) -> bool:
    """Return whether each word of ``text`` fits on a line; others are hyphenated."""
    return all(_measure_word_mm(word, style) * _KERNING <= width_mm for word in text.split())


def estimate_height_mm(text: str, style: TypeStyle, width_mm: float) -> float:
    """Estimate the height of ``text``; 0 if it is empty."""
    return count_lines(text, style, width_mm) * style.leading_mm if text.strip() else 0.0


def break_display_lines(text: str, style: TypeStyle, width_mm: float, *, language: str = "nl") -> tuple[str, ...]:
    """Break large type into as few lines as possible, of similar length, by sense.

    Lines preferably end after punctuation and not after an article or preposition; no single word
    is left on the last line. A word that is too long for a line is hyphenated.
    """
    available = width_mm / MM_PER_PT / style.size / style.width_factor * 1000
    text = split_long_words(text, int(available / _KERNING), language)
    words = [word for word in re.split(r"[ \n\t]", text) if word]
    widths = [_measure_word_mm(word, style) for word in words]
    count = count_lines(text, style, width_mm)
    mean_mm = (sum(widths) + _measure_word_mm(" ", style) * (len(words) - count)) / count
    lines_to = [list(_find_lines(words, widths, end, style, width_mm, mean_mm)) for end in range(len(words) + 1)]
    best: _Path = {(0, 0): (0.0, 0, ())}
    for line, end in ((row, stop) for row in range(1, count + 1) for stop in range(row, len(words) + 1)):
        settings = [
            (best[start, line - 1][0] + cost, start, best[start, line - 1][2])
            for start, cost in lines_to[end]
            if (start, line - 1) in best
        ]
        if settings:
            cost, start, lines = min(settings)
            best[end, line] = (cost, start, (*lines, " ".join(words[start:end])))
    return best[len(words), count][2] if (len(words), count) in best else (text,)


def _find_lines(
    words: Sequence[str], widths: Sequence[float], end: int, style: TypeStyle, width_mm: float, mean_mm: float
) -> Iterator[tuple[int, float]]:
    """Find the lines that can end before the word ``end``: the first word of each, and its cost."""
    for start in range(end - 1, -1, -1):
        line_mm = _measure_line_mm(widths[start:end], style)
        if line_mm > width_mm and start < end - 1:
            return
        yield start, _compute_line_cost(words[start:end], line_mm / mean_mm, last=end == len(words))


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


def choose_theme_size(theme: str, height_mm: float = THEME_HEIGHT_MM) -> int:
    """Choose the largest size in `THEMES` in which a theme fits, by default above the waveform of its opener."""
    heights = (count_lines(theme, style, THEME_WIDTH_MM) * style.leading_mm for style in THEMES)
    return next((size for size, height in enumerate(heights) if height <= height_mm), len(THEMES) - 1)


@lru_cache(maxsize=4096)
def estimate_column_lines(text_md: str, scale: TypeScale, pictures: PictureLines = ()) -> float:
    """Estimate the height of Markdown in one column, in lines of text.

    ``pictures`` are those of the text in order; others are taken to be of usual size. One across
    both columns counts twice, one on its own page does not count.
    """
    return sum(lines * columns for lines, columns, _ in _list_block_lines(text_md, scale, pictures))


@lru_cache(maxsize=4096)
def estimate_text_mm(text_md: str, scale: TypeScale, pictures: PictureLines = ()) -> float:
    """Estimate the height of Markdown in two balanced columns, where a picture cannot be broken.

    ``pictures`` as for ``estimate_column_lines``.
    """
    total, run = 0.0, list[tuple[float, bool]]()
    for lines, columns, is_picture in _list_block_lines(text_md, scale, pictures):
        if columns == 2:
            total += _balance_lines(run) + lines
            run = []
        elif columns:
            run.append((lines, is_picture))
    return (total + _balance_lines(run)) * scale.text.leading_mm


def _balance_lines(items: Sequence[tuple[float, bool]]) -> float:
    """Return the lowest height of two columns that hold the items in order; of pictures none is broken."""
    height = math.ceil(sum(lines for lines, _ in items) / 2)
    while not _fits_columns(items, height):
        height += 1
    return height


def _fits_columns(items: Sequence[tuple[float, bool]], height: float) -> bool:
    column, used = 1, 0.0
    for lines, is_picture in items:
        if is_picture and used + lines > height and used:
            column, used = column + 1, 0.0
        used += lines
        while used > height:
            if is_picture:
                return False
            column, used = column + 1, used - height
    return column <= 2


def _list_block_lines(text_md: str, scale: TypeScale, pictures: PictureLines) -> Iterator[tuple[float, int, bool]]:
    """Yield the lines and the columns of each block, and whether it is a picture."""
    heights = iter(pictures)
    for block in filter(None, map(str.strip, re.split(r"\n\s*\n", text_md))):
        if block.startswith("!["):
            lines, columns = next(heights, (scale.picture_lines, 1))
            yield 2 + lines + count_caption_lines(_find_caption(block), scale), columns, True
        else:
            yield _estimate_block_lines(block, scale), 1, False


def _estimate_block_lines(block: str, scale: TypeScale) -> float:
    if block.startswith("#"):
        return 1 + count_lines(block.lstrip("# "), scale.text, PAGE.column_width)
    if block.startswith("[^"):
        notes = sum(count_lines(note, scale.caption, PAGE.column_width - 5) for note in block.splitlines())
        return 1 + notes * scale.caption.leading / scale.text.leading
    if block.startswith("|"):
        return count_table_lines(split_markdown_rows(block))
    if block.startswith(("```", "~~~")):
        return sum(count_lines(line, scale.text, PAGE.column_width) for line in block.splitlines())
    if re.match(r">|([-*+]|\d+[.)])\s", block):
        return 1 + sum(count_lines(line, scale.text, PAGE.column_width - 6) for line in block.splitlines())
    lines = _HARD_BREAK.split("     " + re.sub(r"[*_`]|\]\(\S+?\)|\[", "", block))
    return sum(count_lines(line, scale.text, PAGE.column_width) for line in lines)


def count_caption_lines(caption: str, scale: TypeScale) -> int:
    """Count the lines of a caption in a column; 0 if it is empty."""
    return count_lines(caption, scale.caption, PAGE.column_width) if caption else 0


def _find_caption(block: str) -> str:
    found = re.search(r'"([^"]*)"\s*\)', block)
    return found[1] if found else ""


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
    if not items:
        return []
    count = min(len(items), max(min_pages, len(_fill_pages(heights, heights, gap, page_height))))
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]  # by end: cost, starts
    best += [(math.inf, ())] * len(items)
    for _ in range(count):
        best = [
            min(
                (
                    (
                        round(best[start][0] + used * used, 6),
                        (*best[start][1], -start),
                    )  # if equal, the first are fuller
                    for start, used in _list_pages_before(heights[:end], gap, page_height)
                ),
                default=(math.inf, ()),
            )
            for end in range(len(items) + 1)
        ]
    starts = [-start for start in best[-1][1]]
    return [list(items[start:end]) for start, end in zip(starts, [*starts[1:], len(items)], strict=True)]


def _list_pages_before(heights: Sequence[float], gap: float, page_height: float) -> Iterator[tuple[int, float]]:
    """List the pages that end with the last item: the index of their first one, and their height."""
    used = -gap
    for start in reversed(range(len(heights))):
        used += gap + heights[start]
        if used > page_height + 1e-6 and start < len(heights) - 1:
            return
        yield start, used


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
