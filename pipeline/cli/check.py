"""`weerslag check`."""

from pathlib import Path

import click

from pipeline.cli import print_json, show
from pipeline.cli.json_output import plain_fault
from pipeline.content import blind_drafts, by_hand, find_editorial_warnings, load_programme
from pipeline.errors import ContentError
from pipeline.magazine.copyfit_checks import remarks_on
from pipeline.model import Programme


@click.command(epilog="Example: weerslag check --json | jq -r '.[].where'")
@click.option("--json", "as_json", is_flag=True, help="Print faults and warnings as one JSON document.")
@click.pass_obj
def check(root: Path, as_json: bool) -> None:
    """Read everything, say what needs mending, write nothing.

    A warning is advice, and stops nothing: a text that runs over its page, a picture too small for print, a doubled word.
    """
    try:
        programme = load_programme(root)
    except ContentError as error:
        if as_json:
            print_json([plain_fault(fault) for fault in error.faults])
            raise click.exceptions.Exit(error.exit_code) from error
        raise  # told by the one who tells all errors
    warnings = find_editorial_warnings(root, remarks_on(programme, root=root, drafts=blind_drafts(root)))
    if as_json:
        print_json([plain_fault(warning) for warning in warnings])
        return
    for warning in warnings:
        show(warning)
    click.echo(_summary(programme, len(warnings)))
    if note := _note(*by_hand(root)):
        click.echo(note, err=True)


def _summary(programme: Programme, warnings: int) -> str:
    counts = (
        (len(programme.events), "event", "events"),
        (len(programme.episodes), "episode", "episodes"),
        (len(programme.reflections), "reflection", "reflections"),
        (len(programme.drafts), "draft", "drafts"),
        (len(programme.stories), "story", "stories"),
    )
    told = ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts)
    return f"{told}: in order" + (f", with {warnings} warning{'s'[: warnings > 1]}" if warnings else "")


def _note(clearances: int, files: int) -> str:
    """No warning: a clearance by hand is as good as any, until somebody edits what was cleared."""
    if not clearances:
        return ""
    many = clearances > 1
    count = f"{clearances} clearances in {files} file{'s'[: files > 1]} are" if many else "1 clearance is"
    return f"note: {count} not tied to {'their' if many else 'its'} words yet; weerslag clear does it, and an edit after that is told"
