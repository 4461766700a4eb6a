"""Copyfitting of a story: its pages, its pull quotes and its closing quote."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate

from pipeline.magazine import copyfit
from pipeline.magazine.figures import count_figure_lines
from pipeline.magazine.page_geometry import HEADING_1, PAGE, QUOTES, SCREEN_SCALE, TypeScale
from pipeline.magazine.pages import StoryPart
from pipeline.magazine.picture_sizes import count_picture_lines, count_picture_pages, measure_lead
from pipeline.magazine.pull_quotes import get_colour_number
from pipeline.magazine.tables import count_table_lines, read_rows
from pipeline.magazine.text_blocks import extract_text, place_pull_quotes, split_blocks
from pipeline.model import Picture, Programme, Story

# In lines of text:
_PULL_QUOTE_SPACE = 4.0  # desired above a pull quote, and twice that from its top to the foot of its column
_MIN_COLUMN = 14  # in a lower column, a pull quote would dominate
_MEAN_PARAGRAPH = 9.0
_PULL_QUOTE_FRAME = 3.0  # rule and space around a pull quote


def build_story_part(programme: Programme, ref: str, scale: TypeScale, anchors: Mapping[str, str]) -> StoryPart:
    """Build a story. A pull quote closes it if its last page would be half empty."""
    slug = ref.rsplit("/", 1)[-1].removesuffix(".md")
    story = next(one for one in programme.stories if one.slug == slug)
    event = programme.find_event(story.event) if story.event else None
    folder = "magazine/stories"
    blocks = split_blocks(
        story.text_md, language=programme.language, top_level=3, folder=folder, anchors=anchors, pictures=story.pictures
    )
    quotes = _select_pull_quotes(story, scale)
    closing, size, space_mm = _choose_closing_quote(story, quotes, scale)
    compute_cost = partial(
        _compute_cost, _accumulate_lines(story, blocks, scale), _count_first_page_lines(story, scale), scale
    )
    return StoryPart(
        anchor=f"story-{story.slug}",
        story=story,
        event=event,
        colour=get_colour_number(event),
        header_pt=_count_header_lines(story, scale) * scale.text.leading,
        blocks=place_pull_quotes(blocks, quotes[:-1] if closing else quotes, compute_cost=compute_cost),
        closing_quote=closing,
        closing_size=size,
        closing_space_mm=space_mm,
    )


def count_story_pages(story: Story, scale: TypeScale) -> int:
    """Estimate the number of pages of a story."""
    return _count_pages(story, _select_pull_quotes(story, scale), scale) + count_picture_pages(story.pictures)


def estimate_last_page_mm(story: Story, scale: TypeScale) -> float:
    """Estimate the height of the text on the last page of a story, without a closing quote."""
    return _estimate_last_page_mm(story, _select_pull_quotes(story, scale), scale)


def _count_pages(story: Story, quotes: Sequence[str], scale: TypeScale) -> int:
    remaining = _estimate_lines(story, quotes, scale) - _count_first_page_lines(story, scale)
    return 1 + max(0, -int(-remaining // _count_page_lines(scale)))


def _accumulate_lines(story: Story, blocks: Sequence[str], scale: TypeScale) -> tuple[float, ...]:
    """Compute how many lines of text end with each block, without pull quotes."""
    heights = [
        count_figure_lines(block, story.pictures, scale) if block.startswith("<figure") else
        count_table_lines(read_rows(block)) if block.startswith("<table") else
        copyfit.count_lines(extract_text(block), scale.text, PAGE.column_width) + block.startswith(("<h", "<ul", "<ol"))
        for block in blocks
    ]  # fmt: skip
    return tuple(accumulate(heights))


def _compute_cost(block_ends: Sequence[float], first_page: float, scale: TypeScale, number: int, block: int) -> float:
    """Compute the cost of a pull quote after a block, in blocks from where its page should have it.

    On the first page that is the middle of the second column, on later pages the middle of the
    first. A quote at the head of a column could meet another one there, and one at the foot would
    overflow.
    """
    total = block_ends[-1] + 2 * _PULL_QUOTE_SPACE
    first_page = min(first_page, total)
    page = min(_count_page_lines(scale), max(1.0, total - first_page))  # a page that is not full is balanced
    number += first_page / 2 < _MIN_COLUMN
    ideal = first_page * 0.72 if number == 0 else first_page + (number - 0.72) * page
    end = block_ends[block]
    column = (first_page if end < first_page else page) / 2
    position = (end if end < first_page else end - first_page) % column
    crowded = position < _PULL_QUOTE_SPACE or column - position < 2 * _PULL_QUOTE_SPACE
    return abs(end - ideal) / _MEAN_PARAGRAPH + (1.5 if crowded else 0.0)


def _select_pull_quotes(story: Story, scale: TypeScale) -> tuple[str, ...]:
    """Select pull quotes: one a page, unless a few lines would need another page because of it.

    A first page with low columns below a picture gets none. The last quote of the story is
    preferred.
    """
    low_columns = _count_first_page_lines(story, scale) / 2 < _MIN_COLUMN
    limit = max(1, _count_pages(story, (), scale) - low_columns)
    quotes = story.pulls if len(story.pulls) <= limit else (*story.pulls[: limit - 1], story.pulls[-1])
    while quotes and _count_pages(story, quotes[:-1], scale) < _count_pages(story, quotes, scale):
        if _estimate_last_page_mm(story, quotes, scale) > PAGE.text_height / 4:
            break
        quotes = quotes[:-1]
    return quotes


def _choose_closing_quote(story: Story, quotes: Sequence[str], scale: TypeScale) -> tuple[str, int, float]:
    """Choose the quote that closes a story, its size, and the space above it in millimetres."""
    if not quotes:
        return "", 0, 0.0
    available = PAGE.text_height - _estimate_last_page_mm(story, quotes[:-1], scale)
    for size, style in enumerate(QUOTES[:3]):
        height = copyfit.estimate_height_mm(quotes[-1], style, PAGE.text_width)
        is_whole = copyfit.keeps_words_whole(quotes[-1], style, PAGE.text_width)
        if is_whole and height + 34 <= available and available > 60:
            return quotes[-1], size, min(56.0, (available - height - 6) / 2)
    return "", 0, 0.0


def _count_header_lines(story: Story, scale: TypeScale) -> int:
    """Count the lines of text whose height the header above the columns reserves."""
    line_mm = scale.text.leading_mm
    title = copyfit.estimate_height_mm(story.title, HEADING_1, PAGE.text_width) + 9
    intro = (
        copyfit.estimate_height_mm(story.intro, scale.intro, PAGE.text_width) + scale.intro_gap_mm if story.intro else 0
    )
    by = SCREEN_SCALE.text.leading_mm + 5 if story.by else 0
    return math.ceil((_estimate_lead_picture_mm(story.picture, scale) + line_mm + title + intro + by) / line_mm - 0.02)


def _estimate_header_mm(story: Story, scale: TypeScale) -> float:
    return _count_header_lines(story, scale) * scale.text.leading_mm


def _estimate_lead_picture_mm(picture: Picture | None, scale: TypeScale) -> float:
    if picture is None:
        return 0.0
    caption = f"{picture.caption} {picture.credit}".strip()
    height = measure_lead(picture)[1] + 8
    return height + (
        2 + copyfit.estimate_height_mm(f"Beeld: {caption}", scale.caption, PAGE.text_width) if caption else 0.0
    )


def _estimate_lines(story: Story, quotes: Sequence[str], scale: TypeScale) -> float:
    line_mm = scale.text.leading_mm
    heights = (copyfit.estimate_height_mm(text, scale.pull, PAGE.column_width) for text in quotes)
    pictures = count_picture_lines(story.pictures, scale)
    return copyfit.estimate_column_lines(story.text_md, scale, pictures) + sum(
        _PULL_QUOTE_FRAME + height / line_mm for height in heights
    )


def _estimate_last_page_mm(story: Story, quotes: Sequence[str], scale: TypeScale) -> float:
    lines = _estimate_lines(story, quotes, scale)
    remaining = lines - _count_first_page_lines(story, scale)
    if remaining <= 0:
        return _estimate_header_mm(story, scale) + copyfit.compute_balanced_height_mm(lines, scale)
    page = _count_page_lines(scale)
    return copyfit.compute_balanced_height_mm(remaining % page or page, scale)


def _count_first_page_lines(story: Story, scale: TypeScale) -> float:
    return 2 * ((PAGE.text_height - _estimate_header_mm(story, scale)) // scale.text.leading_mm)


def _count_page_lines(scale: TypeScale) -> float:
    return 2 * (PAGE.text_height // scale.text.leading_mm)
