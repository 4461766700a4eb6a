"""`weerslag schema`."""

import click

from pipeline.cli import print_json
from pipeline.content import schemas

NAMES = ("programme", "episode", "magazine", "reflection", "story")


@click.command(
    epilog="""\b
Example: weerslag schema programme > programme.schema.json
Then, for editors that know it, this as the first line of programme.yaml:
         # yaml-language-server: $schema=programme.schema.json
"""
)
@click.argument("name", required=False, type=click.Choice(NAMES))
def schema(name: str | None) -> None:
    """Print the JSON Schemas of the files that people write."""
    print_json(schemas()[name] if name else schemas())
