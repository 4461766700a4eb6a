"""`weerslag publish` and `weerslag status` on a programme that is really built."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.publish.gates import GateFinding
from pipeline.publish.plan import PublishOptions, suggest_override
from tests.node import run_node

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


def test_publish_and_status_from_first_build_to_lost_recording(weerslag, programme_root, tmp_path):
    target = tmp_path / "served"
    blocked = weerslag("publish", str(target))
    assert 4 == blocked.returncode
    assert "episodes/01-gesprek: error: has no transcript" in blocked.stderr
    assert f"weerslag publish {target} --accept transcript-missing" in blocked.stderr
    assert not target.exists()

    planned = weerslag("publish", str(target), *ACCEPT, "--dry-run")
    assert 0 == planned.returncode, planned.stderr
    assert "added     feed.xml" in planned.stdout
    assert not target.exists()

    result = json.loads(weerslag("publish", str(target), *ACCEPT, "--json").stdout)
    assert (True, False, "added") == (result["published"], result["blocked"], result["feed"])
    assert (programme_root / "public/feed.xml").read_bytes() == (target / "feed.xml").read_bytes()
    (line,) = (programme_root / "published.jsonl").read_text().splitlines()
    assert [{"code": "transcript-missing", "reason": "komt nog"}] == json.loads(line)["accepted"]

    again = weerslag("publish", str(target), *ACCEPT)
    assert (0, True) == (again.returncode, "nothing to do" in again.stderr)

    table = json.loads(weerslag("status", "--json").stdout)
    assert [(True, False), (True, False)] == [(row["recording"], row["transcript"]) for row in table["rows"]]
    assert [str(target)] * 2 == [row["published_to"][0]["target"] for row in table["rows"]]
    assert "01-gesprek" in weerslag("status").stdout

    shutil.rmtree(programme_root / "episodes/02-gesprek/recording")
    built = weerslag("build", "feed")
    assert 0 == built.returncode  # an editor has no recordings: they are not in git
    assert f"02-gesprek: its recording is missing, and it is published on {target}" in built.stderr
    refused = json.loads(weerslag("publish", str(target), *ACCEPT, "--dry-run", "--json").stdout)
    assert "episode-gone" in {it["code"] for it in refused["findings"]}


@pytest.mark.parametrize(("words", "code"), [(("build",), 3), (("status",), 3), (("publish", "served"), 4)])
def test_json_is_one_document_even_if_the_content_has_errors(weerslag, programme_root, words, code):
    (programme_root / "programme.yaml").write_text("titel: nee\n")

    stopped = weerslag(*words, "--json")

    document = json.loads(stopped.stdout)
    assert (code, code) == (stopped.returncode, document["exit_code"])
    assert ("programme.yaml:1:1", "unknown-key") in {(it["where"], it["code"]) for it in document["errors"]}
    assert "programme.yaml:1:1: error" in stopped.stderr


def test_the_suggested_override_moves_a_feed_with_its_subscribers():
    moved_finding = GateFinding(
        code="feed-moved", severity="error", where="feed.xml", message="", old="https://oud.example.org/feed.xml"
    )
    date_finding = GateFinding(code="date-changed", severity="error", where="", message="")

    assert "--moved-from https://oud.example.org/feed.xml" == suggest_override([moved_finding], PublishOptions())
    assert '--accept date-changed --reason "…"' == suggest_override([date_finding, date_finding], PublishOptions())
    options = PublishOptions(withdraw=("02-gesprek",), accept=("order-changed",), reason="ja")
    assert '--withdraw 02-gesprek --accept order-changed --accept date-changed --reason "…"' == suggest_override(
        [date_finding], options
    )


def test_an_error_in_the_content_is_a_gate(weerslag, programme_root, tmp_path):
    (programme_root / "programme.yaml").write_text("titel: nee\n")

    stopped = weerslag("publish", str(tmp_path / "served"))

    assert (4, True) == (stopped.returncode, "programme.yaml:1:1: error" in stopped.stderr)


def test_accept_and_reason_belong_together(weerslag, tmp_path):
    assert 2 == weerslag("publish", str(tmp_path / "served"), "--accept", "date-changed").returncode
    assert 2 == weerslag("publish", str(tmp_path / "served"), "--reason", "zomaar").returncode


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("served", "--moved-from", "elders"), 2, "--moved-from takes the old URL of the feed"),
        (("served", "--moved-from", "https://example.org/proef/feed.xml"), 4, "the feed is still at this URL"),
        (("served", *ACCEPT, "--accept", "date-chanced", "--dry-run"), 0, "--accept date-chanced: warning: no finding"),
    ],
)
def test_an_impossible_option_is_reported_and_changes_nothing(weerslag, programme_root, words, code, message):
    before = {path.name for path in programme_root.iterdir()}

    stopped = weerslag("publish", *words)

    assert (code, True) == (stopped.returncode, message in stopped.stderr), stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert before == {path.name for path in programme_root.iterdir()}


@pytest.mark.external
def test_only_a_change_after_publishing_raises_the_sequence_of_a_calendar_entry(weerslag, programme_root, tmp_path):
    def edit(old, new):
        file = programme_root / "programme.yaml"
        file.write_text(file.read_text().replace(old, new))

    def publish():
        result = weerslag("publish", str(tmp_path / "served"), *ACCEPT)
        assert 0 == result.returncode, result.stderr
        calendar = run_node("read-calendar.mjs", stdin=(tmp_path / "served/programme.ics").read_bytes())
        (event,) = json.loads(calendar)["events"]
        return int(event["sequence"]), event["uid"], event["start"][:10]

    edit("starts: 2024-06-13 16:30", "starts: 2024-06-13 16:15")  # not published yet
    first = publish()
    edit("starts: 2024-06-13", "starts: 2024-06-12")
    edit("ends: 2024-06-13", "ends: 2024-06-12")
    assert 0 == weerslag("build", "site").returncode
    second = publish()
    edit("organiser: Overheid van Nu", "organiser: Iemand anders")  # not part of the calendar entry
    third = publish()

    assert [0, 1, 1] == [entry[0] for entry in (first, second, third)]
    assert 1 == len({entry[1] for entry in (first, second, third)})
    assert ["2024-06-13", "2024-06-12", "2024-06-12"] == [entry[2] for entry in (first, second, third)]
