"""The podcast namespace in the feed: licence, seasons, update frequency, funding, live items, locations."""

import io
from dataclasses import replace
from datetime import datetime, timedelta

import feedparser
import podcastparser
import pytest
from lxml import etree

from pipeline.lint import lint_feed
from pipeline.model import LiveStream, Person
from pipeline.model.feed_vocabulary import NAMESPACES
from pipeline.model.podcast import Frequency, Funding, License, PodcastTxt, Season
from tests.feed.samples import AMSTERDAM, NOW, PROGRAMME, feed, release

EVENT = PROGRAMME.events[0]
LIVE = LiveStream(page="https://example.org/luister/", stream="https://example.org/stroom.mp3")


def programme(*, event=EVENT, **podcast):
    return replace(PROGRAMME, podcast=replace(PROGRAMME.podcast, **podcast), events=(event,))


def channel(*releases, now=NOW, **changes):
    raw = feed(*releases, programme=programme(**changes), now=now)
    found = lint_feed(raw, file="feed.xml", addresses=(f"{PROGRAMME.url}feed.xml",), now=now, advice=True).findings
    assert set() == {finding.code for finding in found} - {"live-sound"}  # advice, where there is no stream
    return etree.fromstring(raw)[0]


def find_values(element, path):
    return [(found.text or "", dict(found.attrib)) for found in element.iterfind(path, NAMESPACES)]


def test_a_licence_has_the_address_of_its_text():
    by = License(name="cc-by-4.0", url="https://creativecommons.org/licenses/by/4.0/")

    assert [("cc-by-4.0", {"url": by.url})] == find_values(channel(release(), license=by), "podcast:license")


def test_funding_txt_and_medium_are_written_as_given():
    root = channel(
        release(txt=(PodcastTxt(text="true", purpose="ai-content"),)),
        funding=(Funding(url="https://example.org/steun", text="Word vriend"),),
        txt=(PodcastTxt(text="6f1c", purpose="applepodcastsverify"), PodcastTxt(text="hallo")),
        medium="course",
        locked=False,
    )

    assert [("Word vriend", {"url": "https://example.org/steun"})] == find_values(root, "podcast:funding")
    assert [("6f1c", {"purpose": "applepodcastsverify"}), ("hallo", {})] == find_values(root, "podcast:txt")
    assert [("true", {"purpose": "ai-content"})] == find_values(root, "item/podcast:txt")
    assert [("course", {}), ("no", {})] == [*find_values(root, "podcast:medium"), *find_values(root, "podcast:locked")]


def test_a_season_has_its_number_for_apple_and_its_name_for_others():
    season = (Season(number=2, name="Vertrouwen"),)
    root = channel(release(1, season=1, kind="trailer"), release(2, season=2), release(3), seasons=season)

    assert ["2", "1"] == [text for text, _ in find_values(root, "item/itunes:season")]
    assert [("2", {"name": "Vertrouwen"}), ("1", {})] == find_values(root, "item/podcast:season")
    assert ["1"] == [attributes["season"] for _, attributes in find_values(root, "podcast:trailer")]


def test_the_update_frequency_has_a_text_and_a_recurrence_rule():
    starts = datetime(2024, 6, 20, 6, 0, tzinfo=AMSTERDAM)
    monthly = Frequency(text="Elke maand", rrule="FREQ=MONTHLY;COUNT=4", starts=starts)

    assert [("Elke maand", {"rrule": "FREQ=MONTHLY;COUNT=4", "dtstart": "2024-06-20T06:00:00+02:00"})] == find_values(
        channel(release(), frequency=monthly), "podcast:updateFrequency"
    )


def test_a_podcast_is_complete_only_after_its_last_episode_is_published():
    last = release(2, published=NOW + timedelta(days=1))
    root = replace(programme(complete=True), episodes=(release(1).episode, last.episode))

    before, after = (
        etree.fromstring(feed(release(1), last, programme=root, now=now))[0] for now in (NOW, last.episode.published)
    )

    assert ([], []) == (find_values(before, "itunes:complete"), find_values(before, "podcast:updateFrequency"))
    assert [("Yes", {})] == find_values(after, "itunes:complete")
    assert [("Alle afleveringen zijn er", {"complete": "true"})] == find_values(after, "podcast:updateFrequency")


