"""Checks of the recordings that need no decoding: the order of their parts, and what is ignored."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from pipeline.audio.io.creation_time import find_order_contradiction
from pipeline.content import ProgrammeFiles
from pipeline.content.discovery import EpisodeFiles
from pipeline.content.recording_files import format_names
from pipeline.errors import SourceLocation, ValidationError


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


def _check_unnamed_tracks(episode: EpisodeFiles) -> Iterator[ValidationError]:
    """Warn of audio files that `tracks` does not name: they are not used."""
    yaml, folder = episode.file.yaml, f"episodes/{episode.file.slug}"
    named = {f"{folder}/{file}" for _, file in yaml.find("tracks", None, "file")}
    if named and (unnamed := [PurePosixPath(part).name for part in episode.recording if part not in named]):
        message = f"`tracks` does not name {format_names(unnamed)}; it is not used"
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
            location=location, message=f"{len(parts)} files in this order: {names}", code="part-order", severity="note"
        )
    if ignored:
        yield ValidationError(
            location=location, message=f"ignored: {format_names(ignored)}", code="ignored-files", severity="note"
        )
    with suppress(OSError):  # the build reports a file that cannot be read
        if pair := find_order_contradiction([str(root / part) for part in parts]):
            first, second = (format_names([Path(path).name]) for path in pair)
            yield ValidationError(
                location=location,
                message=f"{second} comes after {first} by its name, but its header says that it was recorded before",
                hint="number the names in the order of the recording: 1 …, 2 …",
                code="part-order",
                severity="warning",
            )
