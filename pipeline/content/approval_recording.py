"""What an approval changes on disk, whoever recorded it: the command `weerslag approve` or the review desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.content.approval_lock import APPROVED_TEXTS
from pipeline.content.approval_requests import APPROVAL_LOG, format_records
from pipeline.content.discovery import ContentFile
from pipeline.content.editing.approvals import write_approvals
from pipeline.content.schema.reflection import ReflectionSchema
from pipeline.model.approvals import ApprovalSheet, SheetItem


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenApproval:
    """Who of a group agreed, when, and how that became known."""

    by: str  # a role or initials
    day: date
    means: str = ""  # mail, file, code, scan, paper, phone, message or meeting
    recorded_by: str = ""  # initials of who wrote it down; empty: the command


def build_approval_files(
    file: ContentFile[ReflectionSchema],
    sheet: ApprovalSheet,
    items: Sequence[SheetItem],
    given: GivenApproval,
    *,
    log: bytes,
) -> dict[str, bytes]:
    """Build the files that an approval changes, in the order in which they must be written.

    The reflection comes last, so that a crash in between leaves no valid approval without its words and its record.
    A record that is in the log already is not repeated: recording the approval again finishes what was interrupted.

    Args:
        file: The reflection, without errors.
        sheet: Its sheet, with the words as they are now.
        items: What of the sheet was agreed to.
        given: Who agreed, when and how.
        log: The approval log as it is.

    Returns:
        The new content of each file by its path in the programme.

    Raises:
        ContentError: The approval is written in a form that cannot be edited.
    """
    content = write_approvals(file, items, given.day)
    texts = {f"{APPROVED_TEXTS}/{item.digest}.txt": f"{item.words}\n".encode() for item in items}
    records = format_records(
        sheet, items, by=given.by, day=given.day.isoformat(), means=given.means, recorded_by=given.recorded_by
    )
    known = set(log.splitlines(keepends=True))
    added = b"".join(line for line in records.encode().splitlines(keepends=True) if line not in known)
    return {**texts, APPROVAL_LOG: log + added, sheet.file: content}
