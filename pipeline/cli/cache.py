"""``weerslag cache``: check the cache, delete unused entries."""

from pathlib import Path

import click

from pipeline.cache.maintenance import delete_damaged, delete_unused, verify_cache
from pipeline.cli.environment import describe_process, open_cache
from pipeline.cli.output import print_json
from pipeline.model import to_json


@click.group("cache", epilog="Example: weerslag cache verify")
def cache_commands() -> None:
    """Check the cache, or delete unused entries."""


@cache_commands.command(epilog="Example: weerslag cache verify --repair")
@click.option("--repair", is_flag=True, help="Delete damaged entries; the next build makes them again.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def verify(root: Path, *, repair: bool, as_json: bool) -> None:
    """Read the whole cache, and list damaged entries."""
    cache = open_cache(root)
    findings = verify_cache(cache)
    if repair and findings:
        with cache.lock(holder=describe_process(), wait=True, waiting=_print_waiting):
            delete_damaged(findings)
    if as_json:
        print_json(to_json(findings))
    else:
        for finding in findings:
            click.echo(f"{finding.where}: {finding.message}")
        click.echo(f"{len(findings)} damaged entries" if findings else "the cache is intact", err=True)
    if findings and not repair:
        click.echo("hint: `weerslag cache verify --repair` deletes them; the next build makes them again", err=True)
        click.get_current_context().exit(1)


@cache_commands.command(epilog="Example: weerslag cache clean --dry-run")
@click.option("-n", "--dry-run", is_flag=True, help="Report what would be deleted, and delete nothing.")
@click.pass_obj
def clean(root: Path, *, dry_run: bool) -> None:
    """Delete cache entries that none of the last ten builds needs."""
    cache = open_cache(root)
    with cache.lock(holder=describe_process(), wait=True, waiting=_print_waiting):
        summary = delete_unused(cache, dry_run=dry_run)
    counts = f"{summary.objects} objects and {summary.records} records, {summary.size_bytes / 1e6:.1f} MB"
    click.echo(f"{'would delete' if dry_run else 'deleted'} {counts}; {summary.live} objects remain")


def _print_waiting(holder: str) -> None:
    click.echo(f"waiting for another build ({holder})", err=True)
