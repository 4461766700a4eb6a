"""Load a programme: read its files, validate them, check them together, build the values."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.content.content_files import ProgrammeFiles
from pipeline.content.cross_checks import run_cross_checks
from pipeline.content.dates import find_time_zone
from pipeline.content.discovery import read_episode_file, read_programme_files
from pipeline.content.field_error import FieldError
from pipeline.content.located_yaml import LocatedYaml, parse_yaml
from pipeline.content.model_builder import build_programme
from pipeline.content.programme_folder import ProgrammeFolder, SourceText
from pipeline.content.publication_log import LOG_FILE, read_publication_log
from pipeline.content.recording_files import list_recording_folder
from pipeline.errors import ContentError, SourceLocation, StorageError, ValidationError
from pipeline.media.part_order import order_parts
from pipeline.model import Programme
from pipeline.model.time_codes import parse_position


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeOutline:
    """What a new item must know of a programme; it can be read from a programme with errors elsewhere."""

    events: tuple[str, ...]  # ids
    next_number: int  # of an episode
    next_newsletter: int
    timezone: str
    source: SourceText  # programme.yaml


def load_files(root: Path, *, handed_in: str = "") -> ProgrammeFiles:
    """Read and check every file of the programme in ``root``, each once. Writes nothing.

    Args:
        root: The folder of the programme.
        handed_in: A transcript beside an ``episode.md``, relative to the programme, that is about to be
            converted: that it is not read is no error.

    Raises:
        ContentError: Something needs correction. It holds all errors, without duplicates; locations
            are relative to ``root``.
    """
    errors: list[ValidationError] = []
    files = read_programme_files(open_folder(root), errors)
    errors += run_cross_checks(files)
    errors = [error for error in errors if error.code != "misnamed" or error.location.file != handed_in]
    if errors:
        raise ContentError(errors=tuple(errors))
    return files


def read_valid_files(root: Path) -> ProgrammeFiles:
    """Read every file once, without the checks between files, which approvals do not need.

    Raises:
        ContentError: A file has errors.
    """
    errors: list[ValidationError] = []
    files = read_programme_files(open_folder(root), errors)
    if errors:
        raise ContentError(errors=tuple(errors))
    return files


def read_outline(root: Path) -> ProgrammeOutline:
    """Read what a new item must know, whatever else is wrong in the programme.

    Raises:
        ContentError: programme.yaml is missing, or is not YAML.
    """
    errors: list[ValidationError] = []
    files = read_programme_files(open_folder(root), errors)
    programme = files.programme.yaml
    if not programme.data:
        own = [error for error in errors if error.location.file == files.programme.path]
        raise ContentError(errors=tuple(own or errors))
    timezone = str(programme.get(("timezone",)))
    return ProgrammeOutline(
        events=tuple(str(value) for _, value in programme.find("events", None, "id") if value),
        next_number=_find_next_number([one.file.yaml for one in files.episodes]),
        next_newsletter=_find_next_number([one.yaml for one in files.newsletters]),
        timezone=timezone if find_time_zone(timezone) else "Europe/Amsterdam",
        source=programme.source,
    )


def _find_next_number(all_yaml: Sequence[LocatedYaml]) -> int:
    numbers = [str(yaml.get(("number",))) for yaml in all_yaml]
    return 1 + max((int(number) for number in numbers if number.isdecimal()), default=0)


def read_podcast_guid(root: Path) -> str:
    """Read the guid of the podcast, whatever is wrong in the programme; empty if there is none."""
    try:
        source = open_folder(root).read("programme.yaml")
    except FieldError:
        return ""
    located = parse_yaml(source, [])
    return str(located.get(("podcast", "guid")) or "").strip() if located else ""


def load_programme(root: Path, *, handed_in: str = "") -> Programme:
    """Load the programme in ``root`` with what its publication log says of events.

    A log that cannot be read counts as empty: `publish` reports it, and other commands continue.

    Args:
        root: The folder of the programme.
        handed_in: As of ``load_files``.

    Raises:
        ContentError: As ``load_files``.
    """
    files = load_files(root, handed_in=handed_in)
    try:
        return build_programme(files, read_publication_log(root / LOG_FILE).event_digests)
    except StorageError:
        return build_programme(files)


def list_recording(root: Path, slug: str) -> tuple[str, ...]:
    """List the audio files of an episode, relative to the programme, in the order of the recording."""
    path = f"episodes/{slug}/recording"
    try:
        found = list_recording_folder(open_folder(root), path)
    except FieldError:
        return ()  # the checks of the content report it
    return order_parts(f"{path}/{name}" for name in found.audio)


def open_folder(root: Path) -> ProgrammeFolder:
    """Return the folder ``root`` without symbolic links in its path."""
    return ProgrammeFolder(root=Path(os.path.realpath(root)))


def locate_episode_time(root: Path, slug: str, key: str, *, field: str, at_ms: int) -> SourceLocation:
    """Return the location of a time code that turned out to be after the end of the recording.

    Args:
        root: The folder of the programme.
        slug: The episode.
        key: A list in the front matter, such as ``cuts``.
        field: A key of its items, such as ``from``.
        at_ms: The time code in milliseconds.
    """
    file = read_episode_file(open_folder(root), slug)
    found = file.yaml.find(key, None, field)
    loc = next((loc for loc, value in found if parse_position(str(value).strip()) == at_ms), None)
    return SourceLocation(file.path, *(file.yaml.locate(loc) if loc else (0, 0)))
