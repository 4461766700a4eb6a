"""What a foreign note becomes first, whatever it was written in: blocks in reading order, and a list of what was left out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One piece of a text. ``text_md`` is Markdown on one line, or with hard breaks; ``text`` the same without marks."""

    kind: str  # heading, paragraph, item, quote, table, picture, footnote, sheet
    text: str = ""
    text_md: str = ""
    level: int = 0  # of a heading, from 1; of an item, from 0: how deep it stands
    number: int = 0  # of an item in a numbered list, from 1; 0: a bullet
    rows: tuple[tuple[str, ...], ...] = ()  # of a table, in Markdown, the first row at its head
    picture: int = -1  # its place among the pictures of the note; -1: it could not be had
    alt: str = ""
    mark: str = ""  # of a footnote


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class LeftOut:
    """Something of a source that its draft does not carry; never with the words themselves, which may name somebody."""

    what: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a reader found in one source."""

    blocks: tuple[Block, ...]
    pictures: tuple[bytes, ...] = ()  # as they came: hostile until cleaned
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A text of which the group is known already: a row of a form, a photo."""

    group: str
    text: Text
    roles: tuple[str, ...] = ()
    question: str = ""
    insights: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
