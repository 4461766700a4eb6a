"""``weerslag cache``: check the cache, delete unused entries."""

import threading
from pathlib import Path

import click

from pipeline.cache.maintenance import delete_damaged, delete_unused, verify_cache
from pipeline.cli.cache_option import cache_option
from pipeline.cli.environment import describe_process, get_current_time, open_cache
from pipeline.cli.language import translate
from pipeline.cli.output import print_json
from pipeline.model import to_display_json


@click.group("cache", epilog="Example: weerslag cache verify")
def cache_commands() -> None:
    """Check the cache, or delete unused entries."""


@cache_commands.command(epilog="Example: weerslag cache verify --repair")
@cache_option
@click.option("--repair", is_flag=True, help="Delete damaged entries; the next build makes them again.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def verify(root: Path, *, repair: bool, as_json: bool) -> None:
    """Read the whole cache, and list damaged entries."""
    cache = open_cache(root)
    findings = verify_cache(cache)
    if repair and findings:
        with cache.lock(holder=describe_process(), wait=True, waiting=_print_waiting):
            delete_damaged(cache, findings)
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
@cache_option
@click.option("-n", "--dry-run", is_flag=True, help="Report what would be deleted, and delete nothing.")
@click.pass_obj
def clean(root: Path, *, dry_run: bool) -> None:
    """Delete cache entries that none of the last ten builds needs."""
    cache = open_cache(root)
    with cache.lock(holder=describe_process(), wait=True, waiting=_print_waiting):
        summary = delete_unused(cache, dry_run=dry_run, now=get_current_time())
    line = translate("deleted {objects} objects and {records} records, {megabytes} MB; {live} objects remain")
    if dry_run:
        line = translate("would delete {objects} objects and {records} records, {megabytes} MB; {live} objects remain")
    figures = {"objects": summary.objects, "records": summary.records, "live": summary.live}
    click.echo(line.format(**figures, megabytes=f"{summary.size_bytes / 1e6:.1f}"))


@cache_commands.command(epilog="Example: weerslag cache add talk.wav --cache s3://archive/cache > recording/talk.ref")
@cache_option
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def add(root: Path, files: tuple[Path, ...]) -> None:
    """Upload recordings to the store of the cache, and print what refers to them.

    Put the printed lines in a file in `recording/` with a name that ends in `.ref`, in place of the audio: a build then
    reads it from the store. An upload that was interrupted continues where it stopped. `cache clean` never deletes it.
    """
    cache = open_cache(root)
    for file in files:
        blob = cache.keep_source(file, sent=UploadProgress(file).report)
        click.echo(f"{blob.sha256} {blob.size_bytes} {file.name}")


class UploadProgress:
    """Prints how much of a file is in the store, from several threads."""

    def __init__(self, file: Path) -> None:
        """Print nothing yet."""
        self._file, self._sent, self._lock = file, 0, threading.Lock()

    def report(self, size_bytes: int) -> None:
        """Add bytes that are in the store, and print their sum."""
        with self._lock:
            self._sent += size_bytes
            line = translate("{file}: {sent} of {total} MB")
            total = f"{self._file.stat().st_size / 1e6:.1f}"
            click.echo(line.format(file=self._file.name, sent=f"{self._sent / 1e6:.1f}", total=total), err=True)


def _print_waiting(holder: str) -> None:
    click.echo(translate("waiting for another build ({holder})").format(holder=holder), err=True)
