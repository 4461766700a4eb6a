"""`weerslag preflight`."""

from pathlib import Path

import click

from pipeline.builder.proofs import write_proof
from pipeline.builder.task_functions import run_preflight
from pipeline.cli.language import ngettext, translate
from pipeline.cli.output import print_json
from pipeline.errors import fill
from pipeline.executors import deserialise_result, run_task_isolated, serialise_task
from pipeline.model import to_display_json
from pipeline.preflight import PURPOSES, PreflightReport, PreflightTask

_SEVERITY_LABELS = {"error": "error", "warning": "warning", "info": "note"}


@click.command(epilog="Example: weerslag preflight --for print press/magazine/magazine-print.pdf")
@click.argument("pdf", type=click.Path(path_type=Path))
@click.option(
    "--for",
    "purpose",
    type=click.Choice(PURPOSES),
    default="auto",
    show_default=True,
    help="Purpose of the PDF; auto: as it declares.",
)
@click.option(
    "--bleed",
    "bleed_mm",
    type=click.FloatRange(0, 20),
    default=3.0,
    show_default=True,
    help="Required bleed in millimetres.",
)
@click.option(
    "--multiple-of",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="The number of pages must be a multiple of this.",
)
@click.option("--quick", is_flag=True, help="Skip Ghostscript and veraPDF.")
@click.option("--proof", is_flag=True, help="Save digests of the pages: later builds list the pages that differ.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def preflight(
    root: Path, pdf: Path, purpose: str, bleed_mm: float, multiple_of: int, *, quick: bool, proof: bool, as_json: bool
) -> None:
    """Check a PDF for print and accessibility faults; exits with 4 if there are errors."""
    task = PreflightTask(
        pdf=str(pdf), purpose=purpose, bleed_mm=bleed_mm, multiple_of=multiple_of, external_tools=not quick
    )
    report = deserialise_result(task, run_task_isolated(serialise_task(run_preflight, task)))
    if as_json:
        print_json([to_display_json(finding) for finding in report.findings])
    else:
        _print_report(pdf, report)
    if proof:
        written = write_proof(root, report.page_digests)
        click.echo(translate(fill("proof written: {path}", path=written)), err=True)
    if any(finding.severity == "error" for finding in report.findings):
        raise click.exceptions.Exit(4)


def _print_report(pdf: Path, report: PreflightReport) -> None:
    for finding in report.findings:
        click.echo(f"{translate(finding.where)}: {_SEVERITY_LABELS[finding.severity]}: {translate(finding.message)}")
        if finding.hint:
            click.echo(f"  hint: {translate(finding.hint)}")
    count = sum(finding.severity == "error" for finding in report.findings)
    purpose = translate({"both": "print and screen"}.get(report.purpose, report.purpose))
    summary = ngettext("{count} error", "{count} errors", count) if count else translate("no errors")
    text = "{pdf}: {pages} pages, for {purpose}: {summary}"
    click.echo(translate(fill(text, pdf=pdf, pages=report.pages, purpose=purpose, summary=summary)), err=True)
