"""The version of espeak-ng, whose synthetic speech the alignment without a model compares with; loads no library."""

import re
import shutil
import subprocess

EXECUTABLE = "espeak-ng"
_TIMEOUT_S = 10


def read_version() -> str:
    """Return the version of espeak-ng, such as ``1.51``; empty without it."""
    executable = shutil.which(EXECUTABLE)
    if executable is None:
        return ""
    completed = subprocess.run(
        [executable, "--version"], capture_output=True, check=False, timeout=_TIMEOUT_S, text=True
    )
    found = re.search(r"\d+(\.\d+)+", completed.stdout)  # "eSpeak NG text-to-speech: 1.51  Data at: …"
    return found[0] if found else completed.stdout.strip()
