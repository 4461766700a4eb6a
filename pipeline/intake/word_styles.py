"""Resolves paragraph and character styles of Word through the styles that they are based on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING_NAME = re.compile(r"(?:heading|kop)\s*([1-9])\b", re.IGNORECASE)
_LOOSE_HEADING_NAME = re.compile(r"(?:tussen|paragraaf|sub)?(?:kop|kopje|heading)\Z", re.IGNORECASE)
_QUOTE_NAME = re.compile(r"\b(?:citaat|quote|quotations)\b", re.IGNORECASE)
_TITLE_NAMES = {"title", "titel"}
_BODY_LEVEL = 9  # of w:outlineLvl: not a heading
_MAX_PARENTS = 20  # the parents of a damaged style can be a cycle


@dataclass(frozen=True, slots=True, kw_only=True)
class WordStyle:
    """A style as it is defined, without what it inherits."""

    name: str
    parent: str
    outline_level: int | None
    is_hidden: bool | None
    number_id: str
    number_level: str


class WordStyles:
    """The styles of a document, by their ids."""

    def __init__(self, root: Any) -> None:
        """Read them from the root of ``styles.xml``; ``None``: there is no such part."""
        elements = root.iter(f"{W}style") if root is not None else ()
        self._styles = {element.get(f"{W}styleId", ""): _parse_style(element) for element in elements}

    def find_role(self, style_id: str) -> str:
        """Find what a paragraph style is for.

        Returns:
            The name that Word itself gives to such a style: ``heading 1`` to ``heading 6``,
            ``Title`` or ``Quote``; empty: another style.
        """
        for style in self._resolve(style_id):
            if role := _classify_style(style):
                return role
            if style.outline_level == _BODY_LEVEL:
                return ""
        return "heading 2" if any(_LOOSE_HEADING_NAME.match(style.name) for style in self._resolve(style_id)) else ""

    def is_hidden(self, style_id: str) -> bool:
        """Whether a style hides text."""
        states = (style.is_hidden for style in self._resolve(style_id))
        return next((state for state in states if state is not None), False)

    def find_numbering(self, style_id: str) -> tuple[str, str]:
        """Find the list of a paragraph style: its id and level, empty if it has none."""
        for style in self._resolve(style_id):
            if style.number_id:
                return style.number_id, style.number_level or "0"
        return "", ""

    def _resolve(self, style_id: str) -> Iterator[WordStyle]:
        for _ in range(_MAX_PARENTS):
            style = self._styles.get(style_id)
            if style is None:
                return
            yield style
            style_id = style.parent


def is_on(element: Any) -> bool:
    """Whether an on/off property is on; one without a value is.

    Source: ECMA-376-1, 17.17.4 (ST_OnOff).
    """
    return element is not None and element.get(f"{W}val", "1") not in {"0", "false", "off"}


def get_value(element: Any, path: str) -> str:
    """Return the ``w:val`` of a descendant, by the names of the elements that lead to it."""
    found = element.find("/".join(f"{W}{name}" for name in path.split("/")))
    return (found.get(f"{W}val") or "") if found is not None else ""


def parse_level(text: str) -> int | None:
    """Parse an outline level (0 to 9)."""
    return int(text) if text in set("0123456789") and text else None


def _parse_style(element: Any) -> WordStyle:
    vanish = element.find(f"{W}rPr/{W}vanish")
    return WordStyle(
        name=get_value(element, "name"),
        parent=get_value(element, "basedOn"),
        outline_level=parse_level(get_value(element, "pPr/outlineLvl")),
        is_hidden=None if vanish is None else is_on(vanish),
        number_id=get_value(element, "pPr/numPr/numId"),
        number_level=get_value(element, "pPr/numPr/ilvl"),
    )


def _classify_style(style: WordStyle) -> str:
    if found := _HEADING_NAME.match(style.name):
        return f"heading {min(6, int(found[1]))}"
    if style.name.casefold() in _TITLE_NAMES:
        return "Title"
    if _QUOTE_NAME.search(style.name):
        return "Quote"
    if style.outline_level is not None and style.outline_level < _BODY_LEVEL:
        return f"heading {min(6, style.outline_level + 1)}"
    return ""
