"""Compare the files that were built with those at a target."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline import urls
from pipeline.publish.manifest import MANIFEST, UploadedFile
from pipeline.publish.target import Target, TargetFile, UploadSource

_IMMUTABLE_NAME = re.compile(r"-[0-9a-f]{8}\.\w+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDiff:
    """What must change at a target, without the feed."""

    media: tuple[UploadSource, ...]  # new names, created and never overwritten
    added: tuple[UploadSource, ...]  # other files
    replaced: tuple[UploadSource, ...]
    unchanged: Mapping[str, UploadedFile]
    withdrawn: tuple[str, ...]  # to be removed as soon as the new feed is in place
    retained: Mapping[str, UploadedFile]  # unreferenced; they stay for the retention period
    pruned: tuple[str, ...]  # unreferenced for longer than that
    conflicting: tuple[str, ...]  # names that must be new, but have other content at the target

    @property
    def uploads(self) -> tuple[UploadSource, ...]:
        """All files to upload."""
        return (*self.media, *self.added, *self.replaced)

    @property
    def removals(self) -> tuple[str, ...]:
        """All files to remove."""
        return (*self.withdrawn, *self.pruned)


def compare_target(
    files: Mapping[str, UploadSource],
    *,
    target: Target,
    manifest: Mapping[str, UploadedFile],
    is_withdrawn: Callable[[str], bool],
    now: datetime,
    retention_days: int | None,
) -> TargetDiff:
    """Compare ``files`` (without the feed) with the target.

    Args:
        files: What was built, by path.
        target: Is listed; a file is hashed there only if the manifest does not know it.
        manifest: Which files at the target are ours.
        is_withdrawn: Whether an unreferenced path must be removed at once.
        now: Start of the retention period for files that become unreferenced.
        retention_days: Prune media that were unreferenced for so many days; ``None``: prune nothing.
    """
    stored = target.list_files()
    unchanged: dict[str, UploadedFile] = {}
    media: list[UploadSource] = []
    added: list[UploadSource] = []
    replaced: list[UploadSource] = []
    conflicting: list[UploadSource] = []
    for path, source in sorted(files.items()):
        same = _match(source, target=target, stored=stored.get(path), uploaded=manifest.get(path))
        if same is not None:
            unchanged[path] = same
        elif source.is_immutable:
            (conflicting if path in stored else media).append(source)
        else:
            (replaced if path in stored else added).append(source)
    unreferenced = dict(_find_unreferenced(files, stored, manifest, is_withdrawn))
    retained = {path: _mark_unreferenced(file, now) for path, file in unreferenced.items() if file is not None}
    pruned = {path for path, file in retained.items() if _is_expired(file, now, retention_days)}
    return TargetDiff(
        media=tuple(media),
        added=tuple(added),
        replaced=tuple(replaced),
        unchanged=unchanged,
        withdrawn=tuple(sorted(path for path, file in unreferenced.items() if file is None)),
        retained={path: file for path, file in retained.items() if path not in pruned},
        pruned=tuple(sorted(pruned)),
        conflicting=tuple(source.path for source in conflicting),
    )


def _match(
    source: UploadSource, *, target: Target, stored: TargetFile | None, uploaded: UploadedFile | None
) -> UploadedFile | None:
    """Return the file at the target if its content is that of ``source``."""
    if stored is None or stored.size_bytes != source.size_bytes:
        return None
    is_known = uploaded is not None and uploaded.sha256 and uploaded.token == stored.token
    sha256 = uploaded.sha256 if uploaded is not None and is_known else target.hash_file(source.path)
    return UploadedFile(sha256=sha256, token=stored.token) if sha256 == source.sha256 else None


def _find_unreferenced(
    files: Mapping[str, UploadSource],
    stored: Mapping[str, TargetFile],
    manifest: Mapping[str, UploadedFile],
    is_withdrawn: Callable[[str], bool],
) -> Iterator[tuple[str, UploadedFile | None]]:
    """Find our files that are no longer referenced; ``None`` instead of a file: remove it at once."""
    for path in stored.keys() - files.keys() - {urls.FEED, MANIFEST}:
        uploaded = manifest.get(path)
        if path.startswith("audio/") and is_withdrawn(path):
            yield path, None  # audio that is in no manifest any more, too
        elif uploaded is not None:
            is_kept = _IMMUTABLE_NAME.search(path) and not is_withdrawn(path) and not uploaded.must_go
            yield path, uploaded if is_kept else None


def _mark_unreferenced(file: UploadedFile, now: datetime) -> UploadedFile:
    return replace(file, unreferenced_since=file.unreferenced_since or now.isoformat(timespec="seconds"))


def _is_expired(file: UploadedFile, now: datetime, retention_days: int | None) -> bool:
    if retention_days is None:
        return False
    return now - datetime.fromisoformat(file.unreferenced_since) >= timedelta(days=retention_days)
