"""Checks of the recordings that need no decoding: the order of their parts, and what is ignored."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from pipeline.audio.io.creation_time import find_order_contradiction
from pipeline.builder.transcript_conversion import sum_declared_durations
from pipeline.content import ProgrammeFiles, check_transcript_end
from pipeline.content.content_files import EpisodeFiles
from pipeline.content.recording_files import format_names
from pipeline.errors import SourceLocation, ValidationError, fill


def check_recordings(files: ProgrammeFiles, root: Path) -> tuple[ValidationError, ...]:
    """Check the folder of each recording.

    Args:
        files: The content.
        root: The folder of the programme.

    Returns:
        Notes: the order of several parts, and ignored files. Warnings: parts that were recorded in
        another order according to their headers, and audio files that `tracks` does not name.
    """
    return tuple(
        finding
        for episode in files.episodes
        for finding in (
            *_check_recording(f"episodes/{episode.file.slug}", episode.recording, episode.ignored, root),
            *_check_unnamed_tracks(episode),
        )
    )


def check_transcripts(files: ProgrammeFiles, root: Path) -> tuple[ValidationError, ...]:
    """Find cues after the end of their recording, as far as headers tell where that is; a build measures it.

    Args:
        files: The content.
        root: The folder of the programme.
    """
    return tuple(
        error
        for episode in files.episodes
        if episode.transcript and (duration_s := sum_declared_durations([root / part for part in episode.recording]))
        for error in check_transcript_end(root, episode.file.slug, duration_ms=round(duration_s * 1000))
    )


def _check_unnamed_tracks(episode: EpisodeFiles) -> Iterator[ValidationError]:
    """Warn of audio files that `tracks` does not name: they are not used."""
    yaml, folder = episode.file.yaml, f"episodes/{episode.file.slug}"
    named = {f"{folder}/{file}" for _, file in yaml.find("tracks", None, "file")}
    if named and (unnamed := [PurePosixPath(part).name for part in episode.recording if part not in named]):
        message = fill("`tracks` does not name {unnamed}; it is not used", unnamed=format_names(unnamed))
        yield yaml.source.create_warning(
            "unnamed-track", *yaml.locate_key(("tracks",)), message, "add it, or move it out of recording/"
        )


def _check_recording(
    folder: str, parts: tuple[str, ...], ignored: tuple[str, ...], root: Path
) -> Iterator[ValidationError]:
    location = SourceLocation(f"{folder}/recording")
    if len(parts) > 1:
        names = format_names([PurePosixPath(part).name for part in parts], shown=20)
        yield ValidationError(
            location=location,
            message=fill("{count} files in this order: {names}", count=len(parts), names=names),
            code="part-order",
            severity="note",
        )
    if ignored:
        yield ValidationError(
            location=location,
            message=fill("ignored: {ignored}", ignored=format_names(ignored)),
            code="ignored-files",
            severity="note",
        )
    with suppress(OSError):  # the build reports a file that cannot be read
        if pair := find_order_contradiction([str(root / part) for part in parts]):
            first, second = (format_names([Path(path).name]) for path in pair)
            yield ValidationError(
                location=location,
                message=fill(
                    "{second} comes after {first} by its name, but its header says that it was recorded before",
                    second=second,
                    first=first,
                ),
                hint="number the names in the order of the recording: 1 …, 2 …",
                code="part-order",
                severity="warning",
            )
