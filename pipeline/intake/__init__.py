"""Turns what groups handed in (Word, OpenDocument, text, web pages, forms, e-mail, photos) into drafts of reflections.

Every file is a stranger's: a job reads it in a process with limits, and what comes out is text, clean pictures and a list
of what was left out. Nothing here writes into a programme.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import WeerslagError
from pipeline.graphics.image_cleaning import PictureJob, clean_picture
from pipeline.intake import tables
from pipeline.intake.blocks import Block, LeftOut, Part, Text
from pipeline.intake.drafting import Draft, draft_text, state_of
from pipeline.intake.guard import MOST_BYTES, Refused, form_of, read_source
from pipeline.intake.mail import opened_mail
from pipeline.intake.odt import read_odt
from pipeline.intake.people import Mention, mentions
from pipeline.intake.plain import plain_blocks, read_html, read_markdown, read_text
from pipeline.intake.sorting import Note, note_of, split_in_groups
from pipeline.intake.word import read_word
from pipeline.text import clean, slug_of

__all__ = ["Draft", "HandIn", "IntakeJob", "LeftOut", "Mention", "drafts_of", "mentions", "read_hand_in"]

_PICTURE_PX = 3000
_READERS: Mapping[str, Callable[[bytes], Text]] = {
    "docx": read_word,
    "odt": read_odt,
    "md": read_markdown,
    "txt": read_text,
    "html": read_html,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeJob:
    """A file that somebody handed in, and the folder in which clean copies of its pictures may be put."""

    file: str
    pictures: str
    mapping: str = ""  # of a form, as TOML; none: guessed
    group: str = ""  # what the group is called; none: as the file says, or is called


@dataclass(frozen=True, slots=True, kw_only=True)
class HandIn:
    """What was in a file: a note a group, and all that is not in them."""

    notes: tuple[Note, ...]
    pictures: tuple[str, ...]  # the clean copies, in the order of the blocks that show them; empty: it cannot be read
    left_out: tuple[LeftOut, ...]
    mapping: str = ""  # of a form, as it was used


def read_hand_in(job: IntakeJob) -> HandIn:
    """Read one file.

    Raises:
        Refused: what it is cannot be read, or must not; in one sentence.
    """
    content = read_source(Path(job.file))
    parts, pictures, left_out, mapping = _parts(content, Path(job.file).name, job)
    copies, lost = _cleaned(pictures, Path(job.pictures))
    left_out += [LeftOut(what="picture that cannot be read")] * lost
    notes = []
    for part in parts:
        note, more = note_of(replace(part, group=job.group or part.group))
        notes.append(note)
        left_out += more
    if not any(note.blocks or note.insights or note.quotes for note in notes):
        raise Refused("holds no text", hint="Ask for it again.")
    return HandIn(notes=tuple(notes), pictures=copies, left_out=_counted(left_out), mapping=mapping)


def drafts_of(
    hand_ins: Sequence[HandIn], *, event: str, language: str, there: Callable[[str], str | None], update: bool
) -> tuple[Draft, ...]:
    """The draft of each note, and what becomes of it; ``there`` tells what stands at a path now.

    Two groups of one name in one import get two names; the same files in the same order give the same ones.
    """
    taken: set[str] = set()
    drafts = []
    for hand_in in hand_ins:
        for note in hand_in.notes:
            slug = _free(slug_of(note.group) or "notitie", taken)
            names, copies = _named(note, hand_in.pictures, f"{event}-{slug}")
            content = draft_text(note, names, language=language)
            path = f"magazine/reflections/{event}/{slug}.md"
            state = state_of(content, there(path), update=update)
            drafts.append(Draft(path=path, content=content, state=state, pictures=copies))
    return tuple(drafts)


def _free(slug: str, taken: set[str]) -> str:
    number = 1
    name = slug
    while name in taken:
        number += 1
        name = f"{slug}-{number}"
    taken.add(name)
    return name


def _named(note: Note, pictures: Sequence[str], stem: str) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    """The name of each picture that a note shows, and which copy goes where."""
    shown = sorted({block.picture for block in note.blocks if block.kind == "picture" and block.picture >= 0})
    names, copies = [""] * len(pictures), []
    for number, place in enumerate((place for place in shown if pictures[place]), start=1):
        names[place] = f"{stem}-{number}{Path(pictures[place]).suffix}"
        copies.append((pictures[place], f"magazine/images/{names[place]}"))
    return names, tuple(copies)


# ----------------------------------------------------------------------------------------------------------- what it is


def _parts(content: bytes, name: str, job: IntakeJob) -> tuple[list[Part], list[bytes], list[LeftOut], str]:
    form = form_of(content, name)
    called = _called(name)
    if form == "eml":
        return _parts_of_mail(content, called, job)
    if form == "picture":
        sheet = (Block(kind="picture", picture=0), Block(kind="sheet"))
        return [Part(group=called, text=Text(blocks=sheet))], [content], [], ""
    if form in {"csv", "xlsx"}:
        table = tables.read_csv(content) if form == "csv" else tables.read_xlsx(content)
        mapping = tables.mapping_from(job.mapping.encode()) if job.mapping else tables.guessed(table.columns)
        left_out = [*table.left_out, *(LeftOut(what="column of the form") for _ in mapping.left_out)]
        parts = [replace(part, group=part.group or called) for part in tables.parts_of(table, mapping)]
        return parts, [], left_out, mapping.as_toml()
    text = _READERS[form](content)
    parts, left_out = split_in_groups(text, name=called)
    return parts, list(text.pictures), [*text.left_out, *left_out], ""


def _parts_of_mail(content: bytes, called: str, job: IntakeJob) -> tuple[list[Part], list[bytes], list[LeftOut], str]:
    """The words of an e-mail, and each file that hangs on it as if it had been handed in itself; a letter in one is not."""
    form, words, attachments, left_out = opened_mail(content)
    text = read_html(words.encode()) if form == "html" else Text(blocks=plain_blocks(clean(words)))
    parts, more = split_in_groups(text, name=called) if text.blocks else ([], [])
    left_out += [*text.left_out, *more]
    pictures: list[bytes] = []
    mapping = ""
    for name, attached in attachments:
        try:
            found, images, lost, mapping = _parts_of_attachment(attached, name, called, job)
        except Refused:
            left_out.append(LeftOut(what="attachment that cannot be read"))
            continue
        parts += [_shifted(part, len(pictures)) for part in found]
        pictures += images
        left_out += lost
    return parts, pictures, left_out, mapping


def _parts_of_attachment(
    content: bytes, name: str, called: str, job: IntakeJob
) -> tuple[list[Part], list[bytes], list[LeftOut], str]:
    if len(content) > MOST_BYTES or not content.strip() or form_of(content, name) == "eml":
        raise Refused("a letter in a letter is no hand-in")
    return _parts(content, name or called, job)


def _shifted(part: Part, by: int) -> Part:
    blocks = tuple(
        replace(block, picture=block.picture + by) if block.kind == "picture" and block.picture >= 0 else block
        for block in part.text.blocks
    )
    return replace(part, text=replace(part.text, blocks=blocks))


def _called(name: str) -> str:
    """What a group is called whose file is called so."""
    stem = clean(name.rpartition(".")[0] or name)
    words = " ".join(re.sub(r"[_\-.]+", " ", stem).split())[:120]
    return words[:1].upper() + words[1:] or "Notitie"


def _cleaned(pictures: Sequence[bytes], folder: Path) -> tuple[tuple[str, ...], int]:
    """Clean copies in the folder, and how many could not be made; nothing of a camera or a person is in them."""
    copies = []
    for number, content in enumerate(pictures):
        form = "png" if content.startswith(b"\x89PNG") else "jpg"
        came, out = folder / f"{number}.came", folder / f"{number}.{form}"
        came.write_bytes(content)
        try:
            clean_picture(PictureJob(source=str(came), out=str(out), max_px=_PICTURE_PX))
            copies.append(str(out))
        except WeerslagError:
            copies.append("")
        came.unlink()
    return tuple(copies), copies.count("")


def _counted(left_out: Sequence[LeftOut]) -> tuple[LeftOut, ...]:
    counts: dict[str, int] = {}
    for one in left_out:
        counts[one.what] = counts.get(one.what, 0) + one.count
    return tuple(LeftOut(what=what, count=count) for what, count in counts.items())
