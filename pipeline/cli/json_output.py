"""``--json`` prints exactly one document, also when an error stops the command."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

from pipeline.cli.output import print_json
from pipeline.errors import ContentError, ValidationError, WeerslagError

P = ParamSpec("P")


def report_json_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Decorate a command so that with ``--json`` an error is printed as JSON too.

    ``main`` prints it as text.
    """

    @functools.wraps(command)
    def run(*arguments: P.args, **options: P.kwargs) -> None:
        try:
            command(*arguments, **options)
        except WeerslagError as error:
            if options["as_json"]:
                print_json(serialise_error(error))
            raise

    return run


def serialise_error(error: WeerslagError) -> dict[str, Any]:
    """Return an error as JSON values, with every validation error of a ``ContentError``."""
    errors = error.errors if isinstance(error, ContentError) else ()
    return {
        "error": {"where": str(error.where), "message": error.message, "hint": error.hint},
        "errors": [serialise_validation_error(one) for one in errors],
        "exit_code": error.exit_code,
    }


def serialise_validation_error(error: ValidationError) -> dict[str, Any]:
    """Return a validation error as JSON values.

    ``line`` and ``column`` are null for a whole file.
    """
    return {
        "where": str(error.location),
        "file": error.location.file,
        "line": error.location.line or None,
        "column": error.location.column or None,
        "message": error.message,
        "hint": error.hint,
        "code": error.code,
        "severity": error.severity,
    }
