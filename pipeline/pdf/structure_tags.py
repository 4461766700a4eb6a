"""Corrections of the structure elements that WeasyPrint writes: one element for each HTML element.

WeasyPrint 70 makes a new element for each fragment of a box: a paragraph over two columns becomes
two paragraphs, an article over four pages four articles. It wraps each line in a Span, and omits
the language of foreign words. Screen readers then announce paragraphs that are not in the text.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pydyf  # type: ignore[import-untyped]  # has no type annotations
from weasyprint.pdf import tags

SUPPORTED_VERSION = "70."  # the builder below depends on its internals; other versions keep their own tags

_MERGEABLE = {
    "/P", "/H1", "/H2", "/H3", "/H4", "/H5", "/H6", "/Art", "/Sect", "/Div", "/Part", "/BlockQuote",
    "/L", "/LI", "/LBody", "/Caption", "/Span", "/NonStruct",
}  # fmt: skip
_PLAIN_KEYS = {"Type", "S", "K", "Pg", "P"}  # a Span with only these carries no information


@contextmanager
def merge_structure_elements(version: str) -> Iterator[bool]:
    """Merge the fragments of elements inside the context.

    Yields whether this version is supported.
    """
    original = getattr(tags, "_build_box_tree", None)
    if not version.startswith(SUPPORTED_VERSION) or original is None:
        yield False
        return
    tags._build_box_tree = _StructureBuilder(original)  # noqa: SLF001  # the function calls itself by this name
    try:
        yield True
    finally:
        tags._build_box_tree = original  # noqa: SLF001


def remove_line_spans(pdf: Any) -> None:
    """Attach the lines of a paragraph to the paragraph itself, instead of a Span for each."""
    if "StructTreeRoot" not in pdf.catalog:
        return
    tree = _resolve(pdf, pdf.catalog["StructTreeRoot"])
    for owners in _resolve(pdf, tree["ParentTree"])["Nums"][1::2]:
        if isinstance(owners, list):
            owners[:] = [_remove_span(pdf, owner) for owner in owners]


def add_list_bodies(pdf: Any) -> None:
    """Put the content of each list item into one LBody.

    A paragraph directly in an LI fails PDF/UA-1, 7.2-20.
    """
    items: list[Any] = [one for one in pdf.objects if isinstance(one, dict) and one.get("S") == "/LI"]
    for item in items:
        kids = [(kid, _resolve(pdf, kid)) for kid in item["K"]]
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
            _resolve(pdf, kid)["P"] = body.reference


class _StructureBuilder:
    """Replaces WeasyPrint's recursive ``_build_box_tree``."""

    def __init__(self, original: Any) -> None:
        self.original = original
        self.first: dict[tuple[int, str, str], Any] = {}  # the first element of each HTML element
        self.open: list[tuple[int, str]] = []  # HTML elements around the current box
        self.margin_depth = 0  # above 0 inside a margin box: artifacts, never merged with text

    def __call__(self, box: Any, parent: Any, pdf: Any, *rest: Any) -> Iterator[Any]:
        """Yield the new structure elements of a box, in order."""
        if type(box).__name__ == "MarginBox":
            self.margin_depth += 1
            elements = list(self.original(box, parent, pdf, *rest))
            self.margin_depth -= 1
            yield from elements
        elif box.element is None or self.margin_depth or box.element_tag in ("html", "body"):
            yield from self.original(box, parent, pdf, *rest)
        else:
            yield from self._build_merged(box, parent, pdf, rest)

    def _build_merged(self, box: Any, parent: Any, pdf: Any, rest: tuple[Any, ...]) -> Iterator[Any]:
        name = (id(box.element), box.element_tag)
        nested = name in self.open
        self.open.append(name)
        elements = list(self.original(box, parent, pdf, *rest))
        self.open.pop()
        for element in elements:
            key = (*name, element["S"])
            if nested and element["S"] == parent["S"] and element["S"] in _MERGEABLE and "Lang" not in element:
                yield from self._unwrap(pdf, element, parent)
            elif not nested and element["S"] in _MERGEABLE and key in self.first:
                self._join_fragment(pdf, self.first[key], element)
            else:
                if not nested:
                    self.first[key] = element
                self._add_attributes(element, box)
                yield element

    def _add_attributes(self, element: Any, box: Any) -> None:
        """Add what WeasyPrint omits: the language of foreign words, the scope of a table header."""
        language = box.element.attrib.get("lang")
        if language:
            element["Lang"] = pydyf.String(language)
        if element["S"] == "/TH" and "A" in element:
            element["A"]["Scope"] = "/Row" if box.element.attrib.get("scope") == "row" else "/Column"

    def _unwrap(self, pdf: Any, element: Any, parent: Any) -> Iterator[Any]:
        """Replace an anonymous box inside the box of the same HTML element by its children."""
        children = [_resolve(pdf, kid) for kid in element["K"]]
        if any(child is None or child.get("Type") != "/StructElem" for child in children):
            yield element
            return
        element.clear()  # unreferenced from now on; pydyf cannot delete an object
        for child in children:
            child["P"] = parent.reference
        yield from children

    def _join_fragment(self, pdf: Any, first: Any, fragment: Any) -> None:
        """Move the children of a later fragment to the first element."""
        for kid in fragment["K"]:
            child = _resolve(pdf, kid)
            if child is None:
                first["K"].append(pydyf.Dictionary({"Type": "/MCR", "Pg": fragment["Pg"], "MCID": kid}))
            elif not self._join_list_body(pdf, first, child):
                first["K"].append(kid)
                if child.get("Type") == "/StructElem":
                    child["P"] = first.reference
        fragment.clear()

    def _join_list_body(self, pdf: Any, first: Any, child: Any) -> bool:
        """Join the LBody of a list item over two pages to its first LBody."""
        if first["S"] != "/LI" or child.get("S") != "/LBody":
            return False
        bodies = [_resolve(pdf, kid) for kid in first["K"]]
        body = next((one for one in bodies if one is not None and one.get("S") == "/LBody"), None)
        if body is None:
            return False
        self._join_fragment(pdf, body, child)
        return True


def _remove_span(pdf: Any, owner: Any) -> Any:
    """Return the element that owns a line's marked content after its Span is removed."""
    span = _resolve(pdf, owner)
    if (
        span is None
        or span.get("S") != "/Span"
        or set(span) - _PLAIN_KEYS
        or len(span["K"]) != 1
        or not isinstance(span["K"][0], int)
    ):
        return owner
    parent = _resolve(pdf, span["P"])
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


def _resolve(pdf: Any, reference: Any) -> Any:
    """Return the object of a reference; None for a marked-content number or a direct object."""
    if not isinstance(reference, bytes):
        return None
    return pdf.objects[int(reference.split()[0])]
