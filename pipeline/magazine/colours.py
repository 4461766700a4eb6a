"""The colours of each edition: sRGB for the screen, inks by hand for the press; and how one lies thinly on another.

A colour is a tuple: three channels of 0 to 255 in sRGB, or four inks of 0 to 1 (cyan, magenta, yellow, black).
"""

from dataclasses import dataclass
from typing import TypeAlias

from pipeline import graphics

Colour: TypeAlias = tuple[float, ...]

MOST_INK = 2.8  # of 4: what all four inks may come to on one spot, so that a fast press can dry it


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The paper and the inks of one edition."""

    paper: Colour
    ink: Colour
    grey: Colour
    accent: Colour
    white: Colour
    inks: tuple[Colour, ...]  # one an event, in turn


def mixed(colour: Colour, share: float, ground: Colour) -> Colour:
    """``share`` of ``colour`` on ``ground``, as one solid colour: transparency is no friend of printers."""
    return tuple(top * share + under * (1 - share) for top, under in zip(colour, ground, strict=True))


def css(colour: Colour) -> str:
    """How a style sheet or an SVG names it."""
    if len(colour) == 3:
        return "#" + "".join(f"{round(channel):02X}" for channel in colour)
    return f"device-cmyk({' '.join(f'{round(ink, 3):g}' for ink in colour)})"


def _srgb(colour: str) -> Colour:
    return tuple(float(int(colour[place : place + 2], 16)) for place in (1, 3, 5))


SCREEN = Palette(
    paper=_srgb(graphics.PAPER),
    ink=_srgb(graphics.INK),
    grey=_srgb(graphics.GREY),
    accent=_srgb(graphics.ACCENT),
    white=(255.0, 255.0, 255.0),
    inks=tuple(_srgb(ink) for ink in graphics.INKS),
)

# Chosen by hand against coated FOGRA39, not converted: text is black alone, so that it stays sharp when the sheets shift;
# the paper of a magazine is paper, and a tint of a few per cent over every page would be a haze of dots.
PRINT = Palette(
    paper=(0, 0, 0, 0),
    ink=(0, 0, 0, 1),
    grey=(0, 0, 0, 0.72),
    accent=(0, 0.2, 0.95, 0),
    white=(0, 0, 0, 0),
    inks=(
        (0.95, 0.45, 0.42, 0.3),  # petrol
        (0.2, 0.88, 1, 0.2),  # brick
        (0.74, 0.32, 1, 0.42),  # moss
        (0.5, 1, 0.25, 0.3),  # aubergine
        (0.27, 0.65, 1, 0.3),  # ochre-brown
        (0.9, 0.75, 0.12, 0.1),  # slate blue
    ),
)
