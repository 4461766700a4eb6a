"""The command line: one file per command, imported when the command runs. The only package that imports Click."""

import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from pipeline import __version__
from pipeline.cli.language import set_language, translate, translate_command
from pipeline.cli.output import print_error
from pipeline.cli.programmes import choose_programmes, set_batch
from pipeline.errors import WeerslagError

COMMANDS = {  # name: (location, help); printed by --help without importing the command
    "approve": ("pipeline.cli.approve:approve", "Lock approvals to the exact text; later edits revoke them."),
    "backup": ("pipeline.cli.backup:backup", "Copy sources, recordings and log to a private place, or restore them."),
    "build": ("pipeline.cli.build:build", "Bring public/ and press/ up to date."),
    "cache": ("pipeline.cli.cache:cache_commands", "Check the cache, or delete unused entries."),
    "check": ("pipeline.cli.check:check", "Check all content; report errors and warnings, write nothing."),
    "doctor": ("pipeline.cli.doctor:doctor", "Check this machine; name missing dependencies."),
    "forget": ("pipeline.cli.forget:forget", "Remove a person or item everywhere, with a receipt."),
    "init": ("pipeline.cli.init:init", "Create a new programme with example content, ready to build."),
    "lint": ("pipeline.cli.lint:lint", "Find what podcast apps and directories reject or misread in a feed."),
    "master": ("pipeline.cli.master:master", "Master one recording outside a programme."),
    "measure": ("pipeline.cli.measure:measure", "Measure loudness, true peak and defects of audio files."),
    "models": ("pipeline.cli.models:models_commands", "List and install the models for speech."),
    "new": ("pipeline.cli.new:new", "Create a new episode, event, case, reflection, story or newsletter."),
    "notes": ("pipeline.cli.notes:notes", "Import notes of discussion groups: Word, text, forms, photos …"),
    "preflight": ("pipeline.cli.preflight:preflight", "Check a PDF for print and accessibility faults."),
    "publish": ("pipeline.cli.publish:publish", "Upload public/ to listeners: gates first, then media, the feed last."),
    "rename": ("pipeline.cli.rename:rename", "Rename an item; its former address forwards to the new one."),
    "review": (
        "pipeline.cli.review:review",
        "Hear, correct and review transcripts, and record approvals, in a browser.",
    ),
    "schema": ("pipeline.cli.schema:schema", "Print the JSON Schemas of the content files."),
    "serve": ("pipeline.cli.serve:serve", "Preview on this machine; rebuild and reload on every change."),
    "status": ("pipeline.cli.status:status", "Show each event, its episode, what is missing and what is published."),
    "transcribe": ("pipeline.cli.transcribe:transcribe", "Draft a transcript from a recording, or convert one."),
}

EXIT_CODES = """\b
Exit codes:
  0    success
  1    something failed to build; lint found an error
  2    wrong usage
  3    the content has errors
  4    a gate blocked it
  5    a dependency is missing on this machine
  75   another build holds the lock
  130  interrupted"""


class LazyGroup(click.Group):
    """A group that imports a command only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        translate_command(command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; who closes the pipe that it writes to has read enough. Click would call that a failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # otherwise Python reports the error again at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one line per command, from the table."""
        with formatter.section(translate("Commands")):
            formatter.write_dl([(name, translate(COMMANDS[name][1])) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; suggest one for a misspelt name (Click only knows imported commands)."""
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
    "roots",
    type=click.Path(file_okay=False, path_type=Path),
    multiple=True,
    help="Folder of the programme [default: the current folder or the nearest one above it]; repeat it to build several.",
)
@click.option(
    "--programmes",
    "programme_list",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A text file that lists programmes to build, one folder per line.",
)
@click.pass_context
def weerslag(ctx: click.Context, roots: tuple[Path, ...], programme_list: Path | None) -> None:
    """Turn a programme of live events into a podcast and a magazine.

    \b
    Example: weerslag init mijn-programma
             cd mijn-programma
             weerslag build
    """
    set_batch(ctx, choose_programmes(roots, programme_list))
    ctx.obj = roots[0] if roots else _find_programme(_get_current_folder())


def main() -> NoReturn:
    """Run the command line and exit; the only place that converts errors to messages and exit codes."""
    signal.signal(signal.SIGTERM, _raise_interrupt)
    set_language()
    translate_command(weerslag)
    try:
        code = weerslag.main(standalone_mode=False)
        sys.stdout.flush()
    except WeerslagError as error:
        print_error(error)
        code = error.exit_code
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo(translate("interrupted: finished results are kept"), err=True)
        code = 130
    except BrokenPipeError:
        # otherwise Python reports the error again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _find_programme(folder: Path) -> Path:
    """Find the nearest folder upwards with a programme.yaml; else return ``folder``, and loading it reports the error."""
    return next((one for one in (folder, *folder.parents) if (one / "programme.yaml").is_file()), folder)


def _get_current_folder() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        hint = "Change to an existing folder."
        raise WeerslagError("the current folder does not exist any more", hint=hint) from error


def _raise_interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
