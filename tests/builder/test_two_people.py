"""Two people publish one programme from two clones of its repository, as they would: edit, commit, pull, publish, push."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.publish import read_ledger
from tests.publish.conftest import everything

CHECKOUT = Path(__file__).parents[2]
ACCEPT = ("--accept", "transcript-missing", "--reason", "komt nog")
EPISODE = "episodes/0{}-gesprek/episode.md"
IDENTITY = {f"GIT_{who}_{what}": f"{who}@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Clone:
    """One person's clone, with the recordings, which git does not carry."""

    def __init__(self, folder, target):
        self.folder, self.target = folder, target

    def git(self, *words):
        done = self._run("git", *words)
        return done.returncode, done.stdout + done.stderr

    def publish(self, *words, target=None):
        done = self._run(sys.executable, "-m", "pipeline", "publish", str(target or self.target), *ACCEPT, *words)
        return done.returncode, done.stderr

    def edit(self, number, old, new):
        file = self.folder / EPISODE.format(number)
        file.write_text(file.read_text().replace(old, new))

    def commit(self):
        assert 0 == self.git("add", "--all")[0]
        assert 0 == self.git("commit", "-m", "werk")[0]

    def push(self):
        self.commit()
        return self.git("push", "origin", "HEAD:main")[0]

    def pull(self):
        return self.git("pull", "--no-rebase", "--no-edit", "origin", "main")

    @property
    def ledger(self):
        return self.folder / "published.jsonl"

    def _run(self, *command):
        environment = {**os.environ, **IDENTITY, "PYTHONPATH": str(CHECKOUT), "LC_ALL": "C"}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )


@pytest.fixture
def clones(programme_root, tmp_path):
    """Anna, who published and pushed, and Bram, who cloned that; the lines of both are not yet kept by git (`merge=union`)."""
    shutil.rmtree(programme_root / "magazine")
    (programme_root / ".gitignore").write_text("/public/\n/press/\n/.weerslag/\nrecording/\n")
    anna, bram = (Clone(place, tmp_path / "served") for place in (programme_root, tmp_path / "bram"))
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", tmp_path / "shared"], check=True)
    assert 0 == anna.git("init", "-q", "-b", "main")[0]
    anna.git("remote", "add", "origin", str(tmp_path / "shared"))
    assert 0 == anna.publish()[0]
    assert 0 == anna.push()
    subprocess.run(["git", "clone", "-q", tmp_path / "shared", bram.folder], check=True)
    for number in (1, 2):
        where = f"episodes/0{number}-gesprek/recording"
        shutil.copytree(anna.folder / where, bram.folder / where)
    shutil.copytree(anna.folder / ".weerslag", bram.folder / ".weerslag")
    return anna, bram


def test_in_turn_all_goes_well_and_who_forgot_to_pull_is_refused(clones):
    anna, bram = clones
    bram.edit(1, "Gesprek 1", "Een ander gesprek")
    code, told = bram.publish()
    assert 0 == code, told
    assert 0 == bram.push()
    anna.edit(2, "Gesprek 2", "Nog een gesprek")
    anna.commit()
    shown, ours = everything(anna.target), anna.ledger.read_bytes()

    code, told = anna.publish()  # and forgot to pull

    assert 4 == code
    assert "[foreign-feed]" in told
    assert "git pull" in told
    assert (shown, ours) == (everything(anna.target), anna.ledger.read_bytes())
    assert 0 == anna.pull()[0]
    code, told = anna.publish()
    assert 0 == code, told
    feed = (anna.target / "feed.xml").read_text()
    assert ["Een ander gesprek" in feed, "Nog een gesprek" in feed] == [True, True]
    ledger = read_ledger(anna.ledger)
    assert (3, ()) == (len(ledger.lines), ledger.breaks)
    assert 0 == anna.push()


def test_side_by_side_is_refused_while_a_mark_is_left_and_told_once_it_is_merged(clones):
    anna, bram = clones
    bram.edit(1, "Gesprek 1", "Een ander gesprek")
    code, told = bram.publish(target=bram.target.with_name("proef"))
    assert 0 == code, told
    bram.commit()
    anna.edit(2, "Gesprek 2", "Nog een gesprek")
    assert 0 == anna.publish()[0]
    assert 0 == anna.push()
    code, told = bram.pull()
    assert "CONFLICT" in told
    shown = everything(bram.target)

    code, told = bram.publish()

    assert 4 == code
    assert "published.jsonl:2: error: git left a mark of a merge here" in told
    assert "delete the marks" in told
    assert shown == everything(bram.target)

    lines = bram.ledger.read_text().splitlines(keepends=True)
    bram.ledger.write_text("".join(line for line in lines if line.startswith("{")))
    code, told = bram.publish()
    assert 0 == code, told
    assert "warning: lines 2 and 3 were published side by side" in told
    last = read_ledger(bram.ledger)
    assert (4, 2, ()) == (len(last.lines), len(last.lines[-1].previous), last.breaks)
    assert 0 == bram.push()
    assert "side by side" not in bram.publish()[1]
