"""Lays the magazine's HTML out as PDF: the job, what came out, what this machine lacks. The doorway to WeasyPrint.

WeasyPrint itself is opened by ``engine``, and only when a job runs.
"""

import contextlib
import ctypes
import io
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from pipeline.errors import MachineError, MagazineError
from pipeline.model import Finding

RECIPE = 2

SCREEN = "pdf/a-2a"  # and PDF/UA-1 in the same file; tagged, with links
PRINT = "pdf/x-4"  # without links; `print` finishes it

APT = "sudo apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig"

_LIBRARIES = {  # what WeasyPrint opens, and the Debian package it is in
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz.so.0": "libharfbuzz0b",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
    "libfontconfig.so.1": "fontconfig",
}
_PACKAGES = ("weasyprint", "pydyf", "fonttools", "pillow")


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfJob:
    """All that a worker needs in order to lay out one magazine. JSON can hold it."""

    html: str  # the file that magazine_html wrote
    pictures: str  # the folder of the programme; `pictures/…` in the HTML is looked for here
    theme: tuple[str, ...]  # folders of style sheets and fonts, the programme's own first; `theme/…` is looked for here
    variant: str = SCREEN  # or PRINT
    multiple_of: int = 1  # pages that the HTML holds hidden are shown until it is met
    out: str  # the PDF goes here; the worker writes nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFacts:
    """What came out, and what a person should look at."""

    pages: int
    warnings: tuple[str, ...] = ()


def render_pdf(job: PdfJob) -> PdfFacts:
    """Lay ``job.html`` out and write it whole: the same HTML, pictures and theme give the same bytes, wherever they lie.

    Raises:
        MachineError: Pango or another library is missing.
        MagazineError: the HTML asks for something outside the programme and the theme, or for a picture that is broken.
    """
    html = _read(Path(job.html))
    try:
        with contextlib.redirect_stdout(
            io.StringIO()
        ):  # where a library is missing, WeasyPrint prints advice of its own
            from pipeline.magazine.pdf import engine  # noqa: PLC0415  # it opens Pango: only when a job runs
    except (OSError, ImportError) as error:
        raise MachineError(f"pages cannot be laid out: {error}", hint=APT) from error
    page_count, warnings, data = engine.lay_out(html, job)
    _write_whole(Path(job.out), data)
    return PdfFacts(pages=page_count, warnings=warnings)


def missing() -> tuple[Finding, ...]:
    """What this machine lacks for laying out pages; opens the libraries, not WeasyPrint."""
    absent = [f"{name} (Debian: {package})" for name, package in _LIBRARIES.items() if _library(name) is None]
    absent += [f"the Python package {name}" for name in ("weasyprint", "pydyf") if util.find_spec(name) is None]
    return tuple(
        Finding(code="magazine-library", severity="error", where="magazine", message=f"{what} is missing", hint=APT)
        for what in absent
    )


def version() -> str:
    """Whatever decides where a line breaks, for the key of a build."""
    pango = _c_version("libpango-1.0.so.0", "pango_version_string")
    harfbuzz = _c_version("libharfbuzz.so.0", "hb_version_string")
    return f"{' '.join(f'{name} {_version(name)}' for name in _PACKAGES)} pango {pango} harfbuzz {harfbuzz}"


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MagazineError(f"cannot be read: {error}", where=str(file)) from error


def _write_whole(file: Path, data: bytes) -> None:
    """All of it, or the file that was there."""
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_bytes(data)
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise MagazineError(f"cannot be written: {error}", where=str(file)) from error


def _library(name: str) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


def _c_version(library: str, function: str) -> str:
    opened = _library(library)
    if opened is None:
        return "-"
    call = getattr(opened, function)
    call.restype = ctypes.c_char_p
    return str(call().decode())


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "-"
