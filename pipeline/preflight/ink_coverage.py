"""Total ink coverage, measured on the separations that Ghostscript renders."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import WeerslagError, fill
from pipeline.graphics.contact_sheet import draw_contact_sheet
from pipeline.graphics.print_images import measure_max_ink_coverage
from pipeline.model import Finding
from pipeline.pdf.findings import make_finding
from pipeline.pdf.output_conditions import MAX_INK_COVERAGE
from pipeline.preflight.tasks import find_ghostscript

_PPI, _BLOCK_PX = 24, 4  # squares of 4.2 mm; the Ghent Workgroup (GWG 2015) measures areas of 15 mm²
_TIMEOUT_S = 120
_TOLERANCE = 0.02


def check_ink_coverage(file: Path, *, limit: float = MAX_INK_COVERAGE, contact_sheet: str = "") -> Iterator[Finding]:
    """Find pages whose total ink coverage exceeds ``limit``, with pictures and overprints.

    With ``contact_sheet``, thumbnails of the pages are drawn in that file too.
    """
    program = find_ghostscript()
    if not program:
        message = "Ink coverage of pictures not measured: Ghostscript is not installed"
        hint = "sudo apt-get install -y --no-install-recommends ghostscript"
        yield make_finding("ink-not-measured", "info", message, hint=hint)
        return
    with tempfile.TemporaryDirectory() as folder:
        coverage = _measure_pages(program, file, Path(folder))
        if contact_sheet and coverage:
            draw_contact_sheet(sorted(Path(folder).glob("*.tif")), Path(contact_sheet))
    if not coverage:
        yield make_finding("ink-not-measured", "info", "Ink coverage not measured: Ghostscript failed")
    if excess := {page: ink for page, ink in coverage.items() if ink > limit + _TOLERANCE}:
        message = fill("Total ink coverage {values:.0%} exceeds {limit:.0%}", values=max(excess.values()), limit=limit)
        hint = "Convert pictures to CMYK with the profile of the press."
        yield make_finding("ink-coverage", "error", message, pages=excess, hint=hint)


def _measure_pages(program: str, file: Path, folder: Path) -> dict[int, float]:
    command = [program, "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=tiff32nc", f"-r{_PPI}", "-dUseBleedBox"]
    command += ["-dUsePDFX3Profile"]  # of the file's output intent: else transparent parts are converted to other inks
    command += [f"-sOutputFile={folder}/%05d.tif", str(file.resolve())]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S)
        return {
            int(page.stem): measure_max_ink_coverage(page, block_px=_BLOCK_PX) for page in sorted(folder.glob("*.tif"))
        }
    except (subprocess.SubprocessError, OSError, WeerslagError):
        return {}
