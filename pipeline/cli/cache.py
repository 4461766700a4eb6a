"""``weerslag cache``: check the cache, delete unused entries."""

from pathlib import Path

import click

from pipeline.cache.maintenance import delete_damaged, delete_unused, verify_cache
from pipeline.cli.environment import describe_process, open_cache
from pipeline.cli.language import translate
from pipeline.cli.output import print_json
from pipeline.model import to_display_json


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
        print_json(to_display_json(findings))
    else:
        for finding in findings:
            click.echo(f"{finding.where}: {translate(finding.message)}")
        summary = translate("{count} damaged entries") if findings else translate("the cache is intact")
        click.echo(summary.format(count=len(findings)), err=True)
    if findings and not repair:
        hint = translate("hint: `weerslag cache verify --repair` deletes them; the next build makes them again")
        click.echo(hint, err=True)
        click.get_current_context().exit(1)


@cache_commands.command(epilog="Example: weerslag cache clean --dry-run")
@click.option("-n", "--dry-run", is_flag=True, help="Report what would be deleted, and delete nothing.")
@click.pass_obj
def clean(root: Path, *, dry_run: bool) -> None:
    """Delete cache entries that none of the last ten builds needs."""
    cache = open_cache(root)
    with cache.lock(holder=describe_process(), wait=True, waiting=_print_waiting):
        summary = delete_unused(cache, dry_run=dry_run)
    line = translate("deleted {objects} objects and {records} records, {megabytes} MB; {live} objects remain")
    if dry_run:
        line = translate("would delete {objects} objects and {records} records, {megabytes} MB; {live} objects remain")
    figures = {"objects": summary.objects, "records": summary.records, "live": summary.live}
    click.echo(line.format(**figures, megabytes=f"{summary.size_bytes / 1e6:.1f}"))


def _print_waiting(holder: str) -> None:
    click.echo(translate("waiting for another build ({holder})").format(holder=holder), err=True)
