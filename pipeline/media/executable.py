"""The ffmpeg executable: its path, its version, and encoders that it lacks."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from pipeline.errors import DependencyError, fill

_ENCODERS = ("flac", "libmp3lame", "aac", "libopus")  # of masters and enclosures


def find_ffmpeg() -> Path:
    """Find ffmpeg on PATH.

    Raises:
        DependencyError: ffmpeg is not installed.
    """
    return _find("ffmpeg")


def find_ffprobe() -> Path:
    """Find ffprobe on PATH; every distribution of ffmpeg includes it.

    Raises:
        DependencyError: ffprobe is not installed.
    """
    return _find("ffprobe")


def read_version(executable: Path) -> str:
    """Read the version, with a digest of the build configuration and library versions.

    ``5.1.9-0+deb12u1 1f9e0c2a``.

    Raises:
        DependencyError: The executable does not start, or is not ffmpeg.
    """
    first, _, rest = _run(executable, "-version").partition("\n")
    words = first.split()
    if words[:2] != ["ffmpeg", "version"]:
        raise DependencyError("this executable is not ffmpeg", where=str(executable))
    return f"{words[2]} {hashlib.sha256(rest.encode()).hexdigest()[:8]}"


def find_missing_encoders(executable: Path) -> tuple[str, ...]:
    """Find the required encoders that this ffmpeg was built without.

    Raises:
        DependencyError: The executable does not start.
    """
    available = set(re.findall(r"^ A\S{5} (\S+)", _run(executable, "-hide_banner", "-encoders"), re.MULTILINE))
    return tuple(name for name in _ENCODERS if name not in available)


def _find(name: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise DependencyError(
            fill("{name} is not installed", name=name), hint="sudo apt-get install -y --no-install-recommends ffmpeg"
        )
    return Path(found)


def _run(executable: Path, *arguments: str) -> str:
    argv = [str(executable), *arguments]
    try:
        completed = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise DependencyError(fill("ffmpeg does not start: {error}", error=error), where=str(executable)) from error
    return completed.stdout.decode(errors="replace")
