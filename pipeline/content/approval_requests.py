"""Requests for approval: which words each code asked for, and what a reply agrees to."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pipeline.content.approval_status import find_change
from pipeline.content.approvals import list_approvals
from pipeline.content.content_files import ProgrammeFiles
from pipeline.errors import ContentError, Message, fill
from pipeline.model import to_json
from pipeline.model.approvals import ApprovalRecord, ApprovalReply, ApprovalSheet, SheetItem

REQUESTS = ".weerslag/asked"  # outside git and every build, so that a code of an older text can be explained
APPROVAL_LOG = "magazine/approvals.jsonl"
APPROVALS_LOCK = "review/approvals.lock"  # in the cache: held while an approval is written
Agreement = tuple[ApprovalSheet, tuple[SheetItem, ...]]  # a sheet, and what of it was agreed to


def format_request(sheet: ApprovalSheet) -> bytes:
    """Format what a sheet asked for, as JSON."""
    items = {item.code: {"quote": item.quote, "words": item.words} for item in sheet.items}
    return json.dumps({"file": sheet.file, "code": sheet.code, "items": items}, ensure_ascii=False).encode()


def read_requests(folder: Path) -> list[dict[str, Any]]:
    """Read what sheets asked for, in order of time: as `format_request` formats it."""
    return [
        json.loads(file.read_bytes()) for file in sorted(folder.glob("*.json"), key=lambda one: one.stat().st_mtime_ns)
    ]


def format_records(
    sheet: ApprovalSheet, items: Iterable[SheetItem], *, by: str, day: str, means: str = "", recorded_by: str = ""
) -> str:
    """Format the lines of the approval log for what a group agreed to."""
    records = (
        ApprovalRecord(
            file=sheet.file,
            what="quote" if item.is_quote else "text",
            digest=item.digest,
            by=by,
            agreed=day,
            code=item.code,
            means=means,
            recorded_by=recorded_by,
        )
        for item in items
    )
    return "".join(json.dumps(to_json(one), ensure_ascii=False) + "\n" for one in records)


def match_reply(
    reply: ApprovalReply, files: ProgrammeFiles, sheets: Sequence[ApprovalSheet], requests: Path
) -> list[Agreement]:
    """Find what a reply agrees to, by sheet.

    Args:
        reply: The reply.
        files: The programme.
        sheets: The sheets of all reflections as they are now.
        requests: The folder with what was asked.

    Raises:
        ContentError: It has no code, or one of an older text or of another programme.
    """
    if not reply.codes:
        raise ContentError(
            "this answer agrees to nothing: it has no ticked box and no code",
            hint="if a scan is attached, save that and give its name; if the group does agree, type the code of its sheet:"
            " weerslag approve --reply CODE",
        )
    known = {code for sheet in sheets for code in (sheet.code, *(item.code for item in sheet.items))}
    for code in reply.codes:
        if code not in known:
            raise _explain_unknown(code, files, requests)
    agreed = []
    for sheet in sheets:
        items = tuple(one for one in sheet.items if {sheet.code, one.code} & set(reply.codes))
        if items:
            agreed.append((sheet, items))
    return agreed


def _explain_unknown(code: str, files: ProgrammeFiles, requests: Path) -> ContentError:
    hint = "the words have changed since then: send a new sheet with weerslag approve --sheets"
    for asked in read_requests(requests):
        if code in (asked["code"], *asked["items"]):
            selected = [one for name, one in asked["items"].items() if code in (asked["code"], name)]
            message = fill("the code {code} is of an older text", code=code)
            return ContentError(
                message, where=asked["file"], hint=_describe_changes(asked["file"], selected, files) or hint
            )
    message = fill("no text of this programme has the code {code}", code=code)
    return ContentError(message, hint=hint)


def _describe_changes(path: str, asked: Sequence[dict[str, object]], files: ProgrammeFiles) -> Message | str:
    """Describe the first difference between what was asked and what is there now."""
    file = next((one.file for one in files.reflections if one.file.path == path), None)
    if file is None:
        return ""
    approvals = list_approvals(file)
    for one in asked:
        number, words = int(str(one["quote"])) + 1, str(one["words"])
        if number < len(approvals) and approvals[number].text.text != words:
            _, was, now, _ = find_change(words, approvals[number].text)
            return fill("asked was {was}, now it is {now}: send a new sheet", was=was, now=now)
    return ""
