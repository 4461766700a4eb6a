"""Cross-references: links in a text that lead to another text of the programme, and the address that each gets where it is shown."""

import html
import posixpath
import re
from collections.abc import Callable
from urllib.parse import unquote

from markupsafe import Markup

_LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|[/\\]", re.IGNORECASE)


def file_meant(target: str, *, folder: str) -> str:
    """The text, or the folder of texts, that a link in ``folder`` means; nothing where it leads elsewhere or within the page."""
    if not target or target.startswith("#") or _ELSEWHERE.match(target):
        return ""
    return posixpath.normpath(posixpath.join(folder, target.partition("#")[0]))


def with_references(text_html: str, *, folder: str, to: Callable[[str], str]) -> Markup:
    """Clean HTML in which each link to another text has its address; one that has none gives way to its words.

    Args:
        text_html: what ``html_of`` made.
        folder: where the text stands in the programme.
        to: from a file of the programme to its address, or to nothing.
    """

    def put(found: re.Match[str]) -> str:
        file = file_meant(unquote(html.unescape(found[1])), folder=folder)
        if not file:
            return found[0]
        address = to(file)
        return f'<a href="{html.escape(address)}">{found[2]}</a>' if address else found[2]

    return Markup(_LINK.sub(put, text_html))  # what is put in is escaped, the rest was clean before
