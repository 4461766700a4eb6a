"""``weerslag status``."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from pipeline.builder.build import load_releases
from pipeline.cache import Cache
from pipeline.cli.batch_state import read_batch_state, serialise_batch_state
from pipeline.cli.batch_status import align_cells, format_batch_state, print_batch_status
from pipeline.cli.environment import get_current_time, open_cache
from pipeline.cli.json_output import report_json_errors
from pipeline.cli.language import translate
from pipeline.cli.output import print_json
from pipeline.cli.programmes import get_batch
from pipeline.content import build_programme, list_pending_approvals, load_files
from pipeline.content.group_roles import list_incomplete_groups
from pipeline.content.publication_log import LOG_FILE, read_publication_log
from pipeline.content.recording_files import format_names
from pipeline.errors import DependencyError, fill
from pipeline.model import IncompleteGroup, PendingApproval, Programme, Release, to_display_json
from pipeline.publish.backup_record import BackupStatus, find_backup_status
from pipeline.publish.gates import is_loudness_off
from pipeline.publish.status_table import StatusRow, StatusTable, build_status_table

COLUMNS = ("event", "starts", "episode", "recording", "loudness", "transcript", "reflections", "magazine", "published")
_NONE = "–"
_MAX_PATHS = 5


@click.command(epilog="Example: weerslag status --json | jq -r '.rows[] | select(.transcript | not).episode'")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
@report_json_errors
def status(root: Path, *, as_json: bool) -> None:
    """Show each event, its episode, what is missing, and what was published when and where.

    Below it: texts and quotes that need approval, with the group and the role that must approve;
    groups without a role that their event needs; and what was never backed up.

    With -C repeated, or --programmes: what the last batch of builds did or does with each of these programmes.
    """
    if batch := get_batch():
        print_batch_status(batch, as_json=as_json)
        return
    files, log, now = load_files(root), read_publication_log(root / LOG_FILE), get_current_time()
    programme = build_programme(files, log.event_digests)
    cache = open_cache(root)
    releases = _load_releases(programme, root, cache, now)
    table = build_status_table(
        programme,
        releases,
        log,
        now=now,
        pending_approvals=list_pending_approvals(files),
        incomplete_groups=list_incomplete_groups(files),
        backup=find_backup_status(root, cache),
    )
    state = read_batch_state(cache.folder)
    if as_json:
        print_json(to_display_json(table) | {"batch": serialise_batch_state(state)})
        return
    zone = ZoneInfo(programme.timezone)
    header = [click.style(translate(name), bold=True) for name in COLUMNS]
    for line in align_cells([header, *(_format_row(row, programme, zone) for row in table.rows)]):
        click.echo(line)
    for line in _format_parts(table.rows):
        click.echo(line)
    remaining = [*_format_pending_approvals(table.pending_approvals), *_format_groups(table.incomplete_groups)]
    for line in [*remaining, ""] if remaining else ():
        click.echo(line)
    for line in _format_backup(table.backup, zone) if table.backup else ():
        click.echo(line)
    if state and state.is_unfinished:
        click.echo(f"{translate('batch')}: {', '.join(format_batch_state(state))}")
    click.echo(_format_next(table, zone), err=True)


def _load_releases(programme: Programme, root: Path, cache: Cache, now: datetime) -> tuple[Release, ...]:
    """Load the releases whose audio is in the cache. Without ffmpeg none are known."""
    try:
        return load_releases(programme, root=root, cache=cache, now=now)
    except DependencyError as error:
        click.echo(f"loudness unknown: {translate(error.message)}", err=True)
        return ()


def _format_row(row: StatusRow, programme: Programme, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        row.event or _NONE,
        _format_time(row.starts, zone) if row.starts else _NONE,
        row.episode or click.style(translate("none"), fg="yellow"),
        _format_recording(row) if row.episode else _NONE,
        _format_loudness(row, programme),
        _format_presence(is_present=row.transcript) if row.episode else _NONE,
        _format_reflections(row),
        translate("yes") if row.magazine else _NONE,
        _format_publications(row, zone),
    )


def _format_loudness(row: StatusRow, programme: Programme) -> str:
    if row.loudness_lufs is None:
        return _NONE
    colour = "red" if is_loudness_off(row.loudness_lufs, programme.sound) else None
    return click.style(f"{row.loudness_lufs:.1f} LUFS", fg=colour)


def _format_reflections(row: StatusRow) -> str:
    if not row.reflections:
        return _NONE
    count = translate("{number} of {count}").format(number=row.reflections_approved, count=row.reflections)
    return count if row.reflections_approved == row.reflections else click.style(count, fg="yellow")


def _format_publications(row: StatusRow, zone: ZoneInfo) -> str:
    if row.published_to:
        targets = "; ".join(f"{_format_time(one.since, zone)} {one.target}" for one in row.published_to)
        return click.style(targets, fg="green")
    if row.published is None:
        return _NONE
    if row.held_back:
        return translate("held back until {time}").format(time=_format_time(row.published, zone))
    return click.style(translate("not yet"), fg="yellow")


def _format_recording(row: StatusRow) -> str:
    if row.tracks:
        return translate("{count} tracks").format(count=row.tracks)
    return (
        translate("{count} parts").format(count=len(row.parts))
        if len(row.parts) > 1
        else _format_presence(is_present=row.recording)
    )


def _format_parts(rows: Sequence[StatusRow]) -> list[str]:
    """Format the order of the parts, one line per recording that has several."""
    several = [
        (row.episode, format_names(row.parts, shown=20)) for row in rows if len(row.parts) > 1 and not row.tracks
    ]
    return ["", click.style(translate("order of the parts"), bold=True), *align_cells(several)] if several else []


def _format_presence(*, is_present: bool) -> str:
    return translate("yes") if is_present else click.style(translate("missing"), fg="red")


def _format_pending_approvals(approvals: Sequence[PendingApproval]) -> list[str]:
    """Format one line per approval; revoked ones are highlighted."""
    if not approvals:
        return []
    rows = [
        (
            one.approver if one.approver == one.group else f"{one.approver}, {one.group}",
            _format_approved_part(one),
            click.style(translate("edited after approval"), fg="yellow")
            if one.revoked
            else translate("not approved yet"),
            one.file,
        )
        for one in approvals
    ]
    return ["", click.style(translate("needs approval by"), bold=True), *align_cells(rows)]


def _format_groups(groups: Sequence[IncompleteGroup]) -> list[str]:
    """Format one line per group that misses a role."""
    rows = [(one.group, ", ".join(one.missing), one.file) for one in groups]
    return ["", click.style(translate("groups that miss a role"), bold=True), *align_cells(rows)] if rows else []


def _format_approved_part(approval: PendingApproval) -> str:
    if approval.what == "text":
        return translate("text")
    return (translate("{count} quotes") if approval.count > 1 else translate("1 quote")).format(count=approval.count)


def _format_backup(backup: BackupStatus, zone: ZoneInfo) -> list[str]:
    """Format what is only on this machine: recordings first, and of many files only some."""
    if backup.at is None:
        line = fill("never backed up: all {count} files (weerslag backup TARGET)", count=len(backup.never))
        return [click.style(translate(line), fg="yellow"), ""]
    lines = [fill("last backup: {time}, {target}", time=_format_time(backup.at, zone), target=backup.target)]
    if backup.never:
        lines.append(fill("never backed up: {count}, {paths}", **_summarise_paths(backup.never)))
    if backup.changed:
        lines.append(fill("changed after the last backup: {count}, {paths}", **_summarise_paths(backup.changed)))
    return [translate(lines[0]), *(click.style(translate(line), fg="yellow") for line in lines[1:]), ""]


def _summarise_paths(paths: Sequence[str]) -> dict[str, Any]:
    shown = sorted(paths, key=lambda path: ("/recording/" not in path, path))[:_MAX_PATHS]
    return {"count": len(paths), "paths": ", ".join(shown) + (", …" if len(paths) > _MAX_PATHS else "")}


def _format_next(table: StatusTable, zone: ZoneInfo) -> str:
    if table.next is None:
        return translate("next: nothing is held back")
    missing = ", ".join(map(translate, table.next.missing))
    line = translate("next: {episode}, {time}; missing: {missing}") if missing else translate("next: {episode}, {time}")
    return line.format(episode=table.next.episode, time=_format_time(table.next.at, zone), missing=missing)


def _format_time(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
