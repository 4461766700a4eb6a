"""What a podcast can say of itself beyond its episodes: licence, seasons, rhythm, support, live events, places."""

import io
from dataclasses import replace
from datetime import datetime, timedelta

import feedparser
import podcastparser
import pytest
from lxml import etree

from pipeline.feed.namespaces import NAMESPACES
from pipeline.lint import lint_feed
from pipeline.model import Live, Person
from pipeline.model.podcast import Frequency, Funding, License, Season, Txt
from tests.feed.samples import AMSTERDAM, NOW, PROGRAMME, feed, release

EVENT = PROGRAMME.events[0]
LIVE = Live(page="https://example.org/luister/", stream="https://example.org/stroom.mp3")


def programme(*, event=EVENT, **podcast):
    return replace(PROGRAMME, podcast=replace(PROGRAMME.podcast, **podcast), events=(event,))


def channel(*releases, now=NOW, **changes):
    raw = feed(*releases, programme=programme(**changes), now=now)
    found = lint_feed(raw, file="feed.xml", addresses=(f"{PROGRAMME.url}feed.xml",), now=now, advice=True).findings
    assert set() == {finding.code for finding in found} - {"live-sound"}  # advice, where there is no stream
    return etree.fromstring(raw)[0]


def told(element, path):
    return [(found.text or "", dict(found.attrib)) for found in element.iterfind(path, NAMESPACES)]


def test_a_licence_is_told_with_the_address_of_its_text():
    by = License(name="cc-by-4.0", url="https://creativecommons.org/licenses/by/4.0/")

    assert [("cc-by-4.0", {"url": by.url})] == told(channel(release(), license=by), "podcast:license")


def test_support_proofs_and_medium_are_told_as_they_were_written():
    whole = channel(
        release(txt=(Txt(text="true", purpose="ai-content"),)),
        funding=(Funding(url="https://example.org/steun", text="Word vriend"),),
        txt=(Txt(text="6f1c", purpose="applepodcastsverify"), Txt(text="hallo")),
        medium="course",
        locked=False,
    )

    assert [("Word vriend", {"url": "https://example.org/steun"})] == told(whole, "podcast:funding")
    assert [("6f1c", {"purpose": "applepodcastsverify"}), ("hallo", {})] == told(whole, "podcast:txt")
    assert [("true", {"purpose": "ai-content"})] == told(whole, "item/podcast:txt")
    assert [("course", {}), ("no", {})] == [*told(whole, "podcast:medium"), *told(whole, "podcast:locked")]


def test_a_season_has_its_number_for_apple_and_its_name_for_others():
    season = (Season(number=2, name="Vertrouwen"),)
    whole = channel(release(1, season=1, kind="trailer"), release(2, season=2), release(3), seasons=season)

    assert ["2", "1"] == [text for text, _ in told(whole, "item/itunes:season")]
    assert [("2", {"name": "Vertrouwen"}), ("1", {})] == told(whole, "item/podcast:season")
    assert ["1"] == [attributes["season"] for _, attributes in told(whole, "podcast:trailer")]


def test_the_rhythm_is_told_in_words_and_as_a_rule():
    starts = datetime(2024, 6, 20, 6, 0, tzinfo=AMSTERDAM)
    monthly = Frequency(text="Elke maand", rrule="FREQ=MONTHLY;COUNT=4", starts=starts)

    assert [("Elke maand", {"rrule": "FREQ=MONTHLY;COUNT=4", "dtstart": "2024-06-20T06:00:00+02:00"})] == told(
        channel(release(), frequency=monthly), "podcast:updateFrequency"
    )


def test_a_podcast_is_complete_only_once_its_last_episode_is_out():
    last = release(2, published=NOW + timedelta(days=1))
    whole = replace(programme(complete=True), episodes=(release(1).episode, last.episode))

    before, after = (
        etree.fromstring(feed(release(1), last, programme=whole, now=now))[0] for now in (NOW, last.episode.published)
    )

    assert ([], []) == (told(before, "itunes:complete"), told(before, "podcast:updateFrequency"))
    assert [("Yes", {})] == told(after, "itunes:complete")
    assert [("Alle afleveringen zijn er", {"complete": "true"})] == told(after, "podcast:updateFrequency")


