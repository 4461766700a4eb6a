"""``weerslag gc``: sweep the store."""

from pathlib import Path

import click

from pipeline.cli.environment import holder, store_of


@click.command(epilog="Example: weerslag gc --dry-run")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would go, and take nothing.")
@click.pass_obj
def gc(root: Path, *, dry_run: bool) -> None:
    """Sweep the store of what none of the last ten builds needs."""
    store = store_of(root)
    with store.locked(holder=holder(), wait=True, waiting=lambda other: click.echo(f"waiting for {other}", err=True)):
        sweep = store.sweep(dry_run=dry_run)
    verb = "would sweep" if dry_run else "swept"
    megabytes = sweep.size_bytes / 1e6
    click.echo(
        f"{verb} {sweep.objects} objects and {sweep.actions} records, {megabytes:.1f} MB; {sweep.live} objects stay"
    )
