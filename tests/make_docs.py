"""Writes docs/commands.md from the help of the commands; `./dev docs` puts it there, test_docs.py keeps it fresh."""

import sys
from collections.abc import Iterator

import click

from pipeline.cli import weerslag

HEAD = """\
# The commands

Written by `./dev docs` from the help of the commands; change it there.

Results go to stdout, talk to stderr. `--json` prints one document and nothing else. Colour and progress bars are for
terminals; `NO_COLOR` is honoured.
"""


def page() -> str:
    """The whole page, the same on every machine: the width of the terminal is not asked."""
    parts = [HEAD]
    for context in contexts(weerslag, None):
        level = "##" if context.parent is None or context.parent.parent is None else "###"
        parts.append(f"{level} {context.command_path}\n\n```text\n{context.get_help()}\n```\n")
    return "\n".join(parts)


def contexts(command: click.Command, parent: click.Context | None) -> Iterator[click.Context]:
    """``command`` and everything under it, in the order of the help."""
    name = "weerslag" if parent is None else command.name
    context = click.Context(command, info_name=name, parent=parent, terminal_width=100, **command.context_settings)
    yield context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None and not found.hidden:
                yield from contexts(found, context)


if __name__ == "__main__":
    sys.stdout.write(page())
