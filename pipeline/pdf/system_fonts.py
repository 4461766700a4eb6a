"""The fonts of this machine, which print what the bundled ones lack."""

import hashlib
import shutil
import subprocess
from functools import cache

_TIMEOUT_S = 60  # the first time, fontconfig reads all fonts


@cache
def compute_system_fonts_digest() -> str:
    """Compute a digest over the installed fonts and their versions; empty without fontconfig's `fc-list`."""
    program = shutil.which("fc-list")
    if program is None:
        return ""
    argv = [program, "--format", "%{file} %{fontversion}\\n"]
    listed = subprocess.run(argv, capture_output=True, check=False, timeout=_TIMEOUT_S).stdout
    return hashlib.sha256(b"\n".join(sorted(listed.splitlines()))).hexdigest()
