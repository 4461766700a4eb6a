"""Approval sheets of groups, and their codes: one for each text and quote, and one for the whole sheet."""

import hashlib
from collections.abc import Iterator, Sequence

from pipeline.content.approval_lock import select_reflections
from pipeline.content.approvals import Approval, list_approvals
from pipeline.content.content_files import ProgrammeFiles, ReflectionFile
from pipeline.model.approvals import ApprovalSheet, SheetItem

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without signs that look alike
_LENGTH = 8


def build_sheets(files: ProgrammeFiles, names: Sequence[str] = ()) -> tuple[ApprovalSheet, ...]:
    """Build the sheets of the named reflections; without names, of all of which something is not approved.

    Args:
        files: The programme.
        names: Reflections as tafel-3, burger-centraal/tafel-3 or a path.

    Raises:
        ContentError: A name is unknown.
    """
    return tuple(
        build_sheet(one)
        for one in select_reflections(files.reflections, names)
        if names or not all(approval.is_valid for approval in list_approvals(one.file))
    )


def build_sheet(reflection: ReflectionFile) -> ApprovalSheet:
    """Build the sheet of a reflection without errors, also if all of it is approved."""
    file = reflection.file
    schema = file.require_validated()
    items = tuple(_build_items(file.path, list_approvals(file)))
    return ApprovalSheet(
        file=file.path,
        event=reflection.event,
        slug=file.slug,
        group=schema.group,
        code=_compute_code(file.path, *(one.digest for one in items)),
        roles=schema.roles,
        question=schema.question,
        insights=schema.insights,
        text_md=file.body_md,
        items=items,
    )


def _build_items(path: str, approvals: Sequence[Approval]) -> Iterator[SheetItem]:
    for number, approval in enumerate(approvals, -1):
        parts = {name: text for name, text, _ in approval.text.parts}
        yield SheetItem(
            code=_compute_code(path, str(number), approval.text.digest),
            digest=approval.text.digest,
            words=approval.text.text,
            quote=number,
            text=parts.get("quote", ""),
            by=approval.approver,
        )


def _compute_code(*parts: str) -> str:
    """Compute a short code, such as ``7K3D-9QXW``."""
    number = int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest(), "big")
    signs = "".join(_ALPHABET[number // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(_LENGTH))
    return f"{signs[:4]}-{signs[4:]}"
