"""Two people publish one programme from two clones of its repository: edit, commit, pull, publish, push."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.content.publication_log import read_publication_log
from tests.publish.conftest import read_tree

CHECKOUT = Path(__file__).parents[2]
ACCEPT = ("--accept", "transcript-missing", "--reason", "komt nog")
EPISODE = "episodes/0{}-gesprek/episode.md"
IDENTITY = {f"GIT_{who}_{what}": f"{who}@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Clone:
    """One person's clone, with the recordings, which are not in git."""

    def __init__(self, folder, target):
        self.folder, self.target = folder, target

    def git(self, *words):
        completed = self._run("git", *words)
        return completed.returncode, completed.stdout + completed.stderr

    def publish(self, *words, target=None):
        completed = self._run(sys.executable, "-m", "pipeline", "publish", str(target or self.target), *ACCEPT, *words)
        return completed.returncode, completed.stderr

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
    def log(self):
        return self.folder / "published.jsonl"

    def _run(self, *command):
        environment = {**os.environ, **IDENTITY, "PYTHONPATH": str(CHECKOUT), "LC_ALL": "C"}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )


@pytest.fixture
def clones(programme_root, tmp_path):
    """Anna, who published and pushed, and Bram, who cloned that; without `merge=union` for the log."""
    shutil.rmtree(programme_root / "magazine")
    (programme_root / ".gitignore").write_text("/public/\n/press/\n/.weerslag/\nrecording/\n")
    anna, bram = (Clone(folder, tmp_path / "served") for folder in (programme_root, tmp_path / "bram"))
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


def test_publishing_in_turn_succeeds_and_is_refused_without_a_pull(clones):
    anna, bram = clones
    bram.edit(1, "Gesprek 1", "Een ander gesprek")
    code, output = bram.publish()
    assert 0 == code, output
    assert 0 == bram.push()
    anna.edit(2, "Gesprek 2", "Nog een gesprek")
    anna.commit()
    published, log_bytes = read_tree(anna.target), anna.log.read_bytes()

    code, output = anna.publish()  # without a pull

    assert 4 == code
    assert "[published-elsewhere]" in output
    assert "git pull" in output
    assert (published, log_bytes) == (read_tree(anna.target), anna.log.read_bytes())
    assert 0 == anna.pull()[0]
    code, output = anna.publish()
    assert 0 == code, output
    feed = (anna.target / "feed.xml").read_text()
    assert ["Een ander gesprek" in feed, "Nog een gesprek" in feed] == [True, True]
    log = read_publication_log(anna.log)
    assert (3, ()) == (len(log.entries), log.breaks)
    assert 0 == anna.push()


def test_publishing_in_parallel_is_refused_until_conflicts_are_resolved_and_then_a_warning(clones):
    anna, bram = clones
    bram.edit(1, "Gesprek 1", "Een ander gesprek")
    code, output = bram.publish(target=bram.target.with_name("proef"))
    assert 0 == code, output
    bram.commit()
    anna.edit(2, "Gesprek 2", "Nog een gesprek")
    assert 0 == anna.publish()[0]
    assert 0 == anna.push()
    code, output = bram.pull()
    assert "CONFLICT" in output
    published = read_tree(bram.target)

    code, output = bram.publish()

    assert 4 == code
    assert "published.jsonl:2: error: merge conflict marker" in output
    assert "delete the markers" in output
    assert published == read_tree(bram.target)

    lines = bram.log.read_text().splitlines(keepends=True)
    bram.log.write_text("".join(line for line in lines if line.startswith("{")))
    code, output = bram.publish()
    assert 0 == code, output
    assert "warning: lines 2 and 3 were published from two clones" in output
    last = read_publication_log(bram.log)
    assert (4, 2, ()) == (len(last.entries), len(last.entries[-1].previous), last.breaks)
    assert 0 == bram.push()
    assert "two clones" not in bram.publish()[1]
