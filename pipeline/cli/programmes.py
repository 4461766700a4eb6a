"""The programmes that a command is for: ``-C``, once or repeated, or a list in a file."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from pipeline.cli.language import translate
from pipeline.errors import UsageError, fill

SEVERAL = ("build", "status")  # the commands that take several programmes

_HINT = "Write one folder per line; a line that begins with # is skipped."
_KEY = "pipeline.cli.programmes"  # in the meta dictionary of Click


def choose_programmes(folders: Sequence[Path], list_file: Path | None) -> tuple[Path, ...]:
    """Return the folders of a batch, each once; empty: the command is for one programme.

    Raises:
        UsageError: The list cannot be read, or names no folder.
    """
    if list_file is None and len(folders) < 2:  # one is no batch
        return ()
    named = [*folders, *(_read_list(list_file) if list_file else ())]
    chosen = {os.path.realpath(folder): folder for folder in reversed(named)}
    if not chosen:
        message = fill("`{file}` names no programme", file=list_file)
        raise UsageError(message, hint=_HINT)
    return tuple(reversed(chosen.values()))


def set_batch(context: click.Context, programmes: tuple[Path, ...]) -> None:
    """Keep the programmes of a batch for the command.

    Raises:
        click.UsageError: The command takes one programme.
    """
    if programmes and context.invoked_subcommand not in SEVERAL:
        message = translate("`{command}` takes one programme: several are for {commands}")
        commands = ", ".join(SEVERAL)
        raise click.UsageError(message.format(command=context.invoked_subcommand, commands=commands))
    context.meta[_KEY] = programmes


def get_batch() -> tuple[Path, ...]:
    """Return the programmes of a batch; empty: the command is for one programme."""
    programmes: tuple[Path, ...] = click.get_current_context().meta.get(_KEY, ())
    return programmes


def _read_list(file: Path) -> list[Path]:
    """Read a list of folders, one per line; relative ones are relative to the folder of the list."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
    except OSError as error:
        message = fill("the list of programmes `{file}` cannot be read: {strerror}", file=file, strerror=error.strerror)
        raise UsageError(message, hint=_HINT) from error
    except UnicodeDecodeError as error:
        message = fill("the list of programmes `{file}` is not UTF-8 text", file=file)
        raise UsageError(message, hint=_HINT) from error
    return [file.parent / line for line in lines if line and not line.startswith("#")]
