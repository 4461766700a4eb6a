"""``weerslag doctor``."""

from pathlib import Path

import click

from pipeline.cli.environment import open_cache
from pipeline.cli.output import print_json
from pipeline.doctor import check_machine
from pipeline.errors import DependencyError
from pipeline.model import to_json

_LABELS = {"info": "ok", "warning": "warning", "error": "missing"}


@click.command(epilog="Example: weerslag doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def doctor(root: Path, *, as_json: bool) -> None:
    """Check this machine; name missing dependencies and how to install them."""
    findings = check_machine(root, open_cache(root))
    if as_json:
        print_json([to_json(finding) for finding in findings])
    for finding in () if as_json else findings:
        click.echo(f"{_LABELS[finding.severity]:<9}{finding.message}")
        if finding.hint and finding.severity != "info":
            click.echo(f"{'':<9}{finding.hint}")
    if any(finding.severity == "error" for finding in findings):
        click.get_current_context().exit(DependencyError.exit_code)
