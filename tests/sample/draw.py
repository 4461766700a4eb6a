"""Draws the pictures of the sample magazine: rings of the sample episodes' own sound, strokes in a notebook, circles, a road.

Nothing in them comes from anybody else: the rings are the loudness of the recordings beside this programme, the rest is
arithmetic. Run it from the root of the checkout, with ffmpeg on the path; the same recordings give the same bytes. It writes
``magazine/images/*.png``. They hold no words: what is seen stands in the texts, as `alt`.
"""

import math
import random
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from pipeline.graphics import INKS, PAPER

ROOT = Path(__file__).parents[2]
OUT = ROOT / "magazine" / "images"
RATE_HZ = 8_000
LEAD_PX, COLUMN_PX, PAGE_PX = (2067, 1134), (1004, 744), (1950, 2754)  # 300 ppi, 300 ppi, 229 ppi with bleed
FINE = 2  # drawn so much larger, then made smaller: edges come out smooth
PETROL, BRICK, MOSS, AUBERGINE = INKS[:4]
SLUGS = ("01-burger-centraal", "02-welvaart-dichtbij", "03-uitvoerder-aan-zet", "04-een-tafel-vier-overheden")


class Sheet:
    """A picture while it is drawn; all measures are pixels of the finished one."""

    def __init__(self, size: tuple[int, int], ground: str) -> None:
        self.size = size
        self._image = Image.new("RGB", (size[0] * FINE, size[1] * FINE), ground)
        self._draw = ImageDraw.Draw(self._image)
        self._used = {ground}

    def box(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        """A filled rectangle."""
        self._used.add(colour)
        self._draw.rectangle([left * FINE, top * FINE, right * FINE, bottom * FINE], fill=colour)

    def stroke(self, points: Sequence[tuple[float, float]], width: float, colour: str) -> None:
        """A line through ``points`` with round ends and corners."""
        self._used.add(colour)
        half = width * FINE / 2
        fine = [(x * FINE, y * FINE) for x, y in points]
        self._draw.line(fine, fill=colour, width=round(width * FINE))
        for x, y in fine:
            self._draw.ellipse([x - half, y - half, x + half, y + half], fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: str, *, width: float = 0.0) -> None:
        """A filled circle, or with a ``width`` its edge."""
        self._used.add(colour)
        box = [(x - radius) * FINE, (y - radius) * FINE, (x + radius) * FINE, (y + radius) * FINE]
        if width:
            self._draw.ellipse(box, outline=colour, width=round(width * FINE))
        else:
            self._draw.ellipse(box, fill=colour)

    def save(self, name: str) -> None:
        """As a PNG of few colours, which keeps it small."""
        small = self._image.resize(self.size, Image.Resampling.LANCZOS)
        small.quantize(palette=self._palette(), dither=Image.Dither.NONE).save(OUT / f"{name}.png", optimize=True)

    def _palette(self) -> Image.Image:
        """The colours that were used, and what lies between each two of them at an edge."""
        used = sorted(self._used)
        between = {mixed(one, share / 5, other) for one in used for other in used for share in range(6) if one <= other}
        held = Image.new("P", (1, 1))
        held.putpalette([int(colour[at : at + 2], 16) for colour in sorted(between)[:256] for at in (1, 3, 5)])
        return held


def mixed(colour: str, share: float, ground: str = PAPER) -> str:
    """``colour`` thinned to its ``share`` with the colour of a ground."""
    pairs = [(int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(one * share + other * (1 - share)):02X}" for one, other in pairs)


def heights(slug: str, count: int) -> list[float]:
    """How loud an episode was as recorded, in ``count`` stretches from 0 to 1; the square root lets quiet talk show."""
    pieces = []
    for part in sorted((ROOT / "episodes" / slug / "recording").iterdir()):
        command = ["ffmpeg", "-v", "error", "-i", str(part), "-f", "s16le", "-ac", "1", "-ar", str(RATE_HZ), "pipe:1"]
        pieces.append(np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, "<i2"))
    power = [float(np.mean(np.square(one / 32_768))) for one in np.array_split(np.concatenate(pieces), count)]
    level_db = [10 * math.log10(one + 1e-10) for one in power]
    loudest = max(level_db)
    return [math.sqrt(max(0.0, min(1.0, (one - loudest + 25) / 25))) for one in level_db]


def speakers(slug: str, count: int) -> list[str]:
    """Whose turn it is in each of ``count`` stretches, by the transcript: A or B, and nothing in a pause."""
    text = (ROOT / "episodes" / slug / "transcript.vtt").read_text(encoding="utf-8")
    cues = [
        (_seconds(start), _seconds(end), voice)
        for start, end, voice in re.findall(r"(\S+) --> (\S+)\n<v Stem (\w)>", text)
    ]
    whole_s = cues[-1][1]
    middles = [(index + 0.5) * whole_s / count for index in range(count)]
    return [next((voice for start, end, voice in cues if start <= middle <= end), "") for middle in middles]


def _seconds(clock: str) -> float:
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def ring(
    sheet: Sheet, middle: tuple[float, float], radius: float, tall: Sequence[float], *, high: float,
    colour: Callable[[int], str], side: Callable[[int], int] = lambda _: 0,
) -> None:  # fmt: skip
    """A trace bent round a table: bars to both sides of a circle, or with a ``side`` of 1 or -1 out- or inwards only."""
    pitch = 2 * math.pi / len(tall)
    width = radius * pitch * 0.62
    for index, level in enumerate(tall):
        angle = index * pitch - math.pi / 2
        long = max(width * 0.05, level * high / 2)
        inner, outer = (-long, long) if not side(index) else sorted((0.0, side(index) * 2 * long))
        ends = [
            (middle[0] + math.cos(angle) * (radius + far), middle[1] + math.sin(angle) * (radius + far))
            for far in (inner, outer)
        ]
        sheet.stroke(ends, width, colour(index))


# ------------------------------------------------------------------------------------------------------------- pictures


def four_tables() -> None:
    """The four episodes side by side, each bent round a table of its own."""
    sheet = Sheet(LEAD_PX, PAPER)
    wide = LEAD_PX[0] / 4
    for number, (slug, ink) in enumerate(zip(SLUGS, INKS, strict=False)):
        sheet.box(wide * number, 0, wide * (number + 1), LEAD_PX[1], mixed(ink, 0.13))
        middle = (wide * (number + 0.5), LEAD_PX[1] * (0.34, 0.6, 0.42, 0.66)[number])
        ring(sheet, middle, 168, heights(slug, 96), high=120, colour=lambda _, ink=ink: ink)
    sheet.save("vier-tafels")


def two_voices() -> None:
    """The first episode, larger than its frame: one voice outwards, the other inwards."""
    sheet = Sheet(LEAD_PX, PETROL)
    count = 220
    turns = speakers(SLUGS[0], count)
    tints = {"A": mixed(PAPER, 0.95, PETROL), "B": mixed(PAPER, 0.5, PETROL), "": mixed(PAPER, 0.25, PETROL)}
    ring(
        sheet, (1180, 1010), 640, heights(SLUGS[0], count), high=300,
        colour=lambda index: tints[turns[index]], side=lambda index: {"A": 1, "B": -1, "": 0}[turns[index]],
    )  # fmt: skip
    sheet.save("twee-stemmen")


def seventeen_strokes() -> None:
    """Strokes in a notebook, five by five; the seventeenth stands alone with one other."""
    sheet, chance = Sheet(LEAD_PX, mixed(MOSS, 0.13)), random.Random(17)
    for line in range(1, 9):
        sheet.stroke([(0, line * 126), (LEAD_PX[0], line * 126)], 2, mixed(MOSS, 0.4))
    left, top, high = 190.0, 352.0, 430.0
    for number in range(17):
        place = number % 5
        x = left + (number // 5) * 470 + place * 84
        if place == 4:
            x -= 84 * 4.6
            sheet.stroke(_shaky((x, top + high * 0.82), (x + 84 * 4.2, top + high * 0.14), chance), 15, MOSS)
        else:
            sheet.stroke(_shaky((x + 6, top), (x - 8, top + high), chance), 15, MOSS if number < 16 else BRICK)
    sheet.save("zeventien-streepjes")


def _shaky(start: tuple[float, float], end: tuple[float, float], chance: random.Random) -> list[tuple[float, float]]:
    """A line as a hand draws it."""
    bend, lean = chance.uniform(-9, 9), chance.uniform(-10, 10)
    points = []
    for step in range(13):
        share = step / 12
        sway = bend * math.sin(share * math.pi)
        points.append((
            start[0] + (end[0] + lean - start[0]) * share + sway, start[1] + (end[1] - start[1]) * share + sway * 0.4
        ))  # fmt: skip
    return points


def ten_circles() -> None:
    """Five pairs: what the rules allow, and in it what somebody dares; in two of them it is a quarter."""
    sheet = Sheet(COLUMN_PX, mixed(MOSS, 0.13))
    pairs = [
        (190, 200, 150, 0.5),
        (505, 200, 120, 0.72),
        (810, 215, 165, 0.5),
        (335, 540, 140, 0.64),
        (675, 545, 150, 0.82),
    ]
    for x, y, radius, share in pairs:
        sheet.disc(x, y, radius, MOSS, width=7)
        sheet.disc(x, y + radius * (1 - share) * 0.55, radius * share, MOSS if share == 0.5 else mixed(MOSS, 0.6))
    sheet.save("tien-cirkels")


def a_road() -> None:
    """Nine kilometres in the hands of three, a bridge that is nobody's, and a slope with ice."""
    sheet = Sheet(COLUMN_PX, mixed(BRICK, 0.11))
    line = [
        (60 + 884 * share, 480 - 190 * share - 70 * math.sin(share * 7.1)) for share in (n / 180 for n in range(181))
    ]
    for first, last, tint in ((0, 62, 1.0), (70, 124, 0.66), (124, 180, 0.38)):
        sheet.stroke(line[first : last + 1], 26, mixed(BRICK, tint))
    for at in (62, 70):
        x, y = line[at]
        sheet.stroke([(x, y - 58), (x, y + 58)], 9, BRICK)
    for at in range(0, 181, 20):
        sheet.disc(line[at][0], 640, 8, mixed(BRICK, 0.66))
    for at in range(126, 141, 3):
        x, y = line[at]
        sheet.stroke([(x - 14, y - 66), (x - 4, y - 32)], 6, PETROL)
    sheet.save("negen-kilometer")


def all_evenings() -> None:
    """The four episodes round one table, larger than the page."""
    sheet = Sheet(PAGE_PX, PAPER)
    middle = (PAGE_PX[0] / 2, PAGE_PX[1] / 2)
    for slug, ink, radius in zip(SLUGS, INKS, (330, 640, 950, 1260), strict=False):
        ring(sheet, middle, radius, heights(slug, round(radius / 3.1)), high=250, colour=lambda _, ink=ink: ink)
    sheet.save("alle-avonden")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for draw in (four_tables, two_voices, seventeen_strokes, ten_circles, a_road, all_evenings):
        draw()
