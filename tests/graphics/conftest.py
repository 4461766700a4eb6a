"""Waveforms and comparisons for the tests of images."""

import random
from io import BytesIO
from pathlib import Path

from PIL import Image

from pipeline.model import Waveform
from pipeline.typesetting import get_templates_folder

FONTS = str(get_templates_folder() / "fonts")
LONG_TITLE = (
    "Het lef om het kleinschalig en menselijk te houden in een grote organisatie vol kinderopvangtoeslagaffaires"
)


def make_waveform(seed):
    """A waveform of 180 random bars."""
    chance = random.Random(seed)
    return Waveform(bar_s=20, heights=tuple(round(chance.uniform(0.1, 1), 3) for _ in range(180)))


def open_image(file):
    """An image that does not keep its file open."""
    return Image.open(BytesIO(Path(file).read_bytes()))


def is_near(one, other, *, by=12):
    """Whether two colours differ by at most ``by`` in each channel."""
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))
