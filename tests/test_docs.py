"""The documentation cannot lie: commands, options, links and the generated page are held against the tool."""

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
from tests.make_docs import contexts
from tests.make_linter_page import page as linter_page

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = sorted(ROOT.glob("docs/decisions/*.md"))
ALL = {context.command_path: context.command for context in contexts(weerslag, None)}


def told(file):
    return file.read_text(encoding="utf-8")


def named(file):
    return str(file.relative_to(ROOT))


def example_lines(file):
    """Every line in a block of code that runs weerslag: what stands before a pipe or a comment."""
    for block in re.findall(r"^```(?:sh|console|text)?\n(.*?)^```", told(file), re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            found = re.match(r"\s*(?:Example: |\$ )?(?:\./)?(weerslag [^|#>&]*)", line)
            if found:
                yield found[1]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_readme_names_each_command(command):
    assert re.search(rf"`(?:\./)?weerslag {command}\b", told(ROOT / "README.md"))


def test_the_page_of_commands_is_what_the_commands_say():
    argv = [sys.executable, "tests/make_docs.py"]  # Click keeps the help option that a command was first asked with
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    page = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout

    assert page == told(ROOT / "docs/commands.md"), "write it anew: ./dev docs"


def test_the_page_of_the_linter_is_what_its_tables_say():
    assert linter_page() == told(ROOT / "docs/linter.md"), "write it anew: ./dev docs"


@pytest.mark.parametrize("file", PAGES, ids=named)
def test_each_example_names_a_command_and_options_that_exist(file):
    for line in example_lines(file):
        path, options = "weerslag", known_options(weerslag)
        words = iter(shlex.split(line)[1:])
        for word in words:
            if re.match(r"-[^\d]", word):  # -19 is a level, not an option
                assert word.split("=")[0] in options, f"{line}: no such option of `{path}`"
                next(words if path == "weerslag" and word in {"-C", "--programme"} else iter(()), None)
            elif isinstance(ALL[path], click.Group):
                path = f"{path} {word}"
                assert path in ALL, f"{line}: no such command"
                options |= known_options(ALL[path])


def known_options(command):
    return {"-h", "--help"} | {
        option
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in (*parameter.opts, *parameter.secondary_opts)
    }


@pytest.mark.parametrize("file", PAGES, ids=named)
def test_each_link_leads_somewhere(file):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", told(file)):
        if not re.match(r"[a-z]+:", target):
            assert (file.parent / target).exists(), f"{named(file)} links to {target}"


@pytest.mark.parametrize("file", DECISIONS, ids=named)
def test_each_decision_tells_its_situation_choice_and_price(file):
    labels = re.findall(r"^\*\*([^*]+?)\.?\*\*", told(file), re.MULTILINE)

    assert ["Situation", "Choice", "Price", "We would choose again"] == labels
    assert told(file).startswith(f"# {file.name[:4]} · ")


def test_no_two_decisions_share_a_number():
    numbers = [file.name[:4] for file in DECISIONS]

    assert sorted(set(numbers)) == numbers


def test_the_changelog_knows_this_version():
    assert f"## [{__version__}]" in told(ROOT / "CHANGELOG.md")


def test_each_lint_exception_carries_its_reason():
    ruff = re.search(r"\[tool\.ruff\.lint\].*?\[tool\.mypy\]", told(ROOT / "pyproject.toml"), re.DOTALL)[0]

    exceptions = [line for line in ruff.splitlines() if re.match(r'\s+"[A-Z]+\d*"', line)]

    assert exceptions
    assert [] == [line for line in exceptions if "#" not in line]


def test_the_project_names_its_licence():
    project = tomllib.loads(told(ROOT / "pyproject.toml"))["project"]

    assert "EUPL-1.2" == project["license"]
    assert told(ROOT / "LICENCE").startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert "Licensed under the EUPL" in told(ROOT / "README.md")
