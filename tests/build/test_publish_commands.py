"""`weerslag publish` and `weerslag status`, as people type them, on a programme that was really built."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
ACCEPT = ("--accept", "transcript-missing", "--reason", "komt nog")


@pytest.fixture
def weerslag(programme_root):
    def run(*words):
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        command = [sys.executable, "-m", "pipeline", *words]
        return subprocess.run(
            command, cwd=programme_root, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    return run


def test_publishing_as_people_type_it(weerslag, programme_root, tmp_path):
    where = tmp_path / "served"
    stopped = weerslag("publish", str(where))
    assert 4 == stopped.returncode
    assert "episodes/01-gesprek: error: has no transcript" in stopped.stderr
    assert f"weerslag publish {where} --accept transcript-missing" in stopped.stderr
    assert not where.exists()

    planned = weerslag("publish", str(where), *ACCEPT, "--dry-run")
    assert 0 == planned.returncode, planned.stderr
    assert "switched  feed.xml" in planned.stdout
    assert not where.exists()

    done = json.loads(weerslag("publish", str(where), *ACCEPT, "--json").stdout)
    assert (True, False, "added") == (done["published"], done["blocked"], done["feed"])
    assert (programme_root / "public/feed.xml").read_bytes() == (where / "feed.xml").read_bytes()
    (line,) = (programme_root / "published.jsonl").read_text().splitlines()
    assert [{"code": "transcript-missing", "reason": "komt nog"}] == json.loads(line)["accepted"]

    again = weerslag("publish", str(where), *ACCEPT)
    assert (0, True) == (again.returncode, "nothing to do" in again.stderr)

    table = json.loads(weerslag("status", "--json").stdout)
    assert [(True, False), (True, False)] == [(row["recording"], row["transcript"]) for row in table["rows"]]
    assert [str(where)] * 2 == [row["shown"][0]["target"] for row in table["rows"]]
    assert "01-gesprek" in weerslag("status").stdout


@pytest.mark.parametrize(("words", "code"), [(("build",), 3), (("status",), 3), (("publish", "served"), 4)])
def test_json_is_one_document_also_when_the_content_needs_mending(weerslag, programme_root, words, code):
    (programme_root / "programme.yaml").write_text("titel: nee\n")

    stopped = weerslag(*words, "--json")

    document = json.loads(stopped.stdout)
    assert (code, code) == (stopped.returncode, document["exit_code"])
    assert ("programme.yaml:1:1", "unknown-key") in {(it["where"], it["code"]) for it in document["faults"]}
    assert "programme.yaml:1:1: error" in stopped.stderr


def test_a_published_episode_whose_recording_is_gone_is_told_by_every_build(weerslag, programme_root, tmp_path):
    where = tmp_path / "served"
    assert 0 == weerslag("publish", str(where), *ACCEPT).returncode
    shutil.rmtree(programme_root / "episodes/02-gesprek/recording")

    built = weerslag("build", "feed", "site")
    refused = weerslag("publish", str(where), *ACCEPT)

    assert 0 == built.returncode  # whoever only edits has no recordings: they are not in git
    assert f"02-gesprek: its recording is gone, and {where} shows it to listeners" in built.stderr
    assert (4, True) == (refused.returncode, "[episode-gone]" in refused.stderr)
    document = json.loads(weerslag("build", "feed", "--json").stdout)
    assert [("02-gesprek", "recording")] == [(it["episode"], it["lacks"]) for it in document["lost"]]


def test_a_fault_in_the_content_is_a_gate(weerslag, programme_root, tmp_path):
    (programme_root / "programme.yaml").write_text("titel: nee\n")

    stopped = weerslag("publish", str(tmp_path / "served"))

    assert (4, True) == (stopped.returncode, "programme.yaml:1:1: error" in stopped.stderr)


def test_accepting_takes_a_reason(weerslag, tmp_path):
    assert 2 == weerslag("publish", str(tmp_path / "served"), "--accept", "date-changed").returncode
    assert 2 == weerslag("publish", str(tmp_path / "served"), "--reason", "zomaar").returncode
