"""What the ledger says of events, read with everything that may be wrong with a ledger."""

import json

import pytest

from pipeline.content.published_events import load_published_events


def line(**events):
    return json.dumps({"at": "2024-06-01", "events": [{"event": name, "digest": one} for name, one in events.items()]})


def test_without_a_ledger_nothing_was_announced(tmp_path):
    assert {} == load_published_events(tmp_path)


def test_digests_come_in_order_and_the_same_twice_in_a_row_counts_once(tmp_path):
    lines = [line(een="a", twee="x"), line(een="a"), line(een="b"), line(een="a", twee="x")]
    (tmp_path / "published.jsonl").write_text("\n".join(lines) + "\n")

    assert {"een": ("a", "b", "a"), "twee": ("x",)} == load_published_events(tmp_path)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "<<<<<<< ours",
        "[1]",
        "null",
        '{"events": 3}',
        '{"events": [3, {"event": 1}, {"event": "een"}]}',
        "[" * 100_000,
    ],
)
def test_what_cannot_be_read_says_nothing_and_stops_nothing(tmp_path, broken):
    (tmp_path / "published.jsonl").write_text(f"{line(een='a')}\n{broken}\n{line(een='b')}")

    assert {"een": ("a", "b")} == load_published_events(tmp_path)


def test_a_ledger_that_is_a_folder_stops_nothing(tmp_path):
    (tmp_path / "published.jsonl").mkdir()

    assert {} == load_published_events(tmp_path)
