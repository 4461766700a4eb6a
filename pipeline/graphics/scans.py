"""Reads the QR codes of scanned or photographed pages. The only module that imports zxing-cpp and PDFium."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2
import zxingcpp
from PIL import Image

from pipeline.errors import WeerslagError, fill
from pipeline.graphics.image_cleaning import open_grey_pages
from pipeline.graphics.tasks import ReadScanTask, ScanCodes

_MAX_PAGES = 200
_PAGE_PX = 3500  # the longer side of a page of a PDF: 300 dpi on A4
_FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_SMALLER_PX = (2000, 1400)  # the longer side of copies that are read next: they are smoother, which removes noise


def read_scan(task: ReadScanTask) -> ScanCodes:
    """Read the QR codes of each page, rotated or skewed.

    Raises:
        WeerslagError: It is neither a PDF nor a picture, has a password, or is damaged or too large.
    """
    with Path(task.source).open("rb") as file:
        is_pdf = b"%PDF-" in file.read(1024)
    pages = _read_pdf(task.source) if is_pdf else map(_read_codes, open_grey_pages(task.source))
    return ScanCodes(pages=tuple(pages))


def _read_pdf(source: str) -> Iterator[tuple[str, ...]]:
    with _open_pdf(source) as pdf:
        if len(pdf) > _MAX_PAGES:
            message = fill("this PDF has {pages} pages; the limit is {limit}", pages=len(pdf), limit=_MAX_PAGES)
            raise WeerslagError(message, where=source, hint="Scan fewer sheets at once.")
        for index in range(len(pdf)):
            page = pdf[index]
            yield _read_codes(page.render(scale=_PAGE_PX / max(*page.get_size(), 1), grayscale=True).to_pil())


@contextmanager
def _open_pdf(source: str) -> Iterator[pypdfium2.PdfDocument]:
    try:
        pdf = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        hint = "Save it again without a password, or print it to a new PDF."
        raise WeerslagError("this PDF cannot be opened", where=source, hint=hint) from error
    try:
        yield pdf
    finally:
        pdf.close()


def _read_codes(image: Image.Image) -> tuple[str, ...]:
    for size_px in (max(image.size), *_SMALLER_PX):
        image.thumbnail((size_px, size_px))
        if found := zxingcpp.read_barcodes(image, formats=_FORMATS):
            return tuple(dict.fromkeys(one.text for one in found))
    return ()
