"""A repair of cssselect2 0.8: selectors such as ``:has(+ h3)`` in linear time.

For each element it makes all its siblings anew: 400 paragraphs took 1.5 s in each edition.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from weasyprint.css import cssselect2


@contextmanager
def cache_siblings() -> Iterator[None]:
    """Make the siblings of an element once, inside the context."""
    kind = cssselect2.ElementWrapper
    original = kind.iter_next_siblings
    children: dict[Any, list[Any]] = {}  # by parent; holds it, so that its identity stays its own

    def iter_next_siblings(element: Any) -> Iterator[Any]:
        if element.parent is None:
            return iter(())
        if element.parent not in children:
            children[element.parent] = list(element.parent.iter_children())
        return iter(children[element.parent][element.index + 1 :])

    kind.iter_next_siblings = iter_next_siblings
    try:
        yield
    finally:
        kind.iter_next_siblings = original
