"""How long it takes to bring in a hundred Word files of two pages: ``python benchmarks/intake.py``."""

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
from tests.intake.made import docx, drawing, link, p, photo

FILES, WORDS = 100, 900  # two pages of text
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


def note(number: int) -> bytes:
    """A note of two pages with headings, a list, a quote and a picture."""
    chance = random.Random(number)

    def sentence() -> str:
        return " ".join(chance.choices(VOCABULARY, k=15)).capitalize() + "."

    body = p(f"Tafel {number}", "Kop1") + p("Vraag: Wat heb jij nodig?")
    for _ in range(WORDS // 75):
        body += p("Wat ons opviel", "Kop2") + p(" ".join(sentence() for _ in range(5)))
    body += p(sentence(), "Citaat") + p("", inside=drawing('r:embed="rId5"', "Een vel met briefjes"))
    return docx(body, {"word/media/image1.png": photo(size=(1200, 900))}, link("rId5", "image", "media/image1.png"))


def main() -> None:
    """Import them all, once from nothing and once again."""
    with tempfile.TemporaryDirectory() as folder:
        root, inbox = Path(folder, "programma"), Path(folder, "inbox")
        inbox.mkdir()
        CliRunner().invoke(weerslag, ["init", str(root)], catch_exceptions=False)
        files = [inbox / f"tafel-{number}.docx" for number in range(10, 10 + FILES)]
        for number, file in enumerate(files, start=10):
            file.write_bytes(note(number))
        words = ["-C", str(root), "notes", "import", *map(str, files), "--event", "eerste-bijeenkomst"]
        for what in ("from nothing", "once more"):
            started, used = time.perf_counter(), _processor_s()
            done = CliRunner().invoke(weerslag, words, catch_exceptions=False)
            wall, processor = time.perf_counter() - started, _processor_s() - used
            print(f"{what:12}  exit {done.exit_code}  {processor:5.1f} s of processor time  {wall:5.1f} s on the clock")
        print(f"highest memory of a process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")
        print(f"load: {os.getloadavg()[0]:.1f}")


def _processor_s() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    main()
