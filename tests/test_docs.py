"""The documentation matches the tool: commands, options, links, generated pages."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from pipeline import __version__
from pipeline.cli import COMMANDS, weerslag
from tests.write_commands import find_commands
from tests.write_linter import render_page

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = sorted(ROOT.glob("docs/decisions/*.md"))
COMMAND_BY_PATH = {context.command_path: context.command for context in find_commands(weerslag, None)}


def read(file):
    return file.read_text(encoding="utf-8")


def name(file):
    return str(file.relative_to(ROOT))


def find_examples(file):
    """Yield every line in a code block that runs weerslag, up to a pipe or a comment."""
    for block in re.findall(r"^```(?:sh|console|text)?\n(.*?)^```", read(file), re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            found = re.match(r"\s*(?:Example: |\$ )?(?:\./)?(weerslag [^|#>&]*)", line)
            if found:
                yield found[1]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_readme_names_each_command(command):
    assert re.search(rf"`(?:\./)?weerslag {command}\b", read(ROOT / "README.md"))


def test_command_reference_is_up_to_date():
    argv = [sys.executable, "tests/write_commands.py"]  # in a separate process: Click caches the help option
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    page = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout

    assert page == read(ROOT / "docs/commands.md"), "run ./dev docs"


def test_linter_page_is_up_to_date():
    assert render_page() == read(ROOT / "docs/linter.md"), "run ./dev docs"


@pytest.mark.parametrize("file", PAGES, ids=name)
def test_examples_use_existing_commands_and_options(file):
    for line in find_examples(file):
        path, options = "weerslag", list_options(weerslag)
        args = iter(shlex.split(line)[1:])
        for arg in args:
            if re.match(r"-[^\d]", arg):  # -19 is a level, not an option
                assert arg.split("=")[0] in options, f"{line}: `{path}` has no such option"
                next(args if path == "weerslag" and arg in {"-C", "--programme", "--programmes"} else iter(()), None)
            elif isinstance(COMMAND_BY_PATH[path], click.Group):
                path = f"{path} {arg}"
                assert path in COMMAND_BY_PATH, f"{line}: no such command"
                options |= list_options(COMMAND_BY_PATH[path])


def list_options(command):
    return {"-h", "--help"} | {
        option
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in (*parameter.opts, *parameter.secondary_opts)
    }


@pytest.mark.parametrize("file", PAGES, ids=name)
def test_links_lead_to_existing_files(file):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", read(file)):
        if not re.match(r"[a-z]+:", target) and "../reflections/" not in target:
            assert (file.parent / target).exists(), f"{name(file)} links to {target}"


def test_paths_named_in_the_documentation_exist():
    ignored = read(ROOT / ".gitignore").splitlines()
    missing = {
        f"{name(file)}: {path}"
        for file in PAGES
        for path in re.findall(r"`((?:pipeline|tests|benchmarks|templates|requirements)/[\w./-]+)`", read(file))
        if not (ROOT / path).exists() and f"/{path}" not in ignored
    }

    assert set() == missing


@pytest.mark.parametrize("file", DECISIONS, ids=name)
def test_decisions_have_all_sections(file):
    sections = re.findall(r"^## (.+)$", read(file), re.MULTILINE)

    assert ["Context", "Decision", "Consequences", "Revisit when"] == sections
    assert read(file).startswith(f"# {int(file.name[:4])}. ")


def test_decision_numbers_are_unique():
    numbers = [file.name[:4] for file in DECISIONS]

    assert sorted(set(numbers)) == numbers


@pytest.mark.parametrize("file", [file for file in PAGES if file.name not in {"commands.md", "linter.md"}], ids=name)
def test_prose_is_wrapped_at_100_columns(file):
    blocks = re.split(r"^```.*?^```", read(file), flags=re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]

    assert [] == [line for line in lines if len(line) > 100 and not line.startswith("|")]


def test_english_and_dutch_guides_have_the_same_pages():
    folders = [sorted((ROOT / "docs/editors" / language).glob("*.md")) for language in ("en", "nl")]

    assert len(folders[0]) == len(folders[1])
    headings = [[read(file).count("\n## ") for file in folder] for folder in folders]
    assert sorted(headings[0]) == sorted(headings[1])


def test_changelog_has_this_version_with_its_date():
    assert re.search(
        rf"^## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d$", read(ROOT / "CHANGELOG.md"), re.MULTILINE
    )


def test_each_lint_exception_has_a_reason():
    ruff = re.search(r"\[tool\.ruff\.lint\].*?\[tool\.mypy\]", read(ROOT / "pyproject.toml"), re.DOTALL)[0]

    exceptions = [line for line in ruff.splitlines() if re.match(r'\s+"[A-Z]+\d*"', line)]

    assert exceptions
    assert [] == [line for line in exceptions if "#" not in line]


def test_project_metadata_has_the_licence():
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]

    assert "EUPL-1.2" == project["license"]
    assert read(ROOT / "LICENCE").startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert "Licensed under the EUPL" in read(ROOT / "README.md")
