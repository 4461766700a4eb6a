"""Editorial warnings before rendering: text length, long titles, image resolution.

Estimates are those of `copyfit`: off by one line at most. All episodes count as published, as they
are when the magazine is printed.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from pipeline.errors import fill, make_message
from pipeline.magazine import copyfit
from pipeline.magazine.flatplan import build_parts
from pipeline.magazine.page_distribution import estimate_page_mm
from pipeline.magazine.page_geometry import HEADING_1, HEADING_2, PAGE, PRINT_SCALE, THEME, THEME_WIDTH_MM, TypeStyle
from pipeline.magazine.pages import EventPart, Part, ReflectionPage, StoryPart
from pipeline.magazine.picture_sizes import PicturePlacement, list_picture_placements
from pipeline.magazine.story_pages import count_story_pages, estimate_last_page_mm
from pipeline.model import (
    EditorialWarning,
    Episode,
    Magazine,
    MaskedDraft,
    Programme,
    Quote,
    Reflection,
    Release,
    Story,
    Waveform,
)
from pipeline.model.pictures import MAX_CUT

_MIN_WORDS = 60  # a shorter text is unfinished: no warning
_MAX_SPILL, _MAX_WHITE = 0.2, 0.5  # of a page
_MAX_LINES = {"title": 3, "question": 3, "theme": 5, "heading": 2}
_GOOD_PPI, _TARGET_PPI = 225, 300
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def check_copyfit(programme: Programme, *, drafts: Sequence[MaskedDraft] = ()) -> tuple[EditorialWarning, ...]:
    """Find texts that do not fit, long titles and images of low resolution; none without a magazine.

    Args:
        programme: The programme.
        drafts: Drafts, checked as if they were approved.
    """
    magazine = programme.magazine
    if magazine is None:
        return ()
    releases = tuple(_simulate_release(episode) for episode in programme.episodes)
    parts = build_parts(programme, magazine, releases, PRINT_SCALE)
    return (
        *_check_parts(parts),
        *_check_drafts(programme, magazine, releases, drafts),
        *_check_titles(programme, magazine),
        *_check_pictures(programme),
    )


def _simulate_release(episode: Episode) -> Release:
    """Simulate a release, as boxes and QR codes take the same room."""
    waveform = Waveform(bar_s=1.0, heights=(0.0,) * 160)
    chapters = episode.chapters
    return Release(
        episode=episode, enclosures=(), duration_s=0.0, chapters=chapters, transcript=(), waveform=waveform, cover=""
    )


def _check_parts(parts: Sequence[Part]) -> Iterator[EditorialWarning]:
    for part in parts:
        if isinstance(part, StoryPart):
            yield from _check_story(part)
        elif isinstance(part, EventPart):
            for page in part.pages:
                yield from _check_reflection_page(page)


def _check_story(part: StoryPart) -> Iterator[EditorialWarning]:
    story, pages = part.story, count_story_pages(part.story, PRINT_SCALE)
    last_mm, file = estimate_last_page_mm(story, PRINT_SCALE), _get_story_file(story)
    white = 1 - last_mm / PAGE.text_height
    if pages > 1 and last_mm < _MAX_SPILL * PAGE.text_height:
        over = _count_words(story.text_md, last_mm)
        message = fill(
            "about {over} words too long: an extra page for {last_mm:.0f} mm of text", over=over, last_mm=last_mm
        )
        hint = fill(
            "cut about {over} words and it takes {pages}; or leave it, and a pull quote may fill the page",
            over=over,
            pages=pages - 1,
        )
        yield EditorialWarning(file=file, code="over", message=message, hint=hint)
    elif white > _MAX_WHITE and not part.closing_quote and len(story.text_md.split()) >= _MIN_WORDS:
        yield _warn_under(
            file, white, story.text_md, "add a pull quote: the last one may close the story in large type"
        )


_MEASURES = {  # what was done to a page: what the warning says
    "two columns": "its insights are set in two columns",
    "moved quote": "its quote moves to the pages of quotes",
    "larger quote": "its quote is set larger to fill the last page",
    "balanced": "its text is balanced over its pages",
    "shared": "the last page is shared with another group",
}


def _check_reflection_page(page: ReflectionPage) -> Iterator[EditorialWarning]:
    """Check one page, or the pages of a reflection that flows on, and say what was done to fill them."""
    if page.excess_mm:
        reflection = next((one for one in page.reflections if one.flows), page.reflections[0]).reflection
        over = _count_words(reflection.text_md, page.excess_mm)
        is_longer = any(one.flows for one in page.reflections) and "moved quote" not in page.measures
        pages = max(1, page.estimated_pages - is_longer)
        done: str = make_message("half of the last page is left blank")
        for number, measure in enumerate(page.measures):
            one = make_message(_MEASURES[measure])
            done = fill("{first}; {second}", first=done, second=one) if number else one
        template = "about {over} words too long for 1 page: {done}"
        if pages > 1:
            template = "about {over} words too long for {pages} pages: {done}"
        message = fill(template, over=over, pages=pages, done=done)
        hint = fill("cut about {over} words; or leave it as it is", over=over)
        yield EditorialWarning(file=_get_reflection_file(reflection), code="over", message=message, hint=hint)
    elif page.estimated_pages == 1:
        white = 1 - estimate_page_mm(page.reflections, PRINT_SCALE) / PAGE.text_height
        finished = [one.reflection for one in page.reflections if len(one.reflection.text_md.split()) >= _MIN_WORDS]
        for reflection in finished[:1] if white > _MAX_WHITE else ():
            file, instead = _get_reflection_file(reflection), "add a second quote or an insight"
            yield _warn_under(file, white, reflection.text_md, instead)


def _warn_under(file: str, white: float, text_md: str, hint: str) -> EditorialWarning:
    under = _count_words(text_md, (white - 0.1) * PAGE.text_height)
    message = fill("about {under} words too short: {white:.0%} of its page is left blank", under=under, white=white)
    return EditorialWarning(
        file=file, code="under", message=message, hint=fill("write more, or {hint}", hint=make_message(hint))
    )


def _check_drafts(
    programme: Programme, magazine: Magazine, releases: tuple[Release, ...], drafts: Sequence[MaskedDraft]
) -> Iterator[EditorialWarning]:
    """Check drafts among the approved reflections.

    Their words are masked, and only as wide as the real ones.
    """
    if not drafts:
        return
    files = {f"magazine/reflections/{one.event}/{one.slug}.md" for one in drafts}
    parts = build_parts(_approve_drafts(programme, drafts), magazine, releases, PRINT_SCALE)
    for warning in _check_parts([part for part in parts if isinstance(part, EventPart)]):
        if warning.file in files:
            yield replace(
                warning, message=fill("once it is approved: {message}", message=make_message(warning.message))
            )


def _approve_drafts(programme: Programme, drafts: Sequence[MaskedDraft]) -> Programme:
    """Return the programme as if all drafts were approved."""
    reflections = list(programme.reflections)
    for draft in drafts:
        previous = (draft.event, draft.after)
        index = next((number for number, one in enumerate(reflections) if (one.event, one.slug) == previous), -1)
        reflections.insert(index + 1, _simulate_reflection(draft))
    return replace(programme, reflections=tuple(reflections))


def _simulate_reflection(draft: MaskedDraft) -> Reflection:
    return Reflection(
        slug=draft.slug,
        event=draft.event,
        group=draft.group,
        question=draft.question,
        approved=date.min,  # not approved: it is only measured
        insights=draft.insights,
        quotes=tuple(Quote(text=text) for text in draft.quotes),
        moment=draft.moment,
        text_md=draft.text_md,
    )


def _count_words(text_md: str, height_mm: float) -> int:
    """Count the words of this text on so much of a page of two columns, to the nearest ten."""
    words_per_line = len(text_md.split()) / max(1.0, copyfit.estimate_column_lines(text_md, PRINT_SCALE))
    words = 2 * math.floor(height_mm / PRINT_SCALE.text.leading_mm) * words_per_line
    return max(10, 10 * round(words / 10))


def _check_titles(programme: Programme, magazine: Magazine) -> Iterator[EditorialWarning]:
    included = {article.ref for article in magazine.flatplan}
    for number, event in enumerate(programme.events):
        if event.id in included:
            text, key = event.theme or event.title, ("events", number, "theme" if event.theme else "title")
            yield from _check_lines("theme", text, THEME, THEME_WIDTH_MM, file="programme.yaml", at=key)
    for story in programme.stories:
        if story.slug in included:
            file = _get_story_file(story)
            yield from _check_lines("title", story.title, HEADING_1, PAGE.text_width, file=file, at=("title",))
            yield from _check_headings(file, story.text_md)
    for reflection in programme.reflections:
        file, text = _get_reflection_file(reflection), reflection.question or reflection.group
        at = ("question" if reflection.question else "group",)
        yield from _check_lines("question", text, HEADING_2, PAGE.text_width, file=file, at=at)
        yield from _check_headings(file, reflection.text_md)


def _check_headings(file: str, text_md: str) -> Iterator[EditorialWarning]:
    for text in _HEADING.findall(text_md):
        yield from _check_lines("heading", text, PRINT_SCALE.text, PAGE.column_width, file=file, words=text)


def _check_lines(
    kind: str, text: str, style: TypeStyle, width_mm: float, **location: Any
) -> Iterator[EditorialWarning]:
    """Warn if a title takes too many lines; ``location`` is that of the warning."""
    lines, limit = copyfit.count_lines(text, style, width_mm), _MAX_LINES[kind]
    if lines > limit:
        message = fill(
            "this {kind} takes {lines} lines, at most {limit} look good",
            kind=make_message(kind),
            lines=lines,
            limit=limit,
        )
        hint = fill("about {count} characters fit", count=len(text) * limit // lines)
        yield EditorialWarning(code="long-head", message=message, hint=hint, **location)


def _check_pictures(programme: Programme) -> Iterator[EditorialWarning]:
    for placement in list_picture_placements(programme):
        yield from _check_resolution(placement)
        yield from _check_crop(placement)


def _check_crop(placement: PicturePlacement) -> Iterator[EditorialWarning]:
    """Warn if a crop that nobody placed by ``focus:`` removes more than a tenth."""
    picture = placement.picture
    if picture.cut > MAX_CUT and picture.focus is None:
        yield EditorialWarning(
            file=placement.file,
            at=placement.key,
            words=placement.text,
            code="cropped",
            message=fill("{cut:.0%} of the picture is cut off", cut=picture.cut),
            hint="write `focus: 50% 30%` (from the left, from the top) to choose what stays, or `fit: whole`",
        )


def _check_resolution(placement: PicturePlacement) -> Iterator[EditorialWarning]:
    width_mm, height_mm = placement.size_mm
    ppi, (width, height) = placement.ppi, placement.picture.shown_px
    if ppi < _GOOD_PPI:
        width_px, height_px = (math.ceil(side / 25.4 * _TARGET_PPI) for side in placement.size_mm)
        look = "coarse" if ppi < _GOOD_PPI * 2 / 3 else "soft"
        yield EditorialWarning(
            file=placement.file,
            at=placement.key,
            words=placement.text,
            code="few-pixels",
            message=fill(
                "image resolution {ppi:.0f} ppi ({width:.0f} × {height:.0f} px at {width_mm:.0f} × {height_mm:.0f} mm) "
                "looks {look} in print",
                ppi=ppi,
                width=width,
                height=height,
                width_mm=width_mm,
                height_mm=height_mm,
                look=make_message(look),
            ),
            hint=fill(
                "use an image of {width_px} × {height_px} px; from {good_ppi} ppi it looks sharp",
                width_px=width_px,
                height_px=height_px,
                good_ppi=_GOOD_PPI,
            ),
        )


def _get_story_file(story: Story) -> str:
    return f"magazine/stories/{story.slug}.md"


def _get_reflection_file(reflection: Reflection) -> str:
    return f"magazine/reflections/{reflection.event}/{reflection.slug}.md"
