"""Feed parsers of podcast apps read the sample programme over HTTP with the values of the content."""

import io
import json
import urllib.request
from dataclasses import replace

import feedparser
import podcastparser
import pytest

from pipeline.content import load_programme
from pipeline.model import LiveStream
from pipeline.model.podcast import Frequency, Funding, License, Season
from tests.clients.conftest import NEW_TITLE, SAMPLE
from tests.feed.samples import PROGRAMME, enclosure, feed, release
from tests.node import run_node

pytestmark = pytest.mark.external

EPISODES = load_programme(SAMPLE).episodes[::-1]  # the newest first, as in a feed
GUIDS = [episode.guid for episode in EPISODES]
TITLES = [episode.title for episode in EPISODES]
AFTER = [*TITLES[:-1], NEW_TITLE]


def read_with_feedparser(web):
    read = feedparser.parse(web.feed)
    assert not read.bozo
    return [(entry.id, entry.title, entry.enclosures[0].href) for entry in read.entries]


def parse_with_podcastparser(web):
    """Return the episodes of podcastparser, which has its own order, newest first."""
    with urllib.request.urlopen(web.feed) as response:
        read = podcastparser.parse(web.feed, io.BytesIO(response.read()))
    return sorted(read["episodes"], key=lambda one: one["published"], reverse=True)


def read_with_podcastparser(web):
    return [(one["guid"], one["title"], one["enclosures"][0]["url"]) for one in parse_with_podcastparser(web)]


def read_with_partytime(web):
    found = json.loads(run_node("read-feed.mjs", web.feed))["partytime"]
    return [(item["guid"], item["title"], item["enclosure"]["url"]) for item in found["items"]]


def read_with_feedsmith(web):
    found = json.loads(run_node("read-feed.mjs", web.feed))["feedsmith"]
    return [(item["guid"]["value"], item["title"], item["enclosures"][0]["url"]) for item in found["items"]]


@pytest.mark.parametrize(
    "parser", [read_with_feedparser, read_with_podcastparser, read_with_partytime, read_with_feedsmith]
)
def test_each_parser_finds_each_episode_and_enclosure_once_also_after_a_new_title(web, parser):
    before = parser(web)
    for _, _, address in before:
        with urllib.request.urlopen(address) as response:
            assert web.audio_files[address.rpartition("/")[2]] == response.read()
    web.correct()
    after = parser(web)

    assert [*zip(GUIDS, TITLES, strict=True)] == [(guid, title) for guid, title, _ in before]
    assert [*zip(GUIDS, AFTER, strict=True)] == [(guid, title) for guid, title, _ in after]
    assert before[:-1] == after[:-1]


def test_feedparser_uses_conditional_requests(web):
    first = feedparser.parse(web.feed)
    unchanged = feedparser.parse(web.feed, etag=first.etag, modified=first.modified)
    web.correct()
    changed = feedparser.parse(web.feed, etag=first.etag)

    assert (200, 304, 200) == (first.status, unchanged.status, changed.status)
    assert [("GET", "/feed.xml", status) for status in (200, 304, 200)] == web.list_requests()


def test_podcastparser_finds_chapters_and_durations(web):
    for episode, found in zip(EPISODES, parse_with_podcastparser(web), strict=True):
        assert [chapter.title for chapter in episode.chapters] == [one["title"] for one in found["chapters"]]
        assert 80 < found["total_time"] < 110


def test_feedsmith_and_partytime_find_transcripts_people_and_chapters_of_the_sample(web):
    found = json.loads(run_node("read-feed.mjs", web.feed))

    for episode, one, other in zip(EPISODES, found["feedsmith"]["items"], found["partytime"]["items"], strict=True):
        podcast = one["podcast"]
        assert [person.name for person in episode.people] == [it["display"] for it in podcast.get("persons", [])]
        assert [person.name for person in episode.people] == [it["name"] for it in other.get("podcastPeople", [])]
        kinds = ["text/vtt", "application/x-subrip", "application/json"]
        assert kinds == [transcript["type"] for transcript in podcast["transcripts"]]
        addresses = [*(it["url"] for it in podcast["transcripts"]), podcast["chapters"]["url"]]
        assert addresses == [*(it["url"] for it in other["podcastTranscripts"]), other["podcastChapters"]["url"]]
        assert [chapter.title for chapter in episode.chapters] == [it["title"] for it in one["psc"]["chapters"]]
        for address in addresses:
            with urllib.request.urlopen(address) as response:
                assert response.read()


