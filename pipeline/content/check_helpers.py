"""Checks that several rules share: duplicates, events, files, local times."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pipeline.content import dates
from pipeline.content.content_files import ProgrammeFiles
from pipeline.content.field_error import FieldError
from pipeline.content.located_yaml import Loc, LocatedYaml
from pipeline.content.programme_folder import ProgrammeFolder
from pipeline.errors import ValidationError, WeerslagError, fill, make_message
from pipeline.text import is_slug, suggest_similar


def find_duplicates(
    values: Iterable[tuple[LocatedYaml, Loc, Any]], message: str, hint: str = ""
) -> Iterator[ValidationError]:
    """Yield an error at each text that occurred before; upper and lower case count as the same."""
    first: dict[str, tuple[LocatedYaml, Loc]] = {}
    for yaml, loc, value in values:
        if not isinstance(value, str) or not value.strip():
            continue
        other, other_loc = first.setdefault(value.strip().casefold(), (yaml, loc))
        if (other, other_loc) != (yaml, loc):
            where = f"{other.source.file}:{other.locate(other_loc)[0]}"
            yield yaml.create_error(
                "duplicate",
                loc,
                fill(
                    "{message} `{value}`: see {where}",
                    message=make_message(message),
                    value=value.strip()[:80],
                    where=where,
                ),
                hint,
            )


def collect_values(all_yaml: Iterable[LocatedYaml], *path: str | None) -> Iterator[tuple[LocatedYaml, Loc, Any]]:
    """Yield the values at ``path`` in each file, as ``LocatedYaml.find``."""
    return ((yaml, loc, value) for yaml in all_yaml for loc, value in yaml.find(*path))


def parse_date_time_at(yaml: LocatedYaml, loc: Loc) -> datetime | None:
    """Return the naive date and time at ``loc``, or ``None`` if it is not one."""
    try:
        return dates.parse_precise_date_time(value.strip()) if isinstance(value := yaml.get(loc), str) else None
    except FieldError:
        return None


def find_hidden_events(files: ProgrammeFiles) -> set[str]:
    """Return the ids of the events whose pages are for participants only."""
    yaml = files.programme.yaml
    hidden = (loc[:2] for loc, value in yaml.find("events", None, "visibility") if value == "participants")
    return {str(yaml.get((*loc, "id"))) for loc in hidden}


def check_event_exists(
    files: ProgrammeFiles, yaml: LocatedYaml, loc: Loc, event_id: object = None
) -> Iterator[ValidationError]:
    """Check that ``event_id``, by default the value at ``loc``, is in programme.yaml."""
    event_id, events = yaml.get(loc) if event_id is None else event_id, files.event_ids
    if isinstance(event_id, str) and is_slug(event_id) and events is not None and event_id not in events:
        hint = suggest_similar(event_id, events) or (
            fill("one of: {names}", names=", ".join(events[:12])) if events else ""
        )
        yield yaml.create_error(
            "unknown-event", loc, fill("programme.yaml has no event `{event_id}`", event_id=event_id[:80]), hint
        )


def check_local_time(
    files: ProgrammeFiles, yaml: LocatedYaml, loc: Loc, value: datetime | None
) -> Iterator[ValidationError]:
    """Check that ``value`` exists in the time zone of the programme."""
    name = files.programme.yaml.get(("timezone",))
    zone = dates.find_time_zone(name if isinstance(name, str) else "Europe/Amsterdam")
    if value and zone and not dates.is_valid_local_time(value, zone):
        message = fill("this time does not exist in {key}: summer time begins in that hour", key=zone.key)
        yield yaml.create_error("wrong-value", loc, message)


def check_file(
    folder: ProgrammeFolder, yaml: LocatedYaml, loc: Loc, paths: tuple[str, ...], *, is_picture: bool = False
) -> Iterator[ValidationError]:
    """Check that one of ``paths``, readings of the path at ``loc``, is a file of the programme, or such a picture."""
    path = next((path for path in paths if folder.exists(path)), paths[0])
    try:
        if is_picture:
            check_picture(folder, path)
        else:
            folder.resolve(path)
    except FieldError as error:
        yield yaml.create_error(
            error.code, loc, fill("`{key}` {message}", key=loc[-1], message=error.message), error.hint
        )


def check_picture(folder: ProgrammeFolder, path: str) -> None:
    """Check that ``path`` is a picture that can be used; only its header is read.

    Raises:
        FieldError: It is no file of the programme, or no such picture.
    """
    file = folder.resolve(path)
    from pipeline.graphics.image_cleaning import check_image  # noqa: PLC0415  # a programme may have no pictures

    try:
        check_image(str(file))
    except WeerslagError as error:
        raise FieldError(
            fill("cannot be used: {message}", message=error.message), error.hint, code="bad-picture"
        ) from error


def find_pictures(files: ProgrammeFiles) -> Iterator[tuple[LocatedYaml, Loc, str]]:
    """Yield the pictures of texts, events and the flatplan: the mapping with the picture, and its key with the path."""
    for yaml in (*(one.yaml for one in files.stories), *(one.file.yaml for one in files.cases)):
        yield yaml, ("picture",), "file"
    for loc, _ in files.programme.yaml.find("events", None, "picture"):
        yield files.programme.yaml, loc, "file"
    yaml = files.magazine.yaml
    for item in ("cover", "photo"):
        for loc, value in yaml.find("flatplan", None, item):
            if isinstance(value, dict) and isinstance(value.get("image"), dict):
                yield yaml, (*loc, "image"), "file"
            else:
                yield yaml, loc, "image"


def list_picture_paths(file: str) -> tuple[str, ...]:
    """Return the possible locations of a picture: relative to magazine/, or to the programme."""
    return (f"magazine/{file}", file) if not file.startswith("/") else (file,)
