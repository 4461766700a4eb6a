"""Ties what was cleared by hand to its words: the new bytes of a file, in which nothing differs but the clearances."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.content.approvals import (
    Words,
    standing_of_quote,
    standing_of_reflection,
    words_of_quote,
    words_of_reflection,
)
from pipeline.content.discovery import Page, ReflectionPage, gather, page_of
from pipeline.content.field_error import WrongError
from pipeline.content.files import Folder, source_of
from pipeline.content.schema.files import ReflectionForm
from pipeline.errors import ContentError, Fault, Place
from pipeline.text import clean, did_you_mean

MEMORY = ".weerslag/cleared"  # the words that were tied, so that a change in them can be shown
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
_DAY = re.compile(r"""(?P<quote>["']?)(?P<said>\d{4}-\d{2}-\d{2})(?P=quote)""")
_TRUE = re.compile(r"(?P<said>[Tt]rue|TRUE)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tied:
    """A file whose clearances are tied to their words, and what is worth remembering of it."""

    file: str
    content: bytes
    texts: int  # tied now: the reflection itself, 0 or 1
    quotes: int  # tied now
    words: tuple[Words, ...]  # of everything in it that is cleared
    digests: frozenset[str]  # of everything in it that is tied, now or before; of what was voided too


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    line: int
    column: int
    wanted: re.Pattern[str]
    digest: str
    keeps: bool  # the day stays in front of the digest


def tied_reflections(root: Path, names: Sequence[str] = ()) -> tuple[Tied, ...]:
    """Every reflection, or those ``names`` (as tafel-3, burger-centraal/tafel-3 or the path), with its clearances tied.

    What was voided stays voided: only a person can say that it is cleared again.

    Raises:
        ContentError: a file has faults, or a name is unknown.
    """
    folder, faults = Folder(root=root.resolve()), list[Fault]()
    pages = gather(folder, faults)
    if faults:
        raise ContentError(faults=tuple(faults))
    return tuple(_tied_on_disk(folder, page) for page in _named(pages.reflections, names))


def tied_file(file: str, raw: bytes) -> Tied:
    """One reflection with its clearances tied.

    Raises:
        ContentError: it has faults, or a clearance is written in a way that cannot be changed by itself.
    """
    faults: list[Fault] = []
    page = page_of(source_of(file, raw), file, "", ReflectionForm, "reflection", faults)
    if faults or page.form is None:
        raise ContentError(faults=tuple(faults))
    edits = list(_edits(page, page.form))
    return Tied(
        file=file,
        content=_edited(file, raw, edits),
        texts=sum(edit.keeps for edit in edits),
        quotes=sum(not edit.keeps for edit in edits),
        words=(words := tuple(_cleared_words(page.form, page.body_md))),
        digests=frozenset([*_digests(page.form), *(one.digest for one in words)]),
    )


def _tied_on_disk(folder: Folder, page: ReflectionPage) -> Tied:
    try:
        raw = folder.real(page.page.file).read_bytes()
    except (WrongError, OSError) as error:
        raise ContentError("this file cannot be read", where=page.page.file) from error
    return tied_file(page.page.file, raw)


def _named(pages: Sequence[ReflectionPage], names: Sequence[str]) -> Iterator[ReflectionPage]:
    if not names:
        yield from pages
    for name in names:
        found = [page for page in pages if name in _names(page)]
        if not found:
            raise ContentError(
                f"there is no reflection `{name}`",
                hint=did_you_mean(name, set().union(*map(_names, pages))),
            )
        yield from found


def _names(page: ReflectionPage) -> set[str]:
    return {page.page.slug, f"{page.event}/{page.page.slug}", page.page.file}


def _digests(form: ReflectionForm) -> Iterator[str]:
    yield (form.cleared or "").partition(" ")[2]
    yield from (quote.cleared for quote in form.quotes)


def _cleared_words(form: ReflectionForm, body_md: str) -> Iterator[Words]:
    """The words of what is cleared; of what was voided, nobody has the words that were."""
    if standing_of_reflection(form, body_md) in ("by hand", "tied"):
        yield words_of_reflection(form, body_md)
    for quote in form.quotes:
        if standing_of_quote(quote) in ("by hand", "tied"):
            yield words_of_quote(quote)


# --------------------------------------------------------------------------------------------------------------- edits


def _edits(page: Page[ReflectionForm], form: ReflectionForm) -> Iterator[_Edit]:
    if page.marked is None:
        return
    if standing_of_reflection(form, page.body_md) == "by hand":
        line, column = page.marked.place(("cleared",))
        digest = words_of_reflection(form, page.body_md).digest
        yield _Edit(line=line, column=column, wanted=_DAY, digest=digest, keeps=True)
    for number, quote in enumerate(form.quotes):
        if standing_of_quote(quote) == "by hand":
            line, column = page.marked.place(("quotes", number, "cleared"))
            yield _Edit(line=line, column=column, wanted=_TRUE, digest=words_of_quote(quote).digest, keeps=False)


def _edited(file: str, raw: bytes, edits: Sequence[_Edit]) -> bytes:
    """The file as it came, every byte of it, but for the edits."""
    lines = [found[0] for found in _LINE.finditer(raw.decode("utf-8"))]
    for edit in sorted(edits, key=lambda edit: (edit.line, -edit.column)):
        line = lines[edit.line - 1]
        found = _found(line, edit)
        if not found:
            raise ContentError(
                "this clearance is written in a way that cannot be tied to its words",
                where=Place(file, edit.line, edit.column),
                hint="write it on one line, as cleared: 2024-07-01, or cleared: true behind a quote",
            )
        told = f"{found['said']} {edit.digest}" if edit.keeps else edit.digest
        lines[edit.line - 1] = line[: found.start()] + told + line[found.end() :]
    return "".join(lines).encode("utf-8")


def _found(line: str, edit: _Edit) -> re.Match[str] | None:
    """The clearance in a line as it came, where ``edit`` has its column in the line as it is once it is cleaned."""
    first = bisect_left(range(len(line)), edit.column - 1, key=lambda index: len(clean(line[:index])))
    for index in range(first, len(line)):  # what cannot be seen may stand before it
        if found := edit.wanted.match(line, index):
            return found if len(clean(line[:index])) == edit.column - 1 else None
        if clean(line[first : index + 1]):
            return None
    return None
