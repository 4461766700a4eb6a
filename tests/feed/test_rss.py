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
from pipeline.feed.namespaces import NAMESPACES
from pipeline.model import Person
from tests.feed.samples import AMSTERDAM, CHAPTERS, NOW, PROGRAMME, enclosure, feed, outputs, release

ROOT = Path(__file__).parents[2]


def tree(*releases, **options):
    return etree.fromstring(feed(*releases, **options))


def told(element, path):
    return [(found.text or "", dict(found.attrib)) for found in element.iterfind(path, NAMESPACES)]


def by_podcastparser(raw):
    return podcastparser.parse("https://example.org/avn/feed.xml", io.BytesIO(raw))


# ------------------------------------------------------------------------------------------------------------- channel


def test_the_channel_says_all_that_apple_and_psp_1_ask():
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
    } == {path: told(channel, path) for path in
          ("title", "link", "description", "language", "copyright", "lastBuildDate", "atom:link", "itunes:author",
           "itunes:image", "itunes:category/itunes:category", "itunes:explicit", "itunes:type", "podcast:guid",
           "podcast:locked", "podcast:medium", "itunes:owner")}  # fmt: skip
    assert [("", {"text": "Business"})] == [
        (text.strip(), attributes) for text, attributes in told(channel, "itunes:category")
    ]


def test_the_picture_of_the_podcast_has_a_text_alternative():
    ((_, attributes),) = told(tree(release())[0], "podcast:image")

    assert "https://example.org/avn/cover-1a2b3c4d.jpg" == attributes["href"]
    assert attributes["alt"].endswith("Ambtenaar van Nu")


def test_the_namespaces_stand_once_on_the_root_under_the_prefixes_that_apps_know():
    raw = feed(release(1), release(2))

    face = b'<?xml-stylesheet type="text/css" href="assets/feed.css"?>\n'
    assert raw.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n' + face + b"<rss xmlns:")
    assert NAMESPACES == etree.fromstring(raw).nsmap
    assert len(NAMESPACES) == raw.count(b"xmlns")
    assert b"ns0" not in raw


def test_a_feed_can_be_read_line_by_line():
    lines = feed(release(1), release(2)).decode().splitlines()

    assert [2, "  <channel>", "  </channel>", "</rss>"] == [lines.count("    <item>"), lines[3], *lines[-2:]]
    assert '        <psc:chapter start="00:00:41.000" title="Het omgekeerde beleidsproces"/>' in lines


def test_a_feed_without_releases_is_a_feed_without_dates():
    channel = tree()[0]

    assert ([], []) == (told(channel, "item"), told(channel, "lastBuildDate"))


def test_a_programme_without_a_podcast_has_no_feed():
    assert () == render_feed(replace(PROGRAMME, podcast=None), [release()], now=NOW, cover="cover.jpg")


def test_a_description_longer_than_apple_reads_ends_between_two_words():
    podcast = replace(PROGRAMME.podcast, description="vertrouwen " * 900)

    ((text, _),) = told(tree(programme=replace(PROGRAMME, podcast=podcast))[0], "description")

    assert 3950 < len(text.encode()) <= 4000
    assert text.endswith("vertrouwen…")


# --------------------------------------------------------------------------------------------------------------- items


