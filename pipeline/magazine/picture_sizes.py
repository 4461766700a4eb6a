"""How large pictures stand on paper, in millimetres: what the style sheets say, for whoever makes or judges a picture."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.model import Magazine, Programme
from pipeline.typesetting import pictures_in

PAGE_MM = (210.0, 297.0)  # a picture over the whole page, without its bleed
LEAD_MM = (175.0, 96.0)  # over a story; see .lead in magazine.css
COLUMN_MM = (85.0, 63.0)  # in the text; see .text figure

Size = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A picture where somebody put it: in the head of ``file`` at ``at``, or in the text below it as ``words``."""

    picture: str  # in the programme
    size_mm: Size  # it covers this whole
    file: str
    at: tuple[str | int, ...] = ()
    words: str = ""


def placed_pictures(programme: Programme, magazine: Magazine) -> Iterator[Placed]:
    """Every picture of the magazine in each of its places."""
    bleed_mm = 2 * magazine.print.bleed_mm
    whole = (PAGE_MM[0] + bleed_mm, PAGE_MM[1] + bleed_mm)
    for number, article in enumerate(magazine.flatplan):
        if article.picture:
            at = ("flatplan", number, article.kind, "image")
            yield Placed(picture=article.picture.file, size_mm=whole, file="magazine/magazine.yaml", at=at)
    for story in programme.stories:
        file = f"magazine/stories/{story.slug}.md"
        if story.picture:
            yield Placed(picture=story.picture.file, size_mm=LEAD_MM, file=file, at=("picture", "file"))
        yield from _in_text(file, story.text_md)
    for reflection in programme.reflections:
        yield from _in_text(f"magazine/reflections/{reflection.event}/{reflection.slug}.md", reflection.text_md)


def _in_text(file: str, text_md: str) -> Iterator[Placed]:
    for one in pictures_in(text_md):
        picture = posixpath.normpath(posixpath.join(posixpath.dirname(file), one.source))
        yield Placed(picture=picture, size_mm=COLUMN_MM, file=file, words=one.source)
