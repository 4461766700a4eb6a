"""YAML as plain data in which every value knows its place. The doorway to PyYAML.

The core schema of YAML 1.2, and less: no anchors, aliases, tags, no second document. Scalars stay the text that stands in
the file (`12:30`, `no`, `014` lose nothing); what they mean is for the forms to say. Nothing at all is ``None``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from pipeline.content.files import Source
from pipeline.errors import Fault

Loc = tuple[str | int, ...]  # the way from the top to a value
MAX_DEPTH, MAX_NODES = 12, 20_000
NOWHERE = -1  # a step that no list and no key has

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOTHING = {"", "~", "null", "Null", "NULL"}
_PROBLEMS = {  # libyaml's words, and the Python loader's: (what a person would say, what to do)
    "found a tab character that violates indentation": ("a tab", "YAML wants spaces in front of a key"),
    "found character '\\t' that cannot start any token": ("a tab", "YAML wants spaces in front of a key"),
    "mapping values are not allowed in this context": ("a `: ` where no key can stand", "put the text in quotes, or mend the spaces in front"),
    "mapping values are not allowed here": ("a `: ` where no key can stand", "put the text in quotes, or mend the spaces in front"),
    "found character that cannot start any token": ("a character that cannot begin a value", "put the text in quotes"),
    "found unexpected end of stream": ("the quotes are never closed", ""),
    "found unknown escape character": ("an unknown `\\` code", "in single quotes `\\` means itself"),
    "did not find expected key": ("here a key should begin", "in front of it, or in quotes left open above, something is wrong"),
    "could not find expected ':'": ("a `: ` is missing", "write `key: value`"),
}  # fmt: skip


class Plain(str):
    """Text that stood without quotes, so that it may also be a number or a truth."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """Plain data (dict, list, ``Plain``, ``str``, ``None``), and where each part of it stands."""

    source: Source
    data: Any
    marks: Mapping[Loc, tuple[int, int]]  # of values
    keys: Mapping[Loc, tuple[int, int]]  # of their keys
    told: frozenset[Loc]  # values that a fault was told of: what follows from it is not told again

    def place(self, loc: Loc) -> tuple[int, int]:
        """Line and column of the value at ``loc``, or of the nearest thing around it that exists."""
        while loc and loc not in self.marks:
            loc = loc[:-1]
        return self.marks.get(loc, (1, 1))

    def key_place(self, loc: Loc) -> tuple[int, int]:
        """Line and column of the key at ``loc``."""
        return self.keys.get(loc) or self.place(loc)

    def value(self, loc: Loc) -> Any:
        """The value at ``loc``; ``None`` where there is none."""
        data: Any = self.data
        for step in loc:
            if isinstance(data, dict) and isinstance(step, str):
                data = data.get(step)
            elif isinstance(data, list) and isinstance(step, int) and step < len(data):
                data = data[step]
            else:
                return None
        return data

    def fault(self, code: str, loc: Loc, message: str, hint: str = "") -> Fault:
        """A fault at the value at ``loc``."""
        return self.source.fault(code, *self.place(loc), message, hint)

    def find(self, *path: str | None) -> Iterator[tuple[Loc, Any]]:
        """Every value at ``path``, where ``None`` means: each item of the list; what has another shape is passed over."""
        return _found(self.data, path, ())


def _found(data: Any, path: tuple[str | None, ...], loc: Loc) -> Iterator[tuple[Loc, Any]]:
    if not path:
        yield loc, data
    elif path[0] is None and isinstance(data, list):
        for index, item in enumerate(data):
            yield from _found(item, path[1:], (*loc, index))
    elif isinstance(path[0], str) and isinstance(data, dict) and path[0] in data:
        yield from _found(data[path[0]], path[1:], (*loc, path[0]))


def read_marked(source: Source, faults: list[Fault], *, text: str | None = None, first_line: int = 1) -> Marked | None:
    """The data of a YAML file, or of the head that is ``text`` and begins at ``first_line``; faults go to ``faults``.

    A fault of the syntax ends the reading: then there is no data.
    """
    walk = _Walk(source=source, faults=faults, loader=_LOADER(source.text if text is None else text), shift=first_line)
    try:
        return walk.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message, hint = _PROBLEMS.get(str(error.problem), (f"this is no YAML: {error.problem}", ""))
        line = min((mark.line if mark else 0) + first_line, len(source.lines) or 1)
        faults.append(source.fault("syntax", line, (mark.column if mark else 0) + 1, message, hint))
    except yaml.YAMLError as error:
        faults.append(source.fault("syntax", first_line, 1, f"this is no YAML: {error}"))
    except _TooMuchError as error:
        faults.append(source.fault("too-large", *error.place, "too deep or too large", "people do not write this"))
    finally:
        walk.loader.dispose()
    return None


class _TooMuchError(Exception):
    def __init__(self, place: tuple[int, int]) -> None:
        super().__init__()
        self.place = place


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One journey through the events of one document: flat for the scanner, so depth is ours to bound."""

    source: Source
    faults: list[Fault]
    loader: Any
    shift: int
    marks: dict[Loc, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Loc, tuple[int, int]] = field(default_factory=dict)
    told: set[Loc] = field(default_factory=set)
    nodes: int = 0

    def document(self) -> Marked | None:
        """The one document of the file; an empty file is nothing, and of two documents neither is read."""
        data = None
        self.loader.get_event()  # the stream begins
        if not self.loader.check_event(yaml.StreamEndEvent):
            self.loader.get_event()  # the document begins
            data = self.value((), self.loader.get_event())
            self.loader.get_event()  # the document ends
            if not self.loader.check_event(yaml.StreamEndEvent):
                self.tell(self.at(self.loader.peek_event()), "a second document begins here", "one file, one document")
                return None
        told = frozenset(self.told)
        return Marked(source=self.source, data=data, marks=self.marks, keys=self.keys, told=told)

    def value(self, loc: Loc, event: Any) -> Any:
        self.nodes += 1
        self.marks[loc] = place = self.at(event)
        if len(loc) > MAX_DEPTH or self.nodes > MAX_NODES:
            raise _TooMuchError(place)
        if isinstance(event, yaml.AliasEvent):
            self.tell(place, "aliases (*) are not used here", "write the value out")
            self.told.add(loc)
            return None
        if event.anchor is not None:
            self.tell(place, "anchors (&) are not used here", "put text that begins with & in quotes")
        elif event.tag is not None:
            self.tell(place, "tags (!) are not used here", "put text that begins with ! in quotes")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        return self.items(loc) if isinstance(event, yaml.SequenceStartEvent) else self.mapping(loc)

    def items(self, loc: Loc) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := self.loader.get_event(), yaml.SequenceEndEvent):
            found.append(self.value((*loc, len(found)), event))
        return found

    def mapping(self, loc: Loc) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := self.loader.get_event(), yaml.MappingEndEvent):
            place = self.at(event)
            key = str(event.value) if isinstance(event, yaml.ScalarEvent) else None
            if key is None or event.anchor is not None or event.tag is not None:
                self.tell(place, "a key must be plain text")
            if key is None:
                if not isinstance(event, yaml.AliasEvent):
                    self.pass_over(loc, event)
                self.pass_over(loc, self.loader.get_event())
            elif key in found:
                self.faults.append(self.source.fault("duplicate-key", *place, f"the key `{key}` is given twice"))
                self.pass_over(loc, self.loader.get_event())
            else:
                self.keys[*loc, key] = place
                found[key] = self.value((*loc, key), self.loader.get_event())
        return found

    def pass_over(self, loc: Loc, event: Any) -> None:
        """Read a value that will not be used, for the faults in it, and keep its place where no key leads to."""
        self.value((*loc, NOWHERE), event)

    def tell(self, place: tuple[int, int], message: str, hint: str = "") -> None:
        self.faults.append(self.source.fault("syntax", *place, message, hint))

    def at(self, event: Any) -> tuple[int, int]:
        return event.start_mark.line + self.shift, event.start_mark.column + 1


def _scalar(event: Any) -> str | None:
    if event.style:  # quoted or a block; without quotes the C loader says '', the Python loader None
        return str(event.value)
    return None if event.value in _NOTHING else Plain(event.value)
