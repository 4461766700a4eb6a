"""The pictures inside a text: from where a text names them to where they are published."""

import html
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from pipeline.typesetting import caption_and_credit, with_references

_PICTURE = re.compile(
    r'(?P<open><p>\s*)?(?P<img><img src="(?P<src>[^"]*)" alt="(?P<alt>[^"]*)"(?: title="(?P<told>[^"]*)")?[^>]*>)(?P<close>\s*</p>)?'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of clean HTML, and the picture that follows it: its path under ``public/``, and what is said of it.

    One that stands ``alone`` is a figure, and may have a caption; one among words is a picture in their paragraph.
    """

    text: str
    picture: str = ""
    alt: str = ""
    alone: bool = False
    caption: str = ""
    credit: str = ""


def pieces(
    text: str, *, folder: str, pictures: Mapping[str, str], articles: Mapping[str, str], link: Callable[[str], str]
) -> Iterator[Piece]:
    """``text``, clean HTML, cut at its pictures; a slice of Markup is Markup.

    A text names its pictures from the ``folder`` in which it stands. One that is not published gives way to its
    description, as one from elsewhere does. So does a link to another text to its words, unless ``articles`` knows its page.
    """
    text = with_references(text, folder=folder, to=lambda file: link(articles[file]) if file in articles else "")
    place = 0
    for found in _PICTURE.finditer(text):
        file = posixpath.normpath(posixpath.join(folder, unquote(html.unescape(found["src"]))))
        alone = bool(found["open"] and found["close"])
        start, end = found.span() if alone else found.span("img")
        caption, credit = caption_and_credit(html.unescape(found["told"] or ""))
        yield Piece(
            text=text[place:start],
            picture=pictures.get(file, ""),
            alt=html.unescape(found["alt"]),
            alone=alone,
            caption=caption,
            credit=credit,
        )
        place = end
    yield Piece(text=text[place:])
