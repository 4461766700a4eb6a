"""`weerslag new`."""

import uuid
from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cache import write_whole
from pipeline.content import load_programme
from pipeline.content.scaffold import PIECES, new_piece
from pipeline.errors import ContentError, WeerslagError


@click.command(
    epilog="""\b
Example: weerslag new episode 02-welvaart --event welvaart-dichtbij
         weerslag new reflection tafel-3 --event burger-centraal
         weerslag new story vooraf --title "Vooraf"
"""
)
@click.argument("kind", type=click.Choice(PIECES))
@click.argument("slug")
@click.option("--event", default="", help="The id of the event it belongs to; a reflection needs one.")
@click.option("--title", default="", help="Its title, or the name of the group [default: after the slug].")
@click.pass_obj
def new(root: Path, kind: str, slug: str, event: str, title: str) -> None:
    """Write a new episode, reflection or story."""
    is_to_come = kind == "episode" and not (root / f"episodes/{slug}/episode.md").exists()
    programme = load_programme(root, without=slug if is_to_come else "")  # its recording may be there already
    today = datetime.now(UTC).date()
    try:
        files = new_piece(kind, slug, programme=programme, event=event, title=title, guid=str(uuid.uuid4()), day=today)
    except ContentError as error:
        raise click.UsageError(str(error)) from error
    for path, content in files.items():
        if (root / path).exists():
            raise WeerslagError(
                "is already there, and nothing is ever overwritten", where=path, hint="choose another slug"
            )
        write_whole(root / path, content)
        click.echo(root / path)
