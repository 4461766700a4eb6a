"""pandoc and LibreOffice as judges: our drafts have each word that they find in generated documents.

Words that a document hides are the exception, and are counted.
"""

import re
import shutil
import subprocess

import pytest

from tests.intake.generated_notes import GeneratedNote
from tests.intake.test_nothing_lost import FORMATS, read_words

pytestmark = [pytest.mark.external, pytest.mark.slow]

SEEDS = range(4)
WORD = re.compile(r"xq(?:(?!xq)[a-z]){3,}")  # they glue words at a page break, which is no concern of ours
PANDOC = {"docx": "docx", "odt": "odt", "html": "html", "md": "markdown"}
SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"  # UTF-8, all worksheets
LIBREOFFICE = {  # what it converts to, with the formats that it reads for it
    "txt:Text (encoded):UTF8": ("docx", "odt", "html"),
    SHEET: ("xlsx", "ods", "csv"),
    "fodp": ("pptx",),
}


def find_program(name, package):
    program = shutil.which(name)
    assert program, f"this test needs {name}: apt-get install --no-install-recommends {package}"
    return program


def read_with_pandoc(files, folder):
    """The text of each file."""
    command = [find_program("pandoc", "pandoc"), "-t", "plain", "--wrap=none"]
    return {file: run([*command, "-f", PANDOC[file.suffix[1:]], file]) for file in files if file.suffix[1:] in PANDOC}


def read_with_libreoffice(files, folder):
    """The text of each file; those of a kind are converted at once, as a start takes seconds."""
    program = find_program("soffice", "libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui")
    command = [program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to"]
    texts = {}
    for number, (target, suffixes) in enumerate(LIBREOFFICE.items()):
        sources, out = [file for file in files if file.suffix[1:] in suffixes], folder / str(number)
        run([*command, target, "--outdir", out, *sources])
        for file in sources:
            converted = [one.read_text(encoding="utf-8") for one in out.glob(f"{file.stem}[.-]*")]
            assert converted, f"LibreOffice does not open {file.name}"
            texts[file] = " ".join(converted)
    return texts


def run(command):
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


@pytest.mark.parametrize(
    ("read_texts", "share"),  # of the words that the other program finds at least: neither shows all text boxes
    [
        pytest.param(read_with_pandoc, 0.2, id="pandoc"),
        pytest.param(read_with_libreoffice, 0.4, id="libreoffice", marks=pytest.mark.long),
    ],
)
def test_each_word_that_another_program_finds_is_kept_or_left_out(read_texts, share, read, tmp_path):
    notes = {}
    for suffix, generator in FORMATS.items():
        for seed in SEEDS:
            file = tmp_path / f"{suffix}-{seed}.{suffix}"
            notes[file] = GeneratedNote.seed(seed, is_strict=True)
            file.write_bytes(generator(notes[file]).generate())

    found = {file: set(WORD.findall(text)) for file, text in read_texts(notes, tmp_path).items()}
    results = {file: read(file) for file in found}

    for file, result in results.items():
        note = notes[file]
        note.check(read_words(result), result.omissions)
        assert found[file] <= {*note.shown, *note.left_out}, file.name
    for suffix in {file.suffix for file in found}:
        words = [(set(notes[file].shown), found[file]) for file in found if file.suffix == suffix]
        assert sum(len(ours & theirs) for ours, theirs in words) >= share * sum(len(ours) for ours, _ in words), suffix
