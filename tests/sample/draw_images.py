"""Draw the images of the samples: circular waveforms of the sample episodes, tally marks, circles, a road and two tables.

The waveforms are the loudness of the sample recordings; the rest is arithmetic. Run it from the root of the checkout, with
ffmpeg on the PATH; the same recordings give the same bytes. It writes ``magazine/images/*.png``, also in ``examples/``.
"""

import math
import random
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from pipeline.graphics.palette import ACCENT, EVENT_COLOURS, PAPER

ROOT = Path(__file__).parents[2]
OUT = ROOT / "magazine" / "images"
RELAY = ROOT / "examples" / "estafette" / "magazine" / "images"
RATE_HZ = 8_000
LEAD_PX, COLUMN_PX, PAGE_PX = (2067, 1134), (1004, 744), (1950, 2754)  # 300 ppi, 300 ppi, 229 ppi with bleed
OPENER_PX = (2550, 1700)  # 300 ppi with bleed
FINE = 2  # supersampling factor, for smooth edges
PETROL, BRICK, MOSS, AUBERGINE = EVENT_COLOURS[:4]
SLUGS = ("01-burger-centraal", "02-welvaart-dichtbij", "03-uitvoerder-aan-zet", "04-een-tafel-vier-overheden")


class Canvas:
    """A canvas; all positions are pixels of the finished image."""

    def __init__(self, size: tuple[int, int], ground: str) -> None:
        self.size = size
        self._image = Image.new("RGB", (size[0] * FINE, size[1] * FINE), ground)
        self._draw = ImageDraw.Draw(self._image)
        self._used = {ground}

    def box(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        """Draw a filled rectangle."""
        self._used.add(colour)
        self._draw.rectangle([left * FINE, top * FINE, right * FINE, bottom * FINE], fill=colour)

    def stroke(self, points: Sequence[tuple[float, float]], width: float, colour: str) -> None:
        """Draw a line through ``points`` with round ends and corners."""
        self._used.add(colour)
        half = width * FINE / 2
        fine = [(x * FINE, y * FINE) for x, y in points]
        self._draw.line(fine, fill=colour, width=round(width * FINE))
        for x, y in fine:
            self._draw.ellipse([x - half, y - half, x + half, y + half], fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: str, *, width: float = 0.0) -> None:
        """Draw a filled circle, or with a ``width`` its outline."""
        self._used.add(colour)
        box = [(x - radius) * FINE, (y - radius) * FINE, (x + radius) * FINE, (y + radius) * FINE]
        if width:
            self._draw.ellipse(box, outline=colour, width=round(width * FINE))
        else:
            self._draw.ellipse(box, fill=colour)

    def save(self, name: str, folder: Path = OUT) -> None:
        """Write a PNG with a small palette."""
        small = self._image.resize(self.size, Image.Resampling.LANCZOS)
        small.quantize(palette=self._palette(), dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)

    def _palette(self) -> Image.Image:
        """Build a palette of the used colours and their mixtures at edges."""
        used = sorted(self._used)
        between = {
            mix_colours(one, share / 5, other) for one in used for other in used for share in range(6) if one <= other
        }
        held = Image.new("P", (1, 1))
        held.putpalette([int(colour[at : at + 2], 16) for colour in sorted(between)[:256] for at in (1, 3, 5)])
        return held


def mix_colours(colour: str, share: float, ground: str = PAPER) -> str:
    """Mix ``share`` of a colour with a background colour."""
    pairs = [(int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(one * share + other * (1 - share)):02X}" for one, other in pairs)


def measure_heights(slug: str, count: int) -> list[float]:
    """Measure the loudness of an episode in ``count`` parts, from 0 to 1; the square root makes quiet speech visible."""
    pieces = []
    for part in sorted((ROOT / "episodes" / slug / "recording").iterdir()):
        command = ["ffmpeg", "-v", "error", "-i", str(part), "-f", "s16le", "-ac", "1", "-ar", str(RATE_HZ), "pipe:1"]
        pieces.append(np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, "<i2"))
    power = [float(np.mean(np.square(one / 32_768))) for one in np.array_split(np.concatenate(pieces), count)]
    level_db = [10 * math.log10(one + 1e-10) for one in power]
    loudest = max(level_db)
    return [math.sqrt(max(0.0, min(1.0, (one - loudest + 25) / 25))) for one in level_db]


def find_speakers(slug: str, count: int) -> list[str]:
    """Find the speaker (A, B or empty) in each of ``count`` parts, from the transcript."""
    text = (ROOT / "episodes" / slug / "transcript.vtt").read_text(encoding="utf-8")
    cues = [
        (_parse_timestamp(start), _parse_timestamp(end), voice)
        for start, end, voice in re.findall(r"(\S+) --> (\S+)\n<v Stem (\w)>", text)
    ]
    whole_s = cues[-1][1]
    middles = [(index + 0.5) * whole_s / count for index in range(count)]
    return [next((voice for start, end, voice in cues if start <= middle <= end), "") for middle in middles]


def _parse_timestamp(timestamp: str) -> float:
    hours, minutes, seconds = timestamp.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def draw_ring(
    canvas: Canvas, middle: tuple[float, float], radius: float, tall: Sequence[float], *, high: float,
    colour: Callable[[int], str], side: Callable[[int], int] = lambda _: 0,
) -> None:  # fmt: skip
    """Draw a circular waveform: bars to both sides of a circle, or with a ``side`` of 1 or -1 outwards or inwards only."""
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
        canvas.stroke(ends, width, colour(index))


# Pictures


def draw_four_tables() -> None:
    """Draw the four episodes, each as a circular waveform."""
    canvas = Canvas(LEAD_PX, PAPER)
    wide = LEAD_PX[0] / 4
    for number, (slug, ink) in enumerate(zip(SLUGS, EVENT_COLOURS, strict=False)):
        canvas.box(wide * number, 0, wide * (number + 1), LEAD_PX[1], mix_colours(ink, 0.13))
        middle = (wide * (number + 0.5), LEAD_PX[1] * (0.34, 0.6, 0.42, 0.66)[number])
        draw_ring(canvas, middle, 168, measure_heights(slug, 96), high=120, colour=lambda _, ink=ink: ink)
    canvas.save("vier-tafels")


def draw_two_voices() -> None:
    """Draw the first episode larger than its frame: one speaker outwards, the other inwards."""
    canvas = Canvas(LEAD_PX, PETROL)
    count = 220
    turns = find_speakers(SLUGS[0], count)
    tints = {
        "A": mix_colours(PAPER, 0.95, PETROL),
        "B": mix_colours(PAPER, 0.5, PETROL),
        "": mix_colours(PAPER, 0.25, PETROL),
    }
    draw_ring(
        canvas, (1180, 1010), 640, measure_heights(SLUGS[0], count), high=300,
        colour=lambda index: tints[turns[index]], side=lambda index: {"A": 1, "B": -1, "": 0}[turns[index]],
    )  # fmt: skip
    canvas.save("twee-stemmen")


def draw_seventeen_strokes() -> None:
    """Draw seventeen tally marks on ruled paper."""
    canvas, chance = Canvas(LEAD_PX, mix_colours(MOSS, 0.13)), random.Random(17)
    for line in range(1, 9):
        canvas.stroke([(0, line * 126), (LEAD_PX[0], line * 126)], 2, mix_colours(MOSS, 0.4))
    left, top, high = 190.0, 352.0, 430.0
    for number in range(17):
        place = number % 5
        x = left + (number // 5) * 470 + place * 84
        if place == 4:
            x -= 84 * 4.6
            canvas.stroke(_shake_line((x, top + high * 0.82), (x + 84 * 4.2, top + high * 0.14), chance), 15, MOSS)
        else:
            canvas.stroke(_shake_line((x + 6, top), (x - 8, top + high), chance), 15, MOSS if number < 16 else BRICK)
    canvas.save("zeventien-streepjes")


def _shake_line(
    start: tuple[float, float], end: tuple[float, float], chance: random.Random
) -> list[tuple[float, float]]:
    """Return the points of a line as if drawn by hand."""
    bend, lean = chance.uniform(-9, 9), chance.uniform(-10, 10)
    points = []
    for step in range(13):
        share = step / 12
        sway = bend * math.sin(share * math.pi)
        points.append((
            start[0] + (end[0] + lean - start[0]) * share + sway, start[1] + (end[1] - start[1]) * share + sway * 0.4
        ))  # fmt: skip
    return points


def draw_ten_circles() -> None:
    """Draw five pairs of circles, one inside the other."""
    canvas = Canvas(COLUMN_PX, mix_colours(MOSS, 0.13))
    pairs = [
        (190, 200, 150, 0.5),
        (505, 200, 120, 0.72),
        (810, 215, 165, 0.5),
        (335, 540, 140, 0.64),
        (675, 545, 150, 0.82),
    ]
    for x, y, radius, share in pairs:
        canvas.disc(x, y, radius, MOSS, width=7)
        canvas.disc(
            x, y + radius * (1 - share) * 0.55, radius * share, MOSS if share == 0.5 else mix_colours(MOSS, 0.6)
        )
    canvas.save("tien-cirkels")


def draw_road() -> None:
    """Draw a road in three sections, with a gap for a bridge and a stretch with ice."""
    canvas = Canvas(COLUMN_PX, mix_colours(BRICK, 0.11))
    line = [
        (60 + 884 * share, 480 - 190 * share - 70 * math.sin(share * 7.1)) for share in (n / 180 for n in range(181))
    ]
    for first, last, tint in ((0, 62, 1.0), (70, 124, 0.66), (124, 180, 0.38)):
        canvas.stroke(line[first : last + 1], 26, mix_colours(BRICK, tint))
    for at in (62, 70):
        x, y = line[at]
        canvas.stroke([(x, y - 58), (x, y + 58)], 9, BRICK)
    for at in range(0, 181, 20):
        canvas.disc(line[at][0], 640, 8, mix_colours(BRICK, 0.66))
    for at in range(126, 141, 3):
        x, y = line[at]
        canvas.stroke([(x - 14, y - 66), (x - 4, y - 32)], 6, PETROL)
    canvas.save("negen-kilometer")


def draw_all_evenings() -> None:
    """Draw the four episodes as concentric waveforms, larger than the page."""
    canvas = Canvas(PAGE_PX, PAPER)
    middle = (PAGE_PX[0] / 2, PAGE_PX[1] / 2)
    for slug, ink, radius in zip(SLUGS, EVENT_COLOURS, (330, 640, 950, 1260), strict=False):
        draw_ring(
            canvas, middle, radius, measure_heights(slug, round(radius / 3.1)), high=250, colour=lambda _, ink=ink: ink
        )
    canvas.save("alle-avonden")


def draw_round_table() -> None:
    """Draw a table with eight chairs from above; one chair is yellow and stands back."""
    canvas = Canvas(OPENER_PX, mix_colours(PETROL, 0.14))
    draw_table(canvas, (OPENER_PX[0] * 0.56, OPENER_PX[1] * 0.5), 470, seats=8, empty=5)
    canvas.save("acht-stoelen", RELAY)


def draw_kitchen_table() -> None:
    """Draw a small table with two chairs on one side, and one opposite."""
    canvas = Canvas(LEAD_PX, mix_colours(PETROL, 0.14))
    middle = (LEAD_PX[0] * 0.5, LEAD_PX[1] * 0.5)
    for x, y, colour in ((-170, -330, PETROL), (170, -330, ACCENT), (0, 345, mix_colours(PETROL, 0.5))):
        draw_chair(canvas, (middle[0] + x, middle[1] + y), math.copysign(math.pi / 2, y), colour)
    canvas.box(middle[0] - 420, middle[1] - 215, middle[0] + 420, middle[1] + 215, PETROL)
    canvas.save("twee-stoelen", RELAY)


def draw_table(canvas: Canvas, middle: tuple[float, float], radius: float, *, seats: int, empty: int) -> None:
    """Draw a round table and its chairs; the one with the number ``empty`` is yellow and stands back."""
    for number in range(seats):
        angle, far = 2 * math.pi * (number + 0.5) / seats, radius + (215 if number == empty else 105)
        place = (middle[0] + math.cos(angle) * far, middle[1] + math.sin(angle) * far)
        draw_chair(canvas, place, angle, ACCENT if number == empty else mix_colours(PETROL, 0.55))
    canvas.disc(*middle, radius, PETROL)


def draw_chair(canvas: Canvas, place: tuple[float, float], angle: float, colour: str) -> None:
    """Draw a chair from above: a seat, and its back at the side that ``angle`` points to."""
    canvas.disc(*place, 105, colour)
    arc = [angle - 1.0 + step * 0.1 for step in range(21)]
    canvas.stroke([(place[0] + math.cos(one) * 140, place[1] + math.sin(one) * 140) for one in arc], 26, colour)


if __name__ == "__main__":
    for folder in (OUT, RELAY):
        folder.mkdir(exist_ok=True)
    for draw in (
        draw_four_tables,
        draw_two_voices,
        draw_seventeen_strokes,
        draw_ten_circles,
        draw_road,
        draw_all_evenings,
        draw_round_table,
        draw_kitchen_table,
    ):
        draw()
