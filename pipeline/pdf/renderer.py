"""Runs WeasyPrint on one document: inside the jail, with whole tags, and with ears for what it has to say."""

import contextlib
import hashlib
import logging
from collections.abc import Iterator
from typing import Any

import weasyprint
from weasyprint.urls import FatalURLFetchingError

from pipeline.errors import MagazineError
from pipeline.pdf import PRINT, Bookmark, PdfFacts, PdfJob
from pipeline.pdf.line_break_cache import lines_remembered
from pipeline.pdf.pdfua import declare_accessible
from pipeline.pdf.sandboxed_fetcher import BASE, Jail
from pipeline.pdf.structure_tags import one_element_each, with_bodies, without_line_spans
from pipeline.pdf.stylesheet_cache import wardrobe


def lay_out(html: str, job: PdfJob) -> tuple[PdfFacts, bytes]:
    """What came out, and the PDF.

    Raises:
        MagazineError: as ``render_pdf`` says.
    """
    jail = Jail(job)
    with _warnings() as told, _refusals(jail, job.html):
        document = _document(html, job, jail)
        data = _written(document, job, hashlib.sha256(html.encode()).digest()[:16])
    _refuse_broken(told, job.html)
    facts = PdfFacts(
        pages=len(document.pages),
        warnings=(*told, *_overflows(document, job.first)),
        anchors=_anchors(document),
        bookmarks=tuple(_bookmarks(document)),
    )
    return facts, data


@contextlib.contextmanager
def _refusals(jail: Jail, where: str) -> Iterator[None]:
    """What the jail refused becomes our error, also where WeasyPrint went on without it."""
    hint = "Keep pictures in the programme's own folder."
    try:
        yield
    except FatalURLFetchingError as error:  # a BaseException: nothing else would stop WeasyPrint
        raise MagazineError(str(error), where=where, hint=hint) from error
    if jail.refused:
        raise MagazineError(jail.refused[0], where=where, hint=hint)


def _document(html: str, job: PdfJob, jail: Jail) -> Any:
    source = weasyprint.HTML(string=html, base_url=BASE, url_fetcher=jail)
    _refuse_attachments(source, job.html)
    style = wardrobe(job, jail)
    with lines_remembered(weasyprint.__version__):
        document = source.render(
            stylesheets=[*style.sheets, _numbering(job.first)],
            font_config=style.fonts,
            counter_style=style.counters,
            color_profiles=style.profiles,
            pdf_variant=job.variant,
        )
    for page in document.pages:
        if job.variant == PRINT:  # PDF/X knows no annotations inside the bleed (ISO 15930-7)
            page.links = []
            continue
        # each box inside a link would get an annotation too, outside any Link (UA-1 7.18.5-1)
        page.links = [link for link in page.links if (link[3].element_tag or "").startswith("a")]
    return document


def _numbering(first: int) -> Any:
    """Page numbers that go on from the pages before, on the side of the spread where they belong."""
    side = "right" if first % 2 else "left"
    return weasyprint.CSS(string=f"@page :first {{ counter-reset: page {first} }} html {{ break-before: {side} }}")


def _anchors(document: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, page in enumerate(document.pages):
        for name in page.anchors:
            found.setdefault(name, number)
    return found


def _bookmarks(document: Any) -> Iterator[Bookmark]:
    """Headings in order, on the scale of the PDF: 0.75 pt a px, from the foot of the page."""
    for number, page in enumerate(document.pages):
        for rank, title, (left, top, *_), _ in page.bookmarks:
            high = round((page.height - top) * 0.75, 2)
            yield Bookmark(
                title=" ".join(title.split()), rank=rank, page=number, left_pt=round(left * 0.75, 2), top_pt=high
            )


def _written(document: Any, job: PdfJob, identifier: bytes) -> bytes:
    with one_element_each(weasyprint.__version__) as mended:

        def finish(told: Any, pdf: Any) -> None:
            if mended:
                without_line_spans(told, pdf)
                with_bodies(told, pdf)
            if job.variant.startswith("pdf/a"):
                declare_accessible(pdf)
            if job.variant == PRINT:
                _without_profiles(told, pdf)

        written: bytes = document.write_pdf(finisher=finish, pdf_variant=job.variant, pdf_identifier=identifier)
    return written


def _without_profiles(document: Any, pdf: Any) -> None:
    """A profile weighs a megabyte: the bound file gets it once, not each few pages."""
    for profile in document.color_profiles.values():
        pdf.objects[int(profile.pdf_reference.split()[0])].stream = [b""]


def _refuse_attachments(source: Any, where: str) -> None:
    """WeasyPrint would put any file named so inside the PDF."""
    for element in source.etree_element.iter():
        if isinstance(element.tag, str) and "attachment" in (element.get("rel") or "").lower().split():
            raise MagazineError("a magazine carries no attachments", where=where, hint="Take rel=attachment out.")


def _refuse_broken(told: list[str], where: str) -> None:
    """A magazine with a hole where a picture should be is no magazine."""
    for message in told:
        if message.startswith("Failed to"):
            raise MagazineError(message.replace(BASE, ""), where=where, hint="Is it a whole JPEG, PNG or SVG file?")


def _overflows(document: Any, first: int) -> Iterator[str]:
    """Pages on which text runs out at the foot; WeasyPrint lets that happen without a word."""
    for number, page in enumerate(document.pages, first):
        root = page._page_box  # noqa: SLF001  # the only way to where a line ended up
        limit = root.margin_top + root.height + root.padding_top + root.padding_bottom
        flow = (child for child in root.children if type(child).__name__ != "MarginBox")
        low = max((bottom for child in flow for bottom in _line_bottoms(child)), default=0.0)
        if low > limit + 0.5:
            yield f"page {number}: text runs {low - limit:.0f} px out at the foot"


def _line_bottoms(box: Any) -> Iterator[float]:
    box = getattr(box, "_box", box)
    if type(box).__name__ == "LineBox":
        yield box.position_y + box.height
    for child in getattr(box, "children", ()):
        yield from _line_bottoms(child)


@contextlib.contextmanager
def _warnings() -> Iterator[list[str]]:
    """What WeasyPrint has to say meanwhile, in order, each once."""
    told: list[str] = []

    class Teller(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if (message := record.getMessage()) not in told:
                told.append(message)

    logger, teller = logging.getLogger("weasyprint"), Teller(logging.WARNING)
    logger.addHandler(teller)
    try:
        yield told
    finally:
        logger.removeHandler(teller)