def test_the_alternative_of_a_given_cover_is_what_somebody_wrote():
    ((_, picture),) = told(channel(release(), cover_alt="Vier gekleurde strepen"), "podcast:image")

    assert ("Vier gekleurde strepen", "image/jpeg", "1/1") == tuple(
        picture[name] for name in ("alt", "type", "aspect-ratio")
    )


def test_a_place_is_told_with_its_spot_on_the_map():
    venue = replace(EVENT.venue, country="NL", latitude=52.0779, longitude=4.318, osm="W271121")
    whole = channel(release(event=EVENT.id), event=replace(EVENT, venue=venue))

    spot = {"rel": "creator", "geo": "geo:52.0779,4.318", "osm": "W271121", "country": "NL"}
    assert [("EMMA, Wijnhaven 88, Den Haag", spot)] == told(whole, "item/podcast:location")


def test_plain_readers_of_rss_find_the_cover_too():
    ((address, _),) = told(channel(release()), "image/url")

    assert "https://example.org/avn/cover-1a2b3c4d.jpg" == address


# --------------------------------------------------------------------------------------------------------- live events


@pytest.mark.parametrize(
    ("minutes", "status"), [(-1, "pending"), (0, "live"), (149, "live"), (150, "ended"), (9000, "ended")]
)
def test_a_live_event_is_pending_then_live_then_ended(minutes, status):
    whole = channel(release(), event=replace(EVENT, live=LIVE), now=EVENT.starts + timedelta(minutes=minutes))

    ((_, item),) = told(whole, "podcast:liveItem")
    assert {
        "status": status,
        "start": "2024-06-13T16:30:00+02:00",
        "end": "2024-06-13T19:00:00+02:00",
    } == item


def test_a_live_event_says_where_to_listen_and_what_to_play():
    guests = (Person(name="Anna", role="presentator"),)
    (item,) = channel(release(), event=replace(EVENT, live=LIVE, guests=guests)).iterfind(
        "podcast:liveItem", NAMESPACES
    )

    page = "https://example.org/avn/events/burger-centraal/"
    links = [("Luister live mee", {"href": LIVE.page}), ("Burger centraal", {"href": page})]
    assert links == told(item, "podcast:contentLink")
    assert [LIVE.stream] == [attributes["url"] for _, attributes in told(item, "enclosure")]
    assert [LIVE.stream] == [
        attributes["uri"] for _, attributes in told(item, "podcast:alternateEnclosure/podcast:source")
    ]
    assert [f"{PROGRAMME.podcast.guid}/live/burger-centraal"] == [text for text, _ in told(item, "guid")]
    assert [("Anna", {"role": "host", "group": "cast"})] == told(item, "podcast:person")


def test_no_reader_takes_a_live_event_for_the_podcast_or_for_an_episode():
    raw = feed(release(), programme=programme(event=replace(EVENT, live=LIVE)))

    read = feedparser.parse(raw)
    other = podcastparser.parse("https://example.org/avn/feed.xml", io.BytesIO(raw))

    assert ("Ambtenaar van Nu", "https://example.org/avn/") == (read.feed.title, read.feed.link)
    assert ("Ambtenaar van Nu", "https://example.org/avn/") == (other["title"], other["link"])
    assert ["guid-1"] == [entry.id for entry in read.entries] == [one["guid"] for one in other["episodes"]]


def test_a_live_event_stands_before_the_items_and_makes_place_for_its_episode():
    heard = release(event=EVENT.id)
    other = replace(programme(event=replace(EVENT, live=LIVE)), episodes=(heard.episode,))

    before, after = (
        etree.fromstring(feed(release(2, published=EVENT.starts), heard, programme=other, now=now))[0]
        for now in (heard.episode.published - timedelta(seconds=1), NOW)
    )

    assert 0 == len(told(after, "podcast:liveItem"))
    (live,) = before.iterfind("podcast:liveItem", NAMESPACES)
    assert [] == list(live.itersiblings("item", preceding=True))


def test_without_an_address_to_listen_nothing_is_announced():
    assert [] == told(channel(release()), "podcast:liveItem")


def test_a_live_event_without_a_stream_has_only_its_page():
    (item,) = channel(release(), event=replace(EVENT, live=replace(LIVE, stream=""))).iterfind(
        "podcast:liveItem", NAMESPACES
    )

    assert ([], 2) == (told(item, "enclosure"), len(told(item, "podcast:contentLink")))
