"""``weerslag doctor``."""

from pathlib import Path

import click

from pipeline.cli.environment import find_chosen_model, find_models_folder, open_cache
from pipeline.cli.language import translate
from pipeline.cli.output import print_json
from pipeline.doctor import check_machine
from pipeline.errors import DependencyError
from pipeline.model import to_display_json

_LABELS = {"info": "ok", "warning": "warning", "error": "missing"}


@click.command(epilog="Example: weerslag doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def doctor(root: Path, *, as_json: bool) -> None:
    """Check this machine; name missing dependencies and how to install them."""
    models, chosen = find_models_folder(), find_chosen_model()
    findings = check_machine(root, open_cache(root), models=models, chosen_model=chosen)
    if as_json:
        print_json([to_display_json(finding) for finding in findings])
    for finding in () if as_json else findings:
        label = "optional" if finding.hint and finding.severity == "info" else _LABELS[finding.severity]
        click.echo(f"{label:<9}{translate(finding.message)}")
        if finding.hint:
            click.echo(f"{'':<9}{translate(finding.hint)}")
    if any(finding.severity == "error" for finding in findings):
        click.get_current_context().exit(DependencyError.exit_code)
