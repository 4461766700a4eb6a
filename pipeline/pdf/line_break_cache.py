"""A cache of line breaks while one document is rendered.

WeasyPrint 70 breaks the same text at the same width again for each attempt: it balances columns in
several, and measures a flexible box before it lays the box out. Two of three breaks were
repetitions, and Pango's result is deterministic.

For many lines it also looks at all the text that is left of a paragraph, so that the time grows with
the square of its length. We give it only the start of that, if a line ends well within it.

And where a text before an element fits, but not the space at its end, it ends the line after the first
word of the text: that line is split again.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from math import inf
from typing import Any

from weasyprint.layout import inline, preferred

SUPPORTED_VERSION = "70."  # in this WeasyPrint, a break depends on nothing outside the cache key below
_MIN_CHARACTERS = 64  # of the start of a text that is given to WeasyPrint
_CHARACTERS_PER_EM = 10  # of a line and what follows it: letters are about half as wide as high
_GROWTH = 4  # from one start of a text to the next
_BREAK = re.compile("[ \n\u200b\u3000-\u9fff\uac00-\ud7af]")  # where any line may end


@contextmanager
def cache_line_breaks(version: str) -> Iterator[bool]:
    """Reuse line breaks inside the context; yields whether this WeasyPrint version allows it."""
    original = getattr(inline, "split_first_line", None)
    if not version.startswith(SUPPORTED_VERSION) or original is None or preferred.split_first_line is not original:
        yield False
        return
    inline.split_first_line = preferred.split_first_line = _cache_results(original)
    try:
        yield True
    finally:
        inline.split_first_line = preferred.split_first_line = original


def _cache_results(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return WeasyPrint's ``split_first_line`` with a cache."""
    lines: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    styles: dict[int, Any] = {}  # references, so that no new style gets the id of a deleted one

    def split_first_line(text: str, style: Any, context: Any, *settings: Any, **flags: bool) -> tuple[Any, ...]:
        key = (id(style), text, settings, *flags.items())
        if key not in lines:
            lines[key] = _split_before_space(original, text, style, context, *settings, **flags)
            styles[id(style)] = style
        layout, *rest = lines[key]
        return (copy(layout), *rest)  # drawing sets a layout up again and may cut its text

    return split_first_line


def _split_before_space(
    original: Callable[..., Any], text: str, style: Any, context: Any, max_width: Any, *settings: Any, **flags: bool
) -> Any:
    """Split the first line from a text; a space at its end may stand outside (CSS Text 3, 4.1.2)."""
    result = _split_start(original, text, style, context, max_width, *settings, **flags)
    resume_at = result[2]  # in bytes; None: all of it is on one line
    if resume_at is None or not text.endswith(" ") or " " in text.encode()[:resume_at].decode().strip():
        return result
    bare = original(text[:-1], style, context, max_width, *settings, **flags)
    if bare[2] is not None:
        return result
    return original(text, style, context, max_width + style["font_size"], *settings, **flags)


def _split_start(
    original: Callable[..., Any], text: str, style: Any, context: Any, max_width: Any, *settings: Any, **flags: bool
) -> Any:
    """Split the first line from a long text by as much of it as decides where the line ends."""
    is_bounded = max_width is not None and max_width != inf and style["font_size"]
    ems = max_width / style["font_size"] if is_bounded else inf
    count = max(_MIN_CHARACTERS, _CHARACTERS_PER_EM * ems)
    while count * 2 < len(text):
        start = text[: int(count)]
        result = original(start, style, context, max_width, *settings, **flags)
        resume_at = result[2]
        if resume_at is not None and len(_BREAK.findall(start.encode()[resume_at:].decode()[:-1])) > 1:
            return result
        count *= _GROWTH
    return original(text, style, context, max_width, *settings, **flags)
