"""Printed sizes of the pictures of the magazine."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.magazine.page_geometry import COLUMN_PICTURE_MM, LEAD_PICTURE_MM, PAGE, Size
from pipeline.model import Programme
from pipeline.typesetting import find_images


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturePlacement:
    """A picture in the front matter of ``file`` at ``key``, or in its text as ``text``."""

    picture: str  # path in the programme
    size_mm: Size
    file: str
    key: tuple[str | int, ...] = ()
    text: str = ""


def list_picture_placements(programme: Programme) -> Iterator[PicturePlacement]:
    """List every placement of every picture of the stories and the magazine."""
    if magazine := programme.magazine:
        bleed_mm = 2 * magazine.print.bleed_mm
        for number, article in enumerate(magazine.flatplan):
            if article.picture:
                yield PicturePlacement(
                    picture=article.picture.file,
                    size_mm=(PAGE.width + bleed_mm, PAGE.height + bleed_mm),
                    file="magazine/magazine.yaml",
                    key=("flatplan", number, article.kind, "image"),
                )
    for story in programme.stories:
        file = f"magazine/stories/{story.slug}.md"
        if story.picture:
            picture = story.picture.file
            yield PicturePlacement(picture=picture, size_mm=LEAD_PICTURE_MM, file=file, key=("picture", "file"))
        yield from _list_in_text(file, story.text_md)
    for reflection in programme.reflections:
        file = f"magazine/reflections/{reflection.event}/{reflection.slug}.md"
        yield from _list_in_text(file, reflection.text_md)


def find_print_sizes(programme: Programme) -> dict[str, Size]:
    """Find the largest printed size of each picture in millimetres, by path in the programme."""
    sizes: dict[str, Size] = {}
    for one in list_picture_placements(programme):
        sizes[one.picture] = max(sizes.get(one.picture, one.size_mm), one.size_mm)
    return sizes


def _list_in_text(file: str, text_md: str) -> Iterator[PicturePlacement]:
    for image in find_images(text_md):
        picture = posixpath.normpath(posixpath.join(posixpath.dirname(file), image.source))
        yield PicturePlacement(picture=picture, size_mm=COLUMN_PICTURE_MM, file=file, text=image.source)
