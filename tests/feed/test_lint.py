"""The linter: each fault is told by its name, in its line; a feed without fault is told nothing; nothing makes it fall."""

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.lint import lint_feed
from pipeline.lint.rules import RULES
from pipeline.model import Person
from tests.feed import faulty, samples
from tests.feed.faulty import ADVICE, FAULTS, VALID

NOW = datetime(2025, 1, 1, tzinfo=UTC)
ADDRESS = "https://example.org/tafel/feed.xml"


def lint(feed, *, advice=False, addresses=(ADDRESS,)):
    document = feed if isinstance(feed, bytes) else feed.encode()
    return lint_feed(document, file="feed.xml", addresses=addresses, now=NOW, advice=advice).findings


def line_of(fault):
    """The line of a fault: where its text stands for the first time, or with @2 for the second."""
    text, _, nth = fault.line.partition("@")
    lines = [number for number, line in enumerate(re.split("\r\n?|\n", fault.feed), 1) if text in line]
    return lines[int(nth or 1) - 1]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_one_fault_is_told_by_its_name_in_its_line_and_nothing_else_is(fault):
    findings = lint(fault.feed)

    assert [(fault.severity, fault.code, line_of(fault))] == [
        (finding.severity, finding.code, int(finding.where.split(":")[1])) for finding in findings
    ]


def test_sixty_kinds_of_faults_and_more_are_seeded():
    assert len({fault.code for fault in (*FAULTS, *ADVICE)}) >= 60


@pytest.mark.parametrize("fault", ADVICE, ids=lambda fault: fault.name)
def test_what_is_merely_advised_is_told_in_its_line_and_only_when_asked_for(fault):
    told = {(it.severity, it.code, int(it.where.split(":")[1])) for it in lint(fault.feed, advice=True)}

    assert ("info", fault.code, line_of(fault)) in told
    assert () == tuple(it for it in lint(fault.feed) if it.code == fault.code)


@pytest.mark.parametrize("feed", [VALID, faulty.OLD_NAMESPACE], ids=["a live item", "the first namespace"])
def test_what_is_valid_is_told_nothing(feed):
    assert () == lint(feed)


CLEAN = sorted((Path(__file__).parent / "clean").glob("*.xml"))


@pytest.mark.parametrize("file", CLEAN, ids=lambda file: file.stem)
def test_a_clean_feed_of_another_make_is_told_nothing(file):
    assert () == lint(file.read_bytes(), addresses=())


def test_there_are_feeds_of_five_other_makes():
    makes = ["archive-page", "buzzsprout-like", "castopod-like", "minimal-psp", "podlove-like"]
    assert makes == [file.stem for file in CLEAN]


@pytest.mark.parametrize("kind", ["full", "trailer", "bonus"])
def test_our_own_feed_is_told_nothing_not_even_advice(kind):
    people = (Person(name="Zoë Çelik", role="presentator"), Person(name="Bram", role="gast"))
    own = samples.feed(
        *(
            samples.release(n, people=people, event="burger-centraal", formats=("mp3", "m4a", "opus"))
            for n in (1, 3, 2)
        ),
        samples.release(4, kind=kind, chapters=(), transcript=samples.CUES, notes_md="Een *proef* met [een link](/x)."),
    )

    assert () == lint(own, addresses=("https://example.org/avn/feed.xml",), advice=True)


def test_our_own_feed_of_a_programme_full_of_odd_words_has_no_error():
    odd = "  <b>R&D</b> & \u2028 „Één” &amp; ]]> " + "lang " * 400
    programme = replace(
        samples.PROGRAMME,
        title=odd,
        organiser=odd,
        podcast=replace(samples.PROGRAMME.podcast, author=odd, description=odd),
    )
    release = samples.release(1, title=odd, summary=odd, notes_md=odd * 9, people=(Person(name=odd, role=odd),))

    findings = lint(samples.feed(release, programme=programme), addresses=())

    assert [] == [finding for finding in findings if finding.severity == "error"]


def test_each_finding_names_its_source_and_what_to_do():
    for fault in FAULTS:
        for finding in lint(fault.feed):
            assert re.search(r"\[[^\]]+\]$", finding.message), finding
            assert finding.hint.endswith((".", "…", "?", ">")), finding


def place_of(text, feed):
    """Where ``text`` stands: line and column, in characters, from 1."""
    before = re.split("\r\n?|\n", feed[: feed.index(text)])
    return f"feed.xml:{len(before)}:{len(before[-1]) + 1}"


def test_the_column_is_that_of_the_attribute_the_word_or_the_tag():
    feed = VALID.replace("tafel/2.png", "tafel/2.gif").replace(">full<", ">half<").replace(' length="14400000"', "")

    places = [finding.where for finding in lint(feed)]

    assert [
        place_of("half", feed),
        place_of('href="https://example.org/tafel/2.gif', feed),
        place_of('<enclosure url="https://example.org/tafel/1.mp3', feed),
    ] == places


def test_an_attribute_on_a_line_of_its_own_is_told_there():
    feed = VALID.replace(' length="14400000" ', '\n       length="Één>"\n  ')

    assert [place_of('length="Één', feed)] == [finding.where for finding in lint(feed)]


