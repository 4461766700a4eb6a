"""``weerslag doctor``."""

from pathlib import Path

import click

from pipeline.cache import Cache
from pipeline.cli.cache_option import cache_option
from pipeline.cli.environment import find_cache_folder, find_chosen_cache, find_chosen_model, find_models_folder
from pipeline.cli.language import translate
from pipeline.cli.output import print_json
from pipeline.doctor import check_machine
from pipeline.errors import DependencyError
from pipeline.model import to_display_json

_LABELS = {"info": "ok", "warning": "warning", "error": "missing"}


@click.command(
    epilog="""\b
Examples: weerslag doctor --json
          weerslag doctor --workers dask:tls://scheduler:8786 --cache s3://bucket/prefix"""
)
@click.option("--workers", metavar="HOW", default="", help="Check dask:ADDRESS too: scheduler, workers, versions.")
@cache_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def doctor(root: Path, workers: str, *, as_json: bool) -> None:
    """Check this machine; name missing dependencies and how to install them.

    With a store (--cache s3://…) or a cluster (--workers dask:…) also check these, before anything is uploaded: a
    small object is written, read and deleted, by this machine and by each worker.
    """
    models, chosen, place = find_models_folder(), find_chosen_model(), find_chosen_cache()
    local = Cache(find_cache_folder(root))
    findings = check_machine(root, local, models=models, chosen_model=chosen)
    if workers or place.startswith("s3:"):
        from pipeline.builder.cluster_checks import check_cluster  # noqa: PLC0415  # few have a cluster

        findings = (*findings, *check_cluster(workers, place, local))
    if as_json:
        print_json([to_display_json(finding) for finding in findings])
    for finding in () if as_json else findings:
        label = "optional" if finding.hint and finding.severity == "info" else _LABELS[finding.severity]
        if finding.severity == "error" and finding.where != "this machine":  # nothing that can be installed here
            label = "error"
        click.echo(f"{label:<9}{translate(finding.message)}")
        if finding.hint:
            click.echo(f"{'':<9}{translate(finding.hint)}")
    if any(finding.severity == "error" for finding in findings):
        click.get_current_context().exit(DependencyError.exit_code)
