"""Carry out a forgetting in the cache, at the targets and in the publication log; the sources are changed before.

Every step can be repeated: a forgetting that was killed is finished by the same command.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.cache import Cache, write_atomic
from pipeline.cache.atomic_files import convert_os_errors
from pipeline.cache.descendants import delete_build_memories, delete_descendants
from pipeline.content.forgetting.file_search import has_name_inside
from pipeline.content.forgetting.names import NamePattern
from pipeline.content.forgetting.plan import list_recording_files
from pipeline.content.publication_log import (
    LOG_FILE,
    parse_publication_log,
    read_publication_log,
    redact_publication_log,
)
from pipeline.errors import WeerslagError
from pipeline.publish.backup_record import list_records
from pipeline.publish.forget_journal import ForgetJournal, write_journal
from pipeline.publish.log_copy import write_log_copy
from pipeline.publish.participant_pages import plan_participant_upload, upload_participant_pages
from pipeline.publish.plan import PublishOptions
from pipeline.publish.publish_run import PublishRun
from pipeline.publish.removal import TargetRemoval
from pipeline.publish.target_addresses import find_address, list_participant_targets
from pipeline.publish.target_factory import open_target

_AUDIO_TASKS = frozenset(  # hours of work: their results stay, unless they descend from what is forgotten
    {"MeasureTask", "InspectTask", "AlignTracksTask", "MixTracksTask", "DenoiseTask", "MasterTask", "EncodeTask"}
)
_VOICE_TASKS = frozenset(  # their results have the whole recording, before anything is cut or bleeped, or its words
    {
        "MixTracksTask",
        "DenoiseTask",
        "SpeechSoundTask",
        "TrackSoundTask",
        "FindSpeechTask",
        "RecogniseTask",
        "FindSpeakersTask",
        "AlignTextTask",
    }
)
_ACCEPTED = ("transcript-unreviewed", "transcript-missing", "address-gone", "loudness-off", "peak-over")
_REASON = "forget"  # in the log: no name, no address
_SEARCHED_BYTES = 16 << 20


def list_recording_digests(root: Path, cache: Cache, slugs: tuple[str, ...]) -> tuple[str, ...]:
    """List the digests of the recordings of episodes."""
    files = [path for slug in slugs for path in list_recording_files(root, slug)]
    return tuple(cache.compute_digest(root / path) for path in files)


def clear_cache(cache: Cache, journal: ForgetJournal, has_name: Callable[[str], bool]) -> ForgetJournal:
    """Delete what descends from the files that were changed, and all that has the name; the cache is locked."""
    count = delete_descendants(
        cache, journal.seeds, has_text=has_name, is_kept=_AUDIO_TASKS.__contains__, has_voice=lambda _: True
    )
    count += delete_build_memories(cache)
    return write_journal(cache, replace(journal, cache_files=journal.cache_files + count))


def clear_voice(cache: Cache, journal: ForgetJournal, has_name: Callable[[str], bool]) -> ForgetJournal:
    """Delete, after the build, what has the whole recording or its words; a later build makes it again."""
    count = delete_descendants(
        cache,
        journal.recordings,
        has_text=has_name,
        is_kept=lambda _: True,
        has_voice=_VOICE_TASKS.__contains__,
    )
    return write_journal(cache, replace(journal, cache_files=journal.cache_files + count))


def publish_everywhere(
    run: PublishRun, journal: ForgetJournal, report: Callable[[TargetRemoval], object]
) -> tuple[ForgetJournal, tuple[TargetRemoval, ...]]:
    """Publish to every target that the log knows, old addresses too; nothing unreferenced stays there."""
    log = read_publication_log(run.root / LOG_FILE)
    guids = {one.slug: one.guid for entry in log.entries for one in entry.episodes}
    known = set(guids.values())
    options = PublishOptions(
        accept=_ACCEPTED,
        reason=_REASON,
        withdraw=tuple(guid for guid in journal.withdrawn if guid in known),
        purge=tuple(guids[slug] for slug in journal.episodes if slug in guids and guids[slug] not in journal.withdrawn),
        purge_everything=True,
    )
    done = []
    for one in run.publish_everywhere(options):
        report(one)
        done.append(one)
        removed = (*journal.removed.get(one.target, ()), *one.removed)
        if not one.problem:
            journal = replace(journal, removed={**journal.removed, one.target: tuple(dict.fromkeys(removed))})
            journal = write_journal(run.cache, journal)
    return journal, tuple(done)


def publish_participant_pages(root: Path, cache: Cache) -> tuple[TargetRemoval, ...]:
    """Bring every target for participants up to date that this machine ever uploaded to."""
    done = []
    for address in list_participant_targets(cache):
        try:
            with contextlib.closing(open_target(address, root=root)) as target:
                upload = plan_participant_upload(root, target)
                upload_participant_pages(upload, target, lambda _: None)
                done.append(TargetRemoval(target=target.name, removed=upload.removed))
        except WeerslagError as error:
            done.append(TargetRemoval(target=address, problem=error.message))
    return tuple(done)


def redact_log(root: Path, cache: Cache, journal: ForgetJournal, redact: Callable[[str], str]) -> ForgetJournal:
    """Replace the entries with the name in the local log, and in its copy at every target.

    Raises:
        StorageError, TargetError: The log or a target cannot be read or written.
    """
    path = root / LOG_FILE
    with convert_os_errors(path, "cannot be read"):
        before = path.read_bytes() if path.is_file() else b""
    if not before:
        return journal
    after = redact_publication_log(before, redact)
    if after != before:
        old = {entry.digest for entry in parse_publication_log(before).entries}
        new = [entry.digest for entry in parse_publication_log(after).entries if entry.digest not in old]
        entries = (*journal.log_entries, *new)
        journal = write_journal(cache, replace(journal, log_entries=tuple(dict.fromkeys(entries))))
        write_atomic(path, after)
    for name in parse_publication_log(after).list_targets():
        with contextlib.closing(open_target(find_address(cache, root, name), root=root)) as target:
            write_log_copy(target, path)
    return journal


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRemains:
    """A file at a target that has the name, or a target that could not be searched."""

    target: str
    path: str = ""
    problem: str = ""


def find_remains(
    run: PublishRun, has_path: Callable[[str], bool], pattern: NamePattern | None
) -> tuple[TargetRemains, ...]:
    """Search every target for files that are not part of the build, and have the name.

    Args:
        run: The publish.
        has_path: Whether a path names what is forgotten.
        pattern: Also searched in the content of small files; ``None``: only paths count.
    """
    found = []
    for name in read_publication_log(run.root / LOG_FILE).list_targets():
        try:
            with contextlib.closing(open_target(find_address(run.cache, run.root, name), root=run.root)) as target:
                for path, file in target.list_files().items():
                    if path in run.candidate.files:
                        continue
                    is_searched = pattern is not None and file.size_bytes <= _SEARCHED_BYTES
                    content = target.read(path) if is_searched and not has_path(path) else None
                    if has_path(path) or (content and pattern and has_name_inside(content[0], pattern)):
                        found.append(TargetRemains(target=name, path=path))
        except WeerslagError as error:
            found.append(TargetRemains(target=name, problem=error.message))
    return tuple(found)


def list_backup_targets(root: Path, cache: Cache) -> tuple[str, ...]:
    """List the targets of backups that were made from this machine."""
    return tuple(sorted({record.target for record in list_records(root, cache)}))
