"""The linter: each error has its code and line, a valid feed has no findings, and no input makes it raise."""

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.lint import lint_feed
from pipeline.lint.rules import load_rules
from pipeline.model import Person
from tests.feed import samples
from tests.lint import faulty
from tests.lint.faulty import ADVICE, FAULTS, VALID

NOW = datetime(2025, 1, 1, tzinfo=UTC)
ADDRESS = "https://example.org/tafel/feed.xml"


def lint(feed, *, advice=False, addresses=(ADDRESS,)):
    document = feed if isinstance(feed, bytes) else feed.encode()
    return lint_feed(document, file="feed.xml", addresses=addresses, now=NOW, advice=advice).findings


def find_line(fault):
    """Find the line of a fault: the first that contains its text, or with @2 the second."""
    text, _, nth = fault.line.partition("@")
    lines = [number for number, line in enumerate(re.split("\r\n?|\n", fault.feed), 1) if text in line]
    return lines[int(nth or 1) - 1]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_one_fault_causes_one_finding_with_its_code_and_line(fault):
    findings = lint(fault.feed)

    assert [(fault.severity, fault.code, find_line(fault))] == [
        (finding.severity, finding.code, int(finding.where.split(":")[1])) for finding in findings
    ]


def test_at_least_sixty_codes_are_tested():
    assert len({fault.code for fault in (*FAULTS, *ADVICE)}) >= 60


@pytest.mark.parametrize("fault", ADVICE, ids=lambda fault: fault.name)
def test_a_recommendation_is_reported_in_its_line_and_only_on_request(fault):
    found = {(it.severity, it.code, int(it.where.split(":")[1])) for it in lint(fault.feed, advice=True)}

    assert ("info", fault.code, find_line(fault)) in found
    assert () == tuple(it for it in lint(fault.feed) if it.code == fault.code)


@pytest.mark.parametrize("feed", [VALID, faulty.OLD_NAMESPACE], ids=["with a live item", "original namespace address"])
def test_a_valid_feed_has_no_findings(feed):
    assert () == lint(feed)


CLEAN = sorted((Path(__file__).parent / "clean").glob("*.xml"))


@pytest.mark.parametrize("file", CLEAN, ids=lambda file: file.stem)
def test_a_valid_feed_of_another_generator_has_no_findings(file):
    assert () == lint(file.read_bytes(), addresses=())


def test_feeds_of_five_other_generators_are_tested():
    programs = ["archive-page", "buzzsprout-like", "castopod-like", "minimal-psp", "podlove-like"]
    assert programs == [file.stem for file in CLEAN]


@pytest.mark.parametrize("kind", ["full", "trailer", "bonus"])
def test_our_own_feed_has_no_findings_not_even_recommendations(kind):
    people = (Person(name="Zoë Çelik", role="presentator"), Person(name="Bram", role="gast"))
    xml = samples.feed(
        *(
            samples.release(n, people=people, event="burger-centraal", formats=("mp3", "m4a", "opus"))
            for n in (1, 3, 2)
        ),
        samples.release(4, kind=kind, chapters=(), transcript=samples.CUES, notes_md="Een *proef* met [een link](/x)."),
    )

    assert () == lint(xml, addresses=("https://example.org/avn/feed.xml",), advice=True)


def test_our_own_feed_with_unusual_texts_has_no_errors():
    odd = "  <b>R&D</b> & \u2028 „Één” &amp; ]]> " + "lang " * 400
    programme = replace(
        samples.PROGRAMME,
        title=odd,
        organiser=odd,
        podcast=replace(samples.PROGRAMME.podcast, author=odd, description=odd),
    )
    release = samples.release(
        1, title=odd, summary=odd, notes_md=f"{odd}\n\n" * 9, people=(Person(name=odd, role=odd),)
    )

    findings = lint(samples.feed(release, programme=programme), addresses=())

    assert [] == [finding for finding in findings if finding.severity == "error"]


def test_each_finding_has_a_source_and_a_hint():
    for fault in FAULTS:
        for finding in lint(fault.feed):
            assert re.search(r"\[[^\]]+\]$", finding.message), finding
            assert finding.hint.endswith((".", "…", "?", ">")), finding


def locate(text, feed):
    """Locate ``text``: line and column, in characters, from 1."""
    before = re.split("\r\n?|\n", feed[: feed.index(text)])
    return f"feed.xml:{len(before)}:{len(before[-1]) + 1}"


def test_the_column_is_that_of_the_attribute_text_or_tag():
    feed = VALID.replace("tafel/2.png", "tafel/2.gif").replace(">full<", ">half<").replace(' length="14400000"', "")

    positions = [finding.where for finding in lint(feed)]

    assert [
        locate("half", feed),
        locate('href="https://example.org/tafel/2.gif', feed),
        locate('<enclosure url="https://example.org/tafel/1.mp3', feed),
    ] == positions


