"""``weerslag build``: bring public/ and press/ up to date, and say what was done."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pipeline.builder import TARGETS, Built
from pipeline.cli import print_json, tell
from pipeline.cli.build_runner import brought_up_to_date
from pipeline.cli.environment import now, store_of
from pipeline.cli.json_output import documented
from pipeline.cli.progress import Talker, talker
from pipeline.model import to_plain, to_told
from pipeline.publish import LEDGER, Lost, lost_episodes, read_ledger


@click.command(
    epilog="""\b
Examples: weerslag build
          weerslag build feed site --why
          weerslag build --workers processes:4 --json | jq .changes"""
)
@click.argument("targets", nargs=-1, metavar="[TARGET]...", type=click.Choice(TARGETS))
@click.option("-j", "--jobs", type=click.IntRange(1), help="Work on this many things at once [default: all cores].")
@click.option("--workers", metavar="HOW", help="here | processes:N | dask:ADDRESS [default: processes on all cores].")
@click.option("--why", is_flag=True, help="Say which part of its key made each thing anew.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.option("--no-wait", is_flag=True, help="Leave with 75 when another build is at work.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
@documented
def build(
    root: Path,
    targets: tuple[str, ...],
    jobs: int | None,
    workers: str | None,
    *,
    why: bool,
    dry_run: bool,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Bring public/ and press/ up to date; TARGETS: episodes feed site magazine press; none: all."""
    if jobs and workers:
        raise click.UsageError("--jobs and --workers say the same thing: give one of them")
    began, cpu = time.monotonic(), _cpu_s()
    with (
        talker(why=why, quiet=as_json) as talk,
        brought_up_to_date(
            root,
            store=store_of(root),
            hour=now(),
            talk=talk,
            workers=workers or f"processes:{jobs or os.cpu_count() or 1}",
            targets=targets or TARGETS,
            dry_run=dry_run,
            wait=not no_wait,
        ) as built,
    ):
        lost = () if built.failures else lost_episodes(built.outline, read_ledger(root / LEDGER))
    seconds = {"seconds": round(time.monotonic() - began, 2), "cpu_s": round(_cpu_s() - cpu, 2)}
    if as_json:
        print_json({**_as_plain(built), "lost": [to_plain(one) for one in lost], **seconds})
    else:
        talk.conclude(built, seconds["seconds"], dry_run=dry_run)
        _warn(lost, talk)
    if built.failures:
        for _, error in built.failures:
            tell(error)
        click.get_current_context().exit(1)


def _warn(lost: Sequence[Lost], talk: Talker) -> None:
    """The very last lines, where nobody overlooks them: what listeners have, and this build has not."""
    for one in lost:
        lacks = "its recording is gone" if one.lacks == "recording" else "its folder is gone"
        where = f"episodes/{one.episode}/"
        talk.warn("lost", f"{one.episode}: {lacks}, and {', '.join(one.targets)} shows it to listeners")
        talk.say(
            f"  hint: put {where}{'recording/' if one.lacks == 'recording' else ''} back; `publish` refuses to lose it"
        )


def _as_plain(built: Built) -> dict[str, Any]:
    """What ``--json`` prints."""
    return {
        "steps": [to_plain(step) for step in built.steps],
        "failures": [
            {"subject": step.subject, "where": str(error.where), "message": error.message, "hint": error.hint}
            for step, error in built.failures
        ],
        "changes": {tree: to_plain(changes) for tree, changes in built.changes.items()},
        "defects": [
            {"episode": episode.slug, **to_told(defect)}
            for episode in built.outline.heard
            for defect in episode.defects
        ],
        "held_back": [{"episode": slug, "until": hour.isoformat()} for slug, hour in built.held_back],
        "silent": list(built.silent),
    }


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
