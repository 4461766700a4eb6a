"""Counts the items of numbered lists as Word does: a list that is interrupted goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.intake.word_styles import W, get_value

_UNNUMBERED = {"bullet", "none", ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class _NumberedLevel:
    start: int
    is_numbered: bool


@dataclass(slots=True, kw_only=True)
class _NumberedList:
    """A w:num: the definition that it shares with others, and where it starts again."""

    definition: str
    restarts: Mapping[str, int]  # by level
    restarted: set[str] = field(default_factory=set)


class ListCounter:
    """The numbers of the list items of a document, in reading order.

    Source: ECMA-376-1, 17.9.
    """

    def __init__(self, root: Any) -> None:
        """Read the lists from the root of ``numbering.xml``; ``None``: there is no such part."""
        self._levels: dict[tuple[str, str], _NumberedLevel] = {}
        self._lists: dict[str, _NumberedList] = {}
        self._counts: dict[tuple[str, str], int] = {}
        if root is None:
            return
        for definition in root.iter(f"{W}abstractNum"):
            for level in definition.iter(f"{W}lvl"):
                key = definition.get(f"{W}abstractNumId", ""), level.get(f"{W}ilvl", "0")
                self._levels[key] = _NumberedLevel(
                    start=_parse_number(get_value(level, "start")),
                    is_numbered=get_value(level, "numFmt") not in _UNNUMBERED,
                )
        for element in root.iter(f"{W}num"):
            overrides = element.findall(f"{W}lvlOverride")
            starts = {one.get(f"{W}ilvl", "0"): get_value(one, "startOverride") for one in overrides}
            self._lists[element.get(f"{W}numId", "")] = _NumberedList(
                definition=get_value(element, "abstractNumId"),
                restarts={level: _parse_number(start) for level, start in starts.items() if start},
            )

    def count_item(self, list_id: str, level: str) -> int:
        """Count an item of a list, and return its number; 0: it has a bullet, or none."""
        numbered = self._lists.get(list_id)
        if numbered is None:
            return 0
        key = numbered.definition, level
        defined = self._levels.get(key, _NumberedLevel(start=1, is_numbered=False))
        if level in numbered.restarts and level not in numbered.restarted:
            numbered.restarted.add(level)
            self._counts[key] = numbered.restarts[level] - 1
        self._counts[key] = self._counts.get(key, defined.start - 1) + 1
        for other in [one for one in self._counts if one[0] == numbered.definition and one[1] > level]:
            del self._counts[other]  # deeper levels begin again
        return self._counts[key] if defined.is_numbered else 0


def _parse_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
