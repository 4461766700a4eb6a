"""Native libraries and packages that rendering needs, and their versions."""

import ctypes
from importlib import metadata, util

from pipeline.errors import fill
from pipeline.model import Finding

INSTALL_COMMAND = (
    "sudo apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig"
)

_LIBRARIES = {  # opened by WeasyPrint, and the Debian package of each
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz.so.0": "libharfbuzz0b",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
    "libfontconfig.so.1": "fontconfig",
}
_PACKAGES = ("weasyprint", "pydyf", "fonttools", "pillow")


def find_missing_libraries() -> tuple[Finding, ...]:
    """List what this machine lacks for rendering. Opens the libraries, but not WeasyPrint."""
    missing = [f"{name} (Debian: {package})" for name, package in _LIBRARIES.items() if _open(name) is None]
    missing += [f"the Python package {name}" for name in ("weasyprint", "pydyf") if util.find_spec(name) is None]
    return tuple(
        Finding(
            code="magazine-library",
            severity="error",
            where="magazine",
            message=fill("{what} is missing", what=what),
            hint=INSTALL_COMMAND,
        )
        for what in missing
    )


def get_renderer_version() -> str:
    """Return the versions of all that decides where a line breaks; part of cache keys."""
    pango = _read_version("libpango-1.0.so.0", "pango_version_string")
    harfbuzz = _read_version("libharfbuzz.so.0", "hb_version_string")
    packages = " ".join(f"{name} {_read_package_version(name)}" for name in _PACKAGES)
    return f"{packages} pango {pango} harfbuzz {harfbuzz}"


def _open(library: str) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(library)
    except OSError:
        return None


def _read_version(library: str, function: str) -> str:
    opened = _open(library)
    if opened is None:
        return "-"
    call = getattr(opened, function)
    call.restype = ctypes.c_char_p
    return str(call().decode())


def _read_package_version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "-"
