"""`weerslag new`."""

import uuid
from pathlib import Path

import click

from pipeline.cache import write_atomic
from pipeline.cli.environment import get_current_time
from pipeline.content import read_outline
from pipeline.content.scaffold import ITEM_KINDS, build_item_files
from pipeline.errors import ContentError, WeerslagError


@click.command(
    epilog="""\b
Example: weerslag new episode 02-welvaart --event welvaart-dichtbij
         weerslag new event welvaart-dichtbij --title "Welvaart dichtbij"
         weerslag new case stoep --event burger-centraal
         weerslag new reflection tafel-3 --event burger-centraal
         weerslag new story vooraf --title "Vooraf"
         weerslag new newsletter 2024-06
"""
)
@click.argument("kind", type=click.Choice(ITEM_KINDS))
@click.argument("slug")
@click.option("--event", default="", help="The id of its event; required for a case and a reflection.")
@click.option("--title", default="", help="The title, or the name of the group [default: from the slug].")
@click.pass_obj
def new(root: Path, kind: str, slug: str, event: str, title: str) -> None:
    """Create a new episode, event, case, reflection, story or newsletter."""
    outline = read_outline(root)  # so that an error elsewhere in the programme does not matter
    try:
        created = build_item_files(
            kind,
            slug,
            outline=outline,
            now=get_current_time(),
            event=event,
            title=title,
            guid=str(uuid.uuid4()),
        )
    except ContentError as error:
        raise click.UsageError(str(error)) from error
    for path, content in created.items():
        if (root / path).exists() and kind != "event":
            raise WeerslagError("the file exists, and is not overwritten", where=path, hint="choose another slug")
        write_atomic(root / path, content)
        click.echo(root / path)
