"""The option ``--cache``, for commands that read or write the cache."""

import click

from pipeline.cli.environment import choose_cache

cache_option = click.option(
    "--cache",
    metavar="WHERE",
    expose_value=False,
    callback=choose_cache,
    help="Folder of the cache, or s3://bucket/prefix [default: $WEERSLAG_CACHE, or .weerslag in the programme].",
)
