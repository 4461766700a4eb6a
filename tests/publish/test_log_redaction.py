"""The publication log without a name: only its lines change, the hash chain is carried on, and no copy brings them back."""

import json

import pytest

from pipeline.content.publication_log import (
    merge_publication_logs,
    parse_publication_log,
    redact_publication_log,
)
from pipeline.publish.log_copy import fetch_log, write_log_copy
from tests.publish.test_log_copy import codes, find_copies, run


def redact(text):
    return text.replace("Zoë", "…").replace("zoe", "iemand")


@pytest.fixture
def named(podcast):
    """Three publishes; the name is in an address of the first, and in a reason of the second."""
    podcast.put(2, slug="02-zoe")
    podcast.publish()
    podcast.put(2, slug="02-ander")
    podcast.publish(accept=("address-gone",), reason="op verzoek van Zoë")
    podcast.put(4)
    podcast.publish()
    return podcast


def redact_file(podcast):
    path = podcast.log_store.path
    path.write_bytes(redact_publication_log(path.read_bytes(), redact))


def test_only_lines_with_the_name_change_and_the_chain_is_intact(named):
    before = named.log_store.path.read_bytes()
    redact_file(named)
    after = named.log_store.path.read_bytes()

    assert b"zoe" in before
    assert "Zoë".encode() in before
    assert b"zoe" not in after
    assert "Zoë".encode() not in after
    old, new = before.split(b"\n"), after.split(b"\n")
    assert [False, False, True] == [one == other for one, other in zip(old[:3], new[:3], strict=True)]
    log, unredacted = parse_publication_log(after), parse_publication_log(before)
    assert () == log.breaks
    assert [(unredacted.entries[0].digest,), (unredacted.entries[1].digest,), ()] == [
        one.replaces for one in log.entries
    ]
    assert unredacted.find_heads() == log.find_heads()
    assert after == redact_publication_log(after, redact)


def test_an_edit_after_the_redaction_is_found(named):
    redact_file(named)
    lines = named.log_store.path.read_bytes().split(b"\n")
    record = json.loads(lines[0])
    record["target"] = "elders"
    lines[0] = json.dumps(record, ensure_ascii=False).encode()

    assert [1] == [one.line for one in parse_publication_log(b"\n".join(lines)).breaks][:1]
    without = parse_publication_log(b"\n".join(lines[1:]))
    assert any("missing" in one.message for one in without.breaks)


def test_a_line_can_be_redacted_twice(named):
    redact_file(named)
    path = named.log_store.path
    path.write_bytes(redact_publication_log(path.read_bytes(), lambda text: text.replace("iemand", "niemand")))

    assert () == named.log.breaks
    assert 2 == len(named.log.entries[0].replaces)


def test_the_copy_at_the_target_keeps_its_name_and_loses_the_name_of_the_person(named):
    (copy,) = find_copies(named)
    redact_file(named)

    write_log_copy(named.target, named.log_store.path)

    assert [copy] == find_copies(named)
    assert named.log_store.path.read_bytes() == copy.read_bytes()


def test_the_old_line_never_comes_back_from_an_old_copy(named):
    old = named.log_store.path.read_bytes()
    redact_file(named)
    new = named.log_store.path.read_bytes()

    for merged in (merge_publication_logs(old, new), merge_publication_logs(new, old)):
        assert b"zoe" not in merged
        assert () == parse_publication_log(merged).breaks
        assert 3 == len(parse_publication_log(merged).entries)
    fetched = fetch_log(named.target, named.log_store.path, podcast=named.programme.podcast.guid)  # an old copy
    assert ((), False, new) == (fetched.missing, fetched.is_changed, fetched.merged)


def test_a_colleague_with_the_old_log_gets_the_redacted_one_without_a_question(named):
    old = named.log_store.path.read_bytes()
    redact_file(named)
    write_log_copy(named.target, named.log_store.path)
    named.log_store.path.write_bytes(old)
    named.put(5)

    plan = run(named)

    assert [] == [code for code, severity in codes(plan) if severity == "error"]
    content = named.log_store.path.read_bytes()
    assert b"zoe" not in content
    assert (4, ()) == (len(named.log.entries), named.log.breaks)
    (copy,) = find_copies(named)
    assert content == copy.read_bytes()


def test_a_broken_line_with_the_name_is_redacted_too(named):
    path = named.log_store.path
    broken = path.read_bytes().replace(b'"target"', b'"doel"', 1)

    assert b"zoe" not in redact_publication_log(broken, redact)
