"""The digests of published calendar entries in the publication log, whatever is wrong with its lines."""

import json

import pytest

from pipeline.content import load_programme
from pipeline.content.publication_log import read_publication_log


def read_digests(root):
    return read_publication_log(root / "published.jsonl").event_digests


def line(**events):
    return json.dumps({"at": "2024-06-01", "events": [{"event": name, "digest": one} for name, one in events.items()]})


def test_missing_log_has_no_digests(tmp_path):
    assert {} == read_digests(tmp_path)


def test_digests_are_in_order_and_repeated_ones_count_once(tmp_path):
    lines = [line(een="a", twee="x"), line(een="a"), line(een="b"), line(een="a", twee="x")]
    (tmp_path / "published.jsonl").write_text("\n".join(lines) + "\n")

    assert {"een": ("a", "b", "a"), "twee": ("x",)} == read_digests(tmp_path)


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
def test_invalid_lines_are_skipped(tmp_path, broken):
    (tmp_path / "published.jsonl").write_text(f"{line(een='a')}\n{broken}\n{line(een='b')}")

    assert {"een": ("a", "b")} == read_digests(tmp_path)


def test_programme_loads_with_an_unreadable_log(content):
    (content.root / "published.jsonl").mkdir()

    assert {()} == {event.announced for event in load_programme(content.root).events}
