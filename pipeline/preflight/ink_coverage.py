"""Lays every plate with Ghostscript, where it is there, and measures how much ink meets on one spot."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import WeerslagError
from pipeline.graphics import most_ink
from pipeline.graphics.contact_sheet import draw_contact_sheet
from pipeline.model import Finding
from pipeline.preflight.findings import told

LIMIT = 3.0  # of 4: where coated paper, and the profile of FOGRA39, end
_PPI = 24
_DEADLINE_S = 120


def found() -> str:
    """Which Ghostscript this machine would measure with, for the key of a build; empty where there is none."""
    return shutil.which("gs") or ""


def findings(file: Path, *, limit: float = LIMIT, sheet: str = "") -> Iterator[Finding]:
    """Pages on which more ink meets than ``limit``; pictures and what lies over each other included.

    With ``sheet``, the pages are drawn small in that file too.
    """
    program = shutil.which("gs")
    if program is None:
        hint = "sudo apt-get install -y --no-install-recommends ghostscript"
        yield told(
            "ink-unmeasured", "info", "ink was reckoned from colours only; pictures were not measured", hint=hint
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        measured = _measured(program, file, Path(folder))
        if sheet and measured:
            draw_contact_sheet(sorted(Path(folder).glob("*.tif")), Path(sheet))
    if not measured:
        yield told("ink-unmeasured", "info", "Ghostscript could not draw it, so its ink was not measured")
    heavy = {page: ink for page, ink in measured.items() if ink > limit + 0.02}
    if heavy:
        message = f"{max(heavy.values()):.0%} of ink meets on one spot; {limit:.0%} is what dries"
        yield told(
            "ink-measured", "error", message, pages=heavy, hint="Turn pictures into inks by the profile of the press."
        )


def _measured(program: str, file: Path, folder: Path) -> dict[int, float]:
    command = [program, "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=tiff32nc", f"-r{_PPI}", "-dUseBleedBox"]
    command += [
        "-dUsePDFX3Profile"
    ]  # inks are those of the file's intent: else what is transparent is turned into others
    try:
        subprocess.run(
            [*command, f"-sOutputFile={folder}/%05d.tif", str(file.resolve())],
            check=True,
            capture_output=True,
            timeout=_DEADLINE_S,
        )
        return {int(plate.stem): most_ink(plate) for plate in sorted(folder.glob("*.tif"))}
    except (subprocess.SubprocessError, OSError, WeerslagError):
        return {}
