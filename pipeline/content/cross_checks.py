"""Rules that involve several values, files, or the folder itself.

Each rule reads the located YAML, and skips values that the schema already rejected: so one error
never hides another. Rules for the magazine are in ``magazine_checks``, for times in
``time_checks``.
"""

import posixpath
from collections.abc import Callable, Iterable, Iterator

from pipeline.content import magazine_checks, newsletter_checks, redirect_checks, time_checks
from pipeline.content.check_helpers import (
    check_event_exists,
    check_file,
    check_local_time,
    collect_values,
    find_duplicates,
    parse_date_time_at,
)
from pipeline.content.content_files import EpisodeFiles, ProgrammeFiles
from pipeline.content.located_yaml import Loc, LocatedYaml
from pipeline.errors import SourceLocation, ValidationError, fill
from pipeline.model import Cue
from pipeline.model.time_codes import format_position, parse_position
from pipeline.text import escape_unprintable, is_slug, suggest_similar

_JINGLE = ("sound", "jingle")


def run_cross_checks(files: ProgrammeFiles) -> Iterator[ValidationError]:
    """Yield every error that involves more than one value."""
    for rule in (*RULES, *magazine_checks.RULES, *newsletter_checks.RULES, *redirect_checks.RULES):
        yield from rule(files)


# Programme


def _check_event_ids(files: ProgrammeFiles) -> Iterator[ValidationError]:
    yield from find_duplicates(collect_values([files.programme.yaml], "events", None, "id"), "duplicate event id")


def _check_events(files: ProgrammeFiles) -> Iterator[ValidationError]:
    yaml = files.programme.yaml
    for loc, _ in yaml.find("events", None):
        starts, ends = parse_date_time_at(yaml, (*loc, "starts")), parse_date_time_at(yaml, (*loc, "ends"))
        for name, value in (("starts", starts), ("ends", ends)):
            yield from check_local_time(files, yaml, (*loc, name), value)
        if starts and ends and ends <= starts:
            yield yaml.create_error("ends-first", (*loc, "ends"), "the event ends before it starts")
        yield from check_event_exists(files, yaml, (*loc, "briefing_from"))
        yield from _check_agenda_people(yaml, loc)


def _check_agenda_people(yaml: LocatedYaml, event: Loc) -> Iterator[ValidationError]:
    """Require the people of an agenda to be guests of the event."""
    in_event = ((loc, name) for loc, name in yaml.find("events", None, "guests", None, "name") if loc[:2] == event)
    guests = [" ".join(name.split()) for _, name in in_event if isinstance(name, str)]
    for loc, name in yaml.find("events", None, "agenda", None, "people", None):
        if loc[:2] == event and isinstance(name, str) and name.strip() and " ".join(name.split()) not in guests:
            hint = suggest_similar(name, guests) or "add the person to `guests` of the event"
            yield yaml.create_error(
                "unknown-guest", loc, fill("the event has no guest `{name}`", name=name.strip()[:80]), hint
            )


def _check_programme_files(files: ProgrammeFiles) -> Iterator[ValidationError]:
    yaml = files.programme.yaml
    logo = ("partners", None, "logo")
    for path in (("podcast", "cover"), ("sound", "intro"), ("sound", "outro"), _JINGLE, logo):
        for loc, file in yaml.find(*path):
            if isinstance(file, str) and file.strip():
                yield from check_file(files.folder, yaml, loc, (file.strip(),), is_picture=path == logo)


# Episodes


def _check_episode_identity(files: ProgrammeFiles) -> Iterator[ValidationError]:
    all_yaml = [episode.file.yaml for episode in files.episodes]
    hint = "a copied file needs its own guid"
    yield from find_duplicates(collect_values(all_yaml, "guid"), "two episodes have the guid", hint)
    seasons = {str(yaml.get(("season",)) or "") for yaml in all_yaml}
    for season in sorted(seasons):
        in_season = list(_list_numbered(yaml for yaml in all_yaml if str(yaml.get(("season",)) or "") == season))
        numbers = [int(n) for _, _, n in collect_values(in_season, "number") if _is_whole_number(n)]
        message = (
            fill("two episodes of season {season} have the number", season=season[:9])
            if season
            else "two episodes have the number"
        )
        hint = fill("the next free number is {numbers}", numbers=max(numbers, default=0) + 1)
        yield from find_duplicates(collect_values(in_season, "number"), message, hint)


