"""Time the import of a hundred Word files of two pages: ``python benchmarks/intake.py``."""

import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.cli import weerslag
from tests.intake.office_files import docx, drawing, link, p, photo

FILES, WORDS = 100, 900  # per file: two pages of text
VOCABULARY = [
    "de",
    "het",
    "een",
    "van",
    "gemeente",
    "vertrouwen",
    "inwoner",
    "brief",
    "gesprek",
    "tafel",
    "ruimte",
    "regel",
    "luisteren",
    "samen",
    "langzaam",
    "besluit",
]


def make_note(number: int) -> bytes:
    """Make a note of two pages with headings, paragraphs, a quote and an image."""
    chance = random.Random(number)

    def make_sentence() -> str:
        return " ".join(chance.choices(VOCABULARY, k=15)).capitalize() + "."

    body = p(f"Tafel {number}", "Kop1") + p("Vraag: Wat heb jij nodig?")
    for _ in range(WORDS // 75):
        body += p("Wat ons opviel", "Kop2") + p(" ".join(make_sentence() for _ in range(5)))
    body += p(make_sentence(), "Citaat") + p("", inside=drawing('r:embed="rId5"', "Een vel met briefjes"))
    return docx(body, {"word/media/image1.png": photo(size=(1200, 900))}, link("rId5", "image", "media/image1.png"))


def main() -> None:
    """Import all files twice: into a new programme, and with nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        root, inbox = Path(folder, "programma"), Path(folder, "inbox")
        inbox.mkdir()
        CliRunner().invoke(weerslag, ["init", str(root)], catch_exceptions=False)
        files = [inbox / f"tafel-{number}.docx" for number in range(10, 10 + FILES)]
        for number, file in enumerate(files, start=10):
            file.write_bytes(make_note(number))
        arguments = ["-C", str(root), "notes", "import", *map(str, files), "--event", "eerste-bijeenkomst"]
        for label in ("first import", "second import"):
            started, used = time.perf_counter(), _measure_cpu_s()
            result = CliRunner().invoke(weerslag, arguments, catch_exceptions=False)
            wall, cpu = time.perf_counter() - started, _measure_cpu_s() - used
            print(f"{label:13}  exit {result.exit_code}  {cpu:5.1f} s CPU  {wall:5.1f} s wall clock")
        print(
            f"peak memory of a worker process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB"
        )
        print(f"load: {os.getloadavg()[0]:.1f}")


def _measure_cpu_s() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    main()
