"""Add cuts, mutes and bleeps to the front matter of an episode, and remove them."""

import re

from pipeline.content.editing.lists import find_list_end
from pipeline.content.located_yaml import LocatedYaml
from pipeline.content.time_checks import iter_time_ranges
from pipeline.errors import ContentError, SourceLocation, fill
from pipeline.model import Cut
from pipeline.model.time_codes import format_position

_ITEM = re.compile(r"\{[^{}]*\}")


def add_time_range(yaml: LocatedYaml, key: str, cut: Cut) -> str:
    """Add a range to the list ``key`` of the front matter in ``yaml``; one that exists is not added again.

    Returns:
        The whole file.

    Raises:
        ContentError: The list is written over several lines in brackets.
    """
    if any(one == cut for _, one in iter_time_ranges(yaml, key)):
        return yaml.source.text
    lines = list(yaml.source.lines)
    item = f'{{from: "{format_position(cut.from_ms)}", to: "{format_position(cut.to_ms)}"}}'
    key_line = _find_key_line(yaml, key)
    if key_line is None:
        end = next(number for number, line in enumerate(lines) if number and line.rstrip() == "---")
        return "\n".join([*lines[:end], f"{key}:", f"  - {item}", *lines[end:]])
    if not yaml.get((key,)):
        lines[key_line] = re.sub(rf"^({key}:)\s*(?:\[\s*\]|~|null)", r"\1", lines[key_line]).rstrip()
        return "\n".join([*lines[: key_line + 1], f"  - {item}", *lines[key_line + 1 :]])
    line, column = yaml.locate((key, 0))
    if line - 1 == key_line:
        lines[key_line] = _insert_before_bracket(yaml, key, lines[key_line], item)
        return "\n".join(lines)
    indentation = _require_item_lines(yaml, key, lines[line - 1])
    end = find_list_end(lines, key_line, column)
    return "\n".join([*lines[:end], f"{indentation}- {item}", *lines[end:]])


def remove_time_range(yaml: LocatedYaml, key: str, cut: Cut) -> str:
    """Remove a range from the list ``key`` of the front matter in ``yaml``, if it is there.

    Returns:
        The whole file.

    Raises:
        ContentError: The list is written over several lines in brackets.
    """
    key_line = _find_key_line(yaml, key)
    index = next((int(loc[-1]) for loc, one in iter_time_ranges(yaml, key) if one == cut), None)
    if key_line is None or index is None:
        return yaml.source.text
    lines = list(yaml.source.lines)
    line, column = yaml.locate((key, index))
    if line - 1 == key_line:
        items = list(_ITEM.finditer(lines[key_line]))
        start, end = items[index].span()
        if index + 1 < len(items):
            end = items[index + 1].start()
        elif index:
            start = items[index - 1].end()
        lines[key_line] = lines[key_line][:start] + lines[key_line][end:]
        return "\n".join(lines)
    _require_item_lines(yaml, key, lines[line - 1])
    count = len(yaml.get((key,)))
    end = yaml.locate((key, index + 1))[0] - 1 if index + 1 < count else find_list_end(lines, key_line, column)
    if count == 1:
        lines[key_line] = re.sub(rf"^{key}:", f"{key}: []", lines[key_line])
    return "\n".join([*lines[: line - 1], *lines[end:]])


def _find_key_line(yaml: LocatedYaml, key: str) -> int | None:
    return yaml.locate_key((key,))[0] - 1 if isinstance(yaml.data, dict) and key in yaml.data else None


def _insert_before_bracket(yaml: LocatedYaml, key: str, line: str, item: str) -> str:
    found = re.match(r"(.*\})(\s*,?\s*\].*)", line)
    if not found:
        raise _create_layout_error(yaml, key)
    return f"{found[1]}, {item}{found[2].replace(',', '', 1)}"


def _require_item_lines(yaml: LocatedYaml, key: str, line: str) -> str:
    """Return the indentation of an item that stands on its own line."""
    found = re.match(r"(\s*)- ", line)
    if not found:
        raise _create_layout_error(yaml, key)
    return found[1]


def _create_layout_error(yaml: LocatedYaml, key: str) -> ContentError:
    where = SourceLocation(yaml.source.file, *yaml.locate_key((key,)))
    hint = 'write each on its own line: - {from: "00:10", to: "00:12"}'
    return ContentError(fill("the list `{key}` is not written one per line", key=key), where=where, hint=hint)
