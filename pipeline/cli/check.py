"""`weerslag check`."""

from collections.abc import Iterator
from pathlib import Path

import click

from pipeline.builder.recording_checks import check_recordings
from pipeline.builder.sound_findings import load_sound_findings, measure_sound_findings
from pipeline.cli.environment import open_cache
from pipeline.cli.json_output import serialise_validation_error
from pipeline.cli.language import translate_message
from pipeline.cli.output import print_json, print_warning
from pipeline.cli.progress import open_reporter
from pipeline.content import (
    build_programme,
    count_unlocked_approvals,
    find_editorial_warnings,
    load_files,
    mask_drafts,
)
from pipeline.errors import ContentError, SourceLocation, ValidationError
from pipeline.executors import open_executor
from pipeline.magazine.copyfit_checks import check_copyfit
from pipeline.model import TAKE_TRACKS, Programme


@click.command(epilog="Example: weerslag check --json | jq -r '.[].where'")
@click.option("--sound", is_flag=True, help="Measure and master all recordings now; nothing is stored.")
@click.option("--json", "as_json", is_flag=True, help="Print errors and warnings as one JSON document.")
@click.pass_obj
def check(root: Path, *, sound: bool, as_json: bool) -> None:
    """Check all content; report errors and warnings, write nothing.

    Warnings do not block a build: a text that overflows its page, a picture too small for print, a repeated word,
    murmur before the talk. What concerns the sound is known from the last build, or measured now with --sound.
    """
    try:
        files = load_files(root)
    except ContentError as error:
        if as_json:
            print_json([serialise_validation_error(one) for one in error.errors])
            raise click.exceptions.Exit(error.exit_code) from error
        raise  # ``main`` prints it
    programme = build_programme(files)
    copyfit_warnings = check_copyfit(programme, root=root, drafts=mask_drafts(files))
    sound_warnings = tuple(_find_sound_warnings(programme, root, measure=sound, quiet=as_json))
    takes = {one.location for one in sound_warnings if one.code == TAKE_TRACKS}  # the order of tracks means nothing
    recordings = (one for one in check_recordings(files, root) if one.code != "part-order" or one.location not in takes)
    warnings = (*find_editorial_warnings(files, copyfit_warnings), *recordings, *sound_warnings)
    if as_json:
        print_json([serialise_validation_error(one) for one in warnings if one.severity == "warning"])
        return
    for warning in warnings:
        print_warning(warning)
    click.echo(_summarise(programme, sum(warning.severity == "warning" for warning in warnings)))
    if note := _describe_unlocked(*count_unlocked_approvals(files)):
        click.echo(note, err=True)


def _find_sound_warnings(programme: Programme, root: Path, *, measure: bool, quiet: bool) -> Iterator[ValidationError]:
    if measure:
        with open_reporter(why=False, quiet=quiet) as reporter, open_executor("processes") as executor:
            findings = measure_sound_findings(programme, root=root, executor=executor, reporter=reporter.callbacks)
    else:
        findings = load_sound_findings(programme, root=root, cache=open_cache(root))
    for slug, defect in findings.defects:
        is_note = defect.code == TAKE_TRACKS
        location = SourceLocation(f"episodes/{slug}/{'recording' if is_note else 'episode.md'}")
        message, severity = translate_message(defect.message), "note" if is_note else "warning"
        yield ValidationError(location=location, message=message, code=defect.code, severity=severity)
    for subject, error in findings.failures:
        location = SourceLocation(str(error.where) if error.where else "episodes")
        message = f"{subject}: {error.message}"
        yield ValidationError(location=location, message=message, hint=error.hint, code="sound", severity="warning")


def _summarise(programme: Programme, warnings: int) -> str:
    counts = (
        (len(programme.events), "event", "events"),
        (len(programme.episodes), "episode", "episodes"),
        (len(programme.reflections), "reflection", "reflections"),
        (len(programme.drafts), "draft", "drafts"),
        (len(programme.stories), "story", "stories"),
    )
    items = ", ".join(f"{count} {singular if count == 1 else plural}" for count, singular, plural in counts)
    return f"{items}: no errors" + (f", {warnings} warning{'s'[: warnings > 1]}" if warnings else "")


def _describe_unlocked(approvals: int, files: int) -> str:
    """Return a note, not a warning: an unlocked approval is valid until the text is edited."""
    if not approvals:
        return ""
    count = f"{approvals} approvals in {files} file{'s'[: files > 1]} are" if approvals > 1 else "1 approval is"
    return f"note: {count} not locked: run weerslag approve, so that later edits revoke them"
