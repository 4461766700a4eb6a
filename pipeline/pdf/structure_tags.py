"""Mends the tags of a PDF while WeasyPrint makes them: one structure element for each HTML element, however often it breaks.

WeasyPrint 70 makes a new element for each fragment of a box (a paragraph over two columns becomes three paragraphs, an
article over four pages four articles), wraps each line in a Span, and forgets the language of foreign words. Screen
readers then announce paragraphs that nobody wrote.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pydyf  # type: ignore[import-untyped]  # it says nothing of its types
from weasyprint.pdf import tags

SUPPORTED = "70."  # the builder below knows the inside of this WeasyPrint; with any other, its own tags stand

_MERGED = {
    "/P", "/H1", "/H2", "/H3", "/H4", "/H5", "/H6", "/Art", "/Sect", "/Div", "/Part", "/BlockQuote",
    "/L", "/LI", "/LBody", "/Caption", "/Span", "/NonStruct",
}  # fmt: skip
_PLAIN_KEYS = {"Type", "S", "K", "Pg", "P"}  # a Span with no more than these says nothing


@contextmanager
def one_element_each(version: str) -> Iterator[bool]:
    """While open, WeasyPrint builds whole elements; yields whether this version can be mended."""
    original = getattr(tags, "_build_box_tree", None)
    if not version.startswith(SUPPORTED) or original is None:
        yield False
        return
    tags._build_box_tree = _Builder(original)  # noqa: SLF001  # it calls itself by this name
    try:
        yield True
    finally:
        tags._build_box_tree = original  # noqa: SLF001


def without_line_spans(_: Any, pdf: Any) -> None:
    """Hang the lines of a paragraph in the paragraph itself, instead of a Span for each; a finisher of ``write_pdf``."""
    if "StructTreeRoot" not in pdf.catalog:
        return
    tree = _parsed(pdf, pdf.catalog["StructTreeRoot"])
    for owners in _parsed(pdf, tree["ParentTree"])["Nums"][1::2]:
        if isinstance(owners, list):
            owners[:] = [_without_span(pdf, owner) for owner in owners]


def with_bodies(_: Any, pdf: Any) -> None:
    """Put what a list item holds besides its number into one body: a paragraph straight in an LI fails UA-1 7.2-20."""
    items: list[Any] = [one for one in pdf.objects if isinstance(one, dict) and one.get("S") == "/LI"]
    for item in items:
        kids = [(kid, _parsed(pdf, kid)) for kid in item["K"]]
        loose = [kid for kid, child in kids if child is not None and child.get("S") not in ("/Lbl", "/LBody")]
        if not loose:
            continue
        body = next((child for _, child in kids if child is not None and child.get("S") == "/LBody"), None)
        if body is None:
            parts = {"Type": "/StructElem", "S": "/LBody", "K": pydyf.Array([]), "Pg": item["Pg"], "P": item.reference}
            body = pydyf.Dictionary(parts)
            pdf.add_object(body)
            item["K"].insert(item["K"].index(loose[0]), body.reference)
        for kid in loose:
            item["K"].remove(kid)
            body["K"].append(kid)
            _parsed(pdf, kid)["P"] = body.reference


class _Builder:
    """Stands in for WeasyPrint's recursive ``_build_box_tree``."""

    def __init__(self, original: Any) -> None:
        self.original = original
        self.first: dict[tuple[int, str, str], Any] = {}  # the element that an HTML element got first
        self.open: list[tuple[int, str]] = []  # HTML elements around this box
        self.margin = 0  # inside a page's margin box: artifacts, never merged with text

    def __call__(self, box: Any, parent: Any, pdf: Any, *rest: Any) -> Iterator[Any]:
        """The structure elements of ``box`` that are new, in order."""
        if type(box).__name__ == "MarginBox":
            self.margin += 1
            made = list(self.original(box, parent, pdf, *rest))
            self.margin -= 1
            yield from made
        elif box.element is None or self.margin or box.element_tag in ("html", "body"):
            yield from self.original(box, parent, pdf, *rest)
        else:
            yield from self._whole(box, parent, pdf, rest)

    def _whole(self, box: Any, parent: Any, pdf: Any, rest: tuple[Any, ...]) -> Iterator[Any]:
        name = (id(box.element), box.element_tag)
        nested = name in self.open
        self.open.append(name)
        made = list(self.original(box, parent, pdf, *rest))
        self.open.pop()
        for element in made:
            key = (*name, element["S"])
            if nested and element["S"] == parent["S"] and element["S"] in _MERGED and "Lang" not in element:
                yield from self._unwrapped(pdf, element, parent)
            elif not nested and element["S"] in _MERGED and key in self.first:
                self._join(pdf, self.first[key], element)
            else:
                if not nested:
                    self.first[key] = element
                self._dress(element, box)
                yield element

    def _dress(self, element: Any, box: Any) -> None:
        """What WeasyPrint leaves out: the language of foreign words, the direction of a table's head."""
        language = box.element.attrib.get("lang")
        if language:
            element["Lang"] = pydyf.String(language)
        if element["S"] == "/TH" and "A" in element:
            element["A"]["Scope"] = "/Row" if box.element.attrib.get("scope") == "row" else "/Column"

    def _unwrapped(self, pdf: Any, element: Any, parent: Any) -> Iterator[Any]:
        """An anonymous box inside the box of the same HTML element: its children stand for it."""
        children = [_parsed(pdf, kid) for kid in element["K"]]
        if any(child is None or child.get("Type") != "/StructElem" for child in children):
            yield element
            return
        element.clear()  # nothing names it any more; pydyf cannot leave an object out
        for child in children:
            child["P"] = parent.reference
        yield from children

    def _join(self, pdf: Any, whole: Any, fragment: Any) -> None:
        """The next fragment of an element that is there already: its children move over."""
        for kid in fragment["K"]:
            child = _parsed(pdf, kid)
            if child is None:
                whole["K"].append(pydyf.Dictionary({"Type": "/MCR", "Pg": fragment["Pg"], "MCID": kid}))
            elif not self._joined_inside(pdf, whole, child):
                whole["K"].append(kid)
                if child.get("Type") == "/StructElem":
                    child["P"] = whole.reference
        fragment.clear()

    def _joined_inside(self, pdf: Any, whole: Any, child: Any) -> bool:
        """An LBody follows its LI's first LBody: a list item over two pages stays one item with one body."""
        if whole["S"] != "/LI" or child.get("S") != "/LBody":
            return False
        bodies = [_parsed(pdf, kid) for kid in whole["K"]]
        body = next((one for one in bodies if one is not None and one.get("S") == "/LBody"), None)
        if body is None:
            return False
        self._join(pdf, body, child)
        return True


def _without_span(pdf: Any, owner: Any) -> Any:
    """The element that holds a line's marked content, once the Span around the line is gone."""
    span = _parsed(pdf, owner)
    if (
        span is None
        or span.get("S") != "/Span"
        or set(span) - _PLAIN_KEYS
        or len(span["K"]) != 1
        or not isinstance(span["K"][0], int)
    ):
        return owner
    parent = _parsed(pdf, span["P"])
    if (
        parent is None
        or parent["S"] in ("/Document", "/L", "/LI", "/Table", "/TR", "/Figure")
        or owner not in parent["K"]
    ):
        return owner
    mcid = span["K"][0]
    if span["Pg"] != parent.get("Pg"):
        mcid = pydyf.Dictionary({"Type": "/MCR", "Pg": span["Pg"], "MCID": mcid})
    parent["K"][parent["K"].index(owner)] = mcid
    span.clear()
    return parent.reference


def _parsed(pdf: Any, reference: Any) -> Any:
    """The object that ``reference`` names; None for a marked-content number or an object given whole."""
    if not isinstance(reference, bytes):
        return None
    return pdf.objects[int(reference.split()[0])]
