"""Printed sizes of the pictures of the magazine.

Pictures keep their shape: a wide one crosses both columns, a high one is at most half a page high,
and one with few pixels is printed smaller. A crop has the shape that ``Picture`` gives it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.magazine.copyfit import PictureLines
from pipeline.magazine.page_geometry import PAGE, Size, TypeScale
from pipeline.model import Picture, Programme

_WIDE = 1.9  # width to height from which a picture crosses both columns
_MIN_PPI = 150  # pictures without a chosen width are printed no coarser than this
COLUMNS = {"column": 1, "full": 2, "page": 0}  # of the text that a picture crosses
_MIN_WIDTH_MM = 45.0  # smaller, nothing can be recognised
_MAX_HEIGHT_MM = {"column": PAGE.text_height / 2, "full": PAGE.text_height * 0.7, "page": PAGE.text_height - 15.0}
_MAX_LEAD_HEIGHT_MM = PAGE.text_height / 2
_MAX_OPENER_HEIGHT_MM = 168.0  # of a picture as wide as the page: a theme of five lines stays above it
_OPENER_INSET_MM = (180.0, 150.0)  # of a higher one, inside the margins


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturePlacement:
    """A picture in the front matter of ``file`` at ``key``, or in its text as ``text``."""

    picture: Picture
    size_mm: Size
    file: str
    key: tuple[str | int, ...] = ()
    text: str = ""

    @property
    def ppi(self) -> float:
        """Resolution in print; infinite if the size of the file is unknown."""
        width_px, _ = self.picture.shown_px
        return width_px / self.size_mm[0] * 25.4 if width_px else math.inf


def choose_width(picture: Picture) -> str:
    """Choose the width of a picture in a text: ``column``, ``full`` or ``page``."""
    if picture.width or picture.fit == "crop":
        return picture.width or "column"
    is_fine = not picture.width_px or picture.width_px / PAGE.text_width * 25.4 >= _MIN_PPI
    return "full" if picture.ratio >= _WIDE and is_fine else "column"


def measure_picture(picture: Picture) -> Size:
    """Compute width and height in millimetres of a picture in a text."""
    width = choose_width(picture)
    width_mm = PAGE.column_width if width == "column" else PAGE.text_width
    if picture.width_px and not picture.width:
        width_mm = min(width_mm, max(_MIN_WIDTH_MM, picture.shown_px[0] / _MIN_PPI * 25.4))
    return _fit(picture.ratio, width_mm, _MAX_HEIGHT_MM[width])


def measure_lead(picture: Picture) -> Size:
    """Compute width and height in millimetres of the picture above a story."""
    width_mm = PAGE.column_width if picture.width == "column" else PAGE.text_width
    return _fit(picture.ratio, width_mm, _MAX_LEAD_HEIGHT_MM)


def measure_page_picture(picture: Picture, bleed_mm: float) -> Size:
    """Compute width and height of a picture on its own page: with bleed if it is cropped, else inside the margins."""
    if picture.fit == "crop":
        return PAGE.width + 2 * bleed_mm, PAGE.height + 2 * bleed_mm
    return _fit(picture.ratio, PAGE.text_width, _MAX_HEIGHT_MM["page"])


def measure_opener_picture(picture: Picture, bleed_mm: float) -> Size:
    """Compute width and height of the picture of an event: as wide as the page with its bleed, unless it is too high."""
    width_mm = PAGE.width + 2 * bleed_mm
    if width_mm / picture.ratio <= _MAX_OPENER_HEIGHT_MM:
        return width_mm, round(width_mm / picture.ratio, 2)
    return _fit(picture.ratio, *_OPENER_INSET_MM)


def count_picture_lines(pictures: Sequence[Picture], scale: TypeScale) -> PictureLines:
    """Count the lines of text that each picture in a text is high, without its caption, and the columns it crosses.

    One on its own page crosses none.
    """
    leading_mm = scale.text.leading_mm
    return tuple((math.ceil(measure_picture(one)[1] / leading_mm), COLUMNS[choose_width(one)]) for one in pictures)


def count_picture_pages(pictures: Sequence[Picture]) -> int:
    """Count the pictures of a text that have their own page."""
    return sum(choose_width(one) == "page" for one in pictures)


def list_picture_placements(programme: Programme) -> Iterator[PicturePlacement]:
    """List every placement of every picture of the stories and the magazine."""
    if magazine := programme.magazine:
        shown = {article.ref for article in magazine.flatplan if article.kind == "event"}
        for number, event in enumerate(programme.events):
            if event.picture and event.id in shown:
                size_mm = measure_opener_picture(event.picture, magazine.print.bleed_mm)
                key = ("events", number, "picture", "file")
                yield PicturePlacement(picture=event.picture, size_mm=size_mm, file="programme.yaml", key=key)
        for number, article in enumerate(magazine.flatplan):
            if article.picture:
                size_mm = measure_page_picture(article.picture, magazine.print.bleed_mm)
                key = ("flatplan", number, article.kind, "image")
                yield PicturePlacement(picture=article.picture, size_mm=size_mm, file="magazine/magazine.yaml", key=key)
    for story in programme.stories:
        file = f"magazine/stories/{story.slug}.md"
        if story.picture:
            yield PicturePlacement(
                picture=story.picture, size_mm=measure_lead(story.picture), file=file, key=("picture", "file")
            )
        yield from _list_in_text(file, story.pictures)
    for reflection in programme.reflections:
        file = f"magazine/reflections/{reflection.event}/{reflection.slug}.md"
        yield from _list_in_text(file, reflection.pictures)


def find_print_sizes(programme: Programme) -> dict[str, Size]:
    """Find the largest printed size of each picture in millimetres, by ``Picture.name``."""
    sizes: dict[str, Size] = {}
    for one in list_picture_placements(programme):
        sizes[one.picture.name] = max(sizes.get(one.picture.name, one.size_mm), one.size_mm)
    return sizes


def _list_in_text(file: str, pictures: Sequence[Picture]) -> Iterator[PicturePlacement]:
    for picture in pictures:
        name = picture.file.rpartition("/")[2]
        yield PicturePlacement(picture=picture, size_mm=measure_picture(picture), file=file, text=name)


def _fit(ratio: float, width_mm: float, height_mm: float) -> Size:
    """Return the largest size with a ratio of width to height inside a rectangle."""
    width_mm = min(width_mm, height_mm * ratio)
    return round(width_mm, 2), round(width_mm / ratio, 2)
