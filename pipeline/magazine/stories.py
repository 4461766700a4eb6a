"""Places a story: where its pull quotes stand, how many pages it takes, and what closes it in large type."""

from collections.abc import Mapping, Sequence

from pipeline.magazine import fitting
from pipeline.magazine.fitting import PAGE_MM, WIDE_MM, Scale
from pipeline.magazine.parts import StoryPart
from pipeline.magazine.prose import blocks_of, with_pulls
from pipeline.magazine.voices import ink_number
from pipeline.model import Picture, Programme, Story

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
        blocks=with_pulls(blocks, pulls[:-1] if closing else pulls),
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


def _pulls(story: Story, scale: Scale) -> tuple[str, ...]:
    """Its pull quotes, which say again what the text says; but none for whose sake a few lines would need a page more."""
    pulls = story.pulls
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
    for size, setting in enumerate(fitting.VOICES[:3]):
        high = fitting.height_mm(pulls[-1], setting, WIDE_MM)
        if high + 34 <= left and left > 60:
            return pulls[-1], size, min(56.0, (left - high - 6) / 2)
    return "", 0, 0.0


def _head_mm(story: Story, scale: Scale) -> float:
    title = fitting.height_mm(story.title, fitting.HEAD_1, WIDE_MM) + 9
    intro = fitting.height_mm(story.intro, scale.intro, WIDE_MM) + 8 if story.intro else 0
    by = fitting.SCREEN.text.line_mm + 5 if story.by else 0
    return _lead_mm(story.picture) + fitting.SCREEN.text.line_mm + title + intro + by


def _lead_mm(picture: Picture | None) -> float:
    """The picture over a story, with its caption."""
    if picture is None:
        return 0.0
    return 104.0 + (6.5 if picture.caption or picture.credit else 0.0)


def _lines(story: Story, pulls: Sequence[str], scale: Scale) -> float:
    line_mm = scale.text.line_mm
    high = (fitting.height_mm(text, fitting.PULL, fitting.COLUMN_MM) for text in pulls)
    return fitting.column_lines(story.text_md, scale) + sum(_PULL_LINES + one / line_mm for one in high)


def _last_page_mm(story: Story, pulls: Sequence[str], scale: Scale) -> float:
    """How much of its last page a story fills."""
    whole = _lines(story, pulls, scale)
    rest = whole - _first_page_lines(story, scale)
    if rest <= 0:
        return _head_mm(story, scale) + fitting.balanced_mm(whole, scale)
    return fitting.balanced_mm(rest % _page_lines(scale) or _page_lines(scale), scale)


def _first_page_lines(story: Story, scale: Scale) -> float:
    return 2 * ((PAGE_MM - _head_mm(story, scale)) // scale.text.line_mm)


def _page_lines(scale: Scale) -> float:
    return 2 * (PAGE_MM // scale.text.line_mm)
