"""The architecture of the package: layers, import cycles, third-party libraries, and what `--help` leaves unimported."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import COMMANDS, weerslag

PACKAGE = Path(__file__).parents[1] / "pipeline"
LAYERS = [
    {"errors"},
    {"model", "catalogue"},
    {"typesetting", "pdf", "media", "graphics", "urls", "text"},
    {"transcripts"},
    {
        "content",
        "intake",
        "audio",
        "speech",
        "feed",
        "lint",
        "site",
        "magazine",
        "mailings",
        "preflight",
        "reports",
        "cache",
        "executors",
    },
    {"builder", "publish", "server", "doctor"},
    {"podcast_import"},
    {"cli"},
    {"__main__"},
]
LAYER_OF = {package: number for number, layer in enumerate(LAYERS) for package in layer}
IMPORTED_IN = {  # third-party library: the one place that may import it; two only with a reason
    "PIL": ("graphics",),
    "asyncssh": ("publish.sftp_target",),
    "click": ("cli",),
    "distributed": ("executors",),
    "faster_whisper": ("speech.engine",),
    "feedgen": ("feed",),
    "filelock": ("cache",),
    "fontTools": ("pdf",),
    "icalendar": ("site.calendar",),
    "jinja2": ("typesetting",),
    "jpype": ("preflight.verapdf",),
    "lxml": ("feed", "intake"),  # one writes XML, the other reads untrusted XML
    "mammoth": ("intake",),
    "markdown_it": ("typesetting",),
    "markupsafe": ("typesetting", "graphics"),  # the type of escaped text
    "mdit_py_plugins": ("typesetting",),
    "mjml": ("mailings.newsletters",),
    "mutagen": ("audio.tagging",),
    "nh3": ("typesetting",),
    "numpy": ("audio", "media", "speech"),  # the sample type of the ffmpeg process
    "obstore": ("cache.bucket",),
    "openpyxl": ("intake",),
    "phonenumbers": ("intake.identifiers",),
    "pi_heif": ("graphics",),
    "pikepdf": ("pdf",),
    "pydantic": ("content",),
    "pydub": ("audio",),
    "pydyf": ("pdf",),
    "pypdfium2": ("graphics.scans",),
    "pyphen": ("typesetting.hyphenation",),
    "segno": ("graphics",),
    "soxr": ("audio.tracks.resampling",),
    "starlette": ("server",),
    "stdnum": ("intake.identifiers",),
    "uvicorn": ("server",),
    "watchfiles": ("server",),
    "weasyprint": ("pdf",),
    "yaml": ("content",),
    "zxingcpp": ("graphics.scans",),
}
MODULES = {
    ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): file
    for file in PACKAGE.rglob("*.py")
}


def find_imports(file):
    """Yield every dotted name that ``file`` imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):  # a relative import keeps its dots and matches no layer
            yield from (f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names)


def find_module_imports(file):
    """Yield our own modules that ``file`` imports: ``from pipeline.a import b`` is ``a.b`` if that is a module, else ``a``."""
    for name in find_imports(file):
        top, _, rest = name.partition(".")
        if top == "pipeline":
            yield rest if rest in MODULES else rest.rpartition(".")[0]


def test_imports_point_to_lower_layers():
    upward = [
        f"{module} imports {name}"
        for module, file in MODULES.items()
        for name in find_imports(file)
        if name.startswith("pipeline.") and not is_import_allowed(module, name)
    ]

    assert [] == upward


def is_import_allowed(module, name):
    package, imported = module.split(".")[0], name.split(".")[1]
    return imported in {package, "__version__"} or LAYER_OF[imported] < LAYER_OF.get(package, 0)


def test_there_is_no_import_cycle():
    graph = {module: set(find_module_imports(file)) - {module} for module, file in MODULES.items()}

    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"import cycle: {' → '.join(error.args[1])}")


def test_each_third_party_library_is_imported_in_one_place():
    misplaced = [
        f"{module} imports {library}"
        for module, file in MODULES.items()
        for library in {name.split(".")[0] for name in find_imports(file)} - {"pipeline"} - sys.stdlib_module_names
        if not any(f"{module}.".startswith(f"{place}.") for place in IMPORTED_IN.get(library, ()))
    ]

    assert [] == misplaced


def test_each_listed_library_is_used():
    used = {name.split(".")[0] for file in MODULES.values() for name in find_imports(file)}

    assert set() == set(IMPORTED_IN) - used


def test_the_root_holds_packages_and_a_few_modules():
    root = {file.stem for file in PACKAGE.glob("*.py")}

    assert {"__init__", "__main__", "catalogue", "doctor", "errors", "text", "urls"} == root


def test_each_package_has_its_layer():
    assert set() == {module.split(".")[0] for module in MODULES} - {"__init__", ""} - set(LAYER_OF)


def test_each_module_has_a_docstring():
    docstrings = {module: ast.get_docstring(ast.parse(file.read_bytes())) for module, file in MODULES.items()}

    assert [] == [module for module, text in docstrings.items() if not text or not text.splitlines()[0].endswith(".")]


def test_modules_and_functions_stay_readable_in_size():
    long = []
    for module, file in MODULES.items():
        source = file.read_text(encoding="utf-8")
        long += [module] if source.count("\n") > 400 else []
        long += [
            f"{module}.{node.name}"
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno > 50
        ]

    assert [] == long


def test_no_class_name_is_used_twice():
    classes = {}
    for module, file in MODULES.items():
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.ClassDef):
                classes.setdefault(node.name.strip("_"), []).append(module)

    assert {} == {name: modules for name, modules in classes.items() if len(modules) > 1}


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["nonsense"]], ids=" ".join)
def test_help_imports_no_heavy_library(args):
    program = (
        f"import sys; sys.argv = ['weerslag', *{args}]\n"
        "try: from pipeline.cli import main; main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )

    completed = subprocess.run(
        [sys.executable, "-c", program], cwd=PACKAGE.parent, capture_output=True, text=True, check=True, timeout=60
    )

    heavy = set(IMPORTED_IN) - {"click"}
    assert set() == {name.split(".")[0] for name in completed.stderr.splitlines()[-1].split()} & heavy


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_shows_its_help(command):
    result = CliRunner().invoke(weerslag, [command, "--help"], prog_name="weerslag")

    assert (0, None) == (result.exit_code, result.exception)
    assert result.stdout.startswith(f"Usage: weerslag {command} ")