@pytest.fixture(scope="module")
def parsed_feed(tmp_path_factory):
    """A feed with every element of the podcast, as two parsers of Podcasting 2.0 read it."""
    podcast = replace(
        PROGRAMME.podcast,
        medium="course",
        license=License(name="cc-by-4.0", url="https://creativecommons.org/licenses/by/4.0/"),
        funding=(Funding(url="https://example.org/steun", text="Word vriend"),),
        frequency=Frequency(text="Elke maand", rrule="FREQ=MONTHLY"),
        seasons=(Season(number=1, name="Vertrouwen"),),
    )
    venue = replace(PROGRAMME.events[0].venue, country="NL", latitude=52.0779, longitude=4.318, osm="W271121")
    live = LiveStream(page="https://example.org/luister/", stream="https://example.org/stroom.mp3")
    event = replace(PROGRAMME.events[0], venue=venue, live=live)
    releases = [
        release(1, kind="trailer", season=1),
        release(2, season=1, event=event.id, formats=("mp3", "m4a", "opus")),
    ]
    file = tmp_path_factory.mktemp("parsed_feed") / "feed.xml"
    file.write_bytes(feed(*releases, programme=replace(PROGRAMME, podcast=podcast, events=(event,))))
    return json.loads(run_node("read-feed.mjs", file.as_uri()))


def test_partytime_finds_the_podcast_namespace(parsed_feed):
    found = parsed_feed["partytime"]

    assert ("course", PROGRAMME.podcast.guid) == (found["medium"], found["guid"])
    assert {"identifier": "cc-by-4.0", "url": "https://creativecommons.org/licenses/by/4.0/"} == found["license"]
    assert [{"message": "Word vriend", "url": "https://example.org/steun"}] == found["podcastFunding"]
    assert {"1": {"number": 1, "name": "Vertrouwen"}} == found["podcastSeasons"]
    assert ["Aflevering 1"] == [trailer["title"] for trailer in found["trailers"]]


def test_feedsmith_finds_the_elements_that_partytime_ignores(parsed_feed):
    found = parsed_feed["feedsmith"]["podcast"]
    assert {"display": "Elke maand", "rrule": "FREQ=MONTHLY"} == found["updateFrequency"]
    assert ["Omslag van Ambtenaar van Nu"] == [picture["alt"] for picture in found["images"]]
    (place,) = parsed_feed["feedsmith"]["items"][0]["podcast"]["locations"]
    assert ("creator", "geo:52.0779,4.318", "W271121", "NL") == tuple(
        place[it] for it in ("rel", "geo", "osm", "country")
    )


def test_both_parsers_find_the_alternate_enclosures(parsed_feed):
    paths = {format_: f"{PROGRAMME.url}{enclosure('02-aflevering', format_).path}" for format_ in ("m4a", "opus")}
    one = parsed_feed["feedsmith"]["items"][0]["podcast"]["alternateEnclosures"]
    other = parsed_feed["partytime"]["items"][0]["alternativeEnclosures"]

    assert [*paths.values()] == [it["sources"][0]["uri"] for it in one] == [it["source"][0]["uri"] for it in other]
    assert ["sri", "sri"] == [it["integrity"]["type"] for it in one] == [it["integrity"]["type"] for it in other]
    assert ["audio/mp4", "audio/ogg"] == [it["type"] for it in one] == [it["type"] for it in other]


def test_both_parsers_find_the_live_item(parsed_feed):
    (one,) = parsed_feed["feedsmith"]["podcast"]["liveItems"]
    (other,) = parsed_feed["partytime"]["podcastLiveItems"]

    assert ("ended", "ended") == (one["status"], other["status"])
    links = ["https://example.org/luister/", "https://example.org/avn/events/burger-centraal/"]
    assert links == [link["href"] for link in one["contentLinks"]] == [link["url"] for link in other["contentLinks"]]
    assert f"{PROGRAMME.podcast.guid}/live/burger-centraal" == other["guid"]
