"""`weerslag check`."""

from collections.abc import Iterator
from pathlib import Path

import click

from pipeline.builder.recording_checks import check_recordings, check_transcripts
from pipeline.builder.sound_findings import load_sound_findings, measure_sound_findings
from pipeline.cli.environment import open_cache
from pipeline.cli.json_output import serialise_validation_error
from pipeline.cli.language import ngettext, translate, translate_message
from pipeline.cli.output import print_json, print_warning_groups
from pipeline.cli.progress import open_reporter
from pipeline.content import (
    ProgrammeFiles,
    build_programme,
    count_unlocked_approvals,
    find_editorial_warnings,
    group_warnings,
    load_files,
    mask_drafts,
)
from pipeline.errors import ContentError, SourceLocation, ValidationError, fill
from pipeline.executors import open_executor
from pipeline.magazine.copyfit_checks import check_copyfit
from pipeline.model import TAKE_TRACKS, Programme


@click.command(epilog="Example: weerslag check --json | jq -r '.[].where'")
@click.option("--sound", is_flag=True, help="Measure and master all recordings now; nothing is stored.")
@click.option("--all", "show_all", is_flag=True, help="Show each warning, also those that are alike.")
@click.option("--json", "as_json", is_flag=True, help="Print errors and warnings as one JSON document.")
@click.pass_obj
def check(root: Path, *, sound: bool, show_all: bool, as_json: bool) -> None:
    """Check all content; report errors and warnings, write nothing.

    Warnings do not block a build: a text that overflows its page, a picture too small for print, a repeated word,
    murmur before the talk. The most serious come first. What concerns the sound is known from the last build, or
    measured now with --sound.
    """
    try:
        files = _load_files(root)
    except ContentError as error:
        if as_json:
            print_json([serialise_validation_error(one) for one in error.errors])
            raise click.exceptions.Exit(error.exit_code) from error
        raise  # ``main`` prints it
    programme = build_programme(files)
    copyfit_warnings = check_copyfit(programme, drafts=mask_drafts(files))
    sound_warnings = tuple(_find_sound_warnings(programme, root, measure=sound, quiet=as_json))
    takes = {one.location for one in sound_warnings if one.code == TAKE_TRACKS}  # the order of tracks means nothing
    recordings = (one for one in check_recordings(files, root) if one.code != "part-order" or one.location not in takes)
    warnings = (*find_editorial_warnings(files, copyfit_warnings), *recordings, *sound_warnings)
    if as_json:
        print_json([serialise_validation_error(one) for one in warnings if one.severity == "warning"])
        return
    print_warning_groups(group_warnings(warnings), show_all=show_all)
    click.echo(_summarise(programme, sum(warning.severity == "warning" for warning in warnings)))
    if note := _describe_unlocked(*count_unlocked_approvals(files)):
        click.echo(note, err=True)


def _load_files(root: Path) -> ProgrammeFiles:
    """Load all files, and compare the transcripts with the recordings.

    Raises:
        ContentError: There are errors.
    """
    files = load_files(root)
    if errors := check_transcripts(files, root):
        raise ContentError(errors=errors)
    return files


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
        message = fill("{subject}: {message}", subject=subject, message=error.message)
        yield ValidationError(location=location, message=message, hint=error.hint, code="sound", severity="warning")


def _summarise(programme: Programme, warnings: int) -> str:
    counts = (
        ngettext("{count} event", "{count} events", len(programme.events)),
        ngettext("{count} episode", "{count} episodes", len(programme.episodes)),
        ngettext("{count} reflection", "{count} reflections", len(programme.reflections)),
        ngettext("{count} draft", "{count} drafts", len(programme.drafts)),
        ngettext("{count} story", "{count} stories", len(programme.stories)),
    )
    found = [translate("no errors"), ngettext("{count} warning", "{count} warnings", warnings)]
    return f"{', '.join(counts)}: {', '.join(found[: 2 if warnings else 1])}"


def _describe_unlocked(approvals: int, files: int) -> str:
    """Return a note, not a warning: an unlocked approval is valid until the text is edited."""
    if not approvals:
        return ""
    template = "note: {approvals} approvals in {files} files are not locked: run weerslag approve, so that later edits revoke them"
    if approvals == 1:
        template = "note: 1 approval is not locked: run weerslag approve, so that later edits revoke them"
    elif files == 1:
        template = "note: {approvals} approvals in 1 file are not locked: run weerslag approve, so that later edits revoke them"
    return translate(fill(template, approvals=approvals, files=files))