def _list_numbered(all_yaml: Iterable[LocatedYaml]) -> Iterator[LocatedYaml]:
    """List the episodes whose numbers must differ.

    Those that moved in from another host keep their numbers, or none; a bonus there has that of its episode.
    """
    seen: set[object] = {"0"}
    for yaml in sorted(all_yaml, key=lambda one: one.get(("master",)) != "false"):
        number = yaml.get(("number",))
        if yaml.get(("master",)) != "false":
            yield yaml
        elif number not in seen:
            seen.add(number)
            yield yaml


def _check_episodes(files: ProgrammeFiles) -> Iterator[ValidationError]:
    for episode in files.episodes:
        yaml = episode.file.yaml
        yield from check_local_time(files, yaml, ("published",), parse_date_time_at(yaml, ("published",)))
        yield from check_event_exists(files, yaml, ("event",))
        yield from _check_speakers(yaml, episode.transcript)
        yield from time_checks.check_times(yaml, episode.transcript)
        yield from _check_jingle_files(files, yaml)
        yield from _check_tracks(episode)
        yield from _check_finished_audio(files, episode)


def _check_finished_audio(files: ProgrammeFiles, episode: EpisodeFiles) -> Iterator[ValidationError]:
    """Require one file where audio is published as it is, and a cover that exists."""
    yaml = episode.file.yaml
    if yaml.get(("master",)) == "false" and len(episode.recording) > 1:
        message = fill(
            "recording/ has {count} files, and only one can be published as it is", count=len(episode.recording)
        )
        yield yaml.create_error("several-files", ("master",), message, "keep one of them, or write `master: true`")
    for loc, file in yaml.find("cover"):
        if isinstance(file, str) and file.strip():
            yield from check_file(files.folder, yaml, loc, (file.strip(),))


def _check_tracks(episode: EpisodeFiles) -> Iterator[ValidationError]:
    """Require each track to be a file of the recording, and no file to be two tracks."""
    yaml, folder = episode.file.yaml, f"episodes/{episode.file.slug}/"
    known = [file.removeprefix(folder) for file in episode.recording]
    hint = "each track is a file of its own"
    yield from find_duplicates(collect_values([yaml], "tracks", None, "file"), "two tracks have the file", hint)
    for loc, file in yaml.find("tracks", None, "file"):
        if isinstance(file, str) and file.strip() and file.strip() not in known:
            message = fill("there is no file `{file}` in the folder of the episode", file=file.strip()[:80])
            hint = suggest_similar(file.strip(), known) or "write it as recording/NAME"
            yield yaml.create_error("missing-file", loc, message, hint)
    tracks = yaml.get(("tracks",))
    if isinstance(tracks, list | tuple) and len(tracks) == 1:
        hint = "add the other microphones, or remove `tracks`"
        yield yaml.create_error("one-track", ("tracks", 0), "a single track is an ordinary recording", hint)


def _check_jingle_files(files: ProgrammeFiles, yaml: LocatedYaml) -> Iterator[ValidationError]:
    """Require an audio file for each jingle: its own, or that of the programme."""
    programme = files.programme.yaml
    for loc, jingle in yaml.find("jingles", None):
        file = yaml.get((*loc, "sound"))
        if isinstance(file, str) and file.strip():
            yield from check_file(files.folder, yaml, (*loc, "sound"), (file.strip(),))
        elif isinstance(jingle, dict) and file is None and programme.data and programme.get(_JINGLE) is None:
            message = "this jingle has no `sound`, and programme.yaml has no `jingle` under `sound`"
            hint = "add `sound: episodes/….flac` to it, or `jingle: episodes/….flac` to programme.yaml"
            yield yaml.create_error("no-jingle", loc, message, hint)


def _check_speakers(yaml: LocatedYaml, transcript: tuple[Cue, ...]) -> Iterator[ValidationError]:
    """Require each `speaker` to be in the transcript, and no two people to share one."""
    yield from find_duplicates(collect_values([yaml], "people", None, "speaker"), "two people have the speaker")
    known = {cue.speaker for cue in transcript if cue.speaker}
    folded = {name.casefold() for name in known}
    values = list(yaml.find("people", None, "speaker"))
    used = {" ".join(name.split()).casefold() for _, name in values if isinstance(name, str)}
    free = {name for name in known if name.casefold() not in used} or known  # a name that is used already is not meant
    for loc, name in values:
        if transcript and isinstance(name, str) and name.strip() and " ".join(name.split()).casefold() not in folded:
            hint = suggest_similar(name, free) or (
                fill("its speakers: {known}", known=", ".join(sorted(known)[:6])) if known else ""
            )
            message = fill("transcript.vtt has no speaker `{name}`", name=name.strip()[:80])
            yield yaml.create_error("unknown-speaker", loc, message, hint)


