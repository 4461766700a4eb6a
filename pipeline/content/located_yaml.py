"""Parse YAML to plain data in which every value has a source position.

The only module that imports PyYAML.

The core schema of YAML 1.2 without anchors, aliases, tags and further documents. Scalars stay text
as it was written (`12:30`, `no`, `014` lose nothing); the schemas interpret them. No value is
``None``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from pipeline.content.programme_folder import SourceText
from pipeline.content.yaml_mistakes import find_mistake
from pipeline.errors import ValidationError, fill

Loc = tuple[str | int, ...]  # keys and indices from the top to a value
MAX_DEPTH, MAX_NODES = 12, 20_000
_DISCARDED = -1  # a step in the path of a value that is parsed only for its errors

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = {"", "~", "null", "Null", "NULL"}
_TAB = ("a tab", "YAML needs spaces in front of a key")
_COLON = ("a `: ` where no key is possible", "put the text in quotes, or correct the indentation")
_PROBLEMS = {  # messages of libyaml and of PyYAML's own scanner: (message, hint)
    "found a tab character that violates indentation": _TAB,
    "found character '\\t' that cannot start any token": _TAB,
    "mapping values are not allowed in this context": _COLON,
    "mapping values are not allowed here": _COLON,
    "found character that cannot start any token": ("a character that cannot begin a value", "put the text in quotes"),
    "found unexpected end of stream": ("the closing quote is missing", ""),
    "found unknown escape character": ("an unknown escape sequence `\\`", "use single quotes: there `\\` is an ordinary character"),
    "did not find expected key": ("a key is expected here", "check the line above, and quotes that were not closed"),
    "could not find expected ':'": ("a `: ` is missing", "write `key: value`"),
}  # fmt: skip


class Plain(str):
    """An unquoted scalar, which may also be a number or a boolean."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedYaml:
    """Plain data (dict, list, ``Plain``, ``str``, ``None``) with the position of each part."""

    source: SourceText
    data: Any = None
    positions: Mapping[Loc, tuple[int, int]] = field(default_factory=dict)  # of values: line, column
    key_positions: Mapping[Loc, tuple[int, int]] = field(default_factory=dict)
    reported: frozenset[Loc] = frozenset()  # values that already have an error: no follow-up error is reported for them

    def locate(self, loc: Loc) -> tuple[int, int]:
        """Return line and column of the value at ``loc``, or of the nearest parent that exists."""
        while loc and loc not in self.positions:
            loc = loc[:-1]
        return self.positions.get(loc, (1, 1))

    def locate_key(self, loc: Loc) -> tuple[int, int]:
        """Return line and column of the key at ``loc``."""
        return self.key_positions.get(loc) or self.locate(loc)

    def get(self, loc: Loc) -> Any:
        """Return the value at ``loc``, or ``None``."""
        data: Any = self.data
        for step in loc:
            if isinstance(data, dict) and isinstance(step, str):
                data = data.get(step)
            elif isinstance(data, list) and isinstance(step, int) and step < len(data):
                data = data[step]
            else:
                return None
        return data

    def find(self, *path: str | None) -> Iterator[tuple[Loc, Any]]:
        """Yield every value at ``path``; ``None`` in it means each item of a list.

        Other shapes are skipped.
        """
        return _find(self.data, path, ())

    def create_error(self, code: str, loc: Loc, message: str, hint: str = "") -> ValidationError:
        """Return an error at the value at ``loc``."""
        return self.source.create_error(code, *self.locate(loc), message, hint)


def iter_scalars(data: Any, loc: Loc = ()) -> Iterator[tuple[Loc, str]]:
    """Yield each text in plain data with its place, in order."""
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from iter_scalars(value, (*loc, key))
    elif isinstance(data, str):
        yield loc, data


def compose_nodes(text: str) -> Any:
    """Compose the nodes of a document, with the place of each in ``text``; ``None``: it is empty, or no YAML.

    A node has ``id`` (scalar, sequence or mapping), ``value`` (a text, nodes, or pairs of key and value), ``start_mark``,
    ``end_mark`` and, if it has children, ``flow_style``.
    """
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None


EMPTY_YAML = LocatedYaml(source=SourceText(file="", text="", lines=()))  # of a file that could not be parsed


def _find(data: Any, path: tuple[str | None, ...], loc: Loc) -> Iterator[tuple[Loc, Any]]:
    if not path:
        yield loc, data
    elif path[0] is None and isinstance(data, list):
        for index, item in enumerate(data):
            yield from _find(item, path[1:], (*loc, index))
    elif isinstance(path[0], str) and isinstance(data, dict) and path[0] in data:
        yield from _find(data[path[0]], path[1:], (*loc, path[0]))


def parse_yaml(
    source: SourceText, errors: list[ValidationError], *, text: str | None = None, first_line: int = 1
) -> LocatedYaml | None:
    """Parse a YAML file, or the front matter ``text`` that begins at ``first_line``.

    Errors are added to ``errors``.

    Returns:
        The data, or ``None`` after a syntax error.
    """
    parser = _LocatedYamlParser(
        source=source, errors=errors, loader=_LOADER(source.text if text is None else text), first_line=first_line
    )
    try:
        return parser.parse_document()
    except yaml.MarkedYAMLError as error:
        errors.append(_explain_syntax_error(error, source, text=text, first_line=first_line))
    except yaml.YAMLError as error:
        errors.append(source.create_error("syntax", first_line, 1, fill("invalid YAML: {error}", error=error)))
    except _YamlTooLargeError as error:
        message = fill(
            "nested deeper than {max_depth} levels, or more than {max_nodes} values",
            max_depth=MAX_DEPTH,
            max_nodes=MAX_NODES,
        )
        errors.append(source.create_error("too-large", *error.position, message, "write less in one file"))
    finally:
        parser.loader.dispose()
    return None


