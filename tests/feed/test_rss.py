import base64
import hashlib
import io
import locale
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import feedparser
import podcastparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pipeline.errors import ContentError
from pipeline.feed import render_feed
from pipeline.model import Person
from pipeline.model.feed_vocabulary import NAMESPACES
from tests.feed.samples import AMSTERDAM, CHAPTERS, NOW, PROGRAMME, enclosure, feed, outputs, release

ROOT = Path(__file__).parents[2]


def tree(*releases, **options):
    return etree.fromstring(feed(*releases, **options))


def find_values(element, path):
    return [(found.text or "", dict(found.attrib)) for found in element.iterfind(path, NAMESPACES)]


def by_podcastparser(raw):
    return podcastparser.parse("https://example.org/avn/feed.xml", io.BytesIO(raw))


def test_the_channel_has_all_elements_that_apple_and_psp_1_require():
    channel = tree(release())[0]

    assert {
        "title": [("Ambtenaar van Nu", {})],
        "link": [("https://example.org/avn/", {})],
        "description": [("Vier gesprekken over vertrouwen & samenwerken.", {})],
        "language": [("nl", {})],
        "copyright": [("Overheid van Nu", {})],
        "lastBuildDate": [("Sun, 02 Jun 2024 04:00:00 +0000", {})],
        "atom:link": [("", {"rel": "self", "type": "application/rss+xml", "href": "https://example.org/avn/feed.xml"})],
        "itunes:author": [("Overheid van Nu", {})],
        "itunes:image": [("", {"href": "https://example.org/avn/cover-1a2b3c4d.jpg"})],
        "itunes:category/itunes:category": [("", {"text": "Careers"})],
        "itunes:explicit": [("false", {})],
        "itunes:type": [("serial", {})],
        "podcast:guid": [("abdf5780-b12b-52a5-9dc7-0247e83d6c69", {})],
        "podcast:locked": [("yes", {})],
        "podcast:medium": [("podcast", {})],
        "itunes:owner": [],
    } == {path: find_values(channel, path) for path in
          ("title", "link", "description", "language", "copyright", "lastBuildDate", "atom:link", "itunes:author",
           "itunes:image", "itunes:category/itunes:category", "itunes:explicit", "itunes:type", "podcast:guid",
           "podcast:locked", "podcast:medium", "itunes:owner")}  # fmt: skip
    assert [("", {"text": "Business"})] == [
        (text.strip(), attributes) for text, attributes in find_values(channel, "itunes:category")
    ]


def test_an_owner_is_in_the_feed_only_if_an_address_was_written():
    podcast = replace(PROGRAMME.podcast, email="podcast@example.org")
    channel = tree(release(), programme=replace(PROGRAMME, podcast=podcast))[0]

    owner = {
        name: [text for text, _ in find_values(channel, f"itunes:owner/itunes:{name}")] for name in ("name", "email")
    }
    assert {"name": ["Overheid van Nu"], "email": ["podcast@example.org"]} == owner
    assert [] == find_values(tree(release())[0], "itunes:owner")


def test_the_cover_has_a_text_alternative():
    ((_, attributes),) = find_values(tree(release())[0], "podcast:image")

    assert "https://example.org/avn/cover-1a2b3c4d.jpg" == attributes["href"]
    assert attributes["alt"].endswith("Ambtenaar van Nu")


def test_namespaces_are_declared_once_on_the_root_with_the_known_prefixes():
    raw = feed(release(1), release(2))

    face = b'<?xml-stylesheet type="text/css" href="assets/feed.css"?>\n'
    assert raw.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n' + face + b"<rss xmlns:")
    assert NAMESPACES == etree.fromstring(raw).nsmap
    assert len(NAMESPACES) == raw.count(b"xmlns")
    assert b"ns0" not in raw


def test_a_feed_is_indented():
    lines = feed(release(1), release(2)).decode().splitlines()

    assert [2, "  <channel>", "  </channel>", "</rss>"] == [lines.count("    <item>"), lines[3], *lines[-2:]]
    assert '        <psc:chapter start="00:00:41.000" title="Het omgekeerde beleidsproces"/>' in lines


