"""``weerslag doctor``: check this machine."""

from pathlib import Path

import click

from pipeline.cli import print_json
from pipeline.cli.environment import store_of
from pipeline.doctor import examine
from pipeline.model import to_plain

_WORDS = {"info": "ok", "warning": "warning", "error": "missing"}


@click.command(epilog="Example: weerslag doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def doctor(root: Path, *, as_json: bool) -> None:
    """Check this machine, and name the package that is missing."""
    findings = examine(root, store_of(root))
    if as_json:
        print_json([to_plain(finding) for finding in findings])
    for finding in () if as_json else findings:
        click.echo(f"{_WORDS[finding.severity]:<9}{finding.message}")
        if finding.hint and finding.severity != "info":
            click.echo(f"{'':<9}{finding.hint}")
    if any(finding.severity == "error" for finding in findings):
        click.get_current_context().exit(5)
