"""Cross-references: links in a text that lead to another text of the programme, and the address that each gets where it is shown."""

import html
import posixpath
import re
from collections.abc import Callable
from urllib.parse import unquote

from markupsafe import Markup

_LINK = re.compile(r'<a href="([^"#]*\.md)(?:#[^"]*)?"[^>]*>(.*?)</a>', re.DOTALL)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|[/\\]", re.IGNORECASE)
_SEE = re.compile(r'<a class="see" href="([^"]*)">(.*?)</a>', re.DOTALL)


def files_meant(target: str, *, folder: str) -> tuple[str, ...]:
    """The files that a link may mean: one beside its own text, or one that is named as the flatplan names it; none elsewhere."""
    if _ELSEWHERE.match(target) or not target.endswith(".md"):
        return ()
    return posixpath.normpath(posixpath.join(folder, target)), posixpath.normpath(f"magazine/{target}")


def with_references(text_html: str, *, folder: str, to: Callable[[str], str]) -> Markup:
    """Clean HTML in which each link to another text has its address; one that has none gives way to its words.

    Args:
        text_html: what ``html_of`` made.
        folder: where the text stands in the programme.
        to: from a file of the programme to its address, or to nothing.
    """

    def put(found: re.Match[str]) -> str:
        files = files_meant(unquote(html.unescape(found[1])), folder=folder)
        address = next((address for file in files if (address := to(file))), "")
        if not files:
            return found[0]
        return f'<a class="see" href="{html.escape(address)}">{found[2]}</a>' if address else found[2]

    return Markup(_LINK.sub(put, text_html))  # what is put in is escaped, the rest was clean before


def references_turned(text_html: str, turn: Callable[[str, str], str]) -> str:
    """The same, with each reference that ``with_references`` made turned into what ``turn`` gives for address and words."""
    return _SEE.sub(lambda found: turn(html.unescape(found[1]), found[2]), text_html)