def test_an_item_says_all_that_apple_and_psp_1_ask():
    item = tree(release(4, explicit=True, kind="bonus"))[0].find("item")
    sound = enclosure("04-aflevering")

    wanted = {
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
    assert wanted == {path: told(item, path) for path in wanted}


def test_an_item_names_its_transcripts_and_chapters_by_their_addresses_and_they_are_there():
    files = outputs(release(1))
    item = etree.fromstring(files["feed.xml"])[0].find("item")

    named = [attributes for path in ("podcast:transcript", "podcast:chapters") for _, attributes in told(item, path)]

    assert [
        ("https://example.org/avn/episodes/01-aflevering/transcript.vtt", "text/vtt", "nl"),
        ("https://example.org/avn/episodes/01-aflevering/transcript.srt", "application/x-subrip", "nl"),
        ("https://example.org/avn/episodes/01-aflevering/transcript.json", "application/json", "nl"),
        ("https://example.org/avn/episodes/01-aflevering/chapters.json", "application/json+chapters", None),
    ] == [(it["url"], it["type"], it.get("language")) for it in named]
    assert {"feed.xml", *(it["url"].removeprefix("https://example.org/avn/") for it in named)} == set(files)


def test_what_an_episode_does_not_have_is_neither_named_nor_written():
    bare = release(1, chapters=(), transcript=())

    files = outputs(bare)

    assert {"feed.xml"} == set(files)
    assert b"podcast:transcript" not in files["feed.xml"]
    assert b"chapters" not in re.sub(rb"<rss[^>]*>", b"", files["feed.xml"])


def test_the_same_sound_in_other_formats_stands_beside_the_enclosure_with_its_digest():
    item = tree(release(1, formats=("mp3", "m4a", "opus")))[0].find("item")
    opus = enclosure("01-aflevering", "opus")

    alternates = item.findall("podcast:alternateEnclosure", NAMESPACES)

    assert ["audio/mp4", "audio/ogg"] == [alternate.get("type") for alternate in alternates]
    assert [("", {"uri": f"https://example.org/avn/{opus.path}"})] == told(alternates[1], "podcast:source")
    ((_, integrity),) = told(alternates[1], "podcast:integrity")
    digest = base64.b64encode(hashlib.sha256(b"01-aflevering.opus").digest()).decode()  # as the sample was made
    assert {"type": "sri", "value": f"sha256-{digest}"} == integrity
    assert ("128000", "20000", "opus") == tuple(alternates[1].get(name) for name in ("bitrate", "length", "codecs"))


def test_people_have_the_roles_of_the_taxonomy_whatever_the_words_in_the_content():
    people = [("A", "presentator"), ("B", "Gast"), ("C", "gebiedsmakelaar"), ("D", "Sound  Designer"), ("E", "editor")]
    item = tree(release(1, people=tuple(Person(name=name, role=role) for name, role in people)))[0].find("item")

    assert [
        ("A", {"role": "host", "group": "cast"}),
        ("B", {"role": "guest", "group": "cast"}),
        ("C", {"role": "guest", "group": "cast"}),
        ("D", {"role": "sound designer", "group": "audio post-production"}),
        ("E", {"role": "editor", "group": "writing"}),
    ] == told(item, "podcast:person")


def test_an_episode_knows_where_it_was_recorded():
    item = tree(release(1, event="burger-centraal"))[0].find("item")

    assert [("EMMA, Wijnhaven 88, Den Haag", {"rel": "creator"})] == told(item, "podcast:location")


def test_a_trailer_is_told_to_the_channel_as_well():
    channel = tree(release(2, kind="trailer"), release(1))[0]

    ((title, attributes),) = told(channel, "podcast:trailer")

    assert ("Aflevering 2", "20000", "audio/mpeg") == (title, attributes["length"], attributes["type"])


def test_an_episode_without_a_number_has_none():  # Apple takes no zero
    assert b":episode>" not in feed(release(0, kind="trailer"))


def test_every_address_is_ascii():
    programme = replace(PROGRAMME, url="https://example.org/café/".replace("é", "%C3%A9"))

    raw = feed(release(1, slug="één-café"), programme=programme)

    addresses = re.findall(rb'(?:href|url|uri)="([^"]*)"|<link>([^<]*)', raw)
    assert addresses
    assert all((one or other).isascii() for one, other in addresses)


# --------------------------------------------------------------------------------------------------------- order, time


def test_the_newest_release_stands_first():  # raw: podcastparser sorts, and would hide it
    raw = feed(release(3), release(1), release(2))

    assert [b"guid-3", b"guid-2", b"guid-1"] == re.findall(rb"<guid[^>]*>([^<]+)", raw)


def test_two_of_one_hour_stand_by_number():
    hour = datetime(2024, 6, 20, tzinfo=UTC)

    raw = feed(*(release(n, published=hour, slug=slug) for n, slug in [(9, "b"), (11, "a"), (10, "c")]))

    assert [b"guid-11", b"guid-10", b"guid-9"] == re.findall(rb"<guid[^>]*>([^<]+)", raw)


def test_a_release_is_held_back_whole_until_its_hour():
    early, late = release(1), release(2, published=NOW + timedelta(seconds=1))

    files = outputs(early, late)

    assert outputs(early) == files
    assert not [path for path, content in files.items() if b"flevering 2" in content or "02-" in path]
    assert b"guid-2" in feed(early, late, now=NOW + timedelta(seconds=1))


@given(hours=st.lists(st.integers(-48, 48), max_size=6))
def test_no_date_in_a_feed_lies_in_the_future(hours):
    releases = [release(n, published=NOW + timedelta(hours=hour)) for n, hour in enumerate(hours, 1)]

    dates = re.findall(r"<(?:pubDate|lastBuildDate)>([^<]+)", feed(*releases).decode())

    assert all(parsedate_to_datetime(date) <= NOW for date in dates)
    assert sum(hour <= 0 for hour in hours) == max(len(dates) - 1, 0)


def test_the_hour_of_publication_is_told_in_utc_in_summer_and_in_winter():
    summer = release(1, published=datetime(2024, 6, 20, 6, 0, tzinfo=AMSTERDAM))
    winter = release(2, published=datetime(2024, 12, 20, 6, 0, tzinfo=AMSTERDAM))

    assert ["Fri, 20 Dec 2024 05:00:00 +0000", "Thu, 20 Jun 2024 04:00:00 +0000"] == re.findall(
        "<pubDate>([^<]+)", feed(winter, summer).decode()
    )


def test_the_same_releases_give_the_same_bytes_wherever_and_whenever():
    here = subprocess.run(
        [sys.executable, "-m", "tests.feed.samples"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    elsewhere = {**os.environ, "TZ": "Asia/Kathmandu", "LANG": "nl_NL.UTF-8", "LC_ALL": "C", "PYTHONHASHSEED": "7"}

    there = subprocess.run(
        [sys.executable, "-m", "tests.feed.samples"], cwd=ROOT, env=elsewhere, capture_output=True, check=True
    ).stdout

    assert here == there
    assert b"feed.xml" in here


# ------------------------------------------------------------------------------------------------ read by other people


def test_feedparser_reads_the_feed_without_complaint():
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
def test_any_title_comes_back_as_it_went_in(title):
    (episode,) = by_podcastparser(feed(release(1, title=title)))["episodes"]

    assert title.split() == episode["title"].split()


@given(text=st.text(st.characters(exclude_categories=("C",)), min_size=1, max_size=60).filter(str.strip))
def test_any_words_come_back_in_every_place(text):
    changed = replace(
        release(1, title=text, summary=text, people=(Person(name=text),)),
        chapters=tuple(replace(chapter, title=text) for chapter in CHAPTERS),
    )
    item = tree(changed)[0].find("item")

    places = ["title", "podcast:person", "psc:chapters/psc:chapter"]
    (name, person, chapter) = (item.find(path, NAMESPACES) for path in places)

    assert text.split() == name.text.split() == chapter.get("title").split()
    assert person.text.endswith("…") or text.split() == person.text.split()


# --------------------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize("bad", ["\0", "\x08", "\x1b", "\ufffe", "\uffff", "\ud800"], ids=ascii)
@pytest.mark.parametrize("field", ["title", "guid", "summary"])
def test_a_character_that_xml_cannot_hold_is_told_with_its_field(field, bad):
    with pytest.raises(ContentError, match=f"`{field}` holds the character U") as caught:
        outputs(release(1, **{field: f"Burger{bad}centraal"}))

    assert "episodes/01-aflevering/episode.md" == caught.value.where
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("bad", ["\0", "\ud800"], ids=ascii)
def test_so_it_is_in_people_chapters_and_the_programme(bad):
    with pytest.raises(ContentError, match=r"`people\[1\].name` holds"):
        outputs(release(1, people=(Person(name="Anna"), Person(name=f"B{bad}ram"))))
    with pytest.raises(ContentError, match=r"`podcast\.author` holds") as caught:
        outputs(programme=replace(PROGRAMME, podcast=replace(PROGRAMME.podcast, author=f"x{bad}")))

    assert "programme.yaml" == caught.value.where


def test_white_space_of_typewriters_is_no_fault():
    raw = feed(release(1, title="  Burger\x0b\r\n\tcentraal\x85 "))

    assert b"<title>Burger centraal</title>" in raw


def test_a_no_break_space_stays():
    assert "<title>§\u00a04 en\u202fmeer</title>".encode() in feed(release(1, title="§\u00a04  en\u202fmeer"))


def test_writing_a_feed_never_touches_the_locale_of_the_process(monkeypatch):  # feedgen would, twice a date
    monkeypatch.setattr(locale, "setlocale", pytest.fail)

    assert b"guid-1" in feed(release(1))
