"""A repair of WeasyPrint 70: page breaks near text in columns that an element spans.

Where a break is to be avoided, WeasyPrint looks for an earlier one and enters boxes before it. An
element across all columns has no number there, and the layout stops with an ``AttributeError``.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from weasyprint.formatting_structure.boxes import LineBox
from weasyprint.layout import block


@contextmanager
def forbid_breaks_between_columns() -> Iterator[None]:
    """Look for no earlier page break between columns and the elements across them, inside the context."""
    original = block.find_earlier_page_break

    def find_earlier_page_break(context: Any, children: Sequence[Any], *boxes: Any) -> Any:
        if any(not isinstance(child, LineBox) and not hasattr(child, "index") for child in children):
            return None
        return original(context, children, *boxes)

    block.find_earlier_page_break = find_earlier_page_break
    try:
        yield
    finally:
        block.find_earlier_page_break = original