def test_a_feed_without_releases_has_no_dates():
    channel = tree()[0]

    assert ([], []) == (find_values(channel, "item"), find_values(channel, "lastBuildDate"))


def test_a_programme_without_a_podcast_has_no_feed():
    assert () == render_feed(replace(PROGRAMME, podcast=None), [release()], now=NOW, cover="cover.jpg")


def test_a_description_that_is_too_long_for_apple_is_truncated_between_words():
    podcast = replace(PROGRAMME.podcast, description="vertrouwen " * 900)

    ((text, _),) = find_values(tree(programme=replace(PROGRAMME, podcast=podcast))[0], "description")

    assert 3950 < len(text.encode()) <= 4000
    assert text.endswith("vertrouwen…")


def test_an_item_has_all_elements_that_apple_and_psp_1_require():
    item = tree(release(4, explicit=True, kind="bonus"))[0].find("item")
    sound = enclosure("04-aflevering")

    expected = {
        "title": [("Aflevering 4", {})],
        "link": [("https://example.org/avn/episodes/04-aflevering/", {})],
        "guid": [("guid-4", {"isPermaLink": "false"})],
        "enclosure": [("", {"url": f"https://example.org/avn/{sound.path}", "length": "20000", "type": "audio/mpeg"})],
        "pubDate": [("Wed, 05 Jun 2024 04:00:00 +0000", {})],
        "itunes:duration": [("1800", {})],
        "itunes:image": [("", {"href": "https://example.org/avn/episodes/04-aflevering/cover-5e6f7a8b.jpg"})],
        "itunes:explicit": [("true", {})],
        "itunes:episodeType": [("bonus", {})],
        "itunes:episode": [("4", {})],
        "podcast:episode": [("4", {})],
        "author": [],
    }
    assert expected == {path: find_values(item, path) for path in expected}


def test_an_item_refers_to_its_transcripts_and_chapters_and_they_exist():
    files = outputs(release(1))
    item = etree.fromstring(files["feed.xml"])[0].find("item")

    named = [
        attributes for path in ("podcast:transcript", "podcast:chapters") for _, attributes in find_values(item, path)
    ]

    assert [
        ("https://example.org/avn/episodes/01-aflevering/transcript.vtt", "text/vtt", "nl"),
        ("https://example.org/avn/episodes/01-aflevering/transcript.srt", "application/x-subrip", "nl"),
        ("https://example.org/avn/episodes/01-aflevering/transcript.json", "application/json", "nl"),
        ("https://example.org/avn/episodes/01-aflevering/chapters.json", "application/json+chapters", None),
    ] == [(it["url"], it["type"], it.get("language")) for it in named]
    assert {"feed.xml", *(it["url"].removeprefix("https://example.org/avn/") for it in named)} == set(files)


def test_missing_chapters_and_transcripts_are_neither_referred_to_nor_written():
    bare = release(1, chapters=(), transcript=())

    files = outputs(bare)

    assert {"feed.xml"} == set(files)
    assert b"podcast:transcript" not in files["feed.xml"]
    assert b"chapters" not in re.sub(rb"<rss[^>]*>", b"", files["feed.xml"])


def test_other_formats_are_alternate_enclosures_with_their_digest():
    item = tree(release(1, formats=("mp3", "m4a", "opus")))[0].find("item")
    opus = enclosure("01-aflevering", "opus")

    alternates = item.findall("podcast:alternateEnclosure", NAMESPACES)

    assert ["audio/mp4", "audio/ogg"] == [alternate.get("type") for alternate in alternates]
    assert [("", {"uri": f"https://example.org/avn/{opus.path}"})] == find_values(alternates[1], "podcast:source")
    ((_, integrity),) = find_values(alternates[1], "podcast:integrity")
    digest = base64.b64encode(hashlib.sha256(b"01-aflevering.opus").digest()).decode()  # as the sample was made
    assert {"type": "sri", "value": f"sha256-{digest}"} == integrity
    assert ("128000", "20000", "opus") == tuple(alternates[1].get(name) for name in ("bitrate", "length", "codecs"))


