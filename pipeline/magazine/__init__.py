"""The magazine: its flatplan, the reflections and the stories as one HTML document, which `pdf` lays out."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

from pipeline import urls
from pipeline.drawing import ACCENT, GREY, INK, INKS, PAPER
from pipeline.errors import MagazineError
from pipeline.magazine import art, fitting
from pipeline.magazine.flatplan import parts_of, strip_of
from pipeline.magazine.parts import ContentsPart, EpisodeBox, EventPart, Part
from pipeline.magazine.sheets import Releases, box_of, place_of
from pipeline.model import Programme, Release
from pipeline.typeset import Theme, render, templates_folder

RECIPE = 1


def magazine_html(programme: Programme, releases: Sequence[Release], *, theme: Theme) -> str:
    """The whole magazine for the screen as one HTML document; the same values give the same text, everywhere.

    Pictures are named `pictures/<path in the programme>`, style sheets and fonts `theme/<path in the theme>`.

    Raises:
        MagazineError: the programme has no magazine, or a text uses a picture in a way that cannot be printed.
    """
    if programme.magazine is None:
        raise MagazineError("this programme has no magazine", hint="Write magazine/magazine.yaml.")
    heard = {release.episode.slug: release for release in releases}
    parts = parts_of(programme, programme.magazine, heard)
    strips = [strip_of(event, heard, programme) for event in programme.events]
    return render(
        "magazine.html.j2",
        theme=theme,
        programme=programme,
        magazine=programme.magazine,
        parts=parts,
        changed=_changed(programme),
        boxes=_boxes(programme, heard),
        accessible=place_of(programme, urls.magazine_pdf(programme.magazine.name), title=programme.title),
        credits=_credits(programme),
        strip_mm=_strip_mm(parts),
        grounds={
            "cover": art.cover_ground(strips),
            "back": art.back_ground(strips),
            "ruled": art.ruled_ground(),
            "events": _event_grounds(parts),
        },
        colours={"paper": PAPER, "ink": INK, "grey": GREY, "accent": ACCENT, "inks": INKS},
        balanced=_balanced,
        title_setting=fitting.cover_setting(programme.magazine.title, 165),
        pale=[art.mixed(ink, 0.12) for ink in INKS],
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


def _event_grounds(parts: Sequence[Part]) -> dict[str, dict[str, str]]:
    """The drawings of each event: over its opener, and as a strip in the contents."""
    strip_mm = _strip_mm(parts)
    return {
        part.anchor: {
            "opener": art.opener_ground(part.strip),
            "voice": art.voice_ground(part.strip),
            "strip": art.strip_ground(part.strip, width=175, height=strip_mm),
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


def _changed(programme: Programme) -> str:
    """When the content last moved, as far as it says itself; no clock is asked (W3C date and time)."""
    days = [one.cleared for one in programme.reflections]
    hours = [event.ends for event in programme.events] + [_midnight(day) for day in days]
    return max(hours, default=_midnight(date(2000, 1, 1))).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
