"""Upload the pages for participants to a target of their own, which the organiser serves behind a login."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.cache.atomic_files import list_files
from pipeline.errors import GateError
from pipeline.model import Step
from pipeline.publish.manifest import MANIFEST, UploadedFile, read_manifest, write_manifest
from pipeline.publish.target import Target, UploadSource

FOLDER = Path("press") / "participants"
_MARK = "participants.txt"  # at the target: it never holds a public site
_MARK_TEXT = b"Pages for participants. Serve this folder behind a login.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantUpload:
    """What differs between the pages of the last build and those at a target."""

    sources: tuple[UploadSource, ...]  # all pages
    changed: tuple[UploadSource, ...]
    removed: tuple[str, ...]  # paths at the target


def plan_participant_upload(root: Path, target: Target) -> ParticipantUpload:
    """Compare the pages with the target.

    Raises:
        GateError: There are no such pages, or the target holds a public site or the files of somebody else.
    """
    sources = tuple(_list_sources(root / FOLDER))
    if not sources:
        hint = "Write `visibility: participants` at an event, then build."
        raise GateError("no event is for participants", where=str(FOLDER), hint=hint)
    present = target.list_files().keys() - {MANIFEST}
    if present and target.read(_MARK) is None:
        hint = "Choose an empty folder that only participants can reach."
        raise GateError("the target holds other files, perhaps a public site", where=target.name, hint=hint)
    uploaded = read_manifest(target)
    changed = (one for one in sources if one.path not in present or uploaded.get(one.path) != _record(one))
    return ParticipantUpload(
        sources=sources,
        changed=tuple(changed),
        removed=tuple(sorted(present & (uploaded.keys() - {one.path for one in sources}))),
    )


def upload_participant_pages(upload: ParticipantUpload, target: Target, report: Callable[[Step], object]) -> None:
    """Upload what changed, and remove what is gone; an upload that was interrupted continues the next time.

    Raises:
        WeerslagError: The target could not be written.
    """
    if target.read(_MARK) is None:
        target.write_if_match(_MARK, _MARK_TEXT, token="")
    written = {one.path: _record(one) for one in upload.sources if one not in upload.changed}
    names = (*upload.removed, *(one.path for one in upload.changed))
    write_manifest(target, written | dict.fromkeys(names, UploadedFile()))
    for source in upload.changed:
        target.replace(source)
        report(Step(kind="uploaded", subject=source.path))
    for path in upload.removed:
        target.remove(path)
        report(Step(kind="removed", subject=path))
    write_manifest(target, written | {one.path: _record(one) for one in upload.changed})


def _record(source: UploadSource) -> UploadedFile:
    return UploadedFile(sha256=source.sha256)


def _list_sources(folder: Path) -> list[UploadSource]:
    """List the files, pages after what they show."""
    found = []
    for file in list_files(folder):
        content = file.read_bytes()
        path = file.relative_to(folder).as_posix()
        digest = hashlib.sha256(content).hexdigest()
        found.append(UploadSource(path=path, file=file, sha256=digest, size_bytes=len(content)))
    return sorted(found, key=lambda one: (one.path.endswith(".html"), one.path))
