"""The shape of the package: what may import what, which library has which doorway, what `--help` leaves unopened."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import COMMANDS, weerslag

PACKAGE = Path(__file__).parents[1] / "pipeline"
PRODUCERS = {
    "content", "intake", "audio", "feed", "lint", "site", "magazine", "preflight", "reports", "cache", "executors",
}  # fmt: skip
LAYERS = [
    {"errors"},
    {"model"},
    {"typesetting", "pdf", "media", "graphics", "urls", "text"},
    PRODUCERS,
    {"builder", "publish", "server", "doctor"},
    {"cli"},
    {"__main__"},
]
HEIGHT = {room: height for height, layer in enumerate(LAYERS) for room in layer}
DOORWAYS = {  # library: the one place that may import it; more than one only with its reason
    "PIL": ("graphics",),
    "asyncssh": ("publish.sftp_target",),
    "click": ("cli",),
    "distributed": ("executors",),
    "feedgen": ("feed",),
    "fontTools": ("pdf.woff2",),
    "filelock": ("cache",),
    "jinja2": ("typesetting",),
    "jpype": ("preflight.verapdf",),
    "lxml": ("feed", "intake.markup"),  # one writes XML, the other opens what strangers wrote
    "mammoth": ("intake.word",),
    "markdown_it": ("typesetting",),
    "markupsafe": ("typesetting", "graphics"),  # a type more than a library: what is Markup was escaped, by either
    "mdit_py_plugins": ("typesetting",),
    "mutagen": ("audio.tagging",),
    "nh3": ("typesetting",),
    "numpy": ("audio", "media"),
    "openpyxl": ("intake.tables",),
    "pikepdf": ("pdf",),
    "obstore": ("publish.s3_target",),
    "pydantic": ("content",),
    "pydub": ("audio.processing.clips",),
    "pydyf": ("pdf",),  # WeasyPrint's own writer
    "segno": ("graphics",),
    "weasyprint": ("pdf",),
    "yaml": ("content",),
}
HEAVY = set(DOORWAYS) - {"click"}
FILES = {".".join(file.relative_to(PACKAGE).with_suffix("").parts): file for file in PACKAGE.rglob("*.py")}


def imported(file):
    """Every dotted name that ``file`` imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):  # a relative one keeps its dots, and is known nowhere
            yield from (f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("place", sorted(FILES))
def test_imports_point_down(place):
    room = place.split(".")[0]

    for name in imported(FILES[place]):
        top, _, rest = name.partition(".")
        other = rest.split(".")[0]
        if top == "pipeline" and other not in {room, "__version__"}:
            assert HEIGHT[other] < HEIGHT.get(room, 0), f"{place} may not import {other}"


@pytest.mark.parametrize("place", sorted(FILES))
def test_each_library_has_one_doorway(place):
    for name in imported(FILES[place]):
        library = name.split(".")[0]
        if library != "pipeline" and library not in sys.stdlib_module_names:
            doors = DOORWAYS[library]  # a KeyError means: a new library, so give it a doorway first
            assert any(f"{place}.".startswith(f"{door}.") for door in doors), f"only {doors} may import {library}"


def test_no_doorway_stands_open_for_nothing():
    used = {name.split(".")[0] for file in FILES.values() for name in imported(file)}

    assert set() == set(DOORWAYS) - used


@pytest.mark.parametrize("place", sorted(FILES))
def test_each_module_says_in_one_sentence_what_it_owns(place):
    said = ast.get_docstring(ast.parse(FILES[place].read_bytes()))

    assert said, f"{place} says nothing of itself"
    assert said.splitlines()[0].endswith((".", "?", "!"))


def test_each_room_has_its_layer():
    assert set() == {place.split(".")[0] for place in FILES} - {"__init__"} - set(HEIGHT)


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["nonsense"]], ids=" ".join)
def test_asking_for_help_opens_no_library(words):
    question = (
        f"import sys; sys.argv = ['weerslag', *{words}]\n"
        "try: from pipeline.cli import main; main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )

    told = subprocess.run(
        [sys.executable, "-c", question], cwd=PACKAGE.parent, capture_output=True, text=True, check=True, timeout=60
    )

    assert set() == {name.split(".")[0] for name in told.stderr.splitlines()[-1].split()} & HEAVY


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_has_a_file_of_its_own_and_shows_its_help(command):
    told = CliRunner().invoke(weerslag, [command, "--help"], prog_name="weerslag")

    assert (0, None) == (told.exit_code, told.exception)
    assert told.stdout.startswith(f"Usage: weerslag {command} ")
