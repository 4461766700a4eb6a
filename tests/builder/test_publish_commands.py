"""`weerslag publish` and `weerslag status`, as people type them, on a programme that was really built."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import icalendar
import pytest

from pipeline.cli.publish import _on_purpose
from pipeline.publish import Objection, Wishes

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

    shutil.rmtree(programme_root / "episodes/02-gesprek/recording")
    built = weerslag("build", "feed")
    assert 0 == built.returncode  # whoever only edits has no recordings: they are not in git
    assert f"02-gesprek: its recording is gone, and {where} shows it to listeners" in built.stderr
    refused = json.loads(weerslag("publish", str(where), *ACCEPT, "--dry-run", "--json").stdout)
    assert "episode-gone" in {it["code"] for it in refused["objections"]}


@pytest.mark.parametrize(("words", "code"), [(("build",), 3), (("status",), 3), (("publish", "served"), 4)])
def test_json_is_one_document_also_when_the_content_needs_mending(weerslag, programme_root, words, code):
    (programme_root / "programme.yaml").write_text("titel: nee\n")

    stopped = weerslag(*words, "--json")

    document = json.loads(stopped.stdout)
    assert (code, code) == (stopped.returncode, document["exit_code"])
    assert ("programme.yaml:1:1", "unknown-key") in {(it["where"], it["code"]) for it in document["faults"]}
    assert "programme.yaml:1:1: error" in stopped.stderr


def test_a_feed_that_moves_is_told_the_word_that_takes_its_subscribers_along():
    moved = Objection(
        code="feed-moved", severity="error", where="feed.xml", message="", old="https://oud.example.org/feed.xml"
    )
    dated = Objection(code="date-changed", severity="error", where="", message="")

    assert "--moved-from https://oud.example.org/feed.xml" == _on_purpose([moved], Wishes())
    assert '--accept date-changed --reason "…"' == _on_purpose([dated, dated], Wishes())
    said = Wishes(withdraw=("02-gesprek",), accept=("order-changed",), reason="ja")
    assert '--withdraw 02-gesprek --accept order-changed --accept date-changed --reason "…"' == _on_purpose(
        [dated], said
    )


def test_a_fault_in_the_content_is_a_gate(weerslag, programme_root, tmp_path):
    (programme_root / "programme.yaml").write_text("titel: nee\n")

    stopped = weerslag("publish", str(tmp_path / "served"))

    assert (4, True) == (stopped.returncode, "programme.yaml:1:1: error" in stopped.stderr)


def test_accepting_takes_a_reason(weerslag, tmp_path):
    assert 2 == weerslag("publish", str(tmp_path / "served"), "--accept", "date-changed").returncode
    assert 2 == weerslag("publish", str(tmp_path / "served"), "--reason", "zomaar").returncode


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("served", "--moved-from", "elders"), 2, "--moved-from is the address where the feed was"),
        (("served", "--moved-from", "https://example.org/proef/feed.xml"), 4, "that is where the feed is"),
        (("served", *ACCEPT, "--accept", "date-chanced", "--dry-run"), 0, "--accept date-chanced: warning: nothing"),
    ],
)
def test_what_cannot_be_meant_is_told_and_touches_nothing(weerslag, programme_root, words, code, told):
    before = {path.name for path in programme_root.iterdir()}

    stopped = weerslag("publish", *words)

    assert (code, True) == (stopped.returncode, told in stopped.stderr), stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert before == {path.name for path in programme_root.iterdir()}


def test_an_event_that_moves_after_it_was_published_counts_on_in_agendas_and_a_build_before_it_counts_nothing(
    weerslag, programme_root, tmp_path
):
    def moved(old, new):
        file = programme_root / "programme.yaml"
        file.write_text(file.read_text().replace(old, new))

    def published():
        done = weerslag("publish", str(tmp_path / "served"), *ACCEPT)
        assert 0 == done.returncode, done.stderr
        calendar = icalendar.Calendar.from_ical((tmp_path / "served/programme.ics").read_bytes())
        (event,) = calendar.walk("VEVENT")
        return event["SEQUENCE"], event["UID"], event.decoded("DTSTART").day

    moved("starts: 2024-06-13 16:30", "starts: 2024-06-13 16:15")  # nobody saw it yet
    first = published()
    moved("starts: 2024-06-13", "starts: 2024-06-12")
    moved("ends: 2024-06-13", "ends: 2024-06-12")
    assert 0 == weerslag("build", "site").returncode
    second = published()
    moved("organiser: Overheid van Nu", "organiser: Iemand anders")  # nothing that an agenda shows
    third = published()

    assert [0, 1, 1] == [told[0] for told in (first, second, third)]
    assert 1 == len({told[1] for told in (first, second, third)})
    assert [13, 12, 12] == [told[2] for told in (first, second, third)]
