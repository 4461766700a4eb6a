"""What is about to be published: the built ``public/`` folder and what is known of it."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from pipeline import urls
from pipeline.cache import Cache
from pipeline.cache.atomic_files import scan_folder
from pipeline.content.placeholders import find_example_url, find_placeholders
from pipeline.errors import SourceLocation
from pipeline.model import Finding
from pipeline.model.build_outline import BuildOutline, ReleaseOutline
from pipeline.publish.feed_items import PublishedFeed, read_feed, to_public_path
from pipeline.publish.target import UploadSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A build that may be published, as the gates check it."""

    outline: BuildOutline
    episodes: tuple[ReleaseOutline, ...]  # without those that are held back
    files: Mapping[str, UploadSource]  # by path under public/
    feed: PublishedFeed | None
    now: datetime
    stale: tuple[str, ...]  # what a build of today's content would create or change
    findings: Mapping[str, tuple[Finding, ...]]  # of the PDF preflight, by path
    placeholders: tuple[tuple[SourceLocation, str], ...] = ()  # sample words in the sources
    imported: frozenset[str] = frozenset()  # guids of episodes that another host published before
    example_url: SourceLocation | None = None  # an address for examples as the URL of the programme


def build_candidate(
    outline: BuildOutline,
    *,
    root: Path,
    cache: Cache,
    now: datetime,
    stale: tuple[str, ...] = (),
    findings: Mapping[str, tuple[Finding, ...]] = MappingProxyType({}),
) -> Candidate:
    """Collect the files and the feed in ``public/``.

    Args:
        outline: What was built.
        root: The folder of the programme.
        cache: Knows the digests of files that it wrote.
        now: Episodes with a later date are held back.
        stale: What a build would still create or change.
        findings: Findings of the PDF preflight, by path.

    Raises:
        GateError: The feed cannot be read.
        StorageError: A file cannot be read.
    """
    public = root / "public"
    known = cache.get_output_tree(public).list_untouched()
    files = {}
    for path, status in sorted(scan_folder(public).items()):
        if stat.S_ISREG(status.st_mode):  # a build writes nothing else
            file = public / path
            sha256 = known[path].sha256 if path in known else cache.compute_digest(file)
            files[path] = UploadSource(path=path, file=file, sha256=sha256, size_bytes=status.st_size)

    def read_page(address: str) -> bytes | None:
        path = to_public_path(outline.url, address)
        return files[path].file.read_bytes() if path in files else None

    episodes = tuple(episode for episode in outline.releases if episode.published <= now)
    return Candidate(
        outline=outline,
        episodes=episodes,
        files=files,
        feed=read_feed(files[urls.FEED].file.read_bytes(), read_page=read_page) if urls.FEED in files else None,
        now=now,
        stale=stale,
        findings=findings,
        placeholders=tuple(find_placeholders(root, episodes={episode.slug for episode in episodes})),
        example_url=find_example_url(root),
    )
