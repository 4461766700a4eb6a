"""The PDF reader and the preflight, compared with poppler and Ghostscript."""

import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from pipeline.pdf.document_facts import DocumentFacts, PageFacts
from pipeline.pdf.output_conditions import MAX_INK_COVERAGE
from pipeline.pdf.reader import read_pdf
from pipeline.preflight.ink_coverage import check_ink_coverage
from tests.preflight.test_checks import create_correct_pdf, font_not_embedded, spot_colour_gold

pytestmark = pytest.mark.external

PPI = 72
GHOSTSCRIPT = ["gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dUsePDFX3Profile"]  # inks are those of the intent
SPACES = {"cmyk": "DeviceCMYK", "gray": "DeviceGray", "rgb": "DeviceRGB"}


def run(*command) -> str:
    return subprocess.run([str(one) for one in command], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def document(print_edition) -> DocumentFacts:
    return read_pdf(print_edition[0])


@pytest.fixture(scope="module")
def rendered(print_edition, document, tmp_path_factory):
    """The separations of each page within its bleed, rendered by Ghostscript and by poppler."""
    folder = tmp_path_factory.mktemp("plates")
    run(*GHOSTSCRIPT, "-sDEVICE=tiff32nc", f"-r{PPI}", "-dUseBleedBox", "-o", folder / "%03d.tif", print_edition[0])
    run("pdftoppm", "-r", PPI, "-jpegcmyk", print_edition[0], folder / "page")
    by_ghostscript = [Separations.of(read_inks(file)) for file in sorted(folder.glob("*.tif"))]
    files = sorted(folder.glob("*.jpg"))
    by_poppler = [
        Separations.of(within_bleed(read_inks(file), page)) for file, page in zip(files, document.pages, strict=True)
    ]
    assert len(document.pages) == len(by_ghostscript)
    return by_ghostscript, by_poppler


@dataclass(frozen=True, kw_only=True)
class Separations:
    """The separations of a page; 1 is full coverage."""

    most: float  # ink that meets on one spot
    covered: tuple[float, ...]  # of each plate
    background: tuple[float, ...] | None  # the inks that cover a fifth of the page, if any do

    @classmethod
    def of(cls, inks: np.ndarray) -> "Separations":
        rows = inks.reshape(-1, 4)
        inked = np.round(rows[rows.sum(axis=1) > 0.1] * 51).astype(np.int32)  # JPEG is never quite white
        codes, counts = np.unique(inked @ np.array([1, 100, 10_000, 1_000_000]), return_counts=True)
        place = int(counts.argmax())
        background = tuple(int(codes[place]) // 100**plate % 100 / 51 for plate in range(4))
        return cls(
            most=float(inks.sum(axis=2).max()),
            covered=tuple(inks.mean(axis=(0, 1)).tolist()),
            background=background if counts[place] > len(rows) / 5 else None,
        )


def read_inks(file: Path) -> np.ndarray:
    with Image.open(file) as picture:
        return np.asarray(picture, dtype=np.float32) / 255


def within_bleed(inks: np.ndarray, page: PageFacts) -> np.ndarray:
    """Crop the page that poppler renders from the media box to the bleed box."""
    left, bottom, right, top = page.bleed
    across = slice(round((left - page.media[0]) * PPI / 72), round((right - page.media[0]) * PPI / 72))
    down = slice(round((page.media[3] - top) * PPI / 72), round((page.media[3] - bottom) * PPI / 72))
    return inks[down, across]


def list_inks(page: PageFacts) -> list[tuple[float, ...]]:
    """List the inks of all colours of a page, without the crop marks outside its bleed."""
    spaces = {paint.space for paint in page.paints}
    assert {"DeviceCMYK", "Separation All", "Pattern"} >= spaces  # patterns are listed with their own colours
    return [paint.values for paint in page.paints if paint.space == "DeviceCMYK"]


def find_pages_without_pictures(document: DocumentFacts) -> list[int]:
    """Find the pages without images, whose inks are all known from their colours."""
    places = [place for place, page in enumerate(document.pages) if not page.images and list_inks(page)]
    assert len(places) > 5
    return places


def test_page_boxes_agree(print_edition, document):
    output = run("pdfinfo", "-box", "-f", 1, "-l", len(document.pages), print_edition[0])
    script = (
        f"({print_edition[0]}) (r) file runpdfbegin 1 1 pdfpagecount {{ pdfgetpage dup /MediaBox pget {{ == }} if "
        "dup /BleedBox pget { == } if /TrimBox pget { == } if } for quit"
    )
    rows = run("gs", "-q", "-dNODISPLAY", "-dNOSAFER", "-c", script).splitlines()

    by_ghostscript = [[float(side) for side in row.strip("[]").split()] for row in rows]
    for number, page in enumerate(document.pages):
        ours = [*page.media, *page.bleed, *page.trim]
        by_poppler = [
            float(side)
            for name in ("MediaBox", "BleedBox", "TrimBox")
            for side in re.search(rf"Page +{number + 1} {name}: +(.*)", output)[1].split()
        ]
        assert by_poppler == pytest.approx(ours, abs=0.006)  # it prints two decimals
        assert list(chain(*by_ghostscript[3 * number : 3 * number + 3])) == pytest.approx(ours, abs=0.001)


def test_fonts_agree_and_are_embedded(print_edition, document):
    rows = [row.split() for row in run("pdffonts", print_edition[0]).splitlines()[2:]]
    verbose = [word for word in GHOSTSCRIPT if word != "-q"]

    by_poppler = sorted((row[0].partition("+")[2], row[-5] == "yes", row[-3] == "yes") for row in rows)
    assert sorted((font.name, font.embedded, font.has_unicode) for font in document.fonts) == by_poppler
    assert "substitute" not in run(
        *verbose, "-sDEVICE=nullpage", print_edition[0]
    )  # it reports each font that it replaces


def test_missing_font_is_found_by_all_tools(tmp_path):
    pdf = create_correct_pdf()
    font_not_embedded(pdf)
    pdf.pages[1].contents_add(b"BT /H 9 Tf 20 20 Td (abc) Tj ET")
    pdf.save(tmp_path / "a.pdf")

    verbose = [word for word in GHOSTSCRIPT if word != "-q"]

    assert "font Helvetica (or substitute)" in run(*verbose, "-sDEVICE=nullpage", tmp_path / "a.pdf")
    (row,) = [row.split() for row in run("pdffonts", tmp_path / "a.pdf").splitlines() if row.startswith("Helvetica")]
    assert "no" == row[-5]
    assert [("Helvetica", False)] == [
        (font.name, font.embedded) for font in read_pdf(tmp_path / "a.pdf").fonts if "Helvetica" in font.name
    ]


def test_images_colour_spaces_and_resolutions_agree(print_edition, document):
    rows = [row.split() for row in run("pdfimages", "-list", print_edition[0]).splitlines()[2:]]

    ours = Counter(
        (page.number, one.space, one.width_px, one.height_px, one.bits, round(one.ppi))
        for page in document.pages
        for one in page.images
    )
    assert ours
    assert ours == Counter(
        (int(row[0]), SPACES[row[5]], int(row[3]), int(row[4]), int(row[7]), min(int(row[12]), int(row[13])))
        for row in rows
    )


def test_only_cmyk_separations(print_edition, document, tmp_path):
    run(*GHOSTSCRIPT, "-sDEVICE=tiffsep", "-r9", "-dUseBleedBox", "-o", tmp_path / "%d.tif", print_edition[0])

    assert {"Cyan", "Magenta", "Yellow", "Black"} == list_separations(tmp_path)
    for page in document.pages:
        list_inks(page)


def test_spot_colour_is_found_by_both_tools(tmp_path):
    pdf = create_correct_pdf()
    spot_colour_gold(pdf)
    for page in pdf.pages:
        del page.obj.Resources["/XObject"]  # the picture of the test is none
    pdf.pages[1].obj.Contents = pdf.make_stream(b"/Gold cs 1 scn 0 0 9 9 re f")
    for number in (0, 2, 3):
        pdf.pages[number].obj.Contents = pdf.make_stream(b"")
    pdf.save(tmp_path / "a.pdf")

    run(*GHOSTSCRIPT, "-sDEVICE=tiffsep", "-r9", "-o", tmp_path / "%d.tif", tmp_path / "a.pdf")

    assert "Gold" in list_separations(tmp_path)
    assert "Separation Gold" in {paint.space for paint in read_pdf(tmp_path / "a.pdf").pages[1].paints}


def list_separations(folder: Path) -> set[str]:
    return {found[1] for file in folder.iterdir() if (found := re.search(r"\((.+)\)", file.name))}


def test_inks_of_each_page_agree(print_edition, document):
    rows = run(*GHOSTSCRIPT, "-sDEVICE=ink_cov", f"-r{PPI}", "-dUseBleedBox", "-o", "-", print_edition[0]).splitlines()
    covered = [[float(ink) for ink in row.split()[:4]] for row in rows if row.strip()]

    assert len(document.pages) == len(covered)
    for place in find_pages_without_pictures(document):
        ours = {ink for values in list_inks(document.pages[place]) for ink in range(4) if values[ink] > 0}
        assert ours == {ink for ink in range(4) if covered[place][ink] > 0}, f"page {place + 1}"


def test_highest_ink_coverage_agrees(document, rendered):
    by_ghostscript, _ = rendered

    for place in find_pages_without_pictures(document):
        ours = max(sum(values) for values in list_inks(document.pages[place]))
        assert by_ghostscript[place].most == pytest.approx(ours, abs=0.05), f"page {place + 1}"
    assert max(one.most for one in by_ghostscript) <= MAX_INK_COVERAGE + 0.02


def test_measured_coverage_of_transparent_page_equals_calculated_coverage(print_edition, document, tmp_path):
    place = next(place for place in find_pages_without_pictures(document) if document.pages[place].transparent)
    ours = max(sum(values) for values in list_inks(document.pages[place]))
    with pikepdf.open(print_edition[0]) as pdf:
        del pdf.pages[place + 1 :], pdf.pages[:place]
        pdf.save(tmp_path / "a.pdf")

    (finding,) = check_ink_coverage(tmp_path / "a.pdf", limit=0.5)

    assert f"Total ink coverage {ours:.0%}" in finding.message


def test_mean_coverage_of_separations_agrees(rendered):
    """Ghostscript fills each pixel that a line touches: the tools may differ by 4 %."""
    grounds = 0
    for number, (one, other) in enumerate(zip(*rendered, strict=True), 1):
        assert other.covered == pytest.approx(one.covered, abs=0.04), f"page {number}"
        if one.background:
            grounds += 1
            assert other.background == pytest.approx(one.background, abs=0.021), f"page {number}"
    assert 2 <= grounds


def test_qpdf_reports_nothing(print_edition):
    assert "No syntax or stream encoding errors found" in run("qpdf", "--check", print_edition[0])
    with pikepdf.open(print_edition[0]) as pdf:
        assert [] == pdf.check_pdf_syntax()
