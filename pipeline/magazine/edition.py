"""An edition of the magazine, for screen or print: type, colours and running text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from pipeline.graphics.palettes import PRINT_PALETTE, SCREEN_PALETTE, format_css, mix
from pipeline.magazine.backgrounds import Backgrounds
from pipeline.magazine.figures import place_figure
from pipeline.magazine.page_geometry import PRINT_SCALE, SCREEN_SCALE, TypeScale
from pipeline.magazine.tables import place_table
from pipeline.magazine.text_blocks import add_page_references, prepare_for_print, prevent_runts
from pipeline.model import Magazine, Picture, Programme
from pipeline.typesetting import Theme, get_templates_folder, load_translator

# Longest last word that is joined to the word before. In justified text it may stretch a line.
_MAX_RUNT_PRINT, _MAX_RUNT_SCREEN = 5, 9

BUILT_IN_PROFILE = "profiles/ISOcoated_v2_300_bas.icc"  # in templates/magazine/; the merge inserts the profile in use


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """All that differs between screen and print.

    Articles, their order and their words are the same.
    """

    medium: str  # screen | print: templates choose stylesheets by it
    backgrounds: Backgrounds
    scale: TypeScale
    profile: str = ""  # in templates/magazine/
    hyphenation: tuple[str, ...] = ()  # of words that the dictionary breaks wrongly
    page_reference: str = ""  # such as: see page %s

    def prepare_block(
        self, block: str, *, pictures: Sequence[Picture] = (), first: bool = False, name: str = ""
    ) -> str:
        """Prepare an HTML block of running text.

        The ``first`` block of a story gets a drop cap in print; ``pictures`` are those of the text.
        """
        in_print = self.medium == "print"
        block = prevent_runts(block, _MAX_RUNT_PRINT if in_print else _MAX_RUNT_SCREEN)
        block = place_table(place_figure(block, pictures, self.scale))
        if not in_print:
            return block
        block = prepare_for_print(block, first=first, name=name, hyphenation=self.hyphenation)
        return add_page_references(block, lambda anchor: f" ({self.page_reference % make_page_placeholder(anchor)})")

    @property
    def colours(self) -> dict[str, Any]:
        """All colours by name, in CSS notation."""
        palette = self.backgrounds.palette
        names = ("paper", "text", "grey", "accent", "white")
        colours: dict[str, Any] = {name: format_css(getattr(palette, name)) for name in names}
        return colours | {
            "events": [format_css(colour) for colour in palette.events],
            "tints": [format_css(mix(colour, 0.12, palette.paper)) for colour in palette.events],
        }


def make_page_placeholder(anchor: str) -> str:
    """Make the placeholder of a page number, from characters that no text contains."""
    return f"\ufdd0{anchor}\ufdd1"


def create_edition(magazine: Magazine, medium: str) -> Edition:
    """Create the edition for ``screen`` or ``print``."""
    if medium == "screen":
        return Edition(medium=medium, backgrounds=Backgrounds(palette=SCREEN_PALETTE), scale=SCREEN_SCALE)
    return Edition(
        medium=medium,
        backgrounds=Backgrounds(palette=PRINT_PALETTE, bleed_mm=magazine.print.bleed_mm),
        scale=PRINT_SCALE,
        profile=BUILT_IN_PROFILE,
        hyphenation=magazine.hyphenation,
        page_reference=load_translator(magazine.language)("see page %s"),
    )


def list_theme_folders(theme: Theme) -> tuple[str, ...]:
    """List the folders where `theme/…` is looked up, the programme's own first."""
    own = [theme.overrides / theme.folder, theme.overrides] if theme.overrides else []
    folders = [*own, get_templates_folder() / theme.folder, get_templates_folder()]
    return tuple(str(folder) for folder in folders if Path(folder).is_dir())


def compute_last_modified(programme: Programme) -> str:
    """Compute the last date in the content, as a W3C date and time. The clock is not read."""
    approvals = [datetime.combine(one.approved, time(), UTC) for one in programme.reflections]
    times = [event.ends for event in programme.events] + approvals
    earliest = datetime.combine(date(2000, 1, 1), time(), UTC)
    return max(times, default=earliest).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
