"""``weerslag master``: the whole chain on one file, outside a programme."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.audio.tasks import FORMATS
from pipeline.cli import print_json
from pipeline.executors import open_workers
from pipeline.model import SoundTarget, Step, to_told
from pipeline.text import shown

if TYPE_CHECKING:
    from pipeline.builder.single_file import Delivered

_FILE = click.Path(dir_okay=False, readable=False, path_type=Path)  # who opens it says why not


@click.command(
    epilog="""\b
Examples: weerslag master opname.wav aflevering.mp3
          weerslag master opname.wav aflevering.m4a --target=-19 --mono --report verslag.html
          weerslag master opname.wav master.flac --json | jq .integrated_lufs"""
)
@click.argument("source", metavar="IN", type=_FILE)
@click.argument("out", metavar="OUT", type=_FILE)
@click.option("--target", type=click.FloatRange(-36, -8), default=-16.0, show_default=True, help="Loudness, in LUFS.")
@click.option("--true-peak", type=click.FloatRange(-9, 0), default=-1.0, show_default=True, help="At most, in dBTP.")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="What to write [default: as OUT's name ends].")
@click.option("--bitrate", type=click.IntRange(32, 320), default=128, show_default=True, help="In kbit/s, of an MP3.")
@click.option("--mono/--stereo", default=False, help="One channel, or two [default: --stereo].")
@click.option(
    "--report",
    type=_FILE,
    help="Write what was done, with pictures, as a page of HTML; as JSON if its name ends in .json.",
)
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True, help="Of the report.")
@click.option("--force", is_flag=True, help="Write over what stands at OUT or at the report.")
@click.option("--workers", metavar="HOW", default="processes:1", help="here | processes:N | dask:ADDRESS.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def master(
    source: Path,
    out: Path,
    *,
    target: float,
    true_peak: float,
    format_: str | None,
    bitrate: int,
    report: Path | None,
    language: str,
    workers: str,
    mono: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Take one sound file through the whole mastering chain: IN is only read, OUT is written whole or not at all."""
    wanted = format_ or out.suffix.lower().removeprefix(".")
    if wanted not in FORMATS:
        raise click.UsageError(f"OUT ends in none of {', '.join(FORMATS)}: say --format")
    sound = SoundTarget(
        loudness_lufs=target, true_peak_dbtp=true_peak, channels="mono" if mono else "stereo", bitrate_kbps=bitrate
    )
    with open_workers(workers, opening="pipeline.audio.delivery") as pool:
        # only now: this process opens its libraries while the worker opens its own
        from pipeline.builder.single_file import master_file, refuse_report, report_on  # noqa: PLC0415
        from pipeline.cache.atomic_files import write_whole  # noqa: PLC0415

        if report is not None:
            refuse_report(report, source=source, out=out, replace=force)
        made = master_file(
            source, out, target=sound, format=wanted, replace=force, pool=pool, say=lambda step: _say(step, as_json)
        )
    if as_json:
        print_json(_as_plain(made))
    else:
        _print(made)  # before the report: if that cannot be written, the sound is there nevertheless
    if report is not None:
        write_whole(report, report_on(made, file=report, title=source.stem, target=sound, language=language))


def _say(step: Step, quiet: bool) -> None:
    if not quiet:
        click.echo(f"{step.kind:<10}{shown(step.subject)}", err=True)


def _print(made: "Delivered") -> None:
    minutes, seconds = divmod(made.duration_s, 60)
    for step in made.mastered.steps:
        click.echo(f"- {step}")
    for left in made.mastered.left_alone:
        click.echo(f"  ({left})")
    for defect in (*made.recording.defects, *made.mastered.defects):
        place = "" if defect.at_s is None else f" (at {int(defect.at_s) // 60}:{int(defect.at_s) % 60:02})"
        click.echo(f"! {defect.message}{place}")
    click.echo(
        f"{shown(made.file)}: {made.integrated_lufs:.1f} LUFS, {made.true_peak_dbtp:.1f} dBTP, "
        f"{int(minutes)}:{seconds:04.1f}, {made.bitrate_kbps} kbit/s, {made.size_bytes / 1e6:.1f} MB"
    )


def _as_plain(made: "Delivered") -> dict[str, Any]:
    plain: dict[str, Any] = to_told(made)
    recording, mastered = plain.pop("recording"), plain.pop("mastered")
    return {
        **plain,
        "gain_db": mastered["gain_db"],
        "steps": mastered["steps"],
        "left_alone": mastered["left_alone"],
        "defects": [*recording.pop("defects"), *mastered["defects"]],
        "recording": {name: value for name, value in recording.items() if name != "curve_lufs"},
    }
