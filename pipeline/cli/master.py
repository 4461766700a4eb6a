"""``weerslag master``: master one recording outside a programme."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.audio.tasks import FORMATS
from pipeline.cli.language import translate, translate_message
from pipeline.cli.output import print_json
from pipeline.errors import fill
from pipeline.executors import open_executor
from pipeline.model import SoundTarget, Step, to_display_json
from pipeline.model.time_codes import format_time_code
from pipeline.text import escape_unprintable

if TYPE_CHECKING:
    from pipeline.builder.single_file import MasteredFile

_FILE = click.Path(dir_okay=False, readable=False, path_type=Path)  # opening it reports the reason


@click.command(
    epilog="""\b
Examples: weerslag master opname.wav aflevering.mp3
          weerslag master opname.wav aflevering.m4a --target=-19 --mono --report verslag.html
          weerslag master deel1.wav deel2.wav aflevering.mp3
          weerslag master --tracks anna.wav bram.wav telefoon.m4a aflevering.mp3
          weerslag master opname.wav master.flac --json | jq .integrated_lufs"""
)
@click.argument("sources", metavar="IN...", type=_FILE, nargs=-1, required=True)
@click.argument("out", metavar="OUT", type=_FILE)
@click.option("--tracks", is_flag=True, help="The INs are microphones of one talk, not parts in order.")
@click.option(
    "--input-channels",
    type=click.Choice(["auto", "stereo", "mono", "left", "right"]),
    default="auto",
    show_default=True,
    help="What the recorder gave: which channels to use.",
)
@click.option(
    "--target", type=click.FloatRange(-36, -8), default=-16.0, show_default=True, help="Integrated loudness in LUFS."
)
@click.option(
    "--true-peak", type=click.FloatRange(-9, 0), default=-1.0, show_default=True, help="Maximum true peak in dBTP."
)
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Output format [default: by the suffix of OUT].")
@click.option(
    "--bitrate", type=click.IntRange(32, 320), default=128, show_default=True, help="Bit rate of an MP3 in kbit/s."
)
@click.option("--mono/--stereo", default=False, help="Number of channels [default: --stereo].")
@click.option(
    "--noise", type=click.Choice(["auto", "neural", "off"]), default="auto", show_default=True,
    help="Noise reduction where it is needed; neural: stronger, needs the extra `denoise`.",
)  # fmt: skip
@click.option(
    "--report",
    type=_FILE,
    help="Write a processing report: HTML, or JSON if its name ends in .json.",
)
@click.option(
    "--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True, help="Language of the report."
)
@click.option("--force", is_flag=True, help="Replace OUT and the report if they exist.")
@click.option("--workers", metavar="HOW", default="processes:1", help="local | processes:N | dask:ADDRESS.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def master(
    sources: tuple[Path, ...],
    out: Path,
    *,
    tracks: bool,
    input_channels: str,
    target: float,
    true_peak: float,
    format_: str | None,
    bitrate: int,
    noise: str,
    report: Path | None,
    language: str,
    workers: str,
    mono: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Master one recording: IN is only read, OUT is written completely or not at all.

    Several INs are parts in order; with --tracks they are microphones of one talk, which are aligned by sound and mixed.
    """
    chosen = _choose_format(format_, out)
    channels = "mono" if mono else "stereo"
    sound = SoundTarget(
        loudness_lufs=target, true_peak_dbtp=true_peak, channels=channels, bitrate_kbps=bitrate, noise_reduction=noise
    )
    with open_executor(workers, preload="pipeline.audio.mastering") as pool:
        # only now: this process loads its libraries while the worker loads its own
        from pipeline.builder import single_file  # noqa: PLC0415

        if report is not None:
            single_file.check_report_destination(report, sources=sources, out=out, replace=force)
        mastered = single_file.master_file(
            sources,
            out,
            tracks=tracks,
            input_channels=input_channels,
            target=sound,
            format=chosen,
            replace=force,
            pool=pool,
            report_step=lambda step: None if as_json else _print_step(step),
        )
    _print_result(mastered, as_json=as_json)  # before the report: if that cannot be written, OUT exists nevertheless
    if report is not None:
        single_file.write_report(mastered, path=report, title=sources[0].stem, target=sound, language=language)


def _choose_format(format_: str | None, out: Path) -> str:
    chosen = format_ or out.suffix.lower().removeprefix(".")
    if chosen not in FORMATS:
        raise click.UsageError(
            translate(fill("OUT ends in none of {formats}: use --format", formats=", ".join(FORMATS)))
        )
    return chosen


def _print_step(step: Step) -> None:
    click.echo(f"{translate(step.kind):<10}{escape_unprintable(step.subject)}", err=True)


def _print_result(mastered: "MasteredFile", *, as_json: bool) -> None:
    if as_json:
        print_json(_to_json(mastered))
        return
    result, encoded = mastered.result, mastered.result.encoded
    minutes, seconds = divmod(round(encoded.duration_s, 1), 60)
    for track in mastered.take.tracks if mastered.take else ():
        for note in track.notes:
            click.echo(f"- {escape_unprintable(track.alignment.name)}: {translate_message(note)}")
    for step in result.master.steps:
        click.echo(f"- {translate_message(step)}")
    for skipped in result.master.skipped:
        click.echo(f"  ({translate_message(skipped)})")
    for defect in (*result.recording.defects, *result.master.defects):
        place = "" if defect.at_s is None else f" ({format_time_code(defect.at_s)})"
        click.echo(f"! {translate_message(defect.message)}{place}")
    click.echo(
        f"{escape_unprintable(str(mastered.path))}: {encoded.integrated_lufs:.1f} LUFS, "
        f"{encoded.true_peak_dbtp:.1f} dBTP, {int(minutes)}:{seconds:04.1f}, {encoded.bitrate_kbps} kbit/s, "
        f"{mastered.size_bytes / 1e6:.1f} MB"
    )


def _to_json(mastered: "MasteredFile") -> dict[str, Any]:
    from pipeline.reports import build_take_data  # noqa: PLC0415  # loaded by now, with ``single_file``

    result: dict[str, Any] = to_display_json(mastered.result)
    recording, master, encoded = result["recording"], result["master"], result["encoded"]
    names = ("format", "duration_s", "integrated_lufs", "true_peak_dbtp", "bitrate_kbps")
    return {
        "file": str(mastered.path),
        "size_bytes": mastered.size_bytes,
        **{name: encoded[name] for name in names},
        **{name: master[name] for name in ("gain_db", "steps", "skipped")},
        "defects": [*recording.pop("defects"), *master["defects"]],
        "take": build_take_data(mastered.take),
        "recording": {name: value for name, value in recording.items() if name != "curve_lufs"},
    }
