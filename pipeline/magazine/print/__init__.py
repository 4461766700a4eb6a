"""Makes the files for the printer: boxes, crop marks, output intent, full sheets, and a booklet. The doorway to pikepdf.

pikepdf itself is opened by ``finishing``, ``booklet`` and ``reading``, and only when a job runs.
"""

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from pipeline.errors import MagazineError
from pipeline.magazine.pdf import PRINT, PdfFacts, PdfJob, render_pdf

RECIPE = 1

CONDITIONS = {  # OutputConditionIdentifier (characterisation data registry of the ICC) and what it is called
    "coated-fogra39": ("FOGRA39", "Coated FOGRA39 (ISO 12647-2:2004), profile ISO Coated v2 300% (basICColor)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintJob:
    """All that a worker needs in order to make both files of the paper edition. JSON can hold it."""

    html: str  # the file that magazine_html wrote for print
    pictures: str  # the folder of pictures in CMYK
    theme: tuple[str, ...]
    bleed_mm: float
    multiple_of: int
    profile: str  # coated-fogra39
    out: str  # the PDF for the printer
    booklet: str  # the same pages two by two on A3, for an office printer


def version() -> str:
    """Which pikepdf, and with it which qpdf, writes the files; for the key of a build."""
    return metadata.version("pikepdf")


def print_magazine(job: PrintJob) -> PdfFacts:
    """Lay the paper edition out and write both files whole: the same HTML, pictures and theme give the same bytes.

    Raises:
        MachineError: Pango or another library is missing.
        MagazineError: as ``render_pdf``, or the pages are not what the printer's file is made of.
    """
    from pipeline.magazine.print import booklet, finishing  # noqa: PLC0415  # they open pikepdf: only when a job runs

    laid_out = PdfJob(
        html=job.html,
        pictures=job.pictures,
        theme=job.theme,
        variant=PRINT,
        multiple_of=job.multiple_of,
        out=f"{job.out}.laid",
    )
    facts = render_pdf(laid_out)
    finishing.finish(Path(laid_out.out), Path(job.out), bleed_mm=job.bleed_mm, condition=CONDITIONS[job.profile])
    booklet.fold(Path(job.out), Path(job.booklet))
    Path(laid_out.out).unlink()
    if facts.pages % job.multiple_of:
        raise MagazineError(
            f"{facts.pages} pages are no multiple of {job.multiple_of}", where=job.html, hint="Change the flatplan."
        )
    return facts
