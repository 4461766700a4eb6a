"""The upload manifest: a file at the target that records which files there are ours."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.model import from_json, to_json
from pipeline.publish.target import Target

MANIFEST = ".weerslag-published.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    """A file that we uploaded. No digest: an upload is in progress or was stopped, and its content is unknown."""

    sha256: str = ""
    token: str = ""
    unreferenced_since: str = ""  # ISO 8601; since then no feed and no page refers to it
    must_go: bool = False  # it is being removed; a publish that was stopped leaves this to the next


def read_manifest(target: Target) -> dict[str, UploadedFile]:
    """Read which files at the target are ours, by path; empty if there is no valid manifest."""
    stored = target.read(MANIFEST)
    if stored is None:
        return {}
    try:
        return from_json(dict[str, UploadedFile], json.loads(stored[0])["files"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def write_manifest(target: Target, files: Mapping[str, UploadedFile]) -> None:
    """Write the manifest if it changed."""
    content = json.dumps({"files": to_json(dict(sorted(files.items())))}, separators=(",", ":")).encode()
    stored = target.read(MANIFEST)
    if stored is None or stored[0] != content:
        target.write_if_match(MANIFEST, content, token=stored[1] if stored else "")
