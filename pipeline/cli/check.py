"""`weerslag check`."""

from pathlib import Path

import click

from pipeline.cli import print_json
from pipeline.cli.documents import plain_fault
from pipeline.content import load_programme
from pipeline.errors import ContentError
from pipeline.model import Programme


@click.command(epilog="Example: weerslag check --json | jq -r '.[].where'")
@click.option("--json", "as_json", is_flag=True, help="Print the faults as one JSON document.")
@click.pass_obj
def check(root: Path, as_json: bool) -> None:
    """Read everything, say what needs mending, write nothing."""
    try:
        programme = load_programme(root)
    except ContentError as error:
        if as_json:
            print_json([plain_fault(fault) for fault in error.faults])
            raise click.exceptions.Exit(error.exit_code) from error
        raise  # told by the one who tells all errors
    if as_json:
        print_json([])
    else:
        click.echo(_summary(programme))


def _summary(programme: Programme) -> str:
    counts = (
        (len(programme.events), "event", "events"),
        (len(programme.episodes), "episode", "episodes"),
        (len(programme.reflections), "reflection", "reflections"),
        (len(programme.drafts), "draft", "drafts"),
        (len(programme.stories), "story", "stories"),
    )
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts) + ": in order"
