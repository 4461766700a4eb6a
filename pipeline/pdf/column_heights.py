"""A repair of WeasyPrint 70: the heights of columns are balanced in larger steps.

It makes columns higher, pixel by pixel, until all fits, and lays out everything each time. Lines of
text allow steps of a line; a table or a run of headings took hundreds of layouts.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FunctionType
from typing import Any

from weasyprint.layout import block, column

_STEP_PX = 8  # less than a line of text, whose steps stay as they are
_STEP = "add_height = 1 if lost_space == inf else lost_space"


@contextmanager
def enlarge_balancing_steps() -> Iterator[None]:
    """Balance the columns of texts in steps of at least 8 pixels, inside the context."""
    original = block.columns_layout
    block.columns_layout = _compile_columns_layout()
    try:
        yield
    finally:
        block.columns_layout = original


@cache
def _compile_columns_layout() -> Any:
    """Compile the function of WeasyPrint with another step, for which it has no option.

    Another version of WeasyPrint may have no such step: its function is returned as it is.
    """
    original = column.columns_layout
    source = inspect.getsource(original)
    if source.count(_STEP) != 1:
        return original
    changed = source.replace(_STEP, f"add_height = max({_STEP_PX}, 0 if lost_space == inf else lost_space)")
    names: dict[str, Any] = {}
    exec(compile(changed, "column_heights", "exec"), names)  # noqa: S102  # our own text: that of a library, with one line changed
    return FunctionType(names["columns_layout"].__code__, vars(column), argdefs=original.__defaults__)