def test_a_given_text_alternative_of_the_cover_is_used():
    ((_, picture),) = find_values(channel(release(), cover_alt="Vier gekleurde strepen"), "podcast:image")

    assert ("Vier gekleurde strepen", "image/jpeg", "1/1") == tuple(
        picture[name] for name in ("alt", "type", "aspect-ratio")
    )


def test_a_location_has_its_coordinates():
    venue = replace(EVENT.venue, country="NL", latitude=52.0779, longitude=4.318, osm="W271121")
    root = channel(release(event=EVENT.id), event=replace(EVENT, venue=venue))

    spot = {"rel": "creator", "geo": "geo:52.0779,4.318", "osm": "W271121", "country": "NL"}
    assert [("EMMA, Wijnhaven 88, Den Haag", spot)] == find_values(root, "item/podcast:location")


def test_plain_rss_readers_find_the_cover():
    ((address, _),) = find_values(channel(release()), "image/url")

    assert "https://example.org/avn/cover-1a2b3c4d.jpg" == address


@pytest.mark.parametrize(
    ("minutes", "status"), [(-1, "pending"), (0, "live"), (149, "live"), (150, "ended"), (9000, "ended")]
)
def test_a_live_event_is_pending_then_live_then_ended(minutes, status):
    root = channel(release(), event=replace(EVENT, live=LIVE), now=EVENT.starts + timedelta(minutes=minutes))

    ((_, item),) = find_values(root, "podcast:liveItem")
    assert {
        "status": status,
        "start": "2024-06-13T16:30:00+02:00",
        "end": "2024-06-13T19:00:00+02:00",
    } == item


def test_a_live_item_has_a_page_and_a_stream():
    guests = (Person(name="Anna", role="presentator"),)
    (item,) = channel(release(), event=replace(EVENT, live=LIVE, guests=guests)).iterfind(
        "podcast:liveItem", NAMESPACES
    )

    page = "https://example.org/avn/events/burger-centraal/"
    links = [("Luister live mee", {"href": LIVE.page}), ("Burger centraal", {"href": page})]
    assert links == find_values(item, "podcast:contentLink")
    assert [LIVE.stream] == [attributes["url"] for _, attributes in find_values(item, "enclosure")]
    assert [LIVE.stream] == [
        attributes["uri"] for _, attributes in find_values(item, "podcast:alternateEnclosure/podcast:source")
    ]
    assert [f"{PROGRAMME.podcast.guid}/live/burger-centraal"] == [text for text, _ in find_values(item, "guid")]
    assert [("Anna", {"role": "host", "group": "cast"})] == find_values(item, "podcast:person")


def test_no_reader_confuses_a_live_item_with_the_podcast_or_an_episode():
    raw = feed(release(), programme=programme(event=replace(EVENT, live=LIVE)))

    read = feedparser.parse(raw)
    other = podcastparser.parse("https://example.org/avn/feed.xml", io.BytesIO(raw))

    assert ("Ambtenaar van Nu", "https://example.org/avn/") == (read.feed.title, read.feed.link)
    assert ("Ambtenaar van Nu", "https://example.org/avn/") == (other["title"], other["link"])
    assert ["guid-1"] == [entry.id for entry in read.entries] == [one["guid"] for one in other["episodes"]]


def test_a_live_item_comes_before_the_items_until_its_episode_is_published():
    first = release(event=EVENT.id)
    other = replace(programme(event=replace(EVENT, live=LIVE)), episodes=(first.episode,))

    before, after = (
        etree.fromstring(feed(release(2, published=EVENT.starts), first, programme=other, now=now))[0]
        for now in (first.episode.published - timedelta(seconds=1), NOW)
    )

    assert 0 == len(find_values(after, "podcast:liveItem"))
    (live,) = before.iterfind("podcast:liveItem", NAMESPACES)
    assert [] == list(live.itersiblings("item", preceding=True))


def test_an_event_without_a_live_address_has_no_live_item():
    assert [] == find_values(channel(release()), "podcast:liveItem")


def test_a_live_item_without_a_stream_has_only_its_page():
    (item,) = channel(release(), event=replace(EVENT, live=replace(LIVE, stream=""))).iterfind(
        "podcast:liveItem", NAMESPACES
    )

    assert ([], 2) == (find_values(item, "enclosure"), len(find_values(item, "podcast:contentLink")))
