"""The magazine: its flatplan, the reflections and the stories as one HTML document, which `pdf` lays out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from pipeline import urls
from pipeline.errors import MagazineError
from pipeline.magazine import fitting
from pipeline.magazine.art import Ground
from pipeline.magazine.colours import PRINT, SCREEN, css, mixed
from pipeline.magazine.flatplan import parts_of, strip_of
from pipeline.magazine.parts import ContentsPart, EpisodeBox, EventPart, Part
from pipeline.magazine.prose import on_paper
from pipeline.magazine.sheets import Releases, box_of, place_of
from pipeline.model import Magazine, Programme, Release
from pipeline.typeset import Theme, render, templates_folder

RECIPE = 1

PROFILES = {"coated-fogra39": "ISOcoated_v2_300_bas.icc"}  # in templates/magazine/profiles/


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What differs between the magazine on screen and on paper; the articles, their order and their words do not."""

    medium: str  # screen | print: the style sheets of a template ask for it
    ground: Ground
    scale: fitting.Scale
    fillers: int = 0  # pages that may be added so that the sheets are full
    profile: str = ""  # in templates/magazine/
    hyphenation: tuple[str, ...] = ()  # of words that the dictionary breaks wrong

    def block(self, block: str, *, first: bool = False) -> str:
        """A block of running text as this edition sets it; the ``first`` of a story opens with a large letter on paper."""
        return on_paper(block, first=first, hyphenation=self.hyphenation) if self.medium == "print" else block

    @property
    def colours(self) -> dict[str, Any]:
        """All colours by name, as a style sheet says them."""
        palette = self.ground.palette
        names = ("paper", "ink", "grey", "accent", "white")
        named: dict[str, Any] = {name: css(getattr(palette, name)) for name in names}
        return named | {
            "inks": [css(ink) for ink in palette.inks],
            "pale": [css(mixed(ink, 0.12, palette.paper)) for ink in palette.inks],
        }


def magazine_html(programme: Programme, releases: Sequence[Release], *, theme: Theme, medium: str = "screen") -> str:
    """The whole magazine for the screen, or for ``print``, as one HTML document; the same values give the same text.

    Pictures are named `pictures/<path in the programme>`, style sheets and fonts `theme/<path in the theme>`.

    Raises:
        MagazineError: the programme has no magazine, or a text uses a picture in a way that cannot be printed.
    """
    if programme.magazine is None:
        raise MagazineError("this programme has no magazine", hint="Write magazine/magazine.yaml.")
    edition = edition_of(programme.magazine, medium)
    heard = {release.episode.slug: release for release in releases}
    parts = parts_of(programme, programme.magazine, heard, edition.scale)
    return render(
        "magazine.html.j2",
        theme=theme,
        programme=programme,
        magazine=programme.magazine,
        parts=parts,
        edition=edition,
        before_end=_before_end(parts),
        changed=changed_of(programme),
        boxes=_boxes(programme, heard),
        accessible=place_of(programme, urls.magazine_pdf(programme.magazine.name), title=programme.title),
        credits=_credits(programme),
        strip_mm=_strip_mm(parts),
        grounds=_grounds(programme, heard, parts, edition.ground),
        colours=edition.colours,
        balanced=_balanced,
        title_setting=fitting.cover_setting(programme.magazine.title, 165),
    )


def edition_of(magazine: Magazine, medium: str) -> Edition:
    """The edition for ``screen`` or for ``print``."""
    if medium == "screen":
        return Edition(medium=medium, ground=Ground(palette=SCREEN), scale=fitting.SCREEN)
    settings = magazine.print
    return Edition(
        medium=medium,
        ground=Ground(palette=PRINT, bleed_mm=settings.bleed_mm),
        scale=fitting.PRINT,
        fillers=settings.multiple_of - 1,
        profile=f"profiles/{PROFILES[settings.profile]}",
        hyphenation=magazine.hyphenation,
    )


def _balanced(text: str, setting: str, width_mm: float, size: int = 0) -> str:
    """For templates: a style that gives large type lines of about one length."""
    known = {
        "pull": fitting.PULL,
        "title": fitting.HEAD_1,
        "head": fitting.HEAD_2,
        "theme": fitting.THEME,
        "said": fitting.VOICES[size],
    }
    return f"max-width: {fitting.balanced_width_mm(text, known[setting], width_mm):.1f}mm"


def theme_folders(theme: Theme) -> tuple[str, ...]:
    """Where `theme/…` is looked for, the programme's own first: what a ``PdfJob`` wants."""
    own = [theme.own / theme.room, theme.own] if theme.own else []
    folders = [*own, templates_folder() / theme.room, templates_folder()]
    return tuple(str(folder) for folder in folders if Path(folder).is_dir())


def _before_end(parts: Sequence[Part]) -> int:
    """Behind how many parts filling pages stand: colophon and back stay the last."""
    count = len(parts)
    while count and parts[count - 1].kind in ("colophon", "back"):
        count -= 1
    return count


def _grounds(programme: Programme, heard: Releases, parts: Sequence[Part], ground: Ground) -> dict[str, Any]:
    """All drawings: over cover and back, over the opener of each event, and as a strip in the contents."""
    strips = [strip_of(event, heard, programme) for event in programme.events]
    return {
        "cover": ground.cover(strips),
        "back": ground.back(strips),
        "ruled": ground.ruled(),
        "events": _event_grounds(parts, ground),
    }


def _event_grounds(parts: Sequence[Part], ground: Ground) -> dict[str, dict[str, str]]:
    strip_mm = _strip_mm(parts)
    return {
        part.anchor: {
            "opener": ground.opener(part.strip),
            "voice": ground.voice(part.strip),
            "strip": ground.strip(part.strip, width=175, height=strip_mm),
        }
        for part in parts
        if isinstance(part, EventPart)
    }


def _strip_mm(parts: Sequence[Part]) -> float:
    return next((part.strip_mm for part in parts if isinstance(part, ContentsPart)), 11.0)


def _boxes(programme: Programme, heard: Releases) -> tuple[EpisodeBox, ...]:
    """All episodes that can be heard, in order."""
    return tuple(box_of(programme, one) for one in sorted(heard.values(), key=lambda one: one.episode.number))


def _credits(programme: Programme) -> tuple[str, ...]:
    """Who made the pictures, each once, in the order of the pages."""
    pictures = [story.picture for story in programme.stories]
    pictures += [article.picture for article in programme.magazine.flatplan] if programme.magazine else []
    return tuple(dict.fromkeys(picture.credit for picture in pictures if picture and picture.credit))


def changed_of(programme: Programme) -> str:
    """When the content last moved, as far as it says itself; no clock is asked (W3C date and time)."""
    days = [one.cleared for one in programme.reflections]
    hours = [event.ends for event in programme.events] + [_midnight(day) for day in days]
    return max(hours, default=_midnight(date(2000, 1, 1))).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
