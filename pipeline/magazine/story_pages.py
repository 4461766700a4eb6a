"""Places a story: where its pull quotes stand, how many pages it takes, and what closes it in large type."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate

from pipeline.magazine import copyfit
from pipeline.magazine.copyfit import PAGE_MM, WIDE_MM, Scale
from pipeline.magazine.pages import StoryPart
from pipeline.magazine.pull_quotes import ink_number
from pipeline.magazine.text_blocks import blocks_of, with_pulls, words_of
from pipeline.model import Picture, Programme, Story

_PULL_ROOM = (
    4.0  # lines of text that a pull quote wants over it, and twice that from its head to the foot of its column
)
_LEAST_COLUMN = 14  # lines of text: in a lower column a pull quote would be all that is seen
_A_BLOCK = 9.0  # lines of text in a paragraph, about
_PULL_LINES = 3.0  # the white and the rule around a pull quote in a column, in lines of text


def story_part(programme: Programme, ref: str, scale: Scale, places: Mapping[str, str]) -> StoryPart:
    """A story; its last pull quote closes it in large type, where its last page would be left half empty."""
    slug = ref.rsplit("/", 1)[-1].removesuffix(".md")
    story = next(one for one in programme.stories if one.slug == slug)
    event = programme.event(story.event) if story.event else None
    blocks = blocks_of(story.text_md, language=programme.language, top=3, folder="magazine/stories", places=places)
    pulls = _pulls(story, scale)
    closing, size, air_mm = _closing(story, pulls, scale)
    return StoryPart(
        anchor=f"story-{story.slug}",
        story=story,
        event=event,
        ink=ink_number(event),
        head_pt=head_rows(story, scale) * scale.text.leading,
        blocks=with_pulls(
            blocks,
            pulls[:-1] if closing else pulls,
            ill=partial(_ill, _lines_before(blocks, scale), _first_page_lines(story, scale), scale),
        ),
        closing=closing,
        closing_size=size,
        closing_air_mm=air_mm,
    )


def story_pages(story: Story, scale: Scale) -> int:
    """How many pages a story will take."""
    return _pages(story, _pulls(story, scale), scale)


def last_page_mm(story: Story, scale: Scale) -> float:
    """How much of its last page a story will fill, about, without what closes it in large type."""
    return _last_page_mm(story, _pulls(story, scale), scale)


def _pages(story: Story, pulls: Sequence[str], scale: Scale) -> int:
    rest = _lines(story, pulls, scale) - _first_page_lines(story, scale)
    return 1 + max(0, -int(-rest // _page_lines(scale)))


def _lines_before(blocks: Sequence[str], scale: Scale) -> tuple[float, ...]:
    """How many lines of text stand before the end of each block, without what is pulled out."""
    high = [
        2 + scale.picture_lines if block.startswith("<figure") else
        2 + block.count("<tr") if block.startswith("<table") else
        copyfit.lines(words_of(block), scale.text, copyfit.COLUMN_MM) + (1 if block.startswith(("<h", "<ul", "<ol")) else 0)
        for block in blocks
    ]  # fmt: skip
    return tuple(accumulate(high))


def _ill(before: Sequence[float], first: float, scale: Scale, number: int, place: int) -> float:
    """How ill a pull quote stands behind the block ``place``, in blocks away from where its page wants it.

    On the first page that is the middle of the second column, on those after it the middle of the first: never at the head
    of a column, where two of them would meet, and never so low that it would run over.
    """
    whole = before[-1] + 2 * _PULL_ROOM
    first, page = min(first, whole), min(_page_lines(scale), max(1.0, whole - first))  # what is not full is balanced
    number += first / 2 < _LEAST_COLUMN
    ideal = first * 0.72 if number == 0 else first + (number - 0.72) * page
    at = before[place]
    column = (first if at < first else page) / 2
    left = (at if at < first else at - first) % column
    crowded = left < _PULL_ROOM or column - left < 2 * _PULL_ROOM
    return abs(at - ideal) / _A_BLOCK + (1.5 if crowded else 0.0)


def _pulls(story: Story, scale: Scale) -> tuple[str, ...]:
    """Its pull quotes: one a page, and none for whose sake a few lines would need a page more.

    A first page whose columns are low under a picture has none; the last of the story is kept before the others.
    """
    low = _first_page_lines(story, scale) / 2 < _LEAST_COLUMN
    most = max(1, _pages(story, (), scale) - low)
    pulls = story.pulls if len(story.pulls) <= most else (*story.pulls[: most - 1], story.pulls[-1])
    while pulls and _pages(story, pulls[:-1], scale) < _pages(story, pulls, scale):
        if _last_page_mm(story, pulls, scale) > PAGE_MM / 4:
            break
        pulls = pulls[:-1]
    return pulls


def _closing(story: Story, pulls: Sequence[str], scale: Scale) -> tuple[str, int, float]:
    """What closes a story, in which size, with how much air."""
    if not pulls:
        return "", 0, 0.0
    left = PAGE_MM - _last_page_mm(story, pulls[:-1], scale)
    for size, setting in enumerate(copyfit.VOICES[:3]):
        high = copyfit.height_mm(pulls[-1], setting, WIDE_MM)
        if high + 34 <= left and left > 60:
            return pulls[-1], size, min(56.0, (left - high - 6) / 2)
    return "", 0, 0.0


def head_rows(story: Story, scale: Scale) -> int:
    """How many lines of text what stands over the columns takes the room of: so much of the page is kept for it."""
    line_mm = scale.text.line_mm
    title = copyfit.height_mm(story.title, copyfit.HEAD_1, WIDE_MM) + 9
    intro = copyfit.height_mm(story.intro, scale.intro, WIDE_MM) + scale.intro_gap_mm if story.intro else 0
    by = copyfit.SCREEN.text.line_mm + 5 if story.by else 0
    return math.ceil((_lead_mm(story.picture, scale) + line_mm + title + intro + by) / line_mm - 0.02)


def _head_mm(story: Story, scale: Scale) -> float:
    return head_rows(story, scale) * scale.text.line_mm


def _lead_mm(picture: Picture | None, scale: Scale) -> float:
    """The picture over a story, with its caption."""
    if picture is None:
        return 0.0
    words = f"{picture.caption} {picture.credit}".strip()
    return 104.0 + (2 + copyfit.height_mm(f"Beeld: {words}", scale.caption, WIDE_MM) if words else 0.0)


def _lines(story: Story, pulls: Sequence[str], scale: Scale) -> float:
    line_mm = scale.text.line_mm
    high = (copyfit.height_mm(text, scale.pull, copyfit.COLUMN_MM) for text in pulls)
    return copyfit.column_lines(story.text_md, scale) + sum(_PULL_LINES + one / line_mm for one in high)


def _last_page_mm(story: Story, pulls: Sequence[str], scale: Scale) -> float:
    """How much of its last page a story fills."""
    whole = _lines(story, pulls, scale)
    rest = whole - _first_page_lines(story, scale)
    if rest <= 0:
        return _head_mm(story, scale) + copyfit.balanced_mm(whole, scale)
    return copyfit.balanced_mm(rest % _page_lines(scale) or _page_lines(scale), scale)


def _first_page_lines(story: Story, scale: Scale) -> float:
    return 2 * ((PAGE_MM - _head_mm(story, scale)) // scale.text.line_mm)


def _page_lines(scale: Scale) -> float:
    return 2 * (PAGE_MM // scale.text.line_mm)
