"""The paper edition as three strangers see it: poppler, Ghostscript and our own preflight agree on boxes, fonts, colours and ink."""

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

from pipeline.pdf.document_facts import PageFacts, PdfReading
from pipeline.pdf.reader import read_pdf
from pipeline.preflight import ink_coverage
from tests.magazine.test_preflight import a_font_that_is_not_embedded, a_plate_of_gold, good

PPI = 72
GHOSTSCRIPT = ["gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dUsePDFX3Profile"]  # inks are those of the intent
SPACES = {"cmyk": "DeviceCMYK", "gray": "DeviceGray", "rgb": "DeviceRGB"}


def said(*command) -> str:
    return subprocess.run([str(one) for one in command], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def reading(paper) -> PdfReading:
    return read_pdf(paper[0])


@pytest.fixture(scope="module")
def drawn(paper, reading, tmp_path_factory):
    """Each page up to its bleed as both lay its plates: by Ghostscript, and by poppler."""
    folder = tmp_path_factory.mktemp("plates")
    said(*GHOSTSCRIPT, "-sDEVICE=tiff32nc", f"-r{PPI}", "-dUseBleedBox", "-o", folder / "%03d.tif", paper[0])
    said("pdftoppm", "-r", PPI, "-jpegcmyk", paper[0], folder / "page")
    by_ghostscript = [Laid.of(dots(file)) for file in sorted(folder.glob("*.tif"))]
    files = sorted(folder.glob("*.jpg"))
    by_poppler = [Laid.of(within_bleed(dots(file), page)) for file, page in zip(files, reading.pages, strict=True)]
    assert len(reading.pages) == len(by_ghostscript)
    return by_ghostscript, by_poppler


@dataclass(frozen=True, kw_only=True)
class Laid:
    """A page on its plates, where 1 is a full plate."""

    most: float  # ink that meets on one spot
    covered: tuple[float, ...]  # of each plate
    ground: tuple[float, ...] | None  # the inks that cover a fifth of the page, if any do

    @classmethod
    def of(cls, inks: np.ndarray) -> "Laid":
        rows = inks.reshape(-1, 4)
        inked = np.round(rows[rows.sum(axis=1) > 0.1] * 51).astype(np.int32)  # JPEG is never quite white
        codes, counts = np.unique(inked @ np.array([1, 100, 10_000, 1_000_000]), return_counts=True)
        place = int(counts.argmax())
        ground = tuple(int(codes[place]) // 100**plate % 100 / 51 for plate in range(4))
        return cls(
            most=float(inks.sum(axis=2).max()),
            covered=tuple(inks.mean(axis=(0, 1)).tolist()),
            ground=ground if counts[place] > len(rows) / 5 else None,
        )


def dots(file: Path) -> np.ndarray:
    with Image.open(file) as picture:
        return np.asarray(picture, dtype=np.float32) / 255


def within_bleed(inks: np.ndarray, page: PageFacts) -> np.ndarray:
    """Poppler draws the whole paper: what lies in the bleed of it."""
    left, bottom, right, top = page.bleed
    across = slice(round((left - page.media[0]) * PPI / 72), round((right - page.media[0]) * PPI / 72))
    down = slice(round((page.media[3] - top) * PPI / 72), round((page.media[3] - bottom) * PPI / 72))
    return inks[down, across]


def reckoned(page: PageFacts) -> list[tuple[float, ...]]:
    """The inks of all that is painted on a page but the marks, which stand outside its bleed."""
    spaces = {paint.space for paint in page.paints}
    assert {"DeviceCMYK", "Separation All", "Pattern"} >= spaces  # what a pattern draws is told on its own
    return [paint.values for paint in page.paints if paint.space == "DeviceCMYK"]


def plain(reading: PdfReading) -> list[int]:
    """The places of pages without pictures: of these, every ink is known from what they are painted with."""
    places = [place for place, page in enumerate(reading.pages) if not page.pictures and reckoned(page)]
    assert len(places) > 5
    return places


def test_the_boxes_of_every_page(paper, reading):
    told = said("pdfinfo", "-box", "-f", 1, "-l", len(reading.pages), paper[0])
    script = (
        f"({paper[0]}) (r) file runpdfbegin 1 1 pdfpagecount {{ pdfgetpage dup /MediaBox pget {{ == }} if "
        "dup /BleedBox pget { == } if /TrimBox pget { == } if } for quit"
    )
    rows = said("gs", "-q", "-dNODISPLAY", "-dNOSAFER", "-c", script).splitlines()

    by_ghostscript = [[float(side) for side in row.strip("[]").split()] for row in rows]
    for number, page in enumerate(reading.pages):
        ours = [*page.media, *page.bleed, *page.trim]
        by_poppler = [
            float(side)
            for name in ("MediaBox", "BleedBox", "TrimBox")
            for side in re.search(rf"Page +{number + 1} {name}: +(.*)", told)[1].split()
        ]
        assert by_poppler == pytest.approx(ours, abs=0.006)  # it tells two decimals
        assert list(chain(*by_ghostscript[3 * number : 3 * number + 3])) == pytest.approx(ours, abs=0.001)


def test_the_fonts_and_that_each_is_in_the_file(paper, reading):
    rows = [row.split() for row in said("pdffonts", paper[0]).splitlines()[2:]]
    aloud = [word for word in GHOSTSCRIPT if word != "-q"]

    by_poppler = sorted((row[0].partition("+")[2], row[-5] == "yes", row[-3] == "yes") for row in rows)
    assert sorted((font.name, font.embedded, font.readable) for font in reading.fonts) == by_poppler
    assert "substitute" not in said(*aloud, "-sDEVICE=nullpage", paper[0])  # it tells each font that it has to replace


def test_ghostscript_poppler_and_preflight_all_miss_a_font_that_is_not_in_the_file(tmp_path):
    pdf = good()
    a_font_that_is_not_embedded(pdf)
    pdf.pages[1].contents_add(b"BT /H 9 Tf 20 20 Td (abc) Tj ET")
    pdf.save(tmp_path / "a.pdf")

    aloud = [word for word in GHOSTSCRIPT if word != "-q"]

    assert "font Helvetica (or substitute)" in said(*aloud, "-sDEVICE=nullpage", tmp_path / "a.pdf")
    (row,) = [row.split() for row in said("pdffonts", tmp_path / "a.pdf").splitlines() if row.startswith("Helvetica")]
    assert "no" == row[-5]
    assert [("Helvetica", False)] == [
        (font.name, font.embedded) for font in read_pdf(tmp_path / "a.pdf").fonts if "Helvetica" in font.name
    ]


def test_the_pictures_their_colours_and_how_sharp_they_stand(paper, reading):
    rows = [row.split() for row in said("pdfimages", "-list", paper[0]).splitlines()[2:]]

    ours = Counter(
        (page.number, one.space, one.width_px, one.height_px, one.bits, round(one.ppi))
        for page in reading.pages
        for one in page.pictures
    )
    assert ours
    assert ours == Counter(
        (int(row[0]), SPACES[row[5]], int(row[3]), int(row[4]), int(row[7]), min(int(row[12]), int(row[13])))
        for row in rows
    )


def test_no_plate_but_the_four(paper, reading, tmp_path):
    said(*GHOSTSCRIPT, "-sDEVICE=tiffsep", "-r9", "-dUseBleedBox", "-o", tmp_path / "%d.tif", paper[0])

    assert {"Cyan", "Magenta", "Yellow", "Black"} == plates_in(tmp_path)
    for page in reading.pages:
        reckoned(page)


def test_ghostscript_and_preflight_both_see_a_fifth_plate(tmp_path):
    pdf = good()
    a_plate_of_gold(pdf)
    for page in pdf.pages:
        del page.obj.Resources["/XObject"]  # the picture of the test is none
    pdf.pages[1].obj.Contents = pdf.make_stream(b"/Gold cs 1 scn 0 0 9 9 re f")
    for number in (0, 2, 3):
        pdf.pages[number].obj.Contents = pdf.make_stream(b"")
    pdf.save(tmp_path / "a.pdf")

    said(*GHOSTSCRIPT, "-sDEVICE=tiffsep", "-r9", "-o", tmp_path / "%d.tif", tmp_path / "a.pdf")

    assert "Gold" in plates_in(tmp_path)
    assert "Separation Gold" in {paint.space for paint in read_pdf(tmp_path / "a.pdf").pages[1].paints}


def plates_in(folder: Path) -> set[str]:
    return {found[1] for file in folder.iterdir() if (found := re.search(r"\((.+)\)", file.name))}


def test_which_inks_a_page_takes(paper, reading):
    rows = said(*GHOSTSCRIPT, "-sDEVICE=ink_cov", f"-r{PPI}", "-dUseBleedBox", "-o", "-", paper[0]).splitlines()
    covered = [[float(ink) for ink in row.split()[:4]] for row in rows if row.strip()]

    assert len(reading.pages) == len(covered)
    for place in plain(reading):
        ours = {ink for values in reckoned(reading.pages[place]) for ink in range(4) if values[ink] > 0}
        assert ours == {ink for ink in range(4) if covered[place][ink] > 0}, f"page {place + 1}"


def test_how_much_ink_meets_on_one_spot(reading, drawn):
    by_ghostscript, _ = drawn

    for place in plain(reading):
        ours = max(sum(values) for values in reckoned(reading.pages[place]))
        assert by_ghostscript[place].most == pytest.approx(ours, abs=0.05), f"page {place + 1}"
    assert max(one.most for one in by_ghostscript) <= ink_coverage.LIMIT + 0.02


def test_the_preflight_measures_on_a_transparent_page_what_it_reckons(paper, reading, tmp_path):
    place = next(place for place in plain(reading) if reading.pages[place].transparent)
    ours = max(sum(values) for values in reckoned(reading.pages[place]))
    with pikepdf.open(paper[0]) as pdf:
        del pdf.pages[place + 1 :], pdf.pages[:place]
        pdf.save(tmp_path / "a.pdf")

    (finding,) = ink_coverage.findings(tmp_path / "a.pdf", limit=0.5)

    assert f"{ours:.0%} of ink" in finding.message


def test_what_a_page_is_printed_in(drawn):
    """Ghostscript inks each dot that a line touches, and poppler writes JPEG: so 4 % may lie between them, and nothing between grounds."""
    grounds = 0
    for number, (one, other) in enumerate(zip(*drawn, strict=True), 1):
        assert other.covered == pytest.approx(one.covered, abs=0.04), f"page {number}"
        if one.ground:
            grounds += 1
            assert other.ground == pytest.approx(one.ground, abs=0.021), f"page {number}"
    assert 2 <= grounds


def test_qpdf_finds_nothing_wrong(paper):
    assert "No syntax or stream encoding errors found" in said("qpdf", "--check", paper[0])
    with pikepdf.open(paper[0]) as pdf:
        assert [] == pdf.check_pdf_syntax()
