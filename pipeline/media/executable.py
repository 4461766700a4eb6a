"""The ffmpeg program on this machine: where it is, which one it is, what it was built without."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from pipeline.errors import MachineError


def find() -> Path:
    """The ffmpeg on PATH.

    Raises:
        MachineError: there is none.
    """
    found = shutil.which("ffmpeg")
    if found is None:
        raise MachineError("ffmpeg is not installed", hint="sudo apt-get install -y --no-install-recommends ffmpeg")
    return Path(found)


def version(executable: Path) -> str:
    """The version, and a digest of how it was configured and with which libraries: ``5.1.9-0+deb12u1 1f9e0c2a``.

    Raises:
        MachineError: it does not start, or is no ffmpeg.
    """
    try:
        done = subprocess.run([executable, "-version"], stdin=subprocess.DEVNULL, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise MachineError(f"ffmpeg does not start: {error}", where=str(executable)) from error
    first, _, rest = done.stdout.decode(errors="replace").partition("\n")
    words = first.split()
    if words[:2] != ["ffmpeg", "version"]:
        raise MachineError("this program is no ffmpeg", where=str(executable))
    return f"{words[2]} {hashlib.sha256(rest.encode()).hexdigest()[:8]}"


def missing_encoders(executable: Path) -> tuple[str, ...]:
    """Those of the encoders that masters and enclosures need, which this ffmpeg was built without.

    Raises:
        MachineError: it does not start.
    """
    try:
        argv = [str(executable), "-hide_banner", "-encoders"]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise MachineError(f"ffmpeg does not start: {error}", where=str(executable)) from error
    there = set(re.findall(r"^ A\S{5} (\S+)", done.stdout.decode(errors="replace"), re.MULTILINE))
    return tuple(name for name in ("flac", "libmp3lame", "aac", "libopus") if name not in there)
