"""A laptop is lost: a clone without log and recordings, restored from the backup, builds and publishes the same."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import feedparser
import pytest

from tests.builder.conftest import build_once, built_once, programme_root, sources
from tests.publish.conftest import read_tree

pytestmark = pytest.mark.slow

__all__ = ["build_once", "built_once", "programme_root", "sources"]  # fixtures

CHECKOUT = Path(__file__).parents[2]
ACCEPT = ("--accept", "transcript-missing", "--reason", "komt nog")


def run(root, *words):
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "pipeline", *words]
    result = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert 0 == result.returncode, result.stderr
    return result


def list_entries(feed):
    return [(it.id, it.published, it.enclosures[0].href) for it in feedparser.parse(feed).entries]


def test_a_clone_that_is_restored_builds_the_same_bytes_and_publishes_nothing_twice(programme_root, tmp_path):
    served, usb, clone = tmp_path / "served", tmp_path / "usb", tmp_path / "clone"
    run(programme_root, "publish", str(served), *ACCEPT)
    run(programme_root, "backup", str(usb))
    public, entries = read_tree(programme_root / "public"), list_entries(served / "feed.xml")
    shutil.copytree(
        programme_root,
        clone,
        ignore=shutil.ignore_patterns("public", "press", ".weerslag", "recording", "published.jsonl"),
    )
    shutil.rmtree(programme_root)
    assert not [*clone.rglob("*.wav"), *clone.rglob("published.jsonl")]

    run(tmp_path, "backup", str(usb), "--restore", str(clone))
    run(clone, "build")

    assert public == read_tree(clone / "public")
    again = json.loads(run(clone, "publish", str(served), *ACCEPT, "--json").stdout)
    assert (False, "unchanged", []) == (
        again["published"],
        again["feed"],
        [it for it in again["findings"] if it["severity"] == "error" and not it["accepted"]],
    )
    assert entries == list_entries(served / "feed.xml")
    assert 1 == len((clone / "published.jsonl").read_text().splitlines())
    assert () == tuple(json.loads(run(clone, "status", "--json").stdout)["backup"]["never"])
