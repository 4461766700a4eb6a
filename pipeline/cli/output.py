"""Print errors, warnings and JSON documents."""

import json
from collections.abc import Sequence
from typing import Any

import click

from pipeline.cli.language import translate
from pipeline.errors import ContentError, DependencyError, ValidationError, WeerslagError, fill

_MAX_ALIKE = 3  # warnings of one kind that are printed in full
_MAX_PLACES = 5


def print_warning(warning: ValidationError) -> None:
    """Print a warning on stderr."""
    click.echo(warning.format(translate), err=True)


def print_warning_groups(groups: Sequence[Sequence[ValidationError]], *, show_all: bool) -> None:
    """Print warnings of one kind together; of many only the first in full, and where the others are."""
    for group in groups:
        shown = group if show_all or len(group) <= _MAX_ALIKE else group[:1]
        for warning in shown:
            print_warning(warning)
        if others := group[len(shown) :]:
            places = ", ".join(str(one.location) for one in others[:_MAX_PLACES])
            more = ", …" if len(others) > _MAX_PLACES else ""
            line = fill("{count} more like this: {places} (--all shows each)", count=len(others), places=places + more)
            click.echo(f"  {translate(line)}", err=True)


def print_error(error: WeerslagError) -> None:
    """Print an error on stderr, as ``format_error`` formats it."""
    for line in format_error(error):
        click.echo(line, err=True)


def format_error(error: WeerslagError) -> list[str]:
    """Format an error with its location and hint; of a ``ContentError`` every validation error.

    The words ``error`` and ``hint`` are the same in every language, for scripts.
    """
    if isinstance(error, ContentError) and error.errors:
        count = len(error.errors)
        line = translate("1 error in the content") if count == 1 else translate("{count} errors in the content")
        return [*(one.format(translate) for one in error.errors), line.format(count=count)]
    from pipeline.text import escape_unprintable  # noqa: PLC0415  # only needed after an error

    label = "cannot run" if isinstance(error, DependencyError) else "error"
    where = f"{escape_unprintable(str(error.where))}: " if error.where else ""
    hint = [f"  hint: {translate(error.hint)}"] if error.hint else []
    return [f"{where}{label}: {translate(error.message)}", *hint]


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
