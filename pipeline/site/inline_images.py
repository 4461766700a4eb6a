"""Images inside a text: from the path in the text to the published path."""

import html
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from pipeline.model import Picture
from pipeline.typesetting import resolve_references, split_caption

_IMAGE = re.compile(
    r'(?P<open><p>\s*)?(?P<img><img src="(?P<src>[^"]*)" alt="(?P<alt>[^"]*)"(?: title="(?P<title>[^"]*)")?[^>]*>)(?P<close>\s*</p>)?'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlSegment:
    """Clean HTML, and the image that follows it.

    An image that is the only content of a paragraph is a figure, which may have a caption.
    """

    text: str
    picture: str = ""  # its path under public/; empty if it is not published
    alt: str = ""
    is_figure: bool = False
    caption: str = ""
    credit: str = ""


def split_at_images(
    text: str,
    *,
    folder: str,
    pictures: Mapping[str, str],
    articles: Mapping[str, str],
    link: Callable[[str], str],
    shown: Sequence[Picture] = (),
) -> Iterator[HtmlSegment]:
    """Split clean HTML at its images; a slice of Markup is Markup.

    An image that is not published is replaced by its text alternative, and a link to a text without a page by its own text.

    Args:
        text: Clean HTML.
        folder: The folder of the text, which image paths are relative to.
        pictures: The published path of each picture, by ``Picture.name``.
        articles: The path of the page of each text file.
        link: Makes a path relative to the current page.
        shown: The pictures of the text: what each is cropped to.

    Yields:
        Segments in order; the last has no image.
    """
    text = resolve_references(text, folder=folder, to=lambda file: link(articles[file]) if file in articles else "")
    names = {one.file: one.name for one in shown}
    position = 0
    for found in _IMAGE.finditer(text):
        file = posixpath.normpath(posixpath.join(folder, unquote(html.unescape(found["src"]))))
        is_figure = bool(found["open"] and found["close"])
        start, end = found.span() if is_figure else found.span("img")
        caption, credit = split_caption(html.unescape(found["title"] or ""))
        yield HtmlSegment(
            text=text[position:start],
            picture=pictures.get(names.get(file, file), ""),
            alt=html.unescape(found["alt"]),
            is_figure=is_figure,
            caption=caption,
            credit=credit,
        )
        position = end
    yield HtmlSegment(text=text[position:])
