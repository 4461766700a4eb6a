"""Writes a sorted note as the draft of a reflection, and tells whether a person has touched the draft since."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.intake.blocks import Block
from pipeline.intake.marks import line_start
from pipeline.intake.sorting import Note
from pipeline.typesetting import words

State = Literal["written", "updated", "kept", "edited", "differs"]

_PLAIN = re.compile(
    r"[^\W\d_][\w ()'’/-]*\Z"
)  # needs no quotes in YAML, also inside brackets, and is no number, date or clock
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "ja", "nee"}
_STAMP = re.compile(r"^# weerslag-import ([0-9a-f]{12})\b.*\n", re.MULTILINE)
_TOLD = "as long as nobody edits this draft, `notes import --update` may replace it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft as it should stand, and what becomes of it beside what stands there."""

    path: str
    content: str
    state: State
    pictures: tuple[tuple[str, str], ...] = ()  # the clean copy, and where it goes


def draft_text(note: Note, pictures: Sequence[str], *, language: str) -> str:
    """The file: a head without ``cleared``, and the text. ``pictures`` are names in magazine/images/, empty if it is lost."""
    gettext = words(language)
    head = [
        f"group: {_yaml(note.group)}",
        f"roles: [{', '.join(map(_yaml, note.roles))}]   # who sat there, by role, never by name",
        f"question: {_yaml(note.question)}".rstrip(),
        "# cleared: 2024-07-01   # the day on which the group agreed, then: weerslag clear; until then this is a draft",
        "insights:" if note.insights else "insights: []",
        *(f"  - {_yaml(insight)}" for insight in note.insights),
        "quotes:" if note.quotes else "quotes: []",
        *(
            f"  - {{text: {json.dumps(quote, ensure_ascii=False)}, by: deelnemer, cleared: false}}"
            for quote in note.quotes
        ),
    ]
    body = _body(note.blocks, pictures, gettext)
    text = "\n".join(["---", *head, "---", "", body]).rstrip("\n") + "\n"
    return text.replace("---\n", f"---\n# weerslag-import {_digest(text)}: {_TOLD}\n", 1)


def is_untouched(draft: str) -> bool:
    """Whether a draft still says what the import wrote, to the letter."""
    stamp = _STAMP.search(draft)
    return stamp is not None and stamp[1] == _digest(_STAMP.sub("", draft, count=1))


def state_of(new: str, there: str | None, *, update: bool) -> State:
    """What becomes of a draft: an edited one is never overwritten, another hand-in only replaces one when asked to."""
    if there is None:
        return "written"
    if there == new:
        return "kept"
    if is_untouched(there):
        return "updated" if update else "differs"
    stamps = [stamp[1] if (stamp := _STAMP.search(text)) else "" for text in (there, new)]
    return "kept" if stamps[0] == stamps[1] else "edited"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _yaml(text: str) -> str:
    plain = _PLAIN.match(text) and text == text.strip() and text.casefold() not in _WORDS
    return text if plain or not text else json.dumps(text, ensure_ascii=False)


# ------------------------------------------------------------------------------------------------------------- the text


def _body(blocks: Sequence[Block], pictures: Sequence[str], gettext: Callable[[str], str]) -> str:
    tops = sorted({block.level for block in blocks if block.kind == "heading"})
    pieces: list[str] = []
    was: Block | None = None
    for block in _without_gaps(blocks):
        piece = _piece(block, tops, pictures, gettext)
        if not piece:
            continue
        close = was is not None and was.kind == block.kind == "item" and not _parts_lists(was, block)
        pieces += [piece] if not pieces else ["\n" if close else "\n\n", piece]
        was = block
    return "".join(pieces)


def _without_gaps(blocks: Sequence[Block]) -> Iterator[Block]:
    """The same, with no item more than one step deeper than the one before it: Markdown would take that for code."""
    deepest = 0
    for block in blocks:
        level = min(block.level, deepest)
        yield replace(block, level=level) if block.kind == "item" else block
        deepest = level + 1 if block.kind == "item" else 0


def _parts_lists(one: Block, other: Block) -> bool:
    return one.level == other.level and bool(one.number) != bool(other.number)


def _piece(block: Block, tops: Sequence[int], pictures: Sequence[str], gettext: Callable[[str], str]) -> str:
    if block.kind == "heading":
        return f"{'#' * min(6, 2 + tops.index(block.level))} {block.text_md}"
    if block.kind == "item":
        mark = f"{block.number}. " if block.number else "- "
        indent = "    " * block.level
        return f"{indent}{mark}{line_start(block.text_md)}".replace("\n", f"\n{indent}{' ' * len(mark)}")
    if block.kind == "table":
        head, *rows = (f"| {' | '.join(row)} |" for row in block.rows)
        return "\n".join([head, f"|{' --- |' * len(block.rows[0])}", *rows])
    if block.kind == "footnote":
        return f"[^{block.mark}]: {block.text_md}"
    if block.kind == "picture":
        return _picture(block, pictures, gettext)
    if block.kind == "sheet":
        asked = "Write down below what stands on the sheet, word for word: a photo of words can be read by too few."
        return f"<!-- {gettext(asked)} -->"
    return line_start(block.text_md)


def _picture(block: Block, pictures: Sequence[str], gettext: Callable[[str], str]) -> str:
    """A picture with what it shows; one without stands in a comment, for ``check`` would refuse it, and rightly."""
    name = pictures[block.picture] if 0 <= block.picture < len(pictures) else ""
    if not name:
        return ""
    alt = re.sub(r"([\[\]\\])", r"\\\1", block.alt)
    if alt:
        return f"![{alt}](../../images/{name})"
    asked = gettext("Say what the picture shows, and take it out of this comment:")
    return f"<!-- {asked} ![…](../../images/{name}) -->"
