"""``weerslag backup``."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pipeline.cli.environment import get_current_time, open_cache
from pipeline.cli.json_output import report_json_errors
from pipeline.cli.language import translate
from pipeline.cli.output import print_json
from pipeline.cli.progress import TerminalReporter, open_reporter
from pipeline.cli.publish_output import create_byte_reporter
from pipeline.errors import GateError, fill
from pipeline.model import to_display_json
from pipeline.publish.backup import BackupPlan, plan_backup, run_backup
from pipeline.publish.backup_manifest import fetch_manifest, list_versions
from pipeline.publish.backup_restore import RestorePlan, plan_restore, record_restore, restore_files
from pipeline.publish.target import Target
from pipeline.publish.target_factory import open_private_target

_MAX_SHOWN = 5


@click.command(
    epilog="""\b
Examples: weerslag backup /media/usb/mijn-programma
          weerslag backup s3://backups/mijn-programma
          weerslag backup sftp://ik@thuis.example.org/backups/mijn-programma --verify
          weerslag backup /media/usb/mijn-programma --list
          weerslag backup /media/usb/mijn-programma --restore mijn-programma"""
)
@click.argument("target", metavar="TARGET")
@click.option("--verify", is_flag=True, help="Read the whole backup back, and upload again what is damaged.")
@click.option("--list", "list_only", is_flag=True, help="List all versions; change nothing.")
@click.option(
    "--restore",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the files of a version into DIR, a new folder or a clone without recordings.",
)
@click.option("--version", default="", metavar="NAME", help="The version to restore [default: the newest one].")
@click.option(
    "--existing",
    type=click.Choice(["keep", "replace"]),
    help="With --restore: what to do with files in DIR that differ from the backup [default: stop].",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
@report_json_errors
def backup(
    root: Path,
    target: str,
    *,
    verify: bool,
    list_only: bool,
    folder: Path | None,
    version: str,
    existing: str | None,
    as_json: bool,
) -> None:
    """Copy all sources, recordings and the publication log to TARGET, and keep all earlier versions.

    TARGET is a private place: a folder on another disk, s3://bucket/prefix or sftp://user@host/path.
    Left out is what a build makes again: public/, press/ and the cache.
    """
    if folder is None and (version or existing):
        raise click.UsageError(translate("--version and --existing belong to --restore"))
    with (
        contextlib.closing(open_private_target(target, root=folder or root)) as opened,
        open_reporter(why=False, quiet=as_json) as reporter,
    ):
        if list_only:
            _list_versions(opened, as_json=as_json)
        elif folder is not None:
            _restore(opened, folder, version, existing, reporter)
        else:
            _back_up(root, opened, reporter, verify=verify)


def _back_up(root: Path, target: Target, reporter: TerminalReporter, *, verify: bool) -> None:
    cache = open_cache(root)
    plan = plan_backup(root, target, cache=cache, now=get_current_time(), verify=verify)
    for path in plan.skipped:
        line = fill("{path}: warning: a link is not backed up; put the file itself there", path=path)
        reporter.print_line(translate(line))
    for path in plan.damaged:
        line = fill("{path}: error: damaged, and no local file can replace it; older versions miss it", path=path)
        reporter.print_line(translate(line))
    show_bytes = create_byte_reporter(reporter, [one.size_bytes for one in plan.uploads], "backed up")
    version = run_backup(plan, root, target, cache=cache, report=lambda one: show_bytes(one.size_bytes))
    uploaded_bytes = sum(one.size_bytes for one in plan.uploads)
    if reporter.quiet:
        print_json(_to_json(plan, target, version, uploaded_bytes))
    elif plan.is_up_to_date:
        line = fill("backup is up to date: {count} files, {target}", count=len(plan.manifest.files), target=target.name)
        reporter.print_line(translate(line))
    else:
        line = fill(
            "backed up: {count} files, of which {changed} new or changed; {size} uploaded to {target}, version {version}",
            count=len(plan.manifest.files),
            changed=len(plan.changed),
            size=_format_size(uploaded_bytes),
            target=target.name,
            version=version,
        )
        reporter.print_line(translate(line))
    if plan.damaged:
        click.get_current_context().exit(1)


def _to_json(plan: BackupPlan, target: Target, version: str, uploaded_bytes: int) -> dict[str, Any]:
    return {
        "target": target.name,
        "version": version,
        "files": len(plan.manifest.files),
        "size_bytes": plan.manifest.size_bytes,
        "uploaded_bytes": uploaded_bytes,
        **{name: list(getattr(plan, name)) for name in ("changed", "removed", "skipped", "damaged")},
    }


def _restore(target: Target, folder: Path, version: str, existing: str | None, reporter: TerminalReporter) -> None:
    plan = plan_restore(target, folder, version=version)
    if plan.differing and existing is None:
        paths = _shorten([one.path for one in plan.differing])
        message = fill("files that differ from the backup: {count}, {paths}", count=len(plan.differing), paths=paths)
        hint = "Nothing was written. --existing keep leaves them as they are, --existing replace overwrites them."
        raise GateError(message, where=str(folder), hint=hint)
    files = (*plan.missing, *plan.differing) if existing == "replace" else plan.missing
    show_bytes = create_byte_reporter(reporter, [one.size_bytes for one in files], "restored")
    restore_files(files, target, folder, report=lambda one: show_bytes(one.size_bytes))
    record_restore(plan, target, folder, cache=open_cache(folder))
    kept = [one.path for one in plan.differing] if existing == "keep" else []
    if reporter.quiet:
        restored = [one.path for one in files]
        print_json({"target": target.name, "version": plan.version, "restored": restored, "kept": kept})
        return
    _print_restored(plan, folder, len(files), kept, reporter)


def _print_restored(
    plan: RestorePlan, folder: Path, count: int, kept: Sequence[str], reporter: TerminalReporter
) -> None:
    line = fill(
        "restored: {count} of {total} files of version {version}, into {folder}",
        count=count,
        total=len(plan.manifest.files),
        version=plan.version,
        folder=str(folder),
    )
    reporter.print_line(translate(line))
    if kept:
        line = fill("kept, though they differ from the backup: {paths}", paths=_shorten(kept))
        reporter.print_line(translate(line))


def _list_versions(target: Target, *, as_json: bool) -> None:
    versions = [(name, fetch_manifest(target, name)) for name in list_versions(target)]
    if as_json:
        rows = [
            {"version": name, "at": one.at, "files": len(one.files), "size_bytes": one.size_bytes}
            for name, one in versions
        ]
        print_json(to_display_json(rows))
        return
    for name, one in versions:
        line = translate("{count} files, {size}").format(count=len(one.files), size=_format_size(one.size_bytes))
        click.echo(f"{name}  {line}")


def _shorten(paths: Sequence[str]) -> str:
    return ", ".join(paths[:_MAX_SHOWN]) + (", …" if len(paths) > _MAX_SHOWN else "")


def _format_size(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.1f} MB"
