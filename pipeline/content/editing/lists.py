"""Append an item to a list of programme.yaml, and find where lists end."""

import re
from collections.abc import Sequence

from pipeline.content.located_yaml import parse_yaml
from pipeline.content.programme_folder import SourceText
from pipeline.errors import ContentError, ValidationError, fill


def append_item(source: SourceText, key: str, item_yaml: str) -> str:
    """Append an item to a list of programme.yaml; a list that does not exist is added at the end.

    Args:
        source: The file as it is.
        key: Of the list, such as ``events``.
        item_yaml: The item, beginning with ``- ``, without indentation.

    Returns:
        The whole file with the item behind the last one.

    Raises:
        ContentError: The file is not YAML, or its items are not one per line.
    """
    errors: list[ValidationError] = []
    located = parse_yaml(source, errors)
    if located is None or not isinstance(located.data, dict):
        raise ContentError(errors=tuple(errors)) if errors else ContentError("the file has no keys", where=source.file)
    text = source.text if source.text.endswith("\n") or not source.text else f"{source.text}\n"
    items = located.data.get(key)
    if key not in located.data:
        return f"{text}{key}:\n{_indent(item_yaml, 2)}"
    lines = text.split("\n")
    key_line = located.locate_key((key,))[0] - 1
    if not items:
        lines[key_line] = re.sub(rf"({key}:)\s*\[\s*\]", r"\1", lines[key_line], count=1).rstrip()
        return "\n".join([*lines[: key_line + 1], _indent(item_yaml, 2).rstrip("\n"), *lines[key_line + 1 :]])
    line, column = located.locate((key, 0))
    if not re.match(r"\s*- ", lines[line - 1]):
        message = fill("the items of `{key}` in {file} are not one per line", key=key, file=source.file)
        raise ContentError(message, hint="write each on its own lines, after `- `")
    indentation = len(re.match(r"\s*", lines[line - 1])[0])  # type: ignore[index]  # matches everything
    end = find_list_end(lines, key_line, column)
    return "\n".join([*lines[:end], _indent(item_yaml, indentation).rstrip("\n"), *lines[end:]])


def find_list_end(lines: Sequence[str], key_line: int, column: int) -> int:
    """Find the end of a list with one item per line.

    Args:
        lines: All lines of the file.
        key_line: Index of the line with its key.
        column: Column of the values of its items, from 1.

    Returns:
        The index of the line after the list, without the comments and blank lines before the next key.
    """
    end = key_line + 1
    for number in range(key_line + 1, len(lines)):
        line = lines[number]
        is_nested = line[: column - 1].strip() in {"", "-"} and bool(line.strip())
        if is_nested and not line.lstrip().startswith("#"):
            end = number + 1
        elif line.strip() and not line.lstrip().startswith("#"):
            break
    return end


def _indent(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}" if line.strip() else line for line in text.splitlines(keepends=True))
