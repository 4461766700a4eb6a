"""``weerslag measure``: how loud any sound file is, and what is wrong with it."""

import json
import os
from collections.abc import Iterator
from typing import Any

import click

from pipeline.audio.tasks import Inspected, InspectJob
from pipeline.cli import print_json, tell
from pipeline.errors import WeerslagError
from pipeline.executors import NO_LIMITS, open_workers, perform, task_of
from pipeline.model import Defect, from_plain, to_told
from pipeline.text import shown

_HEAD = ("LUFS", "LU", "M max", "S max", "dBTP", "length", "ch", "Hz", "file")
_LINE = "{:>6} {:>5} {:>6} {:>6} {:>6} {:>8} {:>3} {:>6}  {}"


@click.command(
    epilog="""\b
Examples: weerslag measure opname.wav
          weerslag measure --json *.mp3 | jq '.[] | {file, integrated_lufs}'"""
)
@click.argument("files", nargs=-1, required=True, metavar="AUDIO...", type=click.Path(readable=False))
@click.option("--dual-mono", is_flag=True, help="Measure one channel as two loudspeakers play it: 3.01 LU louder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def measure(files: tuple[str, ...], *, dual_mono: bool, as_json: bool) -> None:
    """Measure the loudness, the true peak and the defects of any sound file."""
    measured: list[Inspected] = []
    for found in _inspected(files, dual_mono=dual_mono):
        if isinstance(found, WeerslagError):
            tell(found)
            continue
        if not as_json:
            _print(found, first=not measured)
        measured.append(found)
    if as_json:
        print_json([_as_plain(found) for found in measured])
    if len(measured) < len(files):
        click.get_current_context().exit(1)


def _inspected(files: tuple[str, ...], *, dual_mono: bool) -> Iterator[Inspected | WeerslagError]:
    """What was found in each file, or why it cannot be read, in the order of the files."""
    slots = min(len(files), os.cpu_count() or 1)
    with open_workers("here" if slots == 1 else f"processes:{slots}") as pool:
        tasks = [task_of(InspectJob.MAKER, InspectJob(path=file, dual_mono=dual_mono), NO_LIMITS) for file in files]
        futures = [pool.submit(perform, task) for task in tasks]
        for future in futures:
            try:
                yield from_plain(Inspected, json.loads(future.result()))
            except WeerslagError as error:
                yield error


def _print(found: Inspected, *, first: bool) -> None:
    if first:
        click.echo(_LINE.format(*_HEAD))
    levels = (found.integrated_lufs, found.loudness_range_lu, found.momentary_max_lufs, found.short_term_max_lufs)
    told = [_one_decimal(level) for level in (*levels, found.true_peak_dbtp)]
    length, name = _length(found.duration_s), shown(click.format_filename(found.path))
    click.echo(_LINE.format(*told, length, found.channels, found.sample_rate_hz, name))
    for defect in found.defects:
        click.echo(f"       {click.style(defect.code, fg='yellow')}{_at(defect)}: {defect.message}")


def _one_decimal(level: float | None) -> str:
    """No meter shows more: EBU Tech 3341."""
    return "-" if level is None else f"{level:.1f}"


def _length(seconds: float) -> str:
    minutes = int(seconds) // 60
    return f"{minutes // 60}:{minutes % 60:02}:{int(seconds) % 60:02}"


def _at(defect: Defect) -> str:
    return "" if defect.at_s is None else f" at {_length(defect.at_s)}"


def _as_plain(found: Inspected) -> dict[str, Any]:
    """What ``--json`` prints; to a thousandth, which is more than anybody hears."""
    plain: dict[str, Any] = to_told(found)
    file = click.format_filename(plain.pop("path"))
    return {
        "file": file,
        **{key: round(value, 3) if isinstance(value, float) else value for key, value in plain.items()},
    }