def _explain_syntax_error(
    error: yaml.MarkedYAMLError, source: SourceText, *, text: str | None, first_line: int
) -> ValidationError:
    mark = error.problem_mark or error.context_mark
    count = len(source.lines) if text is None else text.count("\n")
    last = min(first_line + count - 1, len(source.lines) or 1)
    problem = min((mark.line if mark else 0) + first_line, len(source.lines) or 1)
    if mistake := find_mistake(source.lines, first=first_line, last=last, problem=problem):
        return source.create_error("syntax", mistake.line, mistake.column, mistake.message, mistake.hint)
    message, hint = _PROBLEMS.get(str(error.problem), (f"invalid YAML: {error.problem}", ""))
    return source.create_error("syntax", problem, (mark.column if mark else 0) + 1, message, hint)


class _YamlTooLargeError(Exception):
    def __init__(self, position: tuple[int, int]) -> None:
        super().__init__()
        self.position = position


@dataclass(slots=True, kw_only=True)
class _LocatedYamlParser:
    """Builds the data from the events of the scanner.

    Those are flat, so the depth can be limited here.
    """

    source: SourceText
    errors: list[ValidationError]
    loader: Any
    first_line: int
    positions: dict[Loc, tuple[int, int]] = field(default_factory=dict)
    key_positions: dict[Loc, tuple[int, int]] = field(default_factory=dict)
    reported: set[Loc] = field(default_factory=set)
    value_count: int = 0  # skipped values too

    def parse_document(self) -> LocatedYaml | None:
        """Parse the only document; an empty file returns ``None``, a second document is an error."""
        data = None
        self.loader.get_event()  # start of the stream
        if not self.loader.check_event(yaml.StreamEndEvent):
            self.loader.get_event()  # start of the document
            data = self.parse_value((), self.loader.get_event())
            self.loader.get_event()  # end of the document
            if not self.loader.check_event(yaml.StreamEndEvent):
                position = self.locate(self.loader.peek_event())
                self.add_error(position, "a second document begins here", "keep one document per file")
                return None
        return LocatedYaml(
            source=self.source,
            data=data,
            positions=self.positions,
            key_positions=self.key_positions,
            reported=frozenset(self.reported),
        )

    def parse_value(self, loc: Loc, event: Any) -> Any:
        self.positions[loc] = position = self.locate(event)
        self.value_count += 1
        if len(loc) > MAX_DEPTH or self.value_count > MAX_NODES:
            raise _YamlTooLargeError(position)
        if isinstance(event, yaml.AliasEvent):
            self.add_error(position, "aliases (*) are not supported", "write the value again")
            self.reported.add(loc)
            return None
        if event.anchor is not None:
            self.add_error(position, "anchors (&) are not supported", "put text that begins with & in quotes")
        elif event.tag is not None:
            self.add_error(position, "tags (!) are not supported", "put text that begins with ! in quotes")
        if isinstance(event, yaml.ScalarEvent):
            return _read_scalar(event)
        return self.parse_list(loc) if isinstance(event, yaml.SequenceStartEvent) else self.parse_mapping(loc)

    def parse_list(self, loc: Loc) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self.loader.get_event(), yaml.SequenceEndEvent):
            items.append(self.parse_value((*loc, len(items)), event))
        return items

    def parse_mapping(self, loc: Loc) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := self.loader.get_event(), yaml.MappingEndEvent):
            position = self.locate(event)
            key = str(event.value) if isinstance(event, yaml.ScalarEvent) else None
            if key is None or event.anchor is not None or event.tag is not None:
                self.add_error(position, "a key must be plain text")
            if key is None:
                if not isinstance(event, yaml.AliasEvent):
                    self.skip_value(loc, event)
                self.skip_value(loc, self.loader.get_event())
            elif key in mapping:
                self.errors.append(
                    self.source.create_error("duplicate-key", *position, fill("duplicate key `{key}`", key=key))
                )
                self.skip_value(loc, self.loader.get_event())
            else:
                self.key_positions[*loc, key] = position
                mapping[key] = self.parse_value((*loc, key), self.loader.get_event())
        return mapping

    def skip_value(self, loc: Loc, event: Any) -> None:
        """Parse a value that is not used, for the errors in it."""
        self.parse_value((*loc, _DISCARDED), event)

    def add_error(self, position: tuple[int, int], message: str, hint: str = "") -> None:
        self.errors.append(self.source.create_error("syntax", *position, message, hint))

    def locate(self, event: Any) -> tuple[int, int]:
        return event.start_mark.line + self.first_line, event.start_mark.column + 1


def _read_scalar(event: Any) -> str | None:
    if event.style:  # quoted or a block; without quotes the C loader says '', the Python loader None
        return str(event.value)
    return None if event.value in _NULL else Plain(event.value)
