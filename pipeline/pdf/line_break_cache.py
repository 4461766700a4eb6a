"""Remembers where lines break while a document is laid out.

WeasyPrint 70 breaks the same text at the same width again for each try: columns are balanced in several, and a flexible box
is measured before it is laid out. Two lines in three were broken before; Pango's answer is the same each time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from weasyprint.layout import inline, preferred
from weasyprint.text.line_break import Layout

SUPPORTED = "70."  # this WeasyPrint was read: what it breaks depends on no more than what is in the key below


@contextmanager
def lines_remembered(version: str) -> Iterator[bool]:
    """While open, a line that was broken before is not broken again; yields whether this version is known to allow it."""
    original = getattr(inline, "split_first_line", None)
    if not version.startswith(SUPPORTED) or original is None or preferred.split_first_line is not original:
        yield False
        return
    inline.split_first_line = preferred.split_first_line = _Memory(original)
    try:
        yield True
    finally:
        inline.split_first_line = preferred.split_first_line = original


class _Memory:
    """Stands in for WeasyPrint's ``split_first_line``."""

    def __init__(self, original: Any) -> None:
        self.original = original
        self.broken: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self.styles: dict[int, Any] = {}  # held, so that no other style gets the number of one that is gone

    def __call__(  # WeasyPrint's
        self,
        text: str,
        style: Any,
        context: Any,
        max_width: float | None,
        justification_spacing: float,
        is_line_start: bool = True,  # noqa: FBT001, FBT002
        minimum: bool = False,  # noqa: FBT001, FBT002
    ) -> tuple[Any, ...]:
        """The first line of ``text``: its layout, and where it ends."""
        key = (id(style), text, max_width, justification_spacing, is_line_start, minimum)
        found = self.broken.get(key)
        if found is None:
            found = self.original(text, style, context, max_width, justification_spacing, is_line_start, minimum)
            self.styles[id(style)] = style
            self.broken[key] = found
        layout, *rest = found
        return (_copied(layout), *rest)


def _copied(layout: Any) -> Any:
    """A layout of its own for each box: what draws one sets it up again, and may cut its text."""
    copied = object.__new__(Layout)
    copied.__dict__.update(layout.__dict__)
    return copied
