"""Text in a feed: normalised space, maximum lengths, and characters that XML does not allow."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass

from pipeline.errors import ContentError, fill
from pipeline.model import Episode, Programme

_SPACE = re.compile(r"[^\S\u00a0\u202f]+")  # all white space except the two no-break spaces, which are typography
_INVALID_CHARACTER = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2 (Char)


def normalise_space(text: str) -> str:
    """Collapse white space to single spaces and strip it; Apple requires this of every value."""
    if "  " not in text and text.isprintable():  # the common case: other white space is not printable
        return text.strip(" ")
    return _SPACE.sub(" ", text).strip()


def format_json_list(head: Mapping[str, str], name: str, items: Iterable[Mapping[str, object]]) -> str:
    """Format a JSON object with the list ``name``, one item per line: small, and readable in a diff."""
    lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    return f"{json.dumps(head, ensure_ascii=False)[:-1]}, {json.dumps(name)}: [\n{lines}\n]}}\n"


def truncate_text(text: str, *, max_bytes: int) -> str:
    """Truncate ``text`` to at most so many bytes of UTF-8, between two words."""
    if len(text.encode()) <= max_bytes:
        return text
    truncated = text.encode()[: max_bytes - len("…".encode())].decode(errors="ignore")
    return f"{truncated.rpartition(' ')[0] or truncated}…"


def encode_document(document: str) -> bytes:
    """Encode a document as UTF-8.

    Raises:
        ValueError: It contains a character that is invalid in XML too (a control character, a lone surrogate).
    """
    if found := _INVALID_CHARACTER.search(document):
        raise ValueError(_format_code_point(found[0]))
    return document.encode()


@contextmanager
def name_invalid_field(source: Programme | Episode) -> Iterator[None]:
    """Convert a ``ValueError`` of lxml, feedgen or a codec, and name the field of ``source`` that caused it.

    Raises:
        ContentError: A value is invalid in XML.
    """
    try:
        yield
    except ValueError as error:
        field, character = next(_find_invalid_characters(source, ""), ("", ""))
        in_xml = "`{field}` contains {character}, which is invalid in XML"
        invalid = fill(in_xml, field=field, character=_format_code_point(character))
        message = invalid if field else fill("invalid value for a feed: {error}", error=error)
        hint = "Delete the character; it is invisible, and often caused by pasted text." if field else ""
        where = f"episodes/{source.slug}/episode.md" if isinstance(source, Episode) else "programme.yaml"
        raise ContentError(message, where=where, hint=hint) from error


def _find_invalid_characters(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Find each text in ``value`` that is invalid in XML: its path, such as ``people[0].name``, and the first such character."""
    if isinstance(value, str):
        if found := _INVALID_CHARACTER.search(value):
            yield path, found[0]
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _find_invalid_characters(item, f"{path}[{index}]")
    elif is_dataclass(value):
        for field in fields(value):
            yield from _find_invalid_characters(getattr(value, field.name), f"{path}.{field.name}".lstrip("."))


def _format_code_point(character: str) -> str:
    return f"the character U+{ord(character):04X}"
