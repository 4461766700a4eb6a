"""The preflight: reads a PDF and runs all checks for its purpose."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.model import Finding
from pipeline.pdf.document_facts import DocumentFacts
from pipeline.pdf.output_conditions import MAX_COLOUR_INK
from pipeline.pdf.reader import read_pdf
from pipeline.preflight.accessibility_checks import check_accessibility
from pipeline.preflight.ink_coverage import check_ink_coverage
from pipeline.preflight.print_checks import check_print
from pipeline.preflight.tasks import PreflightReport, PreflightTask
from pipeline.preflight.verapdf import check_with_verapdf

_SEVERITY_ORDER = {"error": 0, "warning": 1, "info": 2}


def check_pdf(task: PreflightTask) -> PreflightReport:
    """Check a PDF. Nothing in it is executed.

    Raises:
        MagazineError: The file is not a PDF, is encrypted, or is damaged beyond reading.
    """
    document = read_pdf(Path(task.pdf))
    purpose = task.purpose if task.purpose != "auto" else detect_purpose(document)
    findings = sorted(_run_checks(document, purpose, task), key=lambda one: _SEVERITY_ORDER[one.severity])
    return PreflightReport(
        purpose=purpose,
        pages=len(document.pages),
        findings=tuple(findings),
        page_digests=tuple(page.digest for page in document.pages),
    )


def detect_purpose(document: DocumentFacts) -> str:
    """Detect the purpose of a PDF from its declarations: print, screen or both."""
    for_print = any(name.startswith("PDF/X") for name in document.conformance) or any(
        intent.subtype == "GTS_PDFX" for intent in document.intents
    )
    for_screen = document.has_structure or any(name.startswith("PDF/UA") for name in document.conformance)
    if for_print == for_screen:
        return "both"
    return "print" if for_print else "screen"


def _run_checks(document: DocumentFacts, purpose: str, task: PreflightTask) -> Iterator[Finding]:
    yield from task.layout_findings
    if purpose in ("print", "both"):
        max_ink = min(MAX_COLOUR_INK, task.max_ink)
        yield from check_print(document, bleed_mm=task.bleed_mm, multiple_of=task.multiple_of, max_ink=max_ink)
        if task.external_tools:
            yield from check_ink_coverage(Path(task.pdf), limit=task.max_ink, contact_sheet=task.contact_sheet)
    if purpose in ("screen", "both"):
        yield from check_accessibility(document)
        if task.external_tools:
            yield from check_with_verapdf(Path(task.pdf), document.conformance)