# Reflections


def _check_unrecorded_guests(files: ProgrammeFiles) -> Iterator[ValidationError]:
    """Refuse an episode that names a guest of its event with ``record: false``."""
    yaml = files.programme.yaml
    unrecorded = {
        (str(yaml.get((*loc[:2], "id"))).strip(), " ".join(str(yaml.get((*loc[:-1], "name"))).split()).casefold())
        for loc, value in yaml.find("events", None, "guests", None, "record")
        if value == "false"
    }
    for episode in files.episodes:
        own, event = episode.file.yaml, str(episode.file.yaml.get(("event",))).strip()
        for loc, name in own.find("people", None, "name"):
            if isinstance(name, str) and (event, " ".join(name.split()).casefold()) in unrecorded:
                message = fill("`{name}` must not be recorded", name=escape_unprintable(name.strip()[:80]))
                hint = "the event says `record: false`: cut this person from the episode, or ask again and change it"
                yield own.create_error("not-to-be-recorded", loc, message, hint)


def _check_event_folders(files: ProgrammeFiles) -> Iterator[ValidationError]:
    events = files.event_ids
    paths = (*(one.file.path for one in files.reflections), *(one.file.path for one in files.cases))
    folders = [posixpath.dirname(path) for path in paths]
    for folder in dict.fromkeys(folders):
        event_id = posixpath.basename(folder)
        if events is not None and event_id not in events and is_slug(event_id):
            yield ValidationError(
                location=SourceLocation(escape_unprintable(folder)),
                message="the folder must be named after an event of programme.yaml",
                hint=suggest_similar(event_id, events),
                code="unknown-event",
            )


def _check_cases_of_reflections(files: ProgrammeFiles) -> Iterator[ValidationError]:
    for reflection in files.reflections:
        yaml = reflection.file.yaml
        slugs = [case.file.slug for case in files.cases if case.event == reflection.event]
        if isinstance(case := yaml.get(("case",)), str) and is_slug(case.strip()) and case.strip() not in slugs:
            message = fill("the event `{event}` has no case `{case}`", event=reflection.event, case=case.strip()[:80])
            hint = suggest_similar(case, slugs) or fill(
                "cases are files in magazine/cases/{event}/", event=reflection.event
            )
            yield yaml.create_error("unknown-case", ("case",), message, hint)


def _check_moments(files: ProgrammeFiles) -> Iterator[ValidationError]:
    episodes = {episode.file.slug: episode for episode in files.episodes}
    for reflection in files.reflections:
        yaml = reflection.file.yaml
        if isinstance(moment := yaml.get(("moment",)), str):
            slug, _, time_code = moment.strip().partition("#")
            start_ms = parse_position(time_code.strip())
            if start_ms is None:
                continue
            if slug in episodes:
                yield from _check_moment(yaml, episodes[slug], start_ms)
            elif slug:
                message = fill("there is no episode `{slug}`", slug=slug[:80])
                yield yaml.create_error("unknown-episode", ("moment",), message, suggest_similar(slug, episodes))


def _check_moment(yaml: LocatedYaml, episode: EpisodeFiles, start_ms: int) -> Iterator[ValidationError]:
    """Check a moment against the transcript.

    The length of the recording is known only during a build.
    """
    last_ms = max((cue.end_ms for cue in episode.transcript), default=start_ms)
    if start_ms > last_ms:
        message = fill(
            "this moment is after the end of the transcript of `{slug}`, {position}",
            slug=episode.file.slug,
            position=format_position(last_ms),
        )
        yield yaml.create_error("beyond", ("moment",), message)
    cuts = time_checks.iter_time_ranges(episode.file.yaml, "cuts")
    if any(cut.from_ms <= start_ms < cut.to_ms for _, cut in cuts):
        message = fill("this moment is inside a cut of `{slug}`", slug=episode.file.slug)
        yield yaml.create_error("beyond", ("moment",), message)


RULES: tuple[Callable[[ProgrammeFiles], Iterator[ValidationError]], ...] = (
    _check_event_ids,
    _check_events,
    _check_programme_files,
    _check_episode_identity,
    _check_episodes,
    _check_unrecorded_guests,
    _check_event_folders,
    _check_cases_of_reflections,
    _check_moments,
)


def _is_whole_number(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10
