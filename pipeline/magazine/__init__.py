"""The magazine: its editions, its theme, and when it last changed; what its pages say is written by ``quires``."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from pipeline.magazine import copyfit
from pipeline.magazine.colours import PRINT, SCREEN, css, mixed
from pipeline.magazine.text_blocks import captioned, on_paper, referring, tied
from pipeline.magazine.waveform_art import Ground
from pipeline.model import Magazine, Programme
from pipeline.typesetting import Theme, templates_folder, words

_RUNT, _RUNT_RAGGED = 5, 9  # signs: a longer last word stands alone rather than tear the justified line above it apart
BUILT_IN = "profiles/ISOcoated_v2_300_bas.icc"  # in templates/magazine/; pages name it, and any other takes its place when they are bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What differs between the magazine on screen and on paper; the articles, their order and their words do not."""

    medium: str  # screen | print: the style sheets of a template ask for it
    ground: Ground
    scale: copyfit.Scale
    profile: str = ""  # in templates/magazine/
    hyphenation: tuple[str, ...] = ()  # of words that the dictionary breaks wrong
    see: str = ""  # how paper refers to a page

    def block(self, block: str, *, first: bool = False, name: str = "") -> str:
        """A block of running text as this edition sets it; the ``first`` of a story opens with a large letter on paper."""
        paper = self.medium == "print"
        block = captioned(tied(block, _RUNT if paper else _RUNT_RAGGED), self._caption_high)
        if not paper:
            return block
        block = on_paper(block, first=first, name=name, hyphenation=self.hyphenation)
        return referring(block, lambda place: f" ({self.see % page_of(place)})")

    def _caption_high(self, words: str) -> str:
        """As high as whole lines of text: what stands under the picture stays on a line with the next column."""
        return f"{copyfit.caption_lines(words, self.scale) * self.scale.text.leading:g}pt"

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


def page_of(anchor: str) -> str:
    """Stands for the number of a page until it is known: signs that no text has (content.cleaning)."""
    return f"\ufdd0{anchor}\ufdd1"


def edition_of(magazine: Magazine, medium: str) -> Edition:
    """The edition for ``screen`` or for ``print``."""
    if medium == "screen":
        return Edition(medium=medium, ground=Ground(palette=SCREEN), scale=copyfit.SCREEN)
    settings = magazine.print
    return Edition(
        medium=medium,
        ground=Ground(palette=PRINT, bleed_mm=settings.bleed_mm),
        scale=copyfit.PRINT,
        profile=BUILT_IN,
        hyphenation=magazine.hyphenation,
        see=words(magazine.language)("see page %s"),
    )


def theme_folders(theme: Theme) -> tuple[str, ...]:
    """Where `theme/…` is looked for, the programme's own first: what a ``PdfJob`` wants."""
    own = [theme.own / theme.room, theme.own] if theme.own else []
    folders = [*own, templates_folder() / theme.room, templates_folder()]
    return tuple(str(folder) for folder in folders if Path(folder).is_dir())


def changed_of(programme: Programme) -> str:
    """When the content last moved, as far as it says itself; no clock is asked (W3C date and time)."""
    days = [one.cleared for one in programme.reflections]
    hours = [event.ends for event in programme.events] + [_midnight(day) for day in days]
    return max(hours, default=_midnight(date(2000, 1, 1))).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
