"""``weerslag status`` of several programmes: what a batch of builds did or does with each."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from pipeline.cli.batch_state import BatchState, read_batch_state, serialise_batch_state
from pipeline.cli.environment import find_cache_folder
from pipeline.cli.language import translate
from pipeline.cli.output import print_json

_COLUMNS = ("programme", "state", "tasks done", "running", "known and waiting")
_COLOURS = {"failed": "red", "interrupted": "yellow", "running": "green"}
_NONE = "–"
_MAX_RUNNING = 3


def print_batch_status(programmes: Sequence[Path], *, as_json: bool) -> None:
    """Print the state of each programme, and how many there are of each state."""
    states = {root: read_batch_state(find_cache_folder(root)) for root in programmes}
    counts = Counter(state.state if state else "not begun" for state in states.values())
    if as_json:
        found = [{"programme": str(root), "batch": serialise_batch_state(state)} for root, state in states.items()]
        print_json({"programmes": found, "counts": dict(counts)})
        return
    header = [click.style(translate(name), bold=True) for name in _COLUMNS]
    rows = [[str(root), *(format_batch_state(state) if state else (_NONE,) * 4)] for root, state in states.items()]
    for line in align_cells([header, *rows]):
        click.echo(line)
    click.echo(", ".join(f"{count} {translate(state)}" for state, count in counts.items()), err=True)


def format_batch_state(state: BatchState) -> tuple[str, str, str, str]:
    """Format the state, and the tasks that are done, run and wait."""
    name = click.style(translate(state.state), fg=_COLOURS.get(state.state))
    shown = ", ".join(state.running[:_MAX_RUNNING]) + (", …" if len(state.running) > _MAX_RUNNING else "")
    return name, str(state.done), shown or _NONE, str(state.waiting)


def align_cells(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align cells in columns; colour codes take no space."""
    widths = [max(len(click.unstyle(cell)) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - len(click.unstyle(cell))) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
