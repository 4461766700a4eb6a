"""What an approval changes on disk, whoever recorded it: the command `weerslag approve` or the review desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.content.approval_lock import APPROVED_TEXTS
from pipeline.content.approval_requests import APPROVAL_LOG, format_records
from pipeline.content.approval_sheets import build_sheet
from pipeline.content.content_files import ProgrammeFiles
from pipeline.content.editing.approvals import write_approvals
from pipeline.errors import ContentError
from pipeline.model.approvals import ApprovalSheet, SheetItem


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenApproval:
    """Who of a group agreed, when, and how that became known."""

    by: str  # a role or initials
    day: date
    means: str = ""  # mail, file, code, scan, paper, phone, message or meeting
    recorded_by: str = ""  # initials of who wrote it down; empty: the command


def build_approval_files(
    files: ProgrammeFiles,
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
        files: The programme, without errors.
        sheet: The sheet of a reflection, with the words that were shown.
        items: What of the sheet was agreed to.
        given: Who agreed, when and how.
        log: The approval log as it is.

    Returns:
        The new content of each file by its path in the programme.

    Raises:
        ContentError: The words are others now, or the approval is written in a form that cannot be edited.
    """
    reflection = next((one for one in files.reflections if one.file.path == sheet.file), None)
    if reflection is None or not set(items) <= set(build_sheet(reflection).items):
        hint = "read the words again, and ask the group if they are others"
        raise ContentError("these words were changed since they were shown", where=sheet.file, hint=hint)
    content = write_approvals(reflection.file, items, given.day)
    texts = {f"{APPROVED_TEXTS}/{item.digest}.txt": f"{item.words}\n".encode() for item in items}
    records = format_records(
        sheet, items, by=given.by, day=given.day.isoformat(), means=given.means, recorded_by=given.recorded_by
    )
    known = set(log.splitlines(keepends=True))
    added = b"".join(line for line in records.encode().splitlines(keepends=True) if line not in known)
    return {**texts, APPROVAL_LOG: log + added, sheet.file: content}
