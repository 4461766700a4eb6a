"""Words, options, exit codes, printing; one file a command, opened when it runs. The doorway to Click. Decides nothing."""

import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from pipeline import __version__
from pipeline.errors import ContentError, Fault, MachineError, WeerslagError

COMMANDS = {  # name: (where it is, what it does); help is printed from here, so that it opens no command
    "build": ("pipeline.cli.build:build", "Bring public/ and press/ up to date."),
    "check": ("pipeline.cli.check:check", "Read everything, say what needs mending, write nothing."),
    "clear": ("pipeline.cli.approve:clear", "Tie what was cleared by hand to its words: an edit after that voids it."),
    "doctor": ("pipeline.cli.doctor:doctor", "Check this machine, and name what is missing."),
    "gc": ("pipeline.cli.gc:gc", "Sweep the store of what no build needs."),
    "init": ("pipeline.cli.init:init", "Make a programme that builds at once."),
    "measure": (
        "pipeline.cli.measure:measure",
        "Measure the loudness, the true peak and the defects of any sound file.",
    ),
    "master": ("pipeline.cli.master:master", "Take one sound file through the whole mastering chain."),
    "lint": ("pipeline.cli.lint:lint", "Say what apps and directories will stumble over in a feed."),
    "new": ("pipeline.cli.new:new", "Write a new episode, reflection or story."),
    "notes": ("pipeline.cli.notes:notes", "Bring in what discussion groups handed in: Word, text, forms, photos …"),
    "publish": ("pipeline.cli.publish:publish", "Bring public/ to where listeners get it: media first, feed last."),
    "preflight": ("pipeline.cli.preflight:preflight", "Say what would stop a printer or a screen reader, on any PDF."),
    "schema": ("pipeline.cli.schema:schema", "Print the JSON Schemas of the files that people write."),
    "serve": ("pipeline.cli.serve:serve", "Preview on this machine; build and reload on every change."),
    "status": ("pipeline.cli.status:status", "Show one table: each event, its episode, what is missing, what is out."),
    "verify": ("pipeline.cli.verify:verify", "Read the whole store again, and name what is damaged."),
}

EXIT_CODES = """\b
Exit codes:
  0    done
  1    something failed to build; lint found an error
  2    the command was not understood
  3    content needs mending
  4    a gate stopped it
  5    this machine lacks something
  75   another build has the lock
  130  interrupted"""


class LazyGroup(click.Group):
    """A group that opens the file of a command only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Open a command's file, now."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line a command, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a misspelt one gets a suggestion, which Click would look for among opened commands only."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand:
            raise click.exceptions.NoSuchCommand(args[0], possibilities=self.list_commands(ctx), ctx=ctx) from None


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.version_option(__version__, prog_name="weerslag")
@click.option(
    "-C",
    "--programme",
    "root",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="The folder of the programme [default: the one around the current folder].",
)
@click.pass_context
def weerslag(ctx: click.Context, root: Path | None) -> None:
    """Turn a programme of live events into a podcast and a magazine.

    \b
    Example: weerslag init mijn-programma
             cd mijn-programma
             weerslag build
    """
    ctx.obj = root if root is not None else _programme_around(_current_folder())


def main() -> NoReturn:
    """Run the command line and end the process; the one place where our errors become words and exit codes."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = weerslag.main(standalone_mode=False)
        _flush()
    except WeerslagError as error:
        tell(error)
        code = error.exit_code
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted: what was finished is kept", err=True)
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more at exit
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def show(warning: Fault) -> None:
    """Say what a person should look at, on stderr."""
    click.echo(str(warning), err=True)


def tell(error: WeerslagError) -> None:
    """Say what is wrong, where, and what to do, on stderr."""
    if isinstance(error, ContentError) and error.faults:
        for fault in error.faults:
            click.echo(str(fault), err=True)
        click.echo(error.message, err=True)
        return
    from pipeline.text import shown  # noqa: PLC0415  # only when something went wrong

    label = "cannot run" if isinstance(error, MachineError) else "error"
    where = f"{shown(str(error.where))}: " if error.where else ""
    click.echo(f"{where}{label}: {error.message}", err=True)
    if error.hint:
        click.echo(f"  hint: {error.hint}", err=True)


def print_json(document: Any) -> None:
    """One JSON document on stdout, and nothing else."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _programme_around(folder: Path) -> Path:
    """The nearest folder upwards that has a programme.yaml; else ``folder``, and its absence is told later."""
    return next((one for one in (folder, *folder.parents) if (one / "programme.yaml").is_file()), folder)


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        raise WeerslagError("the current folder is gone", hint="Go to a folder that is there.") from error


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _flush() -> None:
    sys.stdout.flush()
