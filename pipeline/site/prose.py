"""The pictures inside a text: from where a text names them to where they are published."""

import html
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from pipeline.typeset import with_references

_PICTURE = re.compile(r'<img src="([^"]*)" alt="([^"]*)"[^>]*>')


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of clean HTML, and the picture that follows it: its path under ``public/``, its description."""

    text: str
    picture: str = ""
    alt: str = ""


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
        file = posixpath.normpath(posixpath.join(folder, unquote(html.unescape(found[1]))))
        yield Piece(text=text[place : found.start()], picture=pictures.get(file, ""), alt=html.unescape(found[2]))
        place = found.end()
    yield Piece(text=text[place:])
