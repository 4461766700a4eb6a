"""Every test file on disk is collected by a plain pytest run; pytest skips some folder names without a word."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def test_each_test_file_is_collected():
    files = {file for file in (ROOT / "tests").rglob("test_*.py") if "node_modules" not in file.parts}

    completed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider", "-p", "no:xdist"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    counts = dict(line.rsplit(": ", 1) for line in completed.stdout.splitlines() if line.startswith("tests/"))
    assert 0 == completed.returncode, completed.stdout[-2000:]
    assert {str(file.relative_to(ROOT)) for file in files} == set(counts)
    assert [] == [name for name, count in counts.items() if int(count) == 0]