def test_an_attribute_on_its_own_line_is_reported_in_that_line():
    feed = VALID.replace(' length="14400000" ', '\n       length="Één>"\n  ')

    assert [locate('length="Één', feed)] == [finding.where for finding in lint(feed)]


def test_columns_count_characters_not_bytes():
    feed = VALID.replace("<itunes:season>1", "<!-- één --><itunes:season>zès")

    assert [locate("zès", feed)] == [finding.where for finding in lint(feed)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
def test_any_line_ending_counts_as_one_line(end):
    feed = VALID.replace("Hoe het begon.", "Hoe\x0b het begon.").replace(">full<", ">half<").replace("\n", end)

    assert [locate("half", feed), locate("\x0b", feed)] == [finding.where for finding in lint(feed)]


def test_bytes_invalid_in_the_declared_encoding_are_located():
    feed = VALID.replace("Hoe het begon.", "Café")

    (finding,) = lint(feed.encode("latin-1"))

    assert ("encoding", locate("é", feed)) == (finding.code, finding.where)


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-16"])
def test_other_encodings_are_parsed_and_reported(encoding):
    feed = VALID.replace("UTF-8", encoding).replace("Hoe het begon.", "Café")

    assert ["not-utf-8"] == [finding.code for finding in lint(feed.encode(encoding))]


@pytest.mark.parametrize(
    ("document", "codes"),
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
def test_a_document_that_is_not_a_feed_gets_its_code(document, codes):
    assert codes == [finding.code for finding in lint(document)]


HOSTILE = {  # each once made a rule take minutes, or gigabytes
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
def test_hostile_input_takes_linear_time(inside):
    start_s = time.process_time()

    findings = lint(VALID.replace("<title>De eerste tafel</title>", inside))

    assert findings
    assert time.process_time() - start_s < 10


@pytest.mark.parametrize(
    "address",
    [
        "https://[2001:db8::1]:8443/tafel/1.mp3",
        "https://example.org:443/a%20b;c=(d)/1.mp3?x='e'&y=a@b!$*,#t=1",
        "https://naam:woord@example.org/1.mp3?q=a+b/c?d",
    ],
)
def test_an_unusual_but_legal_address_has_no_findings(address):
    feed = VALID.replace("https://example.org/tafel/1.mp3", address.replace("&", "&amp;").replace("'", "&apos;"))

    assert () == lint(feed)


def test_entities_are_never_expanded():
    bomb = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><rss version="2.0">&b;</rss>'
    theft = '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss version="2.0">&a;</rss>'

    for feed in (bomb, theft):
        assert ["entity"] == [finding.code for finding in lint(feed)]


def test_a_code_is_reported_a_hundred_times_and_then_counted():
    item = VALID[VALID.index("  <item>") : VALID.index("</item>") + 8]
    items = "".join(
        item.replace("tafel-2", f"g-{n}").replace("2.mp3", f"n{n}.mp3").replace(">full<", ">half<") for n in range(1000)
    )

    findings = lint(VALID.replace(item, items))

    assert 101 == len(findings)
    assert "900 more of this kind" in findings[-1].message


def test_recommendations_are_reported_only_on_request():
    feed = VALID.replace("De eerste tafel", "Aflevering 1: de eerste tafel")

    assert () == lint(feed)
    assert {"advised-in-item", "live-over", "title-number"} == {finding.code for finding in lint(feed, advice=True)}


def test_without_an_address_the_self_link_is_not_compared():
    assert () == lint(VALID, addresses=())


def test_each_code_has_a_rule():
    assert set() == {fault.code for fault in FAULTS} - set(load_rules())


CHUNKS = [VALID[at : at + 97] for at in range(0, len(VALID), 97)]


@given(st.binary(max_size=400))
@example(b"\xff\xfe")
@example(b"\x00")
@example(b'<?xml version="1.0" encoding="utf-7"?><rss/>')
@example(b'<?xml version="1.0" encoding="unicode_escape"?><rss/>')
@example("<rss xmlns:\x85='x'/>".encode())
def test_any_bytes_cause_findings_and_no_exception(document):
    assert lint(document)


@given(st.lists(st.sampled_from([*CHUNKS, "<item>", "]]>", "&", "<rss>", "<channel>", "é\x00", '"']), max_size=60))
def test_any_order_of_the_parts_of_a_feed_raises_no_exception(parts):
    lint("".join(parts))


@given(st.data())
def test_any_value_raises_no_exception(data):
    values = [*re.finditer(r'="([^"]*)"|>([^<>]+)<', VALID)]
    found = data.draw(st.sampled_from(values))
    start, end = found.span(1) if found[1] is not None else found.span(2)
    value = data.draw(
        st.text(max_size=30) | st.from_regex(r"[-+0-9:.,eE/ ]{0,20}") | st.sampled_from(["1" * 400, "geo:" + "1," * 99])
    )
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")

    lint((VALID[:start] + escaped + VALID[end:]).encode(errors="replace"))
