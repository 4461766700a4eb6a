"""The preflight: what would stop a printer or a screen reader, in plain words, with its page. For any PDF."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.magazine.colours import MOST_INK
from pipeline.model import Finding
from pipeline.pdf.document_facts import PdfReading
from pipeline.preflight import accessibility_checks, ink_coverage, print_checks, verapdf

RECIPE = 3

PURPOSES = ("auto", "print", "screen", "both")
_ORDER = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightJob:
    """A PDF, and what it is for. JSON can hold it."""

    pdf: str
    purpose: str = "auto"  # print | screen | both; auto: what it says of itself
    bleed_mm: float = 3.0
    multiple_of: int = 4
    tools: bool = True  # Ghostscript and veraPDF too, where this machine has them
    most_ink: float = ink_coverage.LIMIT  # of 4, on one spot
    warnings: tuple[str, ...] = ()  # what was seen while the pages were laid out
    sheet: str = ""  # a picture of all pages goes here, where Ghostscript is there


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightReport:
    """What was found, worst first, then in the order of the pages."""

    purpose: str
    pages: int
    findings: tuple[Finding, ...]
    looks: tuple[str, ...] = ()  # a digest of how each page looks


def changed(report: PreflightReport, proof: Sequence[str]) -> tuple[int, ...]:
    """The pages that look otherwise than in ``proof``, or are not in it."""
    return tuple(number for number, look in enumerate(report.looks, 1) if [look] != list(proof[number - 1 : number]))


def preflight(job: PreflightJob) -> PreflightReport:
    """Look a PDF through; it is read and never run, and nothing is written.

    Raises:
        MagazineError: it is no PDF, is locked, or is damaged beyond reading.
    """
    from pipeline.pdf.reader import read_pdf  # noqa: PLC0415  # it opens pikepdf: only when a job runs

    reading = read_pdf(Path(job.pdf))
    purpose = job.purpose if job.purpose != "auto" else purpose_of(reading)
    found = sorted(_findings(reading, purpose, job), key=lambda one: _ORDER[one.severity])
    looks = tuple(page.look for page in reading.pages)
    return PreflightReport(purpose=purpose, pages=len(reading.pages), findings=tuple(found), looks=looks)


def purpose_of(reading: PdfReading) -> str:
    """What a PDF is for, as far as it says itself."""
    for_press = any(claim.startswith("PDF/X") for claim in reading.claims) or any(
        intent.subtype == "GTS_PDFX" for intent in reading.intents
    )
    for_screen = reading.structured or any(claim.startswith("PDF/UA") for claim in reading.claims)
    if for_press == for_screen:
        return "both"
    return "print" if for_press else "screen"


def _findings(reading: PdfReading, purpose: str, job: PreflightJob) -> Iterator[Finding]:
    for warning in job.warnings:
        where, _, message = warning.rpartition(": ")
        yield Finding(code="layout", severity="warning", where=where or "document", message=message)
    if purpose in ("print", "both"):
        yield from print_checks.findings(
            reading, bleed_mm=job.bleed_mm, multiple_of=job.multiple_of, most_ink=min(MOST_INK, job.most_ink)
        )
        if job.tools:
            yield from ink_coverage.findings(Path(job.pdf), limit=job.most_ink, sheet=job.sheet)
    if purpose in ("screen", "both"):
        yield from accessibility_checks.findings(reading)
        if job.tools:
            yield from verapdf.findings(Path(job.pdf), reading.claims)
