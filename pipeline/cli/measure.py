"""``weerslag measure``: loudness, true peak and defects of any audio file."""

import os
from collections.abc import Iterator
from typing import Any

import click

from pipeline.audio.tasks import InspectResult, InspectTask
from pipeline.builder.task_functions import run_inspect
from pipeline.cli.language import translate_message
from pipeline.cli.output import print_error, print_json
from pipeline.errors import WeerslagError
from pipeline.executors import deserialise_result, open_executor, run_task, serialise_task
from pipeline.model import Defect, to_display_json
from pipeline.model.time_codes import format_time_code
from pipeline.text import escape_unprintable

_COLUMNS = ("LUFS", "LU", "M max", "S max", "dBTP", "length", "ch", "Hz", "file")
_LINE = "{:>6} {:>5} {:>6} {:>6} {:>6} {:>8} {:>3} {:>6}  {}"


@click.command(
    epilog="""\b
Examples: weerslag measure opname.wav
          weerslag measure --json *.mp3 | jq '.[] | {file, integrated_lufs}'"""
)
@click.argument("files", nargs=-1, required=True, metavar="AUDIO...", type=click.Path(readable=False))
@click.option(
    "--input-channels",
    type=click.Choice(["auto", "stereo", "mono", "left", "right"]),
    default="auto",
    show_default=True,
    help="Which channels to measure; auto: all as they are.",
)
@click.option("--dual-mono", is_flag=True, help="Measure mono as two loudspeakers play it: 3.01 LU louder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def measure(files: tuple[str, ...], *, input_channels: str, dual_mono: bool, as_json: bool) -> None:
    """Measure loudness, true peak and defects of any audio file."""
    results: list[InspectResult] = []
    for result in _inspect(files, input_channels=input_channels, dual_mono=dual_mono):
        if isinstance(result, WeerslagError):
            print_error(result)
            continue
        if not as_json:
            _print_result(result, with_header=not results)
        results.append(result)
    if as_json:
        print_json([_serialise(result) for result in results])
    if len(results) < len(files):
        click.get_current_context().exit(1)


def _inspect(
    files: tuple[str, ...], *, input_channels: str, dual_mono: bool
) -> Iterator[InspectResult | WeerslagError]:
    """Inspect all files in parallel, and yield the results in the order of the files."""
    workers = min(len(files), os.cpu_count() or 1)
    with open_executor("local" if workers == 1 else f"processes:{workers}") as executor:
        tasks = [InspectTask(path=file, input_channels=input_channels, dual_mono=dual_mono) for file in files]
        futures = [executor.submit(run_task, serialise_task(run_inspect, task)) for task in tasks]
        for task, future in zip(tasks, futures, strict=True):
            try:
                yield deserialise_result(task, future.result())
            except WeerslagError as error:
                yield error


def _print_result(result: InspectResult, *, with_header: bool) -> None:
    if with_header:
        click.echo(_LINE.format(*_COLUMNS))
    levels = (result.integrated_lufs, result.loudness_range_lu, result.momentary_max_lufs, result.short_term_max_lufs)
    figures = [_format_level(level) for level in (*levels, result.true_peak_dbtp)]
    length, name = _format_time(result.duration_s), escape_unprintable(click.format_filename(result.path))
    click.echo(_LINE.format(*figures, length, result.channels, result.sample_rate_hz, name))
    for defect in result.defects:
        click.echo(
            f"       {click.style(defect.code, fg='yellow')}{_format_place(defect)}: {translate_message(defect.message)}"
        )


def _format_level(level: float | None) -> str:
    """Format with one decimal; no meter shows more. Source: EBU Tech 3341."""
    return "-" if level is None else f"{level:.1f}"


def _format_time(seconds: float) -> str:
    return format_time_code(seconds, with_hours=True)


def _format_place(defect: Defect) -> str:
    return "" if defect.at_s is None else f" at {_format_time(defect.at_s)}"


def _serialise(result: InspectResult) -> dict[str, Any]:
    """Convert to what ``--json`` prints, rounded to a thousandth."""
    values: dict[str, Any] = to_display_json(result)
    file = click.format_filename(values.pop("path"))
    rounded = {key: round(value, 3) if isinstance(value, float) else value for key, value in values.items()}
    return {"file": file, **rounded}
