"""Approvals at the review desk: what each group is asked to approve, beside the wording before, and who agreed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from itertools import groupby
from pathlib import Path
from typing import Any

from pipeline.cache import write_atomic
from pipeline.cache.atomic_files import convert_os_errors
from pipeline.cache.file_lock import hold_lock
from pipeline.content import read_valid_files
from pipeline.content.approval_recording import GivenApproval, build_approval_files
from pipeline.content.approval_requests import APPROVAL_LOG, REQUESTS, read_requests
from pipeline.content.approval_sheets import build_sheet
from pipeline.content.approval_status import read_approved_text
from pipeline.content.approvals import Approval, list_approvals, normalise_wording, parse_wording
from pipeline.content.content_files import ProgrammeFiles, ReflectionFile
from pipeline.errors import ContentError
from pipeline.model.approvals import ApprovalSheet, SheetItem
from pipeline.server.review.desk import StaleEditError

_Request = dict[str, Any]  # what a sheet asked for
_Segments = list[tuple[bool, str]]  # whether it differs from the other wording, and the text


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDesk:
    """Reads reflections, and writes approvals as `weerslag approve` does."""

    root: Path  # the folder of the programme
    by: str  # initials of who records
    lock_file: Path
    get_time: Callable[[], datetime]

    def load(self) -> dict[str, Any]:
        """Return everything that the page shows: all reflections, those with something to approve first.

        Raises:
            ContentError: A file has errors.
        """
        files, requests = read_valid_files(self.root), read_requests(self.root / REQUESTS)
        sheets = [_serialise(files, one, requests) for one in files.reflections]
        sheets.sort(key=lambda sheet: all(item["isValid"] for item in sheet["items"]))
        return {"by": self.by, "today": self.get_time().date().isoformat(), "sheets": sheets}

    def record(self, file: str, digests: Sequence[str], given: GivenApproval) -> dict[str, Any]:
        """Record that a group agreed to the words with these digests.

        Returns:
            The reflection as it is now.

        Raises:
            StaleEditError: Its words are others now.
            ContentError: Nothing is ticked, the day is in the future, a file has errors, or the approval is
                written in a form that cannot be edited.
            StorageError: A file cannot be written.
        """
        if not digests:
            raise ContentError("nothing is ticked", hint="tick what the group agreed to")
        if given.day > self.get_time().date():
            raise ContentError("this day is in the future", hint="give the day on which the group agreed")
        with hold_lock(self.lock_file):
            files = read_valid_files(self.root)
            sheet = next((build_sheet(one) for one in files.reflections if one.file.path == file), None)
            items = tuple(one for one in sheet.items if one.digest in digests) if sheet else ()
            if sheet is None or {one.digest for one in items} != set(digests):
                hint = "read the words again, and ask the group if they are others"
                raise StaleEditError("these words were changed since they were shown", hint=hint)
            log = self.root / APPROVAL_LOG
            with convert_os_errors(log, "cannot be read"):
                before = log.read_bytes() if log.exists() else b""
            for path, content in build_approval_files(files, sheet, items, given, log=before).items():
                write_atomic(self.root / path, content)
            return next(one for one in self.load()["sheets"] if one["file"] == file)


def _serialise(files: ProgrammeFiles, reflection: ReflectionFile, requests: Sequence[_Request]) -> dict[str, Any]:
    sheet = build_sheet(reflection)
    asked = [one for one in requests if one["file"] == sheet.file]
    pairs = zip(sheet.items, list_approvals(reflection.file), strict=True)
    return {
        "file": sheet.file,
        "event": sheet.event,
        "group": sheet.group,
        "items": [_serialise_item(files, sheet, item, approval, asked) for item, approval in pairs],
    }


def _serialise_item(
    files: ProgrammeFiles, sheet: ApprovalSheet, item: SheetItem, approval: Approval, asked: Sequence[_Request]
) -> dict[str, Any]:
    source, former = _find_former(files, item, approval, asked)
    return {
        "digest": item.digest,
        "code": item.code,
        "quote": item.quote,
        "by": item.by,
        "state": approval.status,
        "isValid": approval.is_valid,
        "formerSource": source,
        "parts": _compare(parse_wording(former) if former else [], list(_list_parts(sheet, item))),
    }


def _find_former(
    files: ProgrammeFiles, item: SheetItem, approval: Approval, asked: Sequence[_Request]
) -> tuple[str, str]:
    """Find the wording before, and where it is from: what was approved, else what was asked last."""
    if approval.status == "revoked" and (approved := read_approved_text(files.folder, approval.digest)):
        return "approved", approved
    if approval.is_valid:
        return "", ""
    wordings = (one["words"] for request in asked for one in request["items"].values() if one["quote"] == item.quote)
    other = [words for words in wordings if words != item.words]
    return ("asked", other[-1]) if other else ("", "")


def _list_parts(sheet: ApprovalSheet, item: SheetItem) -> Iterator[tuple[str, str]]:
    """Yield the parts that an approval covers, in the order of `list_approvals`; paragraphs of the text stay."""
    if item.is_quote:
        yield from (("quote", normalise_wording(item.text)), ("by", normalise_wording(item.by)))
        return
    yield "roles", normalise_wording(", ".join(sheet.roles))
    yield "question", normalise_wording(sheet.question)
    yield from (("insight", normalise_wording(insight)) for insight in sheet.insights)
    yield "text", "\n\n".join(filter(None, (normalise_wording(one) for one in sheet.text_md.split("\n\n"))))


def _compare(before: Sequence[tuple[str, str]], now: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Compare two wordings part by part; insights are paired by their number."""
    names = list(dict.fromkeys([name for name, _ in now] + [name for name, _ in before]))
    rows = []
    for name in names:
        old = [text for other, text in before if other == name]
        new = [text for other, text in now if other == name]
        for number in range(max(len(old), len(new))):
            was = old[number] if number < len(old) else ""
            text = new[number] if number < len(new) else ""
            if was or text:
                was_segments, now_segments = _compare_words(was, text) if before else ([], [(False, text)])
                rows.append({"name": name, "was": was_segments, "now": now_segments})
    return rows


def _compare_words(was: str, now: str) -> tuple[_Segments, _Segments]:
    """Split two texts where they differ, by whole words; a paragraph is no difference."""
    old, new = was.split(), _split_words(now)
    codes = SequenceMatcher(None, old, [word.strip() for word in new], autojunk=False).get_opcodes()
    was_segments = _join((code != "equal", old[i1:i2]) for code, i1, i2, _, _ in codes)
    now_segments = _join((code != "equal", new[j1:j2]) for code, _, _, j1, j2 in codes)
    return was_segments, now_segments


def _join(pieces: Iterable[tuple[bool, Sequence[str]]]) -> _Segments:
    """Join words to segments, and neighbours that are alike to one."""
    words = [(differs, word) for differs, piece in pieces for word in piece]
    groups = groupby(words, key=lambda one: one[0])
    return [(differs, " ".join(word for _, word in group).replace(" \n", "\n")) for differs, group in groups]


def _split_words(text: str) -> list[str]:
    """Split a text into words; the first of each paragraph but the first begins with a blank line."""
    paragraphs = [paragraph.split() for paragraph in text.split("\n\n")]
    return [
        f"\n\n{word}" if number and not at else word
        for number, words in enumerate(paragraphs)
        for at, word in enumerate(words)
    ]


def parse_day(text: str) -> date | None:
    """Parse a day as ``2024-07-01``; ``None``: it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
