"""Moves a podcast in: feed, plan, downloads, and the files of a programme, which appear all at once."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pipeline import urls
from pipeline.cache import write_atomic
from pipeline.cache.atomic_files import convert_os_errors
from pipeline.content.field_error import FieldError
from pipeline.content.publication_log import LOG_FILE
from pipeline.content.scaffold import derive_podcast_guid, read_hidden_files
from pipeline.content.schema.field_types import validate_home_url
from pipeline.errors import ContentError, WeerslagError, fill, make_message
from pipeline.executors import open_executor
from pipeline.model import Chapter
from pipeline.podcast_import.companions import read_companions
from pipeline.podcast_import.downloads import DownloadStore, FetchedDocument, FileSource, SavedFile
from pipeline.podcast_import.feed_parser import parse_source_feed
from pipeline.podcast_import.image_files import ImageFiles
from pipeline.podcast_import.import_plan import MAX_ITEMS, ImportPlan, ImportRemark, PlannedEpisode
from pipeline.podcast_import.import_report import ImportSummary, render_report, summarise_lint
from pipeline.podcast_import.programme_files import (
    ImportedEpisode,
    choose_time_zone,
    render_episode,
    render_log,
    render_programme,
)
from pipeline.podcast_import.source_feed import SourceFeed
from pipeline.typesetting import load_translator
from pipeline.urls import get_media_type

IMPORT_FOLDER = ".weerslag-import"  # downloads, and the new files until all are complete
REPORT = "moved-in.md"
MAX_FEED_BYTES = 64_000_000
_MAX_PAGES = 500
_UUID_LENGTH = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePodcast:
    """The feed with the items of all its pages."""

    feed: SourceFeed
    document: bytes  # its first page
    address: str  # the URL that subscribers have; empty: a file that does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReporter:
    """Where an import reports."""

    step: Callable[[str, str], object]  # kind and subject
    progress: Callable[[str, int, int], object]  # subject, bytes, and of how many


def read_podcast(first: FetchedDocument, source: FileSource, *, address: str, name: str) -> SourcePodcast:
    """Read all pages of a feed (RFC 5005, section 3); follow it once to where it says that it moved.

    Args:
        first: Its first page.
        source: Reads the others.
        address: The URL that the user gave; empty: a file.
        name: What errors call the feed: its address, or its file.

    Raises:
        WeerslagError: A page cannot be read, or is no feed.
    """
    feed = parse_source_feed(first.content, address=first.address or address, name=name)
    moved = feed.new_address
    if moved.startswith(("http://", "https://")) and moved not in {address, first.address, feed.address}:
        first = source.read(moved, max_bytes=MAX_FEED_BYTES)
        feed = parse_source_feed(first.content, address=first.address)
    items, page, seen = list(feed.items), feed, {first.address, feed.address}
    while page.next_page and page.next_page not in seen and len(seen) < _MAX_PAGES and len(items) <= MAX_ITEMS:
        seen.add(page.next_page)
        fetched = source.read(page.next_page, max_bytes=MAX_FEED_BYTES)
        page = parse_source_feed(fetched.content, address=fetched.address)
        items += page.items
    if len(items) > MAX_ITEMS:
        message = fill("the feed has more than {max_items} items", max_items=MAX_ITEMS)
        raise WeerslagError(message, where=name, hint="Weerslag is not made for so many; ask for help.")
    if not any(item.enclosure for item in items):
        raise WeerslagError("the feed has no episodes with audio", where=name)
    if feed.address.startswith(("http://", "https://")) and feed.address not in {address, first.address}:
        remark = fill("the feed says that its address is {url}: redirect that one, too", url=feed.address)
        feed = replace(feed, remarks=(*feed.remarks, remark) if address else feed.remarks)
    known = address or (feed.address if feed.address.startswith(("http://", "https://")) else "")
    return SourcePodcast(feed=replace(feed, items=tuple(items)), document=first.content, address=known)


def import_podcast(
    podcast: SourcePodcast,
    plan: ImportPlan,
    folder: Path,
    *,
    url: str,
    source: FileSource,
    now: datetime,
    skip_missing: bool,
    reporter: ImportReporter,
) -> ImportSummary:
    """Download everything, and write the programme; what an earlier run downloaded is used.

    Args:
        podcast: The podcast.
        plan: Of its feed.
        folder: The folder of the new programme.
        url: The URL at which it will be served, as ``check_url`` accepts it.
        source: Downloads files.
        now: The time of the import.
        skip_missing: Leave out episodes whose audio cannot be downloaded.
        reporter: Receives steps and progress.

    Raises:
        WeerslagError: Audio cannot be downloaded; nothing is written yet, and the same command goes on.
    """
    store = DownloadStore(folder=folder / IMPORT_FOLDER / "downloads", source=source)
    remarks, files = list(plan.remarks), read_hidden_files()
    audio = _download_audio(plan, store, reporter, skip_missing=skip_missing, remarks=remarks)
    images = ImageFiles(store=store, remarks=remarks)
    cover = images.add_cover(plan.feed.image, "podcast", subject="")
    imported = _import_episodes(plan, audio, images, reporter, files=files, podcast_cover=cover)
    guid = _choose_guid(podcast, url)
    files["programme.yaml"] = render_programme(plan, url=url, guid=guid, cover=cover, remarks=remarks).encode()
    if podcast.address:
        sha256 = hashlib.sha256(podcast.document).hexdigest()
        files[LOG_FILE] = render_log(imported, feed=podcast.address, feed_sha256=sha256, podcast=guid, url=url, at=now)
    summary = _summarise(podcast, imported, files, url=url, folder=folder, remarks=remarks)
    files[REPORT] = render_report(summary, load_translator("en" if plan.feed.language[:2] == "en" else "nl")).encode()
    recordings = {
        f"episodes/{one.planned.slug}/recording/{one.audio}": audio[one.planned.slug].path for one in imported
    }
    place_files(folder, files, {**recordings, **images.links})
    return summary


def _import_episodes(
    plan: ImportPlan,
    audio: dict[str, SavedFile],
    images: ImageFiles,
    reporter: ImportReporter,
    *,
    files: dict[str, bytes],
    podcast_cover: str,
) -> list[ImportedEpisode]:
    """Render the files of all episodes whose audio is there, in the order of the plan."""
    imported, zone = list[ImportedEpisode](), choose_time_zone(plan)
    with open_executor("processes:1") as executor:
        for planned in (one for one in plan.episodes if one.slug in audio):
            item, saved, folder = planned.item, audio[planned.slug], f"episodes/{planned.slug}"
            cover = images.add_cover(item.image, planned.slug, subject=item.title)
            found = read_companions(
                item, saved.path, images.store, executor, language=plan.feed.language or "nl", remarks=images.remarks
            )
            chapters = images.add_chapters(found.chapters, planned.slug, subject=item.title)
            if found.transcript:
                files[f"{folder}/transcript.vtt"] = found.transcript.encode()
            elif found.original[0]:
                files[f"{folder}/original/{found.original[0]}"] = found.original[1]
            one = _describe_episode(planned, saved, cover if cover != podcast_cover else "", chapters)
            files[f"{folder}/episode.md"] = render_episode(one, zone=zone).encode()
            imported.append(one)
            reporter.step("imported", planned.slug)
    return imported


def check_url(url: str) -> None:
    """Check the URL of the new programme.

    Raises:
        ContentError: It is not valid.
    """
    try:
        validate_home_url(url)
    except FieldError as error:
        raise ContentError(fill("the URL {message}", message=error.message), where=url, hint=error.hint) from error


def finish_import(folder: Path) -> bool:
    """Remove what an import left that was stopped after its last file; return whether there was something."""
    work = folder / IMPORT_FOLDER
    if not (folder / "programme.yaml").exists() or not work.exists():
        return False
    shutil.rmtree(work, ignore_errors=True)
    return True


def _download_audio(
    plan: ImportPlan, store: DownloadStore, reporter: ImportReporter, *, skip_missing: bool, remarks: list[ImportRemark]
) -> dict[str, SavedFile]:
    """Download the audio of all episodes, newest first.

    Raises:
        WeerslagError: Some cannot be downloaded.
    """
    _require_space(plan, store.folder)
    saved: dict[str, SavedFile] = {}
    failures: list[WeerslagError] = []
    for planned in plan.episodes:
        enclosure = planned.item.enclosure
        if enclosure is None:
            continue

        def report(done: int, of: int, subject: str = planned.slug, stated: int = enclosure.size_bytes) -> None:
            reporter.progress(subject, done, of or stated)

        store.report = report
        try:
            saved[planned.slug] = one = store.save_audio(enclosure)
        except WeerslagError as error:
            failures.append(error)
            reporter.step("failed", fill("{slug}: {reason}", slug=planned.slug, reason=error.message))
            if skip_missing:
                message = fill("its audio cannot be downloaded, and it is left out: {reason}", reason=error.message)
                remarks.append(ImportRemark(subject=planned.item.title, message=message))
            continue
        if enclosure.size_bytes and enclosure.size_bytes != one.size_bytes:
            remarks.append(
                ImportRemark(subject=planned.item.title, message=make_message("the length in the old feed was wrong"))
            )
        reporter.step("downloaded", planned.slug)
    if failures and (not skip_missing or not saved):
        message = fill(
            "{count} of {total} audio files cannot be downloaded", count=len(failures), total=len(plan.episodes)
        )
        hint = "The same command goes on where it stopped. --skip-missing leaves these episodes out; subscribers lose them."
        raise WeerslagError(message, where=failures[0].where, hint=hint)
    return saved


def _require_space(plan: ImportPlan, folder: Path) -> None:
    """Check that the disk can hold the audio that is not here yet.

    Raises:
        WeerslagError: It cannot.
    """
    existing = next(one for one in (folder, *folder.parents) if one.exists())
    present = sum(file.stat().st_size for file in folder.glob("*.part")) if folder.exists() else 0
    free, needed = shutil.disk_usage(existing).free, plan.size_bytes - present
    if needed > free:
        message = fill(
            "the audio has {needed:.1f} GB, and the disk has {free:.1f} GB left", needed=needed / 1e9, free=free / 1e9
        )
        raise WeerslagError(message, where=str(existing), hint="Free disk space, or choose a folder on another disk.")


def _describe_episode(
    planned: PlannedEpisode, saved: SavedFile, cover: str, chapters: tuple[Chapter, ...]
) -> ImportedEpisode:
    """Describe what was downloaded; a media type that is another name of the usual one stays as it was."""
    name = f"{planned.slug}.{saved.extension}"
    stated = planned.item.enclosure.media_type if planned.item.enclosure else ""
    is_other = stated in _SAME_TYPES.get(saved.extension, ()) and stated != get_media_type(name)
    return ImportedEpisode(
        planned=planned,
        audio=name,
        size_bytes=saved.size_bytes,
        sha256=saved.sha256,
        media_type=stated if is_other else "",
        cover=cover,
        chapters=chapters,
    )


_SAME_TYPES = {  # other names of the type, which stay as they were
    "mp3": ("audio/mp3", "audio/x-mp3", "audio/mpeg3", "audio/mpga"),
    "m4a": ("audio/x-m4a", "audio/m4a", "audio/aac"),
    "ogg": ("audio/opus", "audio/vorbis"),
    "mp4": ("audio/mp4",),
    "wav": ("audio/wav", "audio/x-wav", "audio/wave"),
    "flac": ("audio/flac", "audio/x-flac"),
}


def _choose_guid(podcast: SourcePodcast, url: str) -> str:
    """Keep the guid of the podcast, or derive it as the namespace says: from the first address of the feed."""
    own = podcast.feed.guid
    if len(own) == _UUID_LENGTH and all(char in "0123456789abcdef-" for char in own):
        return own
    return derive_podcast_guid(podcast.address or urls.make_absolute(url, urls.FEED))


def _summarise(
    podcast: SourcePodcast,
    imported: Sequence[ImportedEpisode],
    files: dict[str, bytes],
    *,
    url: str,
    folder: Path,
    remarks: list[ImportRemark],
) -> ImportSummary:
    return ImportSummary(
        title=podcast.feed.title,
        feed=podcast.address,
        new_feed=urls.make_absolute(url, urls.FEED),
        episodes=len(imported),
        size_bytes=sum(one.size_bytes for one in imported),
        with_transcript=sum(path.endswith("/transcript.vtt") for path in files),
        with_chapters=sum(bool(one.chapters) for one in imported),
        with_cover=sum(bool(one.cover) for one in imported),
        folder=str(folder),
        remarks=tuple(remarks),
        lint=summarise_lint(podcast.document, address=podcast.address),
    )


def place_files(folder: Path, files: dict[str, bytes], links: dict[str, Path]) -> None:
    """Write all files beside their places, move them there, ``programme.yaml`` last, and remove the downloads.

    What an interrupted import had moved already is replaced.

    Raises:
        StorageError: A file cannot be written; the same command goes on.
    """
    work = folder / IMPORT_FOLDER
    tree, earlier = work / "tree", work / "earlier"
    with convert_os_errors(folder, "cannot be written"):
        shutil.rmtree(tree, ignore_errors=True)
        shutil.rmtree(earlier, ignore_errors=True)
        earlier.mkdir(parents=True)
        for path, content in files.items():
            write_atomic(tree / path, content)
        for path, source in links.items():
            _link(source, tree / path)
        for name in sorted((one.name for one in tree.iterdir()), key=lambda name: (name == "programme.yaml", name)):
            with contextlib.suppress(FileNotFoundError):
                (folder / name).replace(earlier / name)
            (tree / name).replace(folder / name)
        shutil.rmtree(work)


def _link(source: Path, target: Path) -> None:
    """Link a file, or copy it where the file system has no links; the download stays until everything is in its place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
