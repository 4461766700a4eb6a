"""Print errors, warnings and JSON documents."""

import json
from typing import Any

import click

from pipeline.cli.language import translate
from pipeline.errors import ContentError, DependencyError, ValidationError, WeerslagError


def print_warning(warning: ValidationError) -> None:
    """Print a warning on stderr."""
    click.echo(str(warning), err=True)


def print_error(error: WeerslagError) -> None:
    """Print an error with its location and hint on stderr; of a ``ContentError`` every validation error.

    The words ``error`` and ``hint`` are the same in every language, for scripts.
    """
    if isinstance(error, ContentError) and error.errors:
        for one in error.errors:
            click.echo(str(one), err=True)
        count = len(error.errors)
        line = translate("1 error in the content") if count == 1 else translate("{count} errors in the content")
        click.echo(line.format(count=count), err=True)
        return
    from pipeline.text import escape_unprintable  # noqa: PLC0415  # only needed after an error

    label = "cannot run" if isinstance(error, DependencyError) else "error"
    where = f"{escape_unprintable(str(error.where))}: " if error.where else ""
    click.echo(f"{where}{label}: {translate(error.message)}", err=True)
    if error.hint:
        click.echo(f"  hint: {translate(error.hint)}", err=True)


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
