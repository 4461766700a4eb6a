"""Remove values from YAML text: the item or key goes, comments, order and layout of all else stay."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from pipeline.content.located_yaml import Loc, iter_scalars

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
        choose: Gets the place of a scalar, its text, and the plain data of the document; returns the place of what
            must be removed for its sake, or ``None``.

    Returns:
        The text, and what was removed, in this order.
    """
    removed: list[YamlRemoval] = []
    numbers = list(range(1, text.count("\n") + 2))  # of the lines that are left
    while len(removed) < _MAX_REMOVALS:
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError:
            break
        plain = _convert_node(root) if root else None
        chosen = next(filter(None, (choose(loc, value, plain) for loc, value in iter_scalars(plain))), None)
        if chosen is None:
            break
        chosen = _widen(chosen, plain)
        path = _list_nodes(root, chosen)
        line, start, end = path[-1].key_node.start_mark.line, *_find_removed_span(text, path[-1])
        removed.append(YamlRemoval(line=numbers[line], loc=chosen, plain=_convert_node(path[-1].value_node)))
        first = text.count("\n", 0, start)
        del numbers[first : first + text.count("\n", start, end)]
        text = text[:start] + text[end:]
    return text, tuple(removed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PathStep:
    """A value on the way from the top, with its key, and its place among its siblings."""

    parent: Any
    key_node: Any  # the value itself in a list
    value_node: Any
    index: int


def _convert_node(node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _convert_node(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_convert_node(one) for one in node.value]
    return str(node.value)


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


def _list_nodes(root: Any, loc: Loc) -> list[_PathStep]:
    path, node = [], root
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            index = next(number for number, (key, _) in enumerate(node.value) if key.value == step)
            key, value = node.value[index]
        else:
            index = int(step)
            key = value = node.value[index]
        path.append(_PathStep(parent=node, key_node=key, value_node=value, index=index))
        node = value
    return path


def _find_removed_span(text: str, step: _PathStep) -> tuple[int, int]:
    """Find what to remove for a value: it, its key, and the comma or the lines that go with it."""
    siblings = [_find_span(text, one) for one in step.parent.value]
    start, end = siblings[step.index]
    if step.parent.flow_style:
        if step.index + 1 < len(siblings):
            end = siblings[step.index + 1][0]
        elif step.index:
            start = siblings[step.index - 1][1]
        return start, end
    line_start = text.rfind("\n", 0, start) + 1
    if isinstance(step.parent, yaml.MappingNode) and text[line_start:start].strip(" "):
        if step.index + 1 < len(siblings):  # `- name: …`: the next key takes its place
            return start, siblings[step.index + 1][0]
        return len(text[:start].rstrip(" ")), end  # `- cover: …`, whose only key goes
    newline = text.find("\n", end)
    return line_start, newline + 1 if newline >= 0 else len(text)


def _find_span(text: str, one: Any) -> tuple[int, int]:
    first, last = one if isinstance(one, tuple) else (one, one)
    return first.start_mark.index, _find_end(text, last)


def _find_end(text: str, node: Any) -> int:
    """Find the end of a node; block collections end, for YAML, only where the next one begins."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _find_end(text, last[1] if isinstance(last, tuple) else last)
    end: int = node.end_mark.index
    return len(text[:end].rstrip()) if isinstance(node, yaml.ScalarNode) else end
