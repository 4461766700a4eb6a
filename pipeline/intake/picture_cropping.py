"""Cuts off what a document hides of a picture: a cropped picture still has all its pixels in the file."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import WeerslagError
from pipeline.graphics.image_cleaning import crop_image, read_print_size


@dataclass(frozen=True, slots=True)
class CropMargins:
    """What is hidden at each side, as a part of the width or height; below zero: white space was added."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0

    @property
    def is_any(self) -> bool:
        """Whether anything is hidden."""
        return max(self.left, self.top, self.right, self.bottom) > 0


def crop_picture(content: bytes, margins: CropMargins) -> bytes:
    """Return the visible part of a picture; empty if it cannot be read, because the rest must not come out."""
    if not margins.is_any:
        return content
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        source.write_bytes(content)
        try:
            return crop_image(str(source), margins.left, margins.top, margins.right, margins.bottom)
        except WeerslagError:
            return b""


def measure_picture(content: bytes) -> tuple[float, float]:
    """Return the width and height of a picture in inches by its resolution, 96 ppi if it names none.

    One that cannot be read is so small that any margin hides all of it.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        source.write_bytes(content)
        try:
            return read_print_size(str(source))
        except WeerslagError:
            return 1e-6, 1e-6
