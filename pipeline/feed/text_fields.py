"""What a text must be to stand in a feed: one line where one is asked for, and nothing that XML cannot hold."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass

from pipeline.errors import ContentError
from pipeline.model import Episode, Programme

_SPACE = re.compile(r"[^\S\u00a0\u202f]+")  # all white space but the two no-break spaces, which are typography
_UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2 (Char)


def one_line(text: str) -> str:
    """``text`` without line breaks, doubled spaces or spaces at its ends: Apple asks for that in every value."""
    if "  " not in text and text.isprintable():  # nearly all: no other white space is printable
        return text.strip(" ")
    return _SPACE.sub(" ", text).strip()


def json_document(head: Mapping[str, str], name: str, items: Iterable[Mapping[str, object]]) -> str:
    """JSON with one item of the list ``name`` a line: small, and readable in a diff."""
    lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    return f"{json.dumps(head, ensure_ascii=False)[:-1]}, {json.dumps(name)}: [\n{lines}\n]}}\n"


def shortened(text: str, *, size_bytes: int) -> str:
    """``text`` in at most so many bytes of UTF-8, cut between two words."""
    if len(text.encode()) <= size_bytes:
        return text
    room = text.encode()[: size_bytes - len("…".encode())].decode(errors="ignore")
    return f"{room.rpartition(' ')[0] or room}…"


def writable(document: str) -> bytes:
    """A whole document as UTF-8.

    Raises:
        ValueError: a character in it could not stand in a feed either (a control character, half a surrogate pair).
    """
    if found := _UNWRITABLE.search(document):
        raise ValueError(_name(found[0]))
    return document.encode()


@contextmanager
def naming_the_field(source: Programme | Episode) -> Iterator[None]:
    """A ``ValueError`` of lxml, feedgen or a codec becomes ours, and names the field of ``source`` that it came from.

    Raises:
        ContentError: the cause is kept.
    """
    try:
        yield
    except ValueError as error:
        field, character = next(_unwritable(source, ""), ("", ""))
        message = (
            f"`{field}` holds {_name(character)}, which no feed can carry" if field else f"unfit for a feed: {error}"
        )
        hint = "Delete that character; it is invisible, and often comes along when text is pasted." if field else ""
        where = f"episodes/{source.slug}/episode.md" if isinstance(source, Episode) else "programme.yaml"
        raise ContentError(message, where=where, hint=hint) from error


def _unwritable(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Each text in ``value`` that XML cannot hold: its path, as ``people[0].name``, and the first such character."""
    if isinstance(value, str):
        if found := _UNWRITABLE.search(value):
            yield path, found[0]
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _unwritable(item, f"{path}[{index}]")
    elif is_dataclass(value):
        for field in fields(value):
            yield from _unwritable(getattr(value, field.name), f"{path}.{field.name}".lstrip("."))


def _name(character: str) -> str:
    return f"the character U+{ord(character):04X}"
