"""Writes notes as drafts of reflections, and recognises drafts that people have edited since."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Literal

from pipeline.intake.document import ContentBlock, GroupNote
from pipeline.intake.markdown_escaping import escape_line_start
from pipeline.intake.tasks import ImportResult
from pipeline.text import slugify
from pipeline.typesetting import load_translator

DraftState = Literal["written", "updated", "up to date", "edited", "differs"]

_PLAIN_YAML = re.compile(r"[^\W\d_][\w ()'’/-]*\Z")  # needs no quotes, also inside brackets: no number, date or time
_YAML_KEYWORDS = {"true", "false", "null", "yes", "no", "on", "off", "ja", "nee"}
_STAMP = re.compile(r"^# weerslag-import ([0-9a-f]{12})\b.*\n", re.MULTILINE)
_LATE = re.compile(r"^# weerslag-late: .*\n", re.MULTILINE)
_APPROVED_TEXT = "the date of the group's approval, then run: weerslag approve; without it this is a draft"
_STAMP_TEXT = "`notes import --update` replaces this draft as long as nobody has edited it"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectionDraft:
    """A draft, and how it relates to the file at its path."""

    path: str
    content: str
    state: DraftState
    images: tuple[tuple[str, str], ...] = ()  # the clean copy, and its path in the programme

    @property
    def is_new(self) -> bool:
        """Whether it is to be written."""
        return self.state in {"written", "updated"}


def plan_drafts(
    results: Sequence[ImportResult],
    *,
    event: str,
    language: str,
    read_existing: Callable[[str], str | None],
    update: bool,
) -> tuple[ReflectionDraft, ...]:
    """Render the draft of each note.

    Groups with the same name get different paths, in the order of the files.

    Args:
        results: What was read from each file.
        event: The id of the event.
        language: Of the comments in the drafts.
        read_existing: Returns the content of a path in the programme; ``None``: there is no such
            file.
        update: Whether unedited drafts of an earlier import are replaced.
    """
    taken: set[str] = set()
    drafts = []
    for result in results:
        for note in result.notes:
            slug = _find_free_slug(slugify(note.group) or "notitie", taken)
            names, copies = _name_images(note, result.images, f"{event}-{slug}")
            content = render_draft(note, names, language=language)
            path = f"magazine/reflections/{event}/{slug}.md"
            state = compare_draft(content, read_existing(path), update=update)
            drafts.append(ReflectionDraft(path=path, content=content, state=state, images=copies))
    return tuple(drafts)


def render_draft(note: GroupNote, images: Sequence[str], *, language: str) -> str:
    """Render a draft: front matter without ``approved``, and the text.

    Args:
        note: The note.
        images: File names in magazine/images/, indexed by ``ContentBlock.image``; empty: not
            available.
        language: Of the comments.
    """
    translate = load_translator(language)
    front_matter = [
        f"group: {_quote_yaml(note.group)}",
        f"roles: [{', '.join(map(_quote_yaml, note.roles))}]   # {translate('the roles at the table, never names')}",
        f"question: {_quote_yaml(note.question)}".rstrip(),
        f"# approved: 2024-07-01   # {translate(_APPROVED_TEXT)}",
        "insights:" if note.insights else "insights: []",
        *(f"  - {_quote_yaml(insight)}" for insight in note.insights),
        "quotes:" if note.quotes else "quotes: []",
        *(
            f"  - {{text: {json.dumps(quote, ensure_ascii=False)}, by: deelnemer, approved: false}}"
            for quote in note.quotes
        ),
    ]
    body = render_blocks(note.blocks, images, translate)
    text = "\n".join(["---", *front_matter, "---", "", body]).rstrip("\n") + "\n"
    return text.replace("---\n", f"---\n# weerslag-import {_compute_stamp(text)}: {translate(_STAMP_TEXT)}\n", 1)


def is_unedited(draft: str) -> bool:
    """Whether a draft is exactly what an import wrote."""
    stamp = _STAMP.search(draft)
    return stamp is not None and stamp[1] == _compute_stamp(_STAMP.sub("", draft, count=1))


def mark_late(draft: ReflectionDraft, deadline: str, *, language: str) -> ReflectionDraft:
    """Write into a new draft that it was imported after the deadline; a draft that is kept stays as it is."""
    if not draft.is_new:
        return draft
    line = f"# weerslag-late: {load_translator(language)('imported after the deadline')}, {deadline}\n"
    return replace(draft, content=draft.content.replace("---\n", f"---\n{line}", 1))


def compare_draft(new: str, existing: str | None, *, update: bool) -> DraftState:
    """Decide what happens to a draft.

    An edited one is never overwritten, an unedited one only with ``update``.
    """
    if existing is None:
        return "written"
    existing = _LATE.sub("", existing, count=1)
    if existing == new:
        return "up to date"
    if is_unedited(existing):
        return "updated" if update else "differs"
    stamps = [stamp[1] if (stamp := _STAMP.search(text)) else "" for text in (existing, new)]
    return "up to date" if stamps[0] == stamps[1] else "edited"


def _find_free_slug(slug: str, taken: set[str]) -> str:
    name = next(name for name in chain([slug], (f"{slug}-{number}" for number in count(2))) if name not in taken)
    taken.add(name)
    return name


def _name_images(note: GroupNote, images: Sequence[str], stem: str) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    """Name the images that a note shows.

    Returns:
        File names, indexed like ``images``; and the copies to make, as pairs of source and path in
        the programme.
    """
    shown = sorted({block.image for block in note.blocks if block.kind == "image" and block.image >= 0})
    names, copies = [""] * len(images), []
    for number, index in enumerate((index for index in shown if images[index]), start=1):
        names[index] = f"{stem}-{number}{Path(images[index]).suffix}"
        copies.append((images[index], f"magazine/images/{names[index]}"))
    return names, tuple(copies)


def _compute_stamp(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _quote_yaml(text: str) -> str:
    is_plain = _PLAIN_YAML.match(text) and text == text.strip() and text.casefold() not in _YAML_KEYWORDS
    return text if is_plain or not text else json.dumps(text, ensure_ascii=False)


def render_blocks(blocks: Sequence[ContentBlock], images: Sequence[str], translate: Callable[[str], str]) -> str:
    """Render blocks as Markdown.

    Args:
        blocks: In order.
        images: File names in magazine/images/, indexed by ``ContentBlock.image``.
        translate: Translates the comments.
    """
    heading_levels = sorted({block.level for block in blocks if block.kind == "heading"})
    pieces: list[str] = []
    previous: ContentBlock | None = None
    for block in _limit_nesting(blocks):
        piece = _render_block(block, heading_levels, images, translate)
        if not piece:
            continue
        is_tight = previous is not None and previous.kind == block.kind == "item" and not _starts_list(previous, block)
        pieces += [piece] if not pieces else ["\n" if is_tight else "\n\n", piece]
        previous = block
    return "".join(pieces)


def _limit_nesting(blocks: Sequence[ContentBlock]) -> Iterator[ContentBlock]:
    """Nest each item at most one level deeper than the one before it.

    Markdown would take it for code.
    """
    max_level = 0
    for block in blocks:
        level = min(block.level, max_level)
        yield replace(block, level=level) if block.kind == "item" else block
        max_level = level + 1 if block.kind == "item" else 0


def _starts_list(previous: ContentBlock, item: ContentBlock) -> bool:
    """Whether a numbered list follows a bulleted one, or the reverse."""
    return previous.level == item.level and bool(previous.number) != bool(item.number)


def _render_block(
    block: ContentBlock, heading_levels: Sequence[int], images: Sequence[str], translate: Callable[[str], str]
) -> str:
    match block.kind:
        case "heading":
            return f"{'#' * min(6, 2 + heading_levels.index(block.level))} {block.text_md}"
        case "item":
            marker = f"{block.number}. " if block.number else "- "
            indent = "    " * block.level
            return f"{indent}{marker}{escape_line_start(block.text_md)}".replace("\n", f"\n{indent}{' ' * len(marker)}")
        case "table":
            header, *rows = (f"| {' | '.join(row)} |" for row in block.rows)
            return "\n".join([header, f"|{' --- |' * len(block.rows[0])}", *rows])
        case "footnote":
            return f"[^{block.footnote_id}]: {block.text_md}"
        case "image":
            return _render_image(block, images, translate)
        case "transcribe":
            return f"<!-- {translate('Type the text of the photo below, word for word: not everyone can read a photo.')} -->"
    return escape_line_start(block.text_md)


def _render_image(block: ContentBlock, images: Sequence[str], translate: Callable[[str], str]) -> str:
    """Render an image with its alt text.

    Without alt text it is put in a comment, because ``check`` would reject it.
    """
    name = images[block.image] if 0 <= block.image < len(images) else ""
    if not name:
        return ""
    alt = re.sub(r"([\[\]\\])", r"\\\1", block.alt)
    if alt:
        return f"![{alt}](../../images/{name})"
    return f"<!-- {translate('Describe the image, and move it out of this comment:')} ![…](../../images/{name}) -->"
