"""``weerslag verify``: read the whole store again."""

from pathlib import Path

import click

from pipeline.cli import print_json
from pipeline.cli.environment import holder, store_of
from pipeline.model import to_plain


@click.command(epilog="Example: weerslag verify --repair")
@click.option("--repair", is_flag=True, help="Throw away what is damaged; the next build makes it again.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def verify(root: Path, *, repair: bool, as_json: bool) -> None:
    """Read the whole store again, and name what is damaged."""
    store = store_of(root)
    findings = store.verify()
    if repair and findings:
        with store.locked(
            holder=holder(), wait=True, waiting=lambda other: click.echo(f"waiting for {other}", err=True)
        ):
            store.discard(findings)
    if as_json:
        print_json([to_plain(finding) for finding in findings])
    for finding in () if as_json else findings:
        click.echo(f"{finding.where}: {finding.message}")
    if not as_json:
        click.echo("the store is whole" if not findings else f"{len(findings)} damaged", err=True)
    if findings and not repair:
        click.echo("hint: `weerslag verify --repair` throws these away; the next build makes them again", err=True)
        click.get_current_context().exit(1)
