"""Explain a YAML syntax error by the mistake behind it, at the line where it was made.

A parser reports where it gave up. That is often a line later, and in words of the YAML standard.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import fill

_DASHES = r" *(?:- +)*"
_KEY = re.compile(rf"(?P<indent>{_DASHES})(?P<key>\w[\w .-]*?)[ \t]*:(?:[ \t]+(?P<value>.*)|\Z)")
_GLUED_KEY = re.compile(rf"(?P<indent>{_DASHES})(?P<key>[^\W\d][\w-]*):(?P<value>[^\s/].*)")
_WORDS = re.compile(rf"(?P<indent>{_DASHES})(?P<key>[^\W\d][\w-]*) +(?P<value>\S.*)")
_VALUE_START = re.compile(rf"{_DASHES}(?:\w[\w .-]*?:\s+)?(?=[\"'])")
_BLOCK_SCALAR = re.compile(r"(?P<indent> *)(?:- +)*(?:[^#]*:\s+)?[|>][-+0-9]*\s*(?:#.*)?")
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'""")
_SPECIAL_FIRST = "@`%!&*"  # characters that begin something else in YAML
_MAX_SHOWN = 60

_Lines = Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlMistake:
    """A mistake; line and column count from 1."""

    line: int
    column: int
    message: str
    hint: str


def find_mistake(lines: Sequence[str], *, first: int, last: int, problem: int) -> YamlMistake | None:
    """Find the mistake that made a parser give up.

    Args:
        lines: The lines of the file.
        first: Number of the first line of YAML, counted from 1.
        last: Number of the last line of YAML.
        problem: Number of the line at which the parser stopped.

    Returns:
        The mistake; ``None`` if it is none of those known here.
    """
    plain = dict(_iter_plain_lines(lines[:last], first))
    until = {number: text for number, text in plain.items() if number <= problem}
    return (
        _find_tab(until)
        or _find_open_quote(plain, problem)
        or _find_missing_colon(plain, problem)
        or _find_unquoted_text(until, problem)
        or _find_open_bracket(plain, problem)
        or _find_indentation(until, problem)
    )


