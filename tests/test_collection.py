"""Every test file on disk is collected by a plain pytest run; pytest skips some folder names without a word."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import COLLECTED_FILES

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def test_each_test_file_is_collected(request):
    files = {file for file in (ROOT / "tests").rglob("test_*.py") if "node_modules" not in file.parts}

    assert sorted(files) == sorted(find_collected_files(request.config))


def find_collected_files(config):
    """The files with at least one test: those of this run if it is a plain one, else those of a new one."""
    args = [(config.invocation_params.dir / arg).resolve() for arg in config.args]
    if args == [ROOT / "tests"] and not config.getoption("ignore") and not config.getoption("ignore_glob"):
        return config.stash[COLLECTED_FILES]
    completed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider", "-p", "no:xdist"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert 0 == completed.returncode, completed.stdout[-2000:]
    counts = dict(line.rsplit(": ", 1) for line in completed.stdout.splitlines() if line.startswith("tests/"))
    return {ROOT / name for name, count in counts.items() if int(count)}
