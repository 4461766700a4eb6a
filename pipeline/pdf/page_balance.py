"""Balancing of a text over its pages: no last page with a few lines, a quote or a list alone.

The pages before it are shortened until it has enough. What is measured are the boxes of WeasyPrint.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MIN_FILL = 0.28  # of the height of a last page
_MIN_TEXT_PX = 64.0  # running text in a column of the last page: about four lines
_MAX_ATTEMPTS = 4
_MAX_TIGHT_PAGES = 4  # of a text that is tried in tight style; a page less matters less in a longer one
_MAX_PAGES = 40  # that are laid out again, all attempts together
_GROWTH = 1.3  # of what is moved, from one attempt to the next
_RUNNING = frozenset({"text", "index"})  # what may move to the next page
_FLOWING = "flows"  # the article on shared pages that may be broken
_SEPARATE = "picture-page"  # a picture on a page of its own after the text


@dataclass(frozen=True, slots=True, kw_only=True)
class PageUse:
    """What a page contains, in CSS pixels."""

    height_px: float  # of the page area
    used_px: float  # from its top to the lowest line or picture
    text_px: float  # height of the running text; of the text that flows on, if others share the page
    is_separate: bool  # holds no running text by design

    @property
    def missing_px(self) -> float:
        """Height that is missing for a last page that looks meant."""
        missing_text = _MIN_TEXT_PX - self.text_px
        return max(MIN_FILL * self.height_px - self.used_px, missing_text, 0.0)

    @property
    def has_room(self) -> bool:
        """Whether what is missing fits on the page."""
        return self.used_px + self.missing_px <= self.height_px


def balance_pages(lay_out: Callable[[str], Any], tight_style: str) -> Any:
    """Lay out a document, again if a page after the first is near empty: in tight style, then with shorter pages.

    Args:
        lay_out: Lays out the document with one more stylesheet.
        tight_style: A stylesheet with which the text takes less room.

    Returns:
        The first document that takes a page less, or whose pages have enough; otherwise the one that misses least.
    """
    best = lay_out("")
    pages = _measure_text_pages(best)
    poor = next((number for number, page in enumerate(pages) if number and page.missing_px and page.has_room), 0)
    if not any(page.text_px for page in pages[:poor]):  # nothing to move to it
        return best
    may_be_tight = tight_style and len(pages) <= _MAX_TIGHT_PAGES
    if may_be_tight and len(_measure_text_pages(tight := lay_out(tight_style))) < len(pages):
        return tight
    least_px = _sum_missing_px(pages)
    for attempt in range(max(1, min(_MAX_ATTEMPTS, _MAX_PAGES // len(pages)))):
        balanced = lay_out(_shorten_pages(pages[:poor], pages[poor].missing_px * _GROWTH**attempt))
        measured = _measure_text_pages(balanced)
        missing_px = _sum_missing_px(measured)
        if len(measured) == len(pages) and missing_px < least_px:
            best, least_px = balanced, missing_px
        if not least_px or measured == pages:  # nothing more can move
            break
    return best


def _sum_missing_px(pages: Sequence[PageUse]) -> float:
    return sum(page.missing_px for page in pages[1:])


def _shorten_pages(pages: Sequence[PageUse], height_px: float) -> str:
    """Write the stylesheet that moves so much of the text on these pages to the next."""
    shares = [page.height_px - page.used_px + height_px / len(pages) for page in pages]
    return " ".join(
        f"@page :nth({number}) {{ padding-bottom: {share:.1f}px }}" for number, share in enumerate(shares, 1)
    )


def _measure_text_pages(document: Any) -> list[PageUse]:
    return [page for page in measure_pages(document) if not page.is_separate]


def measure_pages(document: Any) -> list[PageUse]:
    """Measure how much of each page is used."""
    return [_measure_page(page._page_box) for page in document.pages]  # noqa: SLF001  # the only way to its boxes


def _measure_page(root: Any) -> PageUse:
    flow = [child for child in root.children if type(child).__name__ != "MarginBox"]
    boxes = [box for child in flow for box in _iterate_leaves(child, frozenset())]
    top_px = root.margin_top + root.padding_top
    lowest_px = max((box.position_y + box.height for box, _ in boxes), default=top_px)
    is_shared = any(_FLOWING in around for _, around in boxes)
    running = [box for box, around in boxes if _RUNNING & around and (_FLOWING in around or not is_shared)]
    text = [(box.position_y, box.position_y + box.height) for box in running]
    text_px = max(bottom for _, bottom in text) - min(top for top, _ in text) if text else 0.0
    return PageUse(
        height_px=root.height + root.padding_bottom,
        used_px=lowest_px - top_px,
        text_px=text_px,
        is_separate=any(_SEPARATE in _get_class(box) for child in flow for box in _iterate_blocks(child)),
    )


def _iterate_leaves(box: Any, around: frozenset[str]) -> Iterator[tuple[Any, frozenset[str]]]:
    """Yield the lines and pictures in a box, and the classes of all boxes around them."""
    box = getattr(box, "_box", box)
    around = around.union(_get_class(box).split())
    if type(box).__name__ == "LineBox" or type(box).__name__.endswith("ReplacedBox"):
        yield box, around
    for child in getattr(box, "children", ()):
        yield from _iterate_leaves(child, around)


def _iterate_blocks(box: Any) -> Iterator[Any]:
    box = getattr(box, "_box", box)
    yield box
    if type(box).__name__ != "LineBox":
        for child in getattr(box, "children", ()):
            yield from _iterate_blocks(child)


def _get_class(box: Any) -> str:
    element = getattr(box, "element", None)
    return str(element.get("class") or "") if element is not None else ""
