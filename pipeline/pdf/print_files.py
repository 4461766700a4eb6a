"""Makes files of laid out pages: finishes those for the printer, binds pages, folds a booklet. The doorway to pikepdf.

pikepdf itself is opened by ``finishing``, ``binding``, ``booklet`` and ``reading``, and only when a job runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from pipeline.errors import MagazineError
from pipeline.pdf import Bookmark, PdfFacts, PdfJob, render_pdf

RECIPE = 5

CONDITIONS = {  # OutputConditionIdentifier (characterisation data registry of the ICC) and what it is called
    "coated-fogra39": ("FOGRA39", "Coated FOGRA39 (ISO 12647-2:2004), profile ISO Coated v2 300% (basICColor)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quire:
    """A few laid out pages, ready to be bound."""

    pdf: str
    pages: int
    bookmarks: tuple[Bookmark, ...] = ()
    continues: bool = False  # what it holds belongs to the same section as the quire before


@dataclass(frozen=True, slots=True, kw_only=True)
class BindJob:
    """All that a worker needs in order to bind quires in order. JSON can hold it."""

    quires: tuple[Quire, ...]
    profile: str = ""  # of the press: the file; the result is PDF/X-4
    condition: tuple[str, str] = ("", "")  # OutputConditionIdentifier and what it is called
    titles: Mapping[str, str]  # what a reader is told of the place behind a link, by the name of the place
    out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What was bound."""

    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldJob:
    """The printer's file, and where its pages go two by two on A3, for an office printer. JSON can hold it."""

    pdf: str
    out: str


def version() -> str:
    """Which pikepdf, and with it which qpdf, writes the files; for the key of a build."""
    return metadata.version("pikepdf")


def print_quire(job: PdfJob) -> PdfFacts:
    """Lay pages out for the press and finish them: true boxes, marks, inks only. The same input gives the same bytes.

    Raises:
        MachineError: Pango or another library is missing.
        MagazineError: as ``render_pdf``.
    """
    from pipeline.pdf import print_finishing  # noqa: PLC0415  # it opens pikepdf: only when a job runs

    facts = render_pdf(job)
    print_finishing.finish(Path(job.out), bleed_mm=job.bleed_mm)
    return facts


def bind(job: BindJob) -> Bound:
    """Bind quires to one PDF: tags, bookmarks, links between them, each font and picture once.

    Raises:
        MagazineError: there is nothing to bind.
    """
    from pipeline.pdf import section_merge  # noqa: PLC0415  # it opens pikepdf: only when a job runs

    if not job.quires:
        raise MagazineError("a magazine without pages cannot be bound", hint="Put something in the flatplan.")
    return Bound(pages=section_merge.bind(job))


def fold(job: FoldJob) -> Bound:
    """Impose the printer's pages two by two; a fold takes four pages, so the last may be empty."""
    from pipeline.pdf import imposition  # noqa: PLC0415  # it opens pikepdf: only when a job runs

    return Bound(pages=imposition.fold(Path(job.pdf), Path(job.out)))
