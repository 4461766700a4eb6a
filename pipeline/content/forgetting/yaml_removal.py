"""Remove values from YAML text: the item or key goes, comments, order and layout of all else stay."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from pipeline.content.located_yaml import Loc, compose_nodes, iter_scalars

_MAX_REMOVALS = 2000
_KEPT_EMPTY = ("cover", "back")  # items of a flatplan that need nothing but their name


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlRemoval:
    """What was removed."""

    line: int  # of the original text, from 1
    loc: Loc
    plain: Any  # the value, as plain data


ChooseRemoval = Callable[[Loc, str, Any], Loc | None]


def remove_from_yaml(text: str, choose: ChooseRemoval) -> tuple[str, tuple[YamlRemoval, ...]]:
    """Remove all values that ``choose`` returns.

    A list or mapping that becomes empty is removed with its key.

    Args:
        text: YAML; one that cannot be parsed is returned as it is.
        choose: Gets the place of a scalar, its text, and the plain data of the document, without what was removed
            before; returns the place of what must be removed for its sake, or ``None``.

    Returns:
        The text, and what was removed, in this order.
    """
    document = _YamlNodes(text=text, root=compose_nodes(text))
    removed: list[YamlRemoval] = []
    while document.root is not None and len(removed) < _MAX_REMOVALS:
        plain = _convert_node(document.root)
        chosen = next(filter(None, (choose(loc, value, plain) for loc, value in iter_scalars(plain))), None)
        if chosen is None:
            break
        removed.append(document.remove(_widen(chosen, plain)))
    return document.format(), tuple(removed)


@dataclass(slots=True, kw_only=True)
class _YamlNodes:
    """The nodes of a text, without those that were removed; the text is changed in the end."""

    text: str
    root: Any
    changed: list[tuple[Any, list[Any]]] = field(default_factory=list)  # a parent, and all the children that it had

    def remove(self, loc: Loc) -> YamlRemoval:
        """Remove the value at a place, with its key."""
        parent, node, index = self.root, self.root, 0
        for step in loc:
            parent, index = node, int(step) if node.id == "sequence" else _find_key(node, str(step))
            node = parent.value[index] if parent.id == "sequence" else parent.value[index][1]
        if not any(one is parent for one, _ in self.changed):
            self.changed.append((parent, [*parent.value]))
        child = parent.value.pop(index)
        line = _get_first(child).start_mark.line + 1
        return YamlRemoval(line=line, loc=loc, plain=_convert_node(node))

    def format(self) -> str:
        """Return the text without what was removed."""
        spans = sorted(span for parent, children in self.changed for span in self._list_spans(parent, children))
        kept, at = "", 0
        for start, end in spans:
            kept += self.text[at:start] if start > at else ""
            at = max(at, end)
        return kept + self.text[at:]

    def _list_spans(self, parent: Any, children: list[Any]) -> Iterator[tuple[int, int]]:
        """Find what to remove for the children that are gone: them, and the commas or the lines that go with them."""
        spans = [(self._find_start(parent, child), self._find_end(child)) for child in children]
        kept = {id(child) for child in parent.value}
        for is_kept, group in groupby(range(len(children)), lambda number: id(children[number]) in kept):
            run = [] if is_kept else [*group]
            if not run:
                continue
            first, last = spans[run[0]][0], spans[run[-1]][1]
            after = spans[run[-1] + 1][0] if run[-1] + 1 < len(spans) else None  # where the next one that stays begins
            before = self.text[self.text.rfind("\n", 0, first) + 1 : first]
            is_first = bool(before.strip(" "))  # `- name: …`, `- - Anna`
            if parent.flow_style:
                yield (first, after) if after else (spans[run[0] - 1][1] if run[0] else first, last)
            elif is_first and after:  # the next one takes its place
                yield first, after
            elif is_first:  # `- cover: …`, whose only key goes
                yield len(self.text[:first].rstrip(" ")), last
            else:
                yield from (self._widen_to_lines(*spans[number]) for number in run)

    def _widen_to_lines(self, start: int, end: int) -> tuple[int, int]:
        newline = self.text.find("\n", end)
        return self.text.rfind("\n", 0, start) + 1, newline + 1 if newline >= 0 else len(self.text)

    def _find_start(self, parent: Any, child: Any) -> int:
        """Find where a child begins: at its key, or at its dash, which may be on a line before it."""
        start: int = _get_first(child).start_mark.index
        if parent.id == "mapping" or parent.flow_style:
            return start
        column: int = parent.start_mark.column
        end = start
        while end >= 0:
            line = self.text.rfind("\n", 0, end) + 1
            indicators = self.text[line : line + column + 1]
            if len(indicators) > column and indicators[-1] == "-" and not indicators.strip(" -"):
                return line + column
            end = line - 1
        return start

    def _find_end(self, child: Any) -> int:
        """Find the end of a value; block collections end, for YAML, only where the next one begins."""
        node = child[1] if isinstance(child, tuple) else child
        children = next((all_of_it for one, all_of_it in self.changed if one is node), node.value)
        if node.id != "scalar" and not node.flow_style and children:
            return self._find_end(children[-1])
        end: int = node.end_mark.index
        return len(self.text[:end].rstrip()) if node.id == "scalar" else end


def _find_key(mapping: Any, name: str) -> int:
    return next(number for number, (key, _) in enumerate(mapping.value) if key.value == name)


def _get_first(child: Any) -> Any:
    """Return the key of a pair, or the item of a list itself."""
    return child[0] if isinstance(child, tuple) else child


def _convert_node(node: Any) -> Any:
    if node.id == "mapping":
        return {str(key.value): _convert_node(value) for key, value in node.value}
    return [_convert_node(one) for one in node.value] if node.id == "sequence" else str(node.value)


def _widen(loc: Loc, plain: Any) -> Loc:
    """Return the place of the largest part that would be empty."""
    while len(loc) > 1:
        parent = plain
        for step in loc[:-1]:
            parent = parent[step]
        if len(parent) > 1 or loc[-2] in _KEPT_EMPTY:
            break
        loc = loc[:-1]
    return loc