def test_people_get_roles_of_the_taxonomy():
    people = [("A", "presentator"), ("B", "Gast"), ("C", "gebiedsmakelaar"), ("D", "Sound  Designer"), ("E", "editor")]
    item = tree(release(1, people=tuple(Person(name=name, role=role) for name, role in people)))[0].find("item")

    assert [
        ("A", {"role": "host", "group": "cast"}),
        ("B", {"role": "guest", "group": "cast"}),
        ("C", {"role": "guest", "group": "cast"}),
        ("D", {"role": "sound designer", "group": "audio post-production"}),
        ("E", {"role": "editor", "group": "writing"}),
    ] == find_values(item, "podcast:person")


def test_an_episode_has_the_location_of_its_event():
    item = tree(release(1, event="burger-centraal"))[0].find("item")

    assert [("EMMA, Wijnhaven 88, Den Haag", {"rel": "creator"})] == find_values(item, "podcast:location")


def test_a_trailer_is_also_in_the_channel():
    channel = tree(release(2, kind="trailer"), release(1))[0]

    ((title, attributes),) = find_values(channel, "podcast:trailer")

    assert ("Aflevering 2", "20000", "audio/mpeg") == (title, attributes["length"], attributes["type"])


def test_an_episode_without_a_number_has_no_number_element():  # Apple takes no zero
    assert b":episode>" not in feed(release(0, kind="trailer"))


def test_every_address_is_ascii():
    programme = replace(PROGRAMME, url="https://example.org/café/".replace("é", "%C3%A9"))

    raw = feed(release(1, slug="één-café"), programme=programme)

    addresses = re.findall(rb'(?:href|url|uri)="([^"]*)"|<link>([^<]*)', raw)
    assert addresses
    assert all((one or other).isascii() for one, other in addresses)


def test_the_newest_release_comes_first():  # raw: podcastparser sorts, and would hide it
    raw = feed(release(3), release(1), release(2))

    assert [b"guid-3", b"guid-2", b"guid-1"] == re.findall(rb"<guid[^>]*>([^<]+)", raw)


def test_two_releases_of_the_same_time_are_ordered_by_number():
    published = datetime(2024, 6, 20, tzinfo=UTC)

    raw = feed(*(release(n, published=published, slug=slug) for n, slug in [(9, "b"), (11, "a"), (10, "c")]))

    assert [b"guid-11", b"guid-10", b"guid-9"] == re.findall(rb"<guid[^>]*>([^<]+)", raw)


def test_a_release_is_held_back_with_all_its_files_until_its_publication_time():
    early, late = release(1), release(2, published=NOW + timedelta(seconds=1))

    files = outputs(early, late)

    assert outputs(early) == files
    assert not [path for path, content in files.items() if b"flevering 2" in content or "02-" in path]
    assert b"guid-2" in feed(early, late, now=NOW + timedelta(seconds=1))


@given(hours=st.lists(st.integers(-48, 48), max_size=6))
def test_no_date_in_a_feed_is_in_the_future(hours):
    releases = [release(n, published=NOW + timedelta(hours=hour)) for n, hour in enumerate(hours, 1)]

    dates = re.findall(r"<(?:pubDate|lastBuildDate)>([^<]+)", feed(*releases).decode())

    assert all(parsedate_to_datetime(date) <= NOW for date in dates)
    assert sum(hour <= 0 for hour in hours) == max(len(dates) - 1, 0)


def test_the_publication_time_is_in_utc_in_summer_and_winter():
    summer = release(1, published=datetime(2024, 6, 20, 6, 0, tzinfo=AMSTERDAM))
    winter = release(2, published=datetime(2024, 12, 20, 6, 0, tzinfo=AMSTERDAM))

    assert ["Fri, 20 Dec 2024 05:00:00 +0000", "Thu, 20 Jun 2024 04:00:00 +0000"] == re.findall(
        "<pubDate>([^<]+)", feed(winter, summer).decode()
    )


