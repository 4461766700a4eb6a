"""LibreOffice and pandoc as judges: our drafts have each word that they find in generated documents.

Words that a document hides are the exception, and are counted.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass

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
JUDGES = {
    "pandoc": (tuple(PANDOC), 0.2),  # the share of the words that it finds at least: neither shows all text boxes
    "libreoffice": (tuple(suffix for suffixes in LIBREOFFICE.values() for suffix in suffixes), 0.4),
}


@dataclass(frozen=True)
class Document:
    """A generated document: its note and its content, and the words that each judge finds in it."""

    note: GeneratedNote
    content: bytes
    found: dict[str, set[str]]


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """Documents by format and seed, with what the judges find in them."""
    folder = tmp_path_factory.mktemp("documents")
    made = {}
    for suffix, generator in FORMATS.items():
        for seed in SEEDS:
            note = GeneratedNote.seed(seed, is_strict=True)
            made[suffix, seed] = Document(note, generator(note).generate(), {})
            (folder / f"{suffix}-{seed}.{suffix}").write_bytes(made[suffix, seed].content)
    read_with_pandoc(folder, made)
    read_with_libreoffice(folder, made)
    return made


def find_program(name, package):
    program = shutil.which(name)
    assert program, f"this test needs {name}: apt-get install --no-install-recommends {package}"
    return program


def read_with_pandoc(folder, documents):
    program = find_program("pandoc", "pandoc")
    for (suffix, seed), document in documents.items():
        if suffix in PANDOC:
            file = folder / f"{suffix}-{seed}.{suffix}"
            command = [program, "-f", PANDOC[suffix], "-t", "plain", "--wrap=none", file]
            text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            document.found["pandoc"] = set(WORD.findall(text))


def read_with_libreoffice(folder, documents):
    """Convert all files of a kind at once: its start takes seconds."""
    program = find_program("soffice", "libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui")
    for target, suffixes in LIBREOFFICE.items():
        files = [folder / f"{suffix}-{seed}.{suffix}" for suffix in suffixes for seed in SEEDS]
        command = [
            program,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            target,
        ]
        subprocess.run([*command, "--outdir", folder / "out", *files], check=True, capture_output=True)
        for file in files:
            converted = [*(folder / "out").glob(f"{file.stem}[.-]*")]
            assert converted, f"LibreOffice does not open {file.name}"
            suffix, _, seed = file.stem.partition("-")
            text = " ".join(one.read_text(encoding="utf-8") for one in converted)
            documents[suffix, int(seed)].found["libreoffice"] = set(WORD.findall(text))
        shutil.rmtree(folder / "out")


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("seed", SEEDS)
def test_each_word_that_another_program_finds_is_kept_or_left_out(suffix, seed, documents, read):
    document = documents[suffix, seed]
    result = read(document.content, f"verslag.{suffix}")
    document.note.check(read_words(result), result.omissions)

    for words in document.found.values():
        assert words <= {*document.note.shown, *document.note.left_out}


@pytest.mark.parametrize("judge", JUDGES)
def test_another_program_finds_most_words(judge, documents):
    suffixes, share = JUDGES[judge]
    for suffix in suffixes:
        ours = [documents[suffix, seed] for seed in SEEDS]
        found = sum(len(one.found[judge] & {*one.note.shown}) for one in ours)
        assert found >= share * sum(len(one.note.shown) for one in ours), suffix
