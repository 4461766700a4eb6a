"""Check the PDFs of the magazine, and render a page with the findings."""

from collections.abc import Mapping
from pathlib import Path

from pipeline import urls
from pipeline.builder.task_functions import run_preflight
from pipeline.builder.task_runner import PendingTask, TaskResult, TaskRunner
from pipeline.graphics.tasks import CONTACT_SHEET
from pipeline.model import Finding, Magazine, Output, Print, Programme
from pipeline.preflight.tasks import PreflightReport, PreflightTask, find_ghostscript
from pipeline.typesetting import Theme, render_template

Reports = Mapping[str, TaskResult[PreflightReport]]


def submit_checks(
    editions: Mapping[str, tuple[Path, tuple[Finding, ...]]], settings: Print, runner: TaskRunner
) -> dict[str, PendingTask[PreflightReport]]:
    """Start the checks of the PDFs for screen and printer.

    Args:
        editions: The file and the layout findings of each PDF, by its name.
        settings: Print settings of the magazine.
        runner: Runs the tasks.

    Returns:
        The running checks, by the names of the PDFs.
    """
    tasks = {}
    for name, (file, findings) in editions.items():
        for_press = name.endswith("-print.pdf")
        tasks[name] = PreflightTask(
            subject=name,
            pdf=str(file),
            purpose="print" if for_press else "screen",
            bleed_mm=settings.bleed_mm,
            multiple_of=settings.multiple_of,
            external_tools=for_press,  # ink coverage by Ghostscript; veraPDF is left to `weerslag preflight`
            max_ink=settings.ink_percent / 100,
            layout_findings=findings,
            contact_sheet="pages.jpg" if for_press and find_ghostscript() else "",
        )
    return {name: runner.submit(run_preflight, task) for name, task in tasks.items()}


def render_preflight_page(
    programme: Programme, magazine: Magazine, reports: Reports, *, theme: Theme, proof: tuple[str, ...] | None
) -> tuple[Output, ...]:
    """Render the findings, and thumbnails that mark pages which differ from the proof."""
    printed = reports[f"{magazine.name}-print.pdf"]
    sheet = printed.outputs.get("contact_sheet")
    page = render_template(
        "preflight.html.j2",
        theme=theme,
        programme=programme,
        reports=[(name, one.value) for name, one in sorted(reports.items())],
        printed=printed.value,
        sheet=Path(urls.PREFLIGHT_PAGES).name if sheet else "",
        contact=CONTACT_SHEET,
        proof=proof,
        changed=printed.value.find_changed_pages(proof) if proof is not None else (),
    )
    outputs = [Output(path=f"press/{urls.PREFLIGHT}", content=page.encode())]
    if sheet:
        outputs.append(Output(path=f"press/{urls.PREFLIGHT_PAGES}", sha256=sheet.sha256))
    return tuple(outputs)
