"""The parsers that podcast apps are made of read the sample programme over HTTP, each value as it was written."""

import io
import json
import urllib.request
from dataclasses import replace

import feedparser
import podcastparser
import pytest

from pipeline.content import load_programme
from pipeline.model import Live
from pipeline.model.podcast import Frequency, Funding, License, Season
from tests.clients.conftest import NEW_TITLE, SAMPLE
from tests.feed.samples import PROGRAMME, enclosure, feed, release
from tests.node import node

EPISODES = load_programme(SAMPLE).episodes[::-1]  # the newest first, as in a feed
GUIDS = [episode.guid for episode in EPISODES]
TITLES = [episode.title for episode in EPISODES]
AFTER = [*TITLES[:-1], NEW_TITLE]


def by_feedparser(web):
    read = feedparser.parse(web.feed)
    assert not read.bozo
    return [(entry.id, entry.title, entry.enclosures[0].href) for entry in read.entries]


def parsed(web):
    """The episodes of podcastparser, which puts them in an order of its own, the newest first once more."""
    with urllib.request.urlopen(web.feed) as answer:
        read = podcastparser.parse(web.feed, io.BytesIO(answer.read()))
    return sorted(read["episodes"], key=lambda one: one["published"], reverse=True)


def by_podcastparser(web):
    return [(one["guid"], one["title"], one["enclosures"][0]["url"]) for one in parsed(web)]


def by_partytime(web):
    found = json.loads(node("read-feed.mjs", web.feed))["partytime"]
    return [(item["guid"], item["title"], item["enclosure"]["url"]) for item in found["items"]]


def by_feedsmith(web):
    found = json.loads(node("read-feed.mjs", web.feed))["feedsmith"]
    return [(item["guid"]["value"], item["title"], item["enclosures"][0]["url"]) for item in found["items"]]


@pytest.mark.parametrize("parser", [by_feedparser, by_podcastparser, by_partytime, by_feedsmith])
def test_a_parser_finds_each_episode_once_and_its_sound_and_so_after_a_new_title(web, parser):
    before = parser(web)
    for _, _, address in before:
        with urllib.request.urlopen(address) as answer:
            assert web.sounds[address.rpartition("/")[2]] == answer.read()
    web.correct()
    after = parser(web)

    assert [*zip(GUIDS, TITLES, strict=True)] == [(guid, title) for guid, title, _ in before]
    assert [*zip(GUIDS, AFTER, strict=True)] == [(guid, title) for guid, title, _ in after]
    assert before[:-1] == after[:-1]


def test_feedparser_asks_again_only_for_what_changed(web):
    first = feedparser.parse(web.feed)
    unchanged = feedparser.parse(web.feed, etag=first.etag, modified=first.modified)
    web.correct()
    changed = feedparser.parse(web.feed, etag=first.etag)

    assert (200, 304, 200) == (first.status, unchanged.status, changed.status)
    assert [("GET", "/feed.xml", status) for status in (200, 304, 200)] == web.asked()


def test_podcastparser_finds_the_chapters_and_how_long_each_episode_lasts(web):
    for episode, told in zip(EPISODES, parsed(web), strict=True):
        assert [chapter.title for chapter in episode.chapters] == [one["title"] for one in told["chapters"]]
        assert 80 < told["total_time"] < 110


def test_feedsmith_and_partytime_find_transcripts_people_and_chapters_of_the_sample(web):
    found = json.loads(node("read-feed.mjs", web.feed))

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
            with urllib.request.urlopen(address) as answer:
                assert answer.read()


# ------------------------------------------------------------------------------- what the sample does not say of itself


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A feed with all that a podcast can say of itself, as both readers of Podcasting 2.0 find it."""
    podcast = replace(
        PROGRAMME.podcast,
        medium="course",
        license=License(name="cc-by-4.0", url="https://creativecommons.org/licenses/by/4.0/"),
        funding=(Funding(url="https://example.org/steun", text="Word vriend"),),
        frequency=Frequency(text="Elke maand", rrule="FREQ=MONTHLY"),
        seasons=(Season(number=1, name="Vertrouwen"),),
    )
    venue = replace(PROGRAMME.events[0].venue, country="NL", latitude=52.0779, longitude=4.318, osm="W271121")
    live = Live(page="https://example.org/luister/", stream="https://example.org/stroom.mp3")
    event = replace(PROGRAMME.events[0], venue=venue, live=live)
    releases = [
        release(1, kind="trailer", season=1),
        release(2, season=1, event=event.id, formats=("mp3", "m4a", "opus")),
    ]
    file = tmp_path_factory.mktemp("whole") / "feed.xml"
    file.write_bytes(feed(*releases, programme=replace(PROGRAMME, podcast=podcast, events=(event,))))
    return json.loads(node("read-feed.mjs", file.as_uri()))


def test_partytime_finds_what_a_podcast_says_of_itself(whole):
    told = whole["partytime"]

    assert ("course", PROGRAMME.podcast.guid) == (told["medium"], told["guid"])
    assert {"identifier": "cc-by-4.0", "url": "https://creativecommons.org/licenses/by/4.0/"} == told["license"]
    assert [{"message": "Word vriend", "url": "https://example.org/steun"}] == told["podcastFunding"]
    assert {"1": {"number": 1, "name": "Vertrouwen"}} == told["podcastSeasons"]
    assert ["Aflevering 1"] == [trailer["title"] for trailer in told["trailers"]]


def test_feedsmith_finds_what_partytime_does_not_look_for(whole):
    told = whole["feedsmith"]["podcast"]
    assert {"display": "Elke maand", "rrule": "FREQ=MONTHLY"} == told["updateFrequency"]
    assert ["Omslag van Ambtenaar van Nu"] == [picture["alt"] for picture in told["images"]]
    (place,) = whole["feedsmith"]["items"][0]["podcast"]["locations"]
    assert ("creator", "geo:52.0779,4.318", "W271121", "NL") == tuple(
        place[it] for it in ("rel", "geo", "osm", "country")
    )


def test_both_find_the_same_sound_in_other_formats(whole):
    paths = {format_: f"{PROGRAMME.url}{enclosure('02-aflevering', format_).path}" for format_ in ("m4a", "opus")}
    one = whole["feedsmith"]["items"][0]["podcast"]["alternateEnclosures"]
    other = whole["partytime"]["items"][0]["alternativeEnclosures"]

    assert [*paths.values()] == [it["sources"][0]["uri"] for it in one] == [it["source"][0]["uri"] for it in other]
    assert ["sri", "sri"] == [it["integrity"]["type"] for it in one] == [it["integrity"]["type"] for it in other]
    assert ["audio/mp4", "audio/ogg"] == [it["type"] for it in one] == [it["type"] for it in other]


def test_both_find_the_event_that_can_be_heard_live(whole):
    (one,) = whole["feedsmith"]["podcast"]["liveItems"]
    (other,) = whole["partytime"]["podcastLiveItems"]

    assert ("ended", "ended") == (one["status"], other["status"])
    links = ["https://example.org/luister/", "https://example.org/avn/events/burger-centraal/"]
    assert links == [link["href"] for link in one["contentLinks"]] == [link["url"] for link in other["contentLinks"]]
    assert f"{PROGRAMME.podcast.guid}/live/burger-centraal" == other["guid"]
