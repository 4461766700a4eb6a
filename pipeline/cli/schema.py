"""`weerslag schema`."""

import click

from pipeline.cli.output import print_json
from pipeline.content import build_json_schemas
from pipeline.content.schema.json_schema import SCHEMAS


@click.command(
    epilog="""\b
Example: weerslag schema programme > programme.schema.json
Then add this as the first line of programme.yaml, for editors that support it:
         # yaml-language-server: $schema=programme.schema.json
"""
)
@click.argument("name", required=False, type=click.Choice(list(SCHEMAS)))
def schema(name: str | None) -> None:
    """Print the JSON Schemas of the content files."""
    print_json(build_json_schemas()[name] if name else build_json_schemas())
