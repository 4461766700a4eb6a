"""The preflight task and its report."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pipeline.model import Finding
from pipeline.model.task import InputFile, Limits, OutputFile, Task
from pipeline.pdf.output_conditions import MAX_INK_COVERAGE

PURPOSES = ("auto", "print", "screen", "both")


def find_ghostscript() -> str:
    """Find the Ghostscript program; empty if it is not installed."""
    return shutil.which("gs") or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightReport:
    """Findings by severity, worst first, then in page order.

    ``page_digests`` describe the appearance of each page.
    """

    purpose: str
    pages: int
    findings: tuple[Finding, ...]
    page_digests: tuple[str, ...] = ()

    def find_changed_pages(self, proof: Sequence[str]) -> tuple[int, ...]:
        """List the pages whose appearance differs from a proof, or that are not in it."""
        numbered = enumerate(self.page_digests, 1)
        return tuple(number for number, digest in numbered if [digest] != list(proof[number - 1 : number]))


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightTask(Task[PreflightReport]):
    """Check one PDF.

    Attributes:
        pdf: The file.
        purpose: print, screen or both; auto: as the file declares.
        bleed_mm: Required bleed.
        multiple_of: The number of pages must be a multiple of this.
        external_tools: Also run Ghostscript and veraPDF, where installed.
        max_ink: Limit of the total ink coverage, as the sum of four inks of 0 to 1.
        layout_findings: What the renderer found; the report lists it too.
        contact_sheet: Where thumbnails of all pages are drawn, if Ghostscript is installed.
    """

    VERB: ClassVar = "checked"
    RECIPE_VERSION: ClassVar = 7
    TOOLS: ClassVar = ("pikepdf", "ghostscript")
    LIMITS: ClassVar = Limits(memory_bytes=6 * 2**30, timeout_s=600, isolated=True)  # Java reserves much address space

    pdf: InputFile
    purpose: str = "auto"
    bleed_mm: float = 3.0
    multiple_of: int = 4
    external_tools: bool = True
    max_ink: float = MAX_INK_COVERAGE
    layout_findings: tuple[Finding, ...] = ()
    contact_sheet: OutputFile = ""
