"""Lays the magazine's HTML out as PDF: the job, what came out, what this machine lacks. The doorway to WeasyPrint.

WeasyPrint itself is opened by ``engine``, and only when a job runs.
"""

import contextlib
import ctypes
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata, util
from pathlib import Path

from pipeline.errors import MachineError, MagazineError
from pipeline.model import Finding

RECIPE = 4

SCREEN = "pdf/a-2a"  # and PDF/UA-1 in the same file; tagged, with links
PRINT = "pdf/x-4"  # without links; `print` finishes it
ELSEWHERE = (
    "https://weerslag.invalid/#"  # in a quire, before the name of a place that another quire has; never published
)

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
    """All that a worker needs in order to lay out a few pages, or a whole magazine. JSON can hold it."""

    html: str  # the file; style sheets that it links to are read for it alone
    style: str = ""  # a file that names the style sheets many have in common: read once in each worker
    pictures: str  # the folder of the programme; `pictures/…` in the HTML is looked for here
    theme: tuple[str, ...]  # folders of style sheets and fonts, the programme's own first; `theme/…` is looked for here
    variant: str = SCREEN  # or PRINT
    bleed_mm: float = 0.0  # of PRINT: its pages get boxes and marks too
    first: int = 1  # the number of its first page, which stands left if it is even
    out: str  # the PDF goes here; the worker writes nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """A heading that can be jumped to; its page is counted from 0 within its PDF, ``top_pt`` from the foot up."""

    title: str
    rank: int  # 1 is the highest
    page: int
    left_pt: float
    top_pt: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFacts:
    """What came out, and what a person should look at."""

    pages: int
    warnings: tuple[str, ...] = ()
    anchors: Mapping[str, int] = field(default_factory=dict)  # on which page, from 0, what can be referred to stands
    bookmarks: tuple[Bookmark, ...] = ()


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
            from pipeline.pdf import renderer  # noqa: PLC0415  # it opens Pango: only when a job runs
    except (OSError, ImportError) as error:
        raise MachineError(f"pages cannot be laid out: {error}", hint=APT) from error
    facts, data = renderer.lay_out(html, job)
    _write_whole(Path(job.out), data)
    return facts


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackJob:
    """A font as the web takes it (WOFF 2), and where it goes unpacked. JSON can hold it."""

    font: str
    out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """How large the font is."""

    size_bytes: int


def unpack_font(job: UnpackJob) -> Unpacked:
    """Unpack a font once: whoever lays pages out would do so again in each process.

    Raises:
        MachineError: a library is missing.
        MagazineError: it is no WOFF 2 font.
    """
    try:
        from pipeline.pdf import woff2  # noqa: PLC0415  # only when a job runs
    except ImportError as error:
        raise MachineError(f"fonts cannot be unpacked: {error}", hint="pip install weasyprint") from error
    content = woff2.unpacked(Path(job.font))
    _write_whole(Path(job.out), content)
    return Unpacked(size_bytes=len(content))


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
