"""``--json`` is one document, whatever happens: also when an error stops the command before it has anything to show."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

from pipeline.cli import print_json
from pipeline.errors import ContentError, Fault, WeerslagError

P = ParamSpec("P")


def documented(command: Callable[P, None]) -> Callable[P, None]:
    """A command that prints its error as a document too, where ``--json`` was asked; ``main`` still tells it in words."""

    @functools.wraps(command)
    def run(*arguments: P.args, **options: P.kwargs) -> None:
        try:
            command(*arguments, **options)
        except WeerslagError as error:
            if options["as_json"]:
                print_json(plain_error(error))
            raise

    return run


def plain_error(error: WeerslagError) -> dict[str, Any]:
    """An error, with every fault of the content if it is one of those."""
    faults = error.faults if isinstance(error, ContentError) else ()
    return {
        "error": {"where": str(error.where), "message": error.message, "hint": error.hint},
        "faults": [plain_fault(fault) for fault in faults],
        "exit_code": error.exit_code,
    }


def plain_fault(fault: Fault) -> dict[str, Any]:
    """A fault of the content; without a line, the file as a whole."""
    return {
        "where": str(fault.place),
        "file": fault.place.file,
        "line": fault.place.line or None,
        "column": fault.place.column or None,
        "message": fault.message,
        "hint": fault.hint,
        "code": fault.code,
        "severity": fault.severity,
    }
