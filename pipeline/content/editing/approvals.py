"""Writes approvals into the front matter of a reflection; every other line stays as it is."""

import re
from collections.abc import Sequence
from datetime import date

from pipeline.content.approvals import list_approvals
from pipeline.content.content_files import ContentFile, parse_markdown_file
from pipeline.content.programme_folder import decode_source
from pipeline.content.schema.reflection import ReflectionSchema
from pipeline.errors import ContentError, ValidationError
from pipeline.model.approvals import SheetItem
from pipeline.text import normalise_text

_VALUE = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s,}#][^,}#\r\n]*?)?(?=\s*(?:[,}#\r\n]|$))""")
_COMMENTED = re.compile(r"^#\s*approved:[^\r\n]*")  # in drafts of `notes import`


def write_approvals(file: ContentFile[ReflectionSchema], items: Sequence[SheetItem], day: date) -> bytes:
    """Write the approvals of items into a reflection without errors, locked to their words.

    Returns:
        The new bytes of the file.

    Raises:
        ContentError: The front matter is written in a form that cannot be edited.
    """
    lines = file.yaml.source.split_original_lines()
    for item in sorted(items, key=lambda one: -one.quote):  # from the end, so that line numbers stay right
        if item.is_quote:
            _write_quote(file, lines, item)
    for item in items:
        if not item.is_quote:
            _write_text(file, lines, f"{day.isoformat()} {item.digest}")
    content = "".join(lines).encode("utf-8")
    _require_locked(file, content, items)
    return content


def _write_quote(file: ContentFile[ReflectionSchema], lines: list[str], item: SheetItem) -> None:
    loc = ("quotes", item.quote)
    if "approved" in (file.yaml.get(loc) or {}):
        _replace_value(file, lines, (*loc, "approved"), item.digest)
        return
    first = min(file.yaml.locate_key((*loc, key)) for key in file.yaml.get(loc))
    number, column = first
    line = _require_plain(file, lines, number)
    before, after = line[: column - 1], line[column - 1 :]
    is_flow = before.rstrip().endswith("{")
    separator = ", " if is_flow else "\n" + " " * (column - 1)
    lines[number - 1] = f"{before}approved: {item.digest}{separator}{after}"


def _write_text(file: ContentFile[ReflectionSchema], lines: list[str], value: str) -> None:
    if file.yaml.get(("approved",)) is not None:
        _replace_value(file, lines, ("approved",), value)
        return
    end = next(number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---")
    for number, line in enumerate(lines[:end]):
        if _COMMENTED.match(line):
            lines[number] = _COMMENTED.sub(f"approved: {value}", line)
            return
    lines.insert(end, f"approved: {value}\n")


def _replace_value(
    file: ContentFile[ReflectionSchema], lines: list[str], loc: tuple[str | int, ...], value: str
) -> None:
    number, column = file.yaml.locate(loc)
    line = _require_plain(file, lines, number)
    found = _VALUE.match(line, column - 1)
    if found is None:
        raise _create_error(file)
    lines[number - 1] = line[: column - 1] + value + line[found.end() :]


def _require_plain(file: ContentFile[ReflectionSchema], lines: Sequence[str], number: int) -> str:
    """Return a line whose columns are those of the parsed text."""
    line = lines[number - 1]
    if normalise_text(line.rstrip("\r\n")) != line.rstrip("\r\n"):
        raise _create_error(file)
    return line


def _require_locked(file: ContentFile[ReflectionSchema], content: bytes, items: Sequence[SheetItem]) -> None:
    """Check the edited file: the same words, and each item is approved."""
    errors: list[ValidationError] = []
    edited = parse_markdown_file(decode_source(file.path, content), file.path, ReflectionSchema, errors)
    if errors or edited.validated is None:
        raise _create_error(file)
    before, after = list_approvals(file), list_approvals(edited)
    if [one.text for one in before] != [one.text for one in after]:
        raise _create_error(file)
    if any(after[item.quote + 1].status != "locked" for item in items):
        raise _create_error(file)


def _create_error(file: ContentFile[ReflectionSchema]) -> ContentError:
    return ContentError(
        "this approval is written in a form that cannot be edited",
        where=file.path,
        hint="write it yourself: approved: 2024-07-01 for the text, approved: true for a quote; then run weerslag approve",
    )
