"""The colour palettes: sRGB for the screen, CMYK for print, and solid tints.

A colour is a tuple: three sRGB channels of 0 to 255, or four inks of 0 to 1 (cyan, magenta, yellow,
black).
"""

from dataclasses import dataclass
from typing import TypeAlias

from pipeline.graphics import palette

Colour: TypeAlias = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of one edition."""

    paper: Colour
    text: Colour
    grey: Colour
    accent: Colour
    white: Colour
    events: tuple[Colour, ...]  # for the events in turn

    def get_event_colour(self, number: int) -> Colour:
        """Return the colour of the event with this number, from 1."""
        return self.events[palette.wrap_colour_number(number) - 1]


def mix(colour: Colour, share: float, background: Colour) -> Colour:
    """Mix ``share`` of a colour with a background into a solid colour, without transparency."""
    return tuple(top * share + under * (1 - share) for top, under in zip(colour, background, strict=True))


def format_css(colour: Colour) -> str:
    """Format a colour for a stylesheet or an SVG."""
    if len(colour) == 3:
        return "#" + "".join(f"{round(channel):02X}" for channel in colour)
    return f"device-cmyk({' '.join(f'{round(ink, 3):g}' for ink in colour)})"


def parse_srgb(colour: str) -> Colour:
    """Parse a colour such as ``#0B5563``."""
    return tuple(float(int(colour[start : start + 2], 16)) for start in (1, 3, 5))


SCREEN_PALETTE = Palette(
    paper=parse_srgb(palette.PAPER),
    text=parse_srgb(palette.INK),
    grey=parse_srgb(palette.GREY),
    accent=parse_srgb(palette.ACCENT),
    white=(255.0, 255.0, 255.0),
    events=tuple(parse_srgb(colour) for colour in palette.EVENT_COLOURS),
)

# Chosen by hand for coated FOGRA39, not converted. Text is black only, so that it stays sharp in
# spite of misregistration. The paper has no tint, which would print as a haze of dots.
PRINT_PALETTE = Palette(
    paper=(0, 0, 0, 0),
    text=(0, 0, 0, 1),
    grey=(0, 0, 0, 0.72),
    accent=(0, 0.2, 0.95, 0),
    white=(0, 0, 0, 0),
    events=(
        (0.95, 0.45, 0.42, 0.3),  # petrol
        (0.2, 0.88, 1, 0.2),  # brick
        (0.74, 0.32, 1, 0.42),  # moss
        (0.5, 1, 0.25, 0.3),  # aubergine
        (0.27, 0.65, 1, 0.3),  # ochre-brown
        (0.9, 0.75, 0.12, 0.1),  # slate blue
    ),
)
