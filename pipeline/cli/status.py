"""``weerslag status``: one table over the whole programme."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from pipeline.builder import Talk, bring_up_to_date
from pipeline.cli import print_json
from pipeline.cli.environment import now, store_of
from pipeline.cli.json_output import documented
from pipeline.content import load_programme, waiting
from pipeline.errors import MachineError
from pipeline.executors import open_workers
from pipeline.model import Programme, Release, Waiting, to_plain
from pipeline.publish import LEDGER, Overview, Row, build_status_table, read_ledger

HEADS = ("event", "starts", "episode", "recording", "loudness", "transcript", "reflections", "magazine", "published")
_OFF_LU = 1.0


@click.command(epilog="Example: weerslag status --json | jq -r '.rows[] | select(.transcript | not).episode'")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
@documented
def status(root: Path, *, as_json: bool) -> None:
    """Show one table: each event, its episode, what is missing, what was published when and where.

    Below it: which texts and quotes wait for whose word, by group and role.
    """
    programme, hour = load_programme(root), now()
    made, ledger = _made(programme, root, hour), read_ledger(root / LEDGER)
    table = build_status_table(programme, made, ledger, now=hour, waiting=waiting(root))
    if as_json:
        print_json(to_plain(table))
        return
    zone = ZoneInfo(programme.timezone)
    rows = [_cells(row, programme, zone) for row in table.rows]
    widths = [max(len(click.unstyle(cell)) for cell in column) for column in zip(HEADS, *rows, strict=True)]
    for row in [[click.style(head, bold=True) for head in HEADS], *rows]:
        click.echo(_line(row, widths))
    for line in _waiting(table.waiting):
        click.echo(line)
    click.echo(_next(table, zone), err=True)


def _made(programme: Programme, root: Path, hour: datetime) -> tuple[Release, ...]:
    """The releases whose sound is made; nothing is made for asking, and none are known without ffmpeg."""
    try:
        with open_workers("here") as pool:
            return bring_up_to_date(
                programme,
                root=root,
                store=store_of(root),
                pool=pool,
                now=hour,
                talk=Talk(step=lambda _: None),
                targets=("episodes",),
                dry_run=True,
            ).releases
    except MachineError as error:
        click.echo(f"the loudness is not known: {error.message}", err=True)
        return ()


def _cells(row: Row, programme: Programme, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        row.event or "–",
        _hour(row.starts, zone) if row.starts else "–",
        row.episode or click.style("none", fg="yellow"),
        _yes(there=row.recording) if row.episode else "–",
        _loudness(row, programme),
        _yes(there=row.transcript) if row.episode else "–",
        _count(row),
        "yes" if row.magazine else "–",
        _published(row, zone),
    )


def _loudness(row: Row, programme: Programme) -> str:
    if row.loudness_lufs is None:
        return "–"
    off = abs(row.loudness_lufs - programme.sound.loudness_lufs) > _OFF_LU
    return click.style(f"{row.loudness_lufs:.1f} LUFS", fg="red" if off else None)


def _count(row: Row) -> str:
    if not row.reflections:
        return "–"
    told = f"{row.reflections_cleared} of {row.reflections}"
    return told if row.reflections_cleared == row.reflections else click.style(told, fg="yellow")


def _published(row: Row, zone: ZoneInfo) -> str:
    if row.shown:
        return click.style("; ".join(f"{_hour(one.since, zone)} {one.target}" for one in row.shown), fg="green")
    if row.published is None:
        return "–"
    return f"held back until {_hour(row.published, zone)}" if row.held_back else click.style("not yet", fg="yellow")


def _yes(*, there: bool) -> str:
    return "yes" if there else click.style("missing", fg="red")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Cells under each other; colour takes no room."""
    padded = (cell + " " * (width - len(click.unstyle(cell))) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()


def _waiting(waiting: Sequence[Waiting]) -> list[str]:
    """What waits for whom, a line each; what was edited after it was cleared stands out."""
    if not waiting:
        return []
    rows = [
        (
            one.whom if one.whom == one.group else f"{one.whom}, {one.group}",
            "its text" if one.what == "text" else f"{one.count} quote{'s'[: one.count > 1]}",
            click.style("changed after it was cleared", fg="yellow") if one.changed else "not cleared yet",
            one.file,
        )
        for one in waiting
    ]
    widths = [max(len(click.unstyle(cell)) for cell in column) for column in zip(*rows, strict=True)]
    return ["", click.style("waiting for", bold=True), *(_line(row, widths) for row in rows), ""]


def _next(table: Overview, zone: ZoneInfo) -> str:
    if table.next is None:
        return "next: nothing is held back"
    lacks = f", and still lacks its {' and '.join(table.next.lacks)}" if table.next.lacks else ""
    return f"next: {table.next.episode}, {_hour(table.next.at, zone)}{lacks}"


def _hour(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
