"""Benchmark of the magazine of eighty reflections: both editions from nothing, and after one edit: whole processes."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from kills import ENV, WEERSLAG

from tests.magazine.stress_programme import write_stress_programme

EDITS = 3


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "programme"
        write_stress_programme(root)
        measure("from nothing", root)
        pages = {file.name: count_pages(file) for file in sorted(root.glob("*/magazine/*.pdf"))}
        print(", ".join(f"{name} {number} pages" for name, number in pages.items()))
        note = root / "magazine/reflections/regels-en-ruimte/tafel-7.md"
        for number in range(EDITS):
            note.write_text(f"{note.read_text()}Dit is zin {number} erbij.\n")
            measure("one edit", root)


def measure(what: str, root: Path) -> None:
    """Build the magazine; print CPU and wall seconds, children included."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([*WEERSLAG, "build", "magazine"], cwd=root, env=ENV, check=True, capture_output=True)
    after, wall_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - began
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{what:14} {cpu_s:6.1f} s cpu  {wall_s:6.1f} s wall  (load {os.getloadavg()[0]:.1f})")


def count_pages(file: Path) -> int:
    import pikepdf

    with pikepdf.open(file) as pdf:
        return len(pdf.pages)


if __name__ == "__main__":
    main()