def test_columns_count_characters_not_bytes():
    feed = VALID.replace("<itunes:season>1", "<!-- één --><itunes:season>zès")

    assert [place_of("zès", feed)] == [finding.where for finding in lint(feed)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
def test_lines_are_counted_whatever_ends_them(end):
    feed = VALID.replace("Hoe het begon.", "Hoe\x0b het begon.").replace(">full<", ">half<").replace("\n", end)

    assert [place_of("half", feed), place_of("\x0b", feed)] == [finding.where for finding in lint(feed)]


def test_bytes_that_are_not_what_they_are_declared_to_be_are_told_with_their_place():
    feed = VALID.replace("Hoe het begon.", "Café")

    (finding,) = lint(feed.encode("latin-1"))

    assert ("encoding", place_of("é", feed)) == (finding.code, finding.where)


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-16"])
def test_other_encodings_are_read_and_told(encoding):
    feed = VALID.replace("UTF-8", encoding).replace("Hoe het begon.", "Café")

    assert ["not-utf-8"] == [finding.code for finding in lint(feed.encode(encoding))]


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (b"", ["empty"]),
        (b" \n ", ["empty"]),
        (b"<html><body>Not found</body></html>", ["not-rss"]),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title></feed>', ["not-rss"]),
        (b'<rss version="2.0"></rss>', ["no-channel"]),
        (b"PK\x03\x04 a zip", ["xml", "control-character", "control-character"]),
        (b"<a>" * 1000, ["too-big"]),
        (b"<rss><channel>" + b"<ttl/>" * 100_001, ["too-big"]),
    ],
    ids=lambda value: repr(value[:20]) if isinstance(value, bytes) else "",
)
def test_what_is_no_feed_is_told_in_a_word(document, told):
    assert told == [finding.code for finding in lint(document)]


HOSTILE = {  # each made some earlier form of a rule take minutes, or gigabytes
    "spaces after a tag": "<description><![CDATA[<" + " " * 300_000 + "< " * 100_000 + "]]></description>",
    "unknown tags": "".join(f"<pubDat{n}/>" for n in range(20_000)),
    "namespaces": "<x "
    + " ".join(f'xmlns:p{n}="http://www.itunes.com/dtds/podcast-1.0.dtd"' for n in range(5000))
    + "/>",
    "attributes": "<enclosure " + " ".join(f'a{n}="1"' for n in range(20_000)) + "/>",
    "lines before a control character": "\n" * 2_000_000 + "\x01",
    "a long number": f'<enclosure url="https://x/" length="{"1" * 100_000}" type="audio/mpeg"/>',
    "handlers": "<description><![CDATA[" + "<a on" * 100_000 + "]]></description>",
}


@pytest.mark.parametrize("inside", HOSTILE.values(), ids=HOSTILE)
def test_what_is_made_to_hang_a_reader_costs_no_more_than_its_length(inside):
    began = time.process_time()

    findings = lint(VALID.replace("<title>De eerste tafel</title>", inside))

    assert findings
    assert time.process_time() - began < 10


def test_entities_are_never_expanded():
    bomb = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><rss version="2.0">&b;</rss>'
    theft = '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss version="2.0">&a;</rss>'

    for feed in (bomb, theft):
        assert ["entity"] == [finding.code for finding in lint(feed)]


def test_the_same_fault_a_thousand_times_is_told_a_hundred_times_and_counted():
    item = VALID[VALID.index("  <item>") : VALID.index("</item>") + 8]
    items = "".join(
        item.replace("tafel-2", f"g-{n}").replace("2.mp3", f"n{n}.mp3").replace(">full<", ">half<") for n in range(1000)
    )

    findings = lint(VALID.replace(item, items))

    assert 101 == len(findings)
    assert "900 more of this kind" in findings[-1].message


def test_advice_is_told_only_when_asked_for():
    feed = VALID.replace("De eerste tafel", "Aflevering 1: de eerste tafel")

    assert () == lint(feed)
    assert {"advised-in-item", "live-over", "title-number"} == {finding.code for finding in lint(feed, advice=True)}


def test_without_an_address_the_link_to_itself_is_not_compared():
    assert () == lint(VALID, addresses=())


def test_each_code_that_is_told_is_a_rule():
    assert set() == {fault.code for fault in FAULTS} - set(RULES)


PIECES = [VALID[at : at + 97] for at in range(0, len(VALID), 97)]


@given(st.binary(max_size=400))
@example(b"\xff\xfe")
@example(b"\x00")
@example(b'<?xml version="1.0" encoding="utf-7"?><rss/>')
@example(b'<?xml version="1.0" encoding="unicode_escape"?><rss/>')
@example("<rss xmlns:\x85='x'/>".encode())
def test_whatever_the_bytes_there_are_findings_and_no_error(document):
    assert lint(document)


@given(st.lists(st.sampled_from([*PIECES, "<item>", "]]>", "&", "<rss>", "<channel>", "é\x00", '"']), max_size=60))
def test_whatever_the_order_of_its_pieces_there_are_findings_and_no_error(pieces):
    lint("".join(pieces))


@given(st.data())
def test_whatever_a_value_is_there_is_no_error(data):
    values = [*re.finditer(r'="([^"]*)"|>([^<>]+)<', VALID)]
    found = data.draw(st.sampled_from(values))
    start, end = found.span(1) if found[1] is not None else found.span(2)
    value = data.draw(
        st.text(max_size=30) | st.from_regex(r"[-+0-9:.,eE/ ]{0,20}") | st.sampled_from(["1" * 400, "geo:" + "1," * 99])
    )
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")

    lint((VALID[:start] + escaped + VALID[end:]).encode(errors="replace"))
