"""Lock approvals to the exact text: each approval in a file gets the digest of its text."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.content.approvals import Approval, ApprovedText, list_approvals
from pipeline.content.content_files import ContentFile, ProgrammeFiles, ReflectionFile
from pipeline.content.schema.reflection import ReflectionSchema
from pipeline.errors import ContentError, SourceLocation, fill
from pipeline.text import normalise_text, suggest_similar

APPROVED_TEXTS = ".weerslag/approved"  # locked texts are stored here, so that a later edit can be shown
_DAY = re.compile(r"""(?P<quote>["']?)(?P<value>\d{4}-\d{2}-\d{2})(?P=quote)""")
_TRUE = re.compile(r"(?P<value>[Tt]rue|TRUE)")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFile:
    """A reflection file with locked approvals, and what to store of it."""

    file: str
    content: bytes
    texts: int  # locked now: the reflection itself, 0 or 1
    quotes: int  # locked now
    approved: tuple[ApprovedText, ...]  # everything in it that is approved
    digests: frozenset[str]  # of everything in it that is locked, now or before, and of revoked approvals


def lock_reflections(files: ProgrammeFiles, names: Sequence[str] = ()) -> tuple[LockedFile, ...]:
    """Lock the approvals in reflections.

    A revoked approval stays revoked: only a person can approve again.

    Args:
        files: The programme.
        names: Reflections as tafel-3, burger-centraal/tafel-3 or a path; empty: all.

    Raises:
        ContentError: A name is unknown, or an approval is written in a form that cannot be edited.
    """
    return tuple(lock_approvals(one.file) for one in select_reflections(files.reflections, names))


def lock_approvals(file: ContentFile[ReflectionSchema]) -> LockedFile:
    """Lock the approvals in one reflection, which has no errors.

    Raises:
        ContentError: An approval is written in a form that cannot be edited.
    """
    approvals = list_approvals(file)
    unlocked = [one for one in approvals if one.status == "unlocked"]
    approved = tuple(one.text for one in approvals if one.is_valid)  # of a revoked approval that text is gone
    return LockedFile(
        file=file.path,
        content=_insert_digests(file, unlocked),
        texts=sum(not one.loc for one in unlocked),
        quotes=sum(bool(one.loc) for one in unlocked),
        approved=approved,
        digests=frozenset([*(one.digest for one in approvals), *(text.digest for text in approved)]),
    )


def select_reflections(reflections: Sequence[ReflectionFile], names: Sequence[str]) -> Iterator[ReflectionFile]:
    """Select reflections by slug, ``event/slug`` or path; without names, all.

    Raises:
        ContentError: A name is unknown.
    """
    if not names:
        yield from reflections
    for name in names:
        selected = [one for one in reflections if name in _list_names(one)]
        if not selected:
            hint = suggest_similar(name, set().union(*map(_list_names, reflections)))
            raise ContentError(fill("there is no reflection `{name}`", name=name), hint=hint)
        yield from selected


def _list_names(reflection: ReflectionFile) -> set[str]:
    file = reflection.file
    return {file.slug, f"{reflection.event}/{file.slug}", file.path}


def _insert_digests(file: ContentFile[ReflectionSchema], approvals: Sequence[Approval]) -> bytes:
    """Write the digest of each approval into the original bytes; every other byte stays as it is."""
    lines = file.yaml.source.split_original_lines()
    located = [(*file.yaml.locate((*one.loc, "approved")), one) for one in approvals]
    for number, column, approval in sorted(located, key=lambda one: (one[0], -one[1])):
        line = lines[number - 1]
        found = _find_value(line, column, _TRUE if approval.loc else _DAY)
        if not found:
            raise ContentError(
                "this approval is written in a form that cannot be locked",
                where=SourceLocation(file.path, number, column),
                hint="write it on one line: approved: 2024-07-01, or approved: true for a quote",
            )
        digest = approval.text.digest
        value = digest if approval.loc else f"{found['value']} {digest}"  # the date stays in front of it
        lines[number - 1] = line[: found.start()] + value + line[found.end() :]
    return "".join(lines).encode("utf-8")


def _find_value(line: str, column: int, pattern: re.Pattern[str]) -> re.Match[str] | None:
    """Find the approval in an original line; ``column`` is that in the normalised line."""
    first = bisect_left(range(len(line)), column - 1, key=lambda index: len(normalise_text(line[:index])))
    for index in range(first, len(line)):  # invisible characters may precede it
        if found := pattern.match(line, index):
            return found if len(normalise_text(line[:index])) == column - 1 else None
        if normalise_text(line[first : index + 1]):
            return None
    return None