def _iter_plain_lines(lines: Sequence[str], first: int) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines that hold keys and values: no comments, no block scalars."""
    block_indent: int | None = None
    for number, line in enumerate(lines[first - 1 :], start=first):
        text = line.rstrip()
        if not text or text.lstrip().startswith("#"):
            continue
        if block_indent is not None and _measure_indent(text) > block_indent:
            continue
        block = _BLOCK_SCALAR.fullmatch(text)
        block_indent = len(block["indent"]) if block else None
        yield number, text


def _find_tab(until: _Lines) -> YamlMistake | None:
    for number, text in until.items():
        leading = text[: len(text) - len(text.lstrip())]
        if "\t" in leading:
            column, hint = 1 + leading.index("\t"), "use spaces, as in the line above"
            return YamlMistake(line=number, column=column, message="this line begins with a tab", hint=hint)
    return None


def _find_open_quote(plain: _Lines, problem: int) -> YamlMistake | None:
    """Find a value that begins with a quotation mark, which neither its line nor a line of its text closes."""
    for number, text in plain.items():
        start = _VALUE_START.match(text)
        if number > problem or start is None:
            continue
        mark, rest = text[start.end()], text[start.end() + 1 :]
        later = itertools.takewhile(lambda line: not _KEY.match(line), (plain[one] for one in plain if one > number))
        if not _QUOTED.match(text, start.end()) and not any(mark in line for line in later):
            message, hint = "a quotation mark is opened here and not closed", fill("add {mark} at its end", mark=mark)
            if mark == "'":
                hint = fill('{hint}; or, if it is an apostrophe, write "\'{rest}"', hint=hint, rest=rest[:_MAX_SHOWN])
            return YamlMistake(line=number, column=start.end() + 1, message=message, hint=hint)
    return None


def _find_missing_colon(plain: _Lines, problem: int) -> YamlMistake | None:
    """Find a line of words, or a key without a space behind its colon, among keys of the same indentation."""
    for number, text in plain.items():
        glued, words = _GLUED_KEY.fullmatch(text), _WORDS.fullmatch(text)
        found = glued or (None if ":" in text.partition(" #")[0] else words)
        if number > problem or found is None or _KEY.match(text):
            continue
        near = [_KEY.match(other) for place, other in plain.items() if place != number and abs(place - number) <= 3]
        if any(key and len(key["indent"]) == len(found["indent"]) for key in near):
            message = "no space after the colon" if glued else "this line has no colon"
            hint = fill("write `{key}: {value}`", key=found["key"], value=found["value"][:_MAX_SHOWN])
            return YamlMistake(line=number, column=len(found["indent"]) + 1, message=message, hint=hint)
    return None


def _find_unquoted_text(until: _Lines, problem: int) -> YamlMistake | None:
    """Find text at the problem that needs quotation marks: it contains a colon, or begins with a special character."""
    key = _KEY.match(until.get(problem, ""))
    if key is None or not (value := key["value"] or "") or value[0] in "\"'[{|>":
        return None
    column = key.start("value") + 1
    if ": " in value or value.endswith(":"):
        message, column = "the text contains a colon followed by a space", column + (value + " ").index(": ")
    elif value[0] in _SPECIAL_FIRST:
        message = fill("the text begins with `{sign}`", sign=value[0])
    else:
        return None
    mark = "'" if '"' in value else '"'
    hint = fill(
        "put it in quotation marks: {key}: {mark}{value}{mark}", key=key["key"], mark=mark, value=value[:_MAX_SHOWN]
    )
    return YamlMistake(line=problem, column=column, message=message, hint=hint)


def _find_open_bracket(plain: _Lines, problem: int) -> YamlMistake | None:
    """Find a bracket that is still open where the next key begins a line."""
    opened: list[YamlMistake] = []
    for number, text in plain.items():
        key = _KEY.match(text)
        if opened and key and len(key["indent"]) <= _measure_indent(plain[opened[0].line]):
            return opened[-1] if number >= problem else None
        unquoted = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), text)
        for column, character in enumerate(unquoted, start=1):
            if character in "[{" and (opened or re.fullmatch(r".*(?:\A|[\s:,-])", unquoted[: column - 1])):
                close = "]" if character == "[" else "}"
                message, hint = (
                    fill("`{sign}` is opened here and not closed", sign=character),
                    fill("add {close} at its end", close=close),
                )
                opened.append(YamlMistake(line=number, column=column, message=message, hint=hint))
            elif character in "]}" and opened:
                opened.pop()
    return opened[-1] if opened else None


def _find_indentation(until: _Lines, problem: int) -> YamlMistake | None:
    """Find a line at or just before the problem that is indented unlike every block that is open there."""
    opened: list[tuple[int, bool]] = []  # columns of the blocks that are open, and whether they are lists
    for number, text in until.items():
        indent, is_item = _measure_indent(text), text.lstrip().startswith("- ")
        neighbours = [column for column, of_list in opened if of_list == is_item] or [column for column, _ in opened]
        while opened and opened[-1][0] > indent:
            opened.pop()
        is_deeper = bool(opened) and opened[-1][0] < indent
        if neighbours and (not opened or is_deeper) and not _opens_block(until, number) and number >= problem - 1:
            nearest = min(reversed(neighbours), key=lambda column: abs(column - indent))
            return _describe_indentation(number, indent, nearest)
        dashes = text[: len(text) - len(text.lstrip(" -"))]
        opened += [(dash.start(), True) for dash in re.finditer("- +", dashes)]
        opened.append((len(dashes), False))
    return None


def _opens_block(until: _Lines, number: int) -> bool:
    """Whether deeper lines may follow the line before ``number``: it is a key without a value."""
    before = max((one for one in until if one < number), default=None)
    key = None if before is None else _KEY.match(until[before])
    return before is None or bool(key and not key["value"])


def _describe_indentation(number: int, indent: int, neighbour: int) -> YamlMistake:
    template = "this line is indented by {indent} spaces, and its neighbours by {neighbour}"
    if indent == 1:
        template = "this line is indented by 1 space, and its neighbours by {neighbour}"
    message = fill(template, indent=indent, neighbour=neighbour)
    hint = fill("indent it by {neighbour}", neighbour=neighbour)
    return YamlMistake(line=number, column=indent + 1, message=message, hint=hint)


def _measure_indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
