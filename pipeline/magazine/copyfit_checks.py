"""Advice before anything is laid out: what runs over its page or leaves it white, long heads, pictures too small for print.

It estimates as the layout does, by ``fitting``: a line off at most. Every episode counts as one that can be heard, since the
magazine is printed when all are out.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

from pipeline import graphics
from pipeline.errors import WeerslagError
from pipeline.magazine import copyfit
from pipeline.magazine.copyfit import COLUMN_MM, PAGE_MM, PRINT, WIDE_MM
from pipeline.magazine.flatplan import parts_of
from pipeline.magazine.pages import EventPart, Part, Sheet, StoryPart
from pipeline.magazine.picture_sizes import Placed, placed_pictures
from pipeline.magazine.reflection_pages import used_mm
from pipeline.magazine.story_pages import last_page_mm, story_pages
from pipeline.model import BlindDraft, Episode, Magazine, Programme, Quote, Reflection, Release, Remark, Story, Trace

_LEAST_WORDS = 60  # what is shorter is not written yet, and nobody needs to be told
_SPILT, _WHITE = 0.2, 0.5  # of a page: less than this is a remnant, more than that left white is a hole
_MOST_LINES = {"title": 3, "question": 3, "theme": 5, "heading": 2}
_FINE_PPI, _ASKED_PPI = 225, 300
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def remarks_on(programme: Programme, *, root: Path, drafts: Sequence[BlindDraft] = ()) -> tuple[Remark, ...]:
    """What an editor should look at before the magazine is laid out; nothing when there is no magazine.

    Pictures are looked at in ``root``, their heads only; one that cannot be read is for the build to tell. Of ``drafts`` is
    told what room they will want among the others, once all of them are cleared.
    """
    magazine = programme.magazine
    if magazine is None:
        return ()
    heard = {one.slug: _heard(one) for one in programme.episodes}
    parts = parts_of(programme, magazine, heard, PRINT)
    waiting = _of_drafts(programme, magazine, heard, drafts) if drafts else ()
    return (*_fitted(parts), *waiting, *_heads(programme, magazine), *_small_pictures(programme, magazine, root))


def _heard(episode: Episode) -> Release:
    """An episode as if its sound were made: boxes and QR codes take the same room."""
    trace = Trace(bar_s=1.0, heights=(0.0,) * 160)
    return Release(
        episode=episode, enclosures=(), duration_s=0.0, chapters=episode.chapters, transcript=(), trace=trace, cover=""
    )


# ---------------------------------------------------------------------------------------------------------- over, under


def _fitted(parts: tuple[Part, ...]) -> Iterator[Remark]:
    for part in parts:
        if isinstance(part, StoryPart):
            yield from _story(part)
        elif isinstance(part, EventPart):
            for sheet in part.sheets:
                yield from _sheet(sheet)


def _story(part: StoryPart) -> Iterator[Remark]:
    story, pages = part.story, story_pages(part.story, PRINT)
    last_mm, file = last_page_mm(story, PRINT), _story_file(story)
    white = 1 - last_mm / PAGE_MM
    if pages > 1 and last_mm < _SPILT * PAGE_MM:
        over = _words(story.text_md, last_mm)
        message = f"about {over} words over: a page more for {last_mm:.0f} mm of text"
        hint = f"cut about {over} words and it takes {pages - 1}; or leave it, and a pull quote may fill the page"
        yield Remark(file=file, code="over", message=message, hint=hint)
    elif white > _WHITE and not part.closing and len(story.text_md.split()) >= _LEAST_WORDS:
        yield _under(file, white, story.text_md, "add a pull quote: the last one may close the story in large type")


def _sheet(sheet: Sheet) -> Iterator[Remark]:
    """Reflections that share a page share its white; one that is longer than a page is judged by its last."""
    used = used_mm(sheet, PRINT)
    if len(sheet.pieces) == 1 and used > PAGE_MM:
        reflection, rest_mm = sheet.pieces[0].reflection, used % PAGE_MM
        if rest_mm < (1 - _WHITE) * PAGE_MM:
            over = _words(reflection.text_md, rest_mm)
            message = f"about {over} words over what fits on {used // PAGE_MM:.0f} page{'s'[: used >= 2 * PAGE_MM]}"
            hint = (
                f"cut about {over} words, or an insight; or ask whether it may run on over a page that stays half white"
            )
            yield Remark(file=_reflection_file(reflection), code="over", message=message, hint=hint)
    elif sheet.pieces and used < (1 - _WHITE) * PAGE_MM:
        written = [one.reflection for one in sheet.pieces if len(one.reflection.text_md.split()) >= _LEAST_WORDS]
        for reflection in written[:1]:
            share = 1 - used / PAGE_MM
            hint = "a second quote, or an insight, takes room too"
            yield _under(_reflection_file(reflection), share, reflection.text_md, hint)


def _under(file: str, white: float, text_md: str, hint: str) -> Remark:
    under = _words(text_md, (white - 0.1) * PAGE_MM)
    message = f"about {under} words under: {white:.0%} of its page stays white"
    return Remark(file=file, code="under", message=message, hint=f"write more, or {hint}")


def _of_drafts(
    programme: Programme, magazine: Magazine, heard: Mapping[str, Release], drafts: Sequence[BlindDraft]
) -> Iterator[Remark]:
    """The same of what nobody cleared yet; its words are not known here, only how wide they are."""
    files = {f"magazine/reflections/{one.event}/{one.slug}.md" for one in drafts}
    parts = parts_of(_as_if_cleared(programme, drafts), magazine, heard, PRINT)
    for remark in _fitted(tuple(part for part in parts if isinstance(part, EventPart))):
        if remark.file in files:
            yield replace(remark, message=f"once it is cleared: {remark.message}")


def _as_if_cleared(programme: Programme, drafts: Sequence[BlindDraft]) -> Programme:
    reflections = list(programme.reflections)
    for one in drafts:
        before = [
            number for number, other in enumerate(reflections) if (other.event, other.slug) == (one.event, one.after)
        ]
        reflections.insert(before[0] + 1 if before else 0, _sketch(one))
    return replace(programme, reflections=tuple(reflections))


def _sketch(draft: BlindDraft) -> Reflection:
    return Reflection(
        slug=draft.slug,
        event=draft.event,
        group=draft.group,
        question=draft.question,
        cleared=date.min,  # nobody cleared it: it is measured here, and goes no further
        insights=draft.insights,
        quotes=tuple(Quote(text=text) for text in draft.quotes),
        moment=draft.moment,
        text_md=draft.text_md,
    )


def _words(text_md: str, high_mm: float) -> int:
    """How many words of this text stand on so much of a page of two columns, to the nearest ten."""
    a_line = len(text_md.split()) / max(1.0, copyfit.column_lines(text_md, PRINT))
    words = 2 * math.floor(high_mm / PRINT.text.line_mm) * a_line
    return max(10, 10 * round(words / 10))


# ----------------------------------------------------------------------------------------------------------------- heads


def _heads(programme: Programme, magazine: Magazine) -> Iterator[Remark]:
    shown = {article.ref for article in magazine.flatplan}
    for number, event in enumerate(programme.events):
        if event.id in shown:
            at = ("events", number, "theme" if event.theme else "title")
            yield from _long("theme", event.theme or event.title, copyfit.THEME, 172, "programme.yaml", at)
    for story in programme.stories:
        if story.slug in shown:
            yield from _long("title", story.title, copyfit.HEAD_1, WIDE_MM, _story_file(story), ("title",))
            yield from _long_headings(_story_file(story), story.text_md)
    for reflection in programme.reflections:
        file, question = _reflection_file(reflection), reflection.question
        asked = ("question" if question else "group",)
        yield from _long("question", question or reflection.group, copyfit.HEAD_2, WIDE_MM, file, asked)
        yield from _long_headings(file, reflection.text_md)


def _long_headings(file: str, text_md: str) -> Iterator[Remark]:
    for words in _HEADING.findall(text_md):
        yield from _long("heading", words, PRINT.text, COLUMN_MM, file, (), words)


def _long(
    what: str,
    text: str,
    setting: copyfit.Setting,
    width_mm: float,
    file: str,
    at: tuple[str | int, ...],
    words: str = "",
) -> Iterator[Remark]:
    lines, most = copyfit.lines(text, setting, width_mm), _MOST_LINES[what]
    if lines > most:
        fits = len(text) * most // lines
        message = f"this {what} takes {lines} lines, {most} at most stand well"
        yield Remark(
            file=file, at=at, words=words, code="long-head", message=message, hint=f"about {fits} characters fit"
        )


# -------------------------------------------------------------------------------------------------------------- pictures


def _small_pictures(programme: Programme, magazine: Magazine, root: Path) -> Iterator[Remark]:
    for placed in placed_pictures(programme, magazine):
        with suppress(WeerslagError):
            yield from _small(placed, graphics.upright_px(str(root / placed.picture)))


def _small(placed: Placed, px: tuple[int, int]) -> Iterator[Remark]:
    width_mm, height_mm = placed.size_mm
    ppi = 25.4 * min(px[0] / width_mm, px[1] / height_mm)
    if ppi < _FINE_PPI:
        wanted = [math.ceil(side / 25.4 * _ASKED_PPI) for side in placed.size_mm]
        looks = "coarse" if ppi < _FINE_PPI * 2 / 3 else "soft"
        message = (
            f"this picture is {px[0]} × {px[1]} px, {ppi:.0f} ppi at {width_mm:.0f} × {height_mm:.0f} mm:"
            f" on paper it looks {looks}"
        )
        hint = f"give one of {wanted[0]} × {wanted[1]} px; {_FINE_PPI} ppi is the least that looks sharp"
        yield Remark(file=placed.file, at=placed.at, words=placed.words, code="few-pixels", message=message, hint=hint)


def _story_file(story: Story) -> str:
    return f"magazine/stories/{story.slug}.md"


def _reflection_file(reflection: Reflection) -> str:
    return f"magazine/reflections/{reflection.event}/{reflection.slug}.md"
