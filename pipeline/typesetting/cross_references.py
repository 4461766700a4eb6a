"""Cross-references: links from one text of the programme to another."""

import html
import posixpath
import re
from collections.abc import Callable
from urllib.parse import unquote

from markupsafe import Markup

_LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_EXTERNAL = re.compile(r"[a-z][a-z0-9+.-]*:|[/\\]", re.IGNORECASE)


def is_external(target: str) -> bool:
    """Whether a target has a scheme or an absolute path: it is not a file of the programme."""
    return _EXTERNAL.match(target) is not None


def resolve_link_target(target: str, *, folder: str) -> str:
    """Return the file or folder of the programme that a link in ``folder`` points to.

    Returns:
        A path from the root of the programme; empty for external links and links within the page.
    """
    if not target or target.startswith("#") or is_external(target):
        return ""
    return posixpath.normpath(posixpath.join(folder, target.partition("#")[0]))


def resolve_references(text_html: str, *, folder: str, to: Callable[[str], str]) -> Markup:
    """Replace links to other texts by links to their addresses.

    Args:
        text_html: The result of ``render_markdown``.
        folder: The folder of the text in the programme.
        to: Returns the address of a file of the programme; empty: the link is replaced by its text.
    """

    def replace_link(found: re.Match[str]) -> str:
        file = resolve_link_target(unquote(html.unescape(found[1])), folder=folder)
        if not file:
            return found[0]
        address = to(file)
        return f'<a href="{html.escape(address)}">{found[2]}</a>' if address else found[2]

    return Markup(_LINK.sub(replace_link, text_html))  # addresses are escaped, the rest was sanitised before
