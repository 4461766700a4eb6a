"""`weerslag preflight`."""

import json
from pathlib import Path

import click

from pipeline.builder.proofs import keep_proof
from pipeline.cli import print_json
from pipeline.executors import Limits, perform_alone, task_of
from pipeline.model import Finding, from_plain, to_plain
from pipeline.preflight import PURPOSES, PreflightJob, PreflightReport

_LIMITS = Limits(
    memory_bytes=6 * 2**30, deadline_s=600, isolated=True
)  # Java asks for much address space, and uses little
_WORDS = {"error": "error", "warning": "warning", "info": "note"}


@click.command(epilog="Example: weerslag preflight --for print press/magazine/magazine-print.pdf")
@click.argument("pdf", type=click.Path(path_type=Path))
@click.option(
    "--for", "purpose", type=click.Choice(PURPOSES), default="auto", show_default=True, help="What it is for."
)
@click.option(
    "--bleed", "bleed_mm", type=click.FloatRange(0, 20), default=3.0, show_default=True, help="In millimetres."
)
@click.option("--multiple-of", type=click.IntRange(1, 64), default=4, show_default=True, help="Of how many pages.")
@click.option("--quick", is_flag=True, help="Without Ghostscript and veraPDF.")
@click.option("--proof", is_flag=True, help="Keep how its pages look: builds tell which differ from now on.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def preflight(
    root: Path, pdf: Path, purpose: str, bleed_mm: float, multiple_of: int, *, quick: bool, proof: bool, as_json: bool
) -> None:
    """Say what would stop a printer or a screen reader, on any PDF; exit 4 if something would."""
    job = PreflightJob(pdf=str(pdf), purpose=purpose, bleed_mm=bleed_mm, multiple_of=multiple_of, tools=not quick)
    answer = perform_alone(task_of("pipeline.preflight:preflight", job, _LIMITS))
    report = from_plain(PreflightReport, json.loads(answer))
    if as_json:
        print_json([to_plain(finding) for finding in report.findings])
    else:
        _tell(pdf, report)
    if proof:
        click.echo(f"kept as the proof: {keep_proof(root, report.looks)}", err=True)
    if any(finding.severity == "error" for finding in report.findings):
        raise click.exceptions.Exit(4)


def _tell(pdf: Path, report: PreflightReport) -> None:
    for finding in report.findings:
        click.echo(_line(finding))
        if finding.hint:
            click.echo(f"  hint: {finding.hint}")
    count = sum(finding.severity == "error" for finding in report.findings)
    purpose = {"both": "print and screen"}.get(report.purpose, report.purpose)
    verdict = "in order" if not count else f"{count} {'error' if count == 1 else 'errors'}"
    click.echo(f"{pdf}: {report.pages} pages, for {purpose}: {verdict}", err=True)


def _line(finding: Finding) -> str:
    return f"{finding.where}: {_WORDS[finding.severity]}: {finding.message}"