def test_same_releases_produce_the_same_bytes_in_any_environment():
    here = subprocess.run(
        [sys.executable, "-m", "tests.feed.samples"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    environment = {**os.environ, "TZ": "Asia/Kathmandu", "LANG": "nl_NL.UTF-8", "LC_ALL": "C", "PYTHONHASHSEED": "7"}

    there = subprocess.run(
        [sys.executable, "-m", "tests.feed.samples"], cwd=ROOT, env=environment, capture_output=True, check=True
    ).stdout

    assert here == there
    assert b"feed.xml" in here


def test_feedparser_reads_the_feed_without_errors():
    read = feedparser.parse(feed(release(1), release(2)))

    assert not read.bozo
    assert ("Ambtenaar van Nu", "https://example.org/avn/", "nl") == (
        read.feed.title,
        read.feed.link,
        read.feed.language,
    )
    assert ["guid-2", "guid-1"] == [entry.id for entry in read.entries]
    assert [(2024, 6, 2, 4, 0)] == [entry.published_parsed[:5] for entry in read.entries if entry.id == "guid-1"]
    assert ["20000", "20000"] == [entry.enclosures[0].length for entry in read.entries]


def test_podcastparser_finds_the_chapters_in_the_feed_itself():
    (episode,) = by_podcastparser(feed(release(1)))["episodes"]

    assert [(0, "Welkom"), (41, "Het omgekeerde beleidsproces"), (1200, "Vragen & antwoorden")] == [
        (chapter["start"], chapter["title"]) for chapter in episode["chapters"]
    ]
    assert (1800, "guid-1", 1) == (episode["total_time"], episode["guid"], episode["number"])
    assert "https://example.org/avn/episodes/01-aflevering/cover-5e6f7a8b.jpg" == episode["episode_art_url"]


@given(title=st.text(st.characters(exclude_categories=("C",)), min_size=1).filter(str.strip))
def test_any_title_round_trips(title):
    (episode,) = by_podcastparser(feed(release(1, title=title)))["episodes"]

    assert title.split() == episode["title"].split()


@given(text=st.text(st.characters(exclude_categories=("C",)), min_size=1, max_size=60).filter(str.strip))
def test_any_text_round_trips_in_every_field(text):
    changed = replace(
        release(1, title=text, summary=text, people=(Person(name=text),)),
        chapters=tuple(replace(chapter, title=text) for chapter in CHAPTERS),
    )
    item = tree(changed)[0].find("item")

    places = ["title", "podcast:person", "psc:chapters/psc:chapter"]
    (name, person, chapter) = (item.find(path, NAMESPACES) for path in places)

    assert text.split() == name.text.split() == chapter.get("title").split()
    assert person.text.endswith("…") or text.split() == person.text.split()


@pytest.mark.parametrize("bad", ["\0", "\x08", "\x1b", "\ufffe", "\uffff", "\ud800"], ids=ascii)
@pytest.mark.parametrize("field", ["title", "guid", "summary"])
def test_a_character_that_is_invalid_in_xml_is_reported_with_its_field(field, bad):
    with pytest.raises(ContentError, match=f"`{field}` contains the character U") as caught:
        outputs(release(1, **{field: f"Burger{bad}centraal"}))

    assert "episodes/01-aflevering/episode.md" == caught.value.where
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("bad", ["\0", "\ud800"], ids=ascii)
def test_invalid_characters_are_reported_in_people_chapters_and_the_programme(bad):
    with pytest.raises(ContentError, match=r"`people\[1\].name` contains"):
        outputs(release(1, people=(Person(name="Anna"), Person(name=f"B{bad}ram"))))
    with pytest.raises(ContentError, match=r"`podcast\.author` contains") as caught:
        outputs(programme=replace(PROGRAMME, podcast=replace(PROGRAMME.podcast, author=f"x{bad}")))

    assert "programme.yaml" == caught.value.where


def test_white_space_characters_are_normalised():
    raw = feed(release(1, title="  Burger\x0b\r\n\tcentraal\x85 "))

    assert b"<title>Burger centraal</title>" in raw


def test_a_no_break_space_is_preserved():
    assert "<title>§\u00a04 en\u202fmeer</title>".encode() in feed(release(1, title="§\u00a04  en\u202fmeer"))


def test_rendering_a_feed_never_changes_the_locale(monkeypatch):  # feedgen would, twice a date
    monkeypatch.setattr(locale, "setlocale", pytest.fail)

    assert b"guid-1" in feed(release(1))
