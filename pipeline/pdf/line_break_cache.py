"""A cache of line breaks while one document is rendered.

WeasyPrint 70 breaks the same text at the same width again for each attempt: it balances columns in
several, and measures a flexible box before it lays the box out. Two of three breaks were
repetitions, and Pango's result is deterministic.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

from weasyprint.layout import inline, preferred

SUPPORTED_VERSION = "70."  # in this WeasyPrint, a break depends on nothing outside the cache key below


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
            lines[key] = original(text, style, context, *settings, **flags)
            styles[id(style)] = style
        layout, *rest = lines[key]
        return (copy(layout), *rest)  # drawing sets a layout up again and may cut its text

    return split_first_line
