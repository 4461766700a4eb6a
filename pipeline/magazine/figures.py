"""The pictures in the text blocks of the PDF editions: their size, and the room that they take."""

import re
from collections.abc import Sequence
from html import escape, unescape
from urllib.parse import quote, unquote

from pipeline.magazine import copyfit
from pipeline.magazine.page_geometry import PAGE, TypeScale
from pipeline.magazine.picture_sizes import COLUMNS, choose_width, measure_picture
from pipeline.model import Picture

_FIGURE = re.compile(
    r'<figure><img src="pictures/(?P<src>[^"]+)"(?P<rest>[^>]*)>(?:<figcaption>(?P<caption>.*?)</figcaption>)?</figure>',
    re.DOTALL,
)
_TAG = re.compile(r"<[^>]*>")
_SPACE_LINES = 1.0  # below a figure, and above one across both columns


def make_source(picture_name: str) -> str:
    """Make the ``src`` of a picture in the HTML of all editions, from ``Picture.name``."""
    return escape(f"pictures/{quote(picture_name)}")


def place_figure(block: str, pictures: Sequence[Picture], scale: TypeScale) -> str:
    """Set the size of the figure that a block is, and fill it up to whole lines, which keeps common baselines.

    Args:
        block: An HTML block; anything but a figure is returned unchanged.
        pictures: The pictures of its text.
        scale: The type of the edition.
    """
    if (found := _FIGURE.fullmatch(block)) is None:
        return block
    picture = _find_picture(found, pictures)
    width_mm, height_mm = measure_picture(picture)
    leading_mm = scale.text.leading_mm
    rest_mm = -height_mm % leading_mm
    caption = ""
    if found["caption"]:
        height = f"{_count_caption_lines(found, picture, scale) * scale.text.leading:g}pt"
        caption = f'<figcaption style="min-height: {height}">{found["caption"]}</figcaption>'
    return (
        f'<figure class="{choose_width(picture)}" style="padding-bottom: {rest_mm:.3f}mm">'
        f'<img src="pictures/{found["src"]}"{found["rest"]} style="width: {width_mm}mm; height: {height_mm}mm">'
        f"{caption}</figure>"
    )


def is_page_figure(block: str, pictures: Sequence[Picture]) -> bool:
    """Return whether a block is a picture that has its own page, after the text."""
    found = _FIGURE.fullmatch(block)
    return found is not None and choose_width(_find_picture(found, pictures)) == "page"


def count_figure_lines(block: str, pictures: Sequence[Picture], scale: TypeScale) -> float:
    """Count the lines of one column that a figure takes with its caption; one across both takes them twice."""
    if (found := _FIGURE.fullmatch(block)) is None:
        return 0.0
    picture = _find_picture(found, pictures)
    columns = COLUMNS[choose_width(picture)]
    lines = -(-measure_picture(picture)[1] // scale.text.leading_mm)
    return columns * (lines + _count_caption_lines(found, picture, scale) + columns * _SPACE_LINES)


def _find_picture(found: re.Match[str], pictures: Sequence[Picture]) -> Picture:
    name = unquote(unescape(found["src"]))
    return next((one for one in pictures if one.name == name), Picture(file=name, alt=""))


def _count_caption_lines(found: re.Match[str], picture: Picture, scale: TypeScale) -> int:
    caption = unescape(_TAG.sub("", found["caption"] or ""))
    width_mm = PAGE.column_width if choose_width(picture) == "column" else PAGE.text_width
    return copyfit.count_lines(caption, scale.caption, width_mm) if caption else 0
