"""Feeds as hosts and people write them: what identifies an episode is kept, and what is wrong is said."""

from datetime import UTC, datetime

import pytest

from pipeline.errors import WeerslagError
from pipeline.podcast_import.feed_parser import parse_source_feed
from pipeline.podcast_import.import_plan import plan_import

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEAD = (
    '<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:podcast="https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md" '
    'xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Café</title>'
)
TAIL = "</channel></rss>"


def parse(items, *, declaration='<?xml version="1.0" encoding="UTF-8"?>', encoding="utf-8", head=""):
    document = f"{declaration}{HEAD}{head}{items}{TAIL}".encode(encoding)
    return parse_source_feed(document, address="https://host.example/shows/feed.xml")


def item(inside, *, number=1, date="Mon, 06 May 2024 07:08:09 +0200"):
    return (
        f"<item><title>Nummer {number}</title><pubDate>{date}</pubDate>{inside}"
        f'<enclosure url="https://host.example/{number}.mp3" length="1000" type="audio/mpeg"/></item>'
    )


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        ('<?xml version="1.0" encoding="UTF-8"?>', "cp1252"),
        ("", "cp1252"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?>', "utf-8"),
        ('<?xml version="1.0" encoding="windows-1252"?>', "cp1252"),
        ('<?xml version="1.0" encoding="x-unknown"?>', "utf-8"),
        ('<?xml version="1.0" encoding="UTF-16"?>', "utf-16"),
    ],
)
def test_a_wrong_or_unusual_encoding_is_read(declaration, encoding):
    feed = parse(item("<guid>a</guid>"), declaration=declaration, encoding=encoding)

    assert ("Café", "Nummer 1") == (feed.title, feed.items[0].title)


def test_a_bare_ampersand_is_accepted_and_said():
    feed = parse(item("<guid isPermaLink='false'>a</guid><description>Q & A met AT&amp;T</description>"))

    assert "Q & A met AT&T" == feed.items[0].notes
    assert 1 == len(feed.remarks)


@pytest.mark.parametrize(
    "document", [b"", b"<html><body>404</body></html>", b"<rss><channel><item>", b"PK\x03\x04", b"{}"]
)
def test_anything_but_a_feed_is_refused_in_plain_words(document):
    with pytest.raises(WeerslagError, match="feed"):
        parse_source_feed(document, address="https://host.example/feed.xml")


@pytest.mark.parametrize(
    ("guid", "expected", "is_permalink", "remarks"),
    [
        ("<guid>https://host.example/1</guid>", "https://host.example/1", True, 0),
        ("<guid isPermaLink='true'>https://host.example/1</guid>", "https://host.example/1", True, 0),
        ("<guid isPermaLink='false'>https://host.example/1</guid>", "https://host.example/1", False, 0),
        ("<guid isPermaLink='false'> 5f1c \n</guid>", "5f1c", False, 0),
        ("<guid isPermaLink='false'>tag:host,2010:1</guid>", "tag:host,2010:1", False, 0),
        ("<guid>tag:host,2010:1</guid>", "tag:host,2010:1", False, 0),
        ("<guid>5f1c</guid>", "5f1c", False, 1),
        ("<link>/een</link>", "https://host.example/een", False, 1),
        ("", "https://host.example/1.mp3", False, 1),
    ],
)
def test_a_guid_is_what_apps_know_the_episode_by(guid, expected, is_permalink, remarks):
    (found,) = parse(item(guid)).items

    assert (expected, is_permalink, remarks) == (found.guid, found.guid_is_permalink, len(found.remarks))


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 06 May 2024 07:08:09 +0200", datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)),
        ("Tue, 06 May 2024 07:08:09 GMT", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),  # the wrong weekday
        ("06 May 2024 07:08 EST", datetime(2024, 5, 6, 12, 8, tzinfo=UTC)),
        ("Mon, 06 May 2024 07:08:09 -0000", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2024-05-06T07:08:09.5+02:00", datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)),
        ("6 mei 2024", None),
    ],
)
def test_a_date_is_read_to_the_second(date, expected):
    assert expected == parse(item("<guid>a:b</guid>", date=date)).items[0].published


def test_pages_chapters_transcripts_and_people_are_found_in_both_namespaces():
    feed = parse(
        item(
            "<guid>a:b</guid><podcast:transcript url='t.vtt' type='text/vtt; charset=utf-8'/><podcast:chapters url='c.json' "
            "type='application/json+chapters'/><podcast:person role='Host'>Anna</podcast:person>"
            "<itunes:episode>7</itunes:episode><itunes:season>2</itunes:season><itunes:episodeType>Bonus</itunes:episodeType>"
        ),
        head="<atom:link rel='next' href='?page=2'/><itunes:new-feed-url>https://new.example/f</itunes:new-feed-url>",
    )
    (found,) = feed.items

    assert ("https://host.example/shows/feed.xml?page=2", "https://new.example/f") == (feed.next_page, feed.new_address)
    assert [("https://host.example/shows/t.vtt", "text/vtt")] == [
        (one.url, one.media_type) for one in found.transcripts
    ]
    assert "https://host.example/shows/c.json" == found.chapters_file
    assert [("Anna", "host")] == [(one.name, one.role) for one in found.people]
    assert (7, 2, "bonus") == (found.number, found.season, found.kind)


def test_of_items_with_one_guid_the_newest_keeps_it_and_other_audio_is_not_lost():
    same, date = "<guid>a:b</guid>", "Mon, 06 May 2024 07:08:0{} +0200"
    copies = [item(same, number=n, date=date.format(n)) for n in (3, 2)] + [item(same, number=3, date=date.format(1))]

    plan = plan_import(parse("".join(copies)), now=NOW)

    assert ["Nummer 3", "Nummer 2"] == [one.item.title for one in plan.episodes]
    assert "a:b" == plan.episodes[0].item.guid != plan.episodes[1].item.guid
    assert 2 == len(plan.remarks)


def test_an_item_without_a_date_stays_in_its_place():
    items = item("<guid>c:1</guid>", number=3), item("<guid>c:2</guid>", number=2, date="ooit")

    plan = plan_import(parse("".join(items) + item("<guid>c:3</guid>", date="Mon, 06 May 2024 07:00:00 GMT")), now=NOW)

    assert ["Nummer 1", "Nummer 3"] == [one.item.title for one in plan.episodes if one.item.published]
    assert datetime(2024, 5, 6, 7, 0, 1, tzinfo=UTC) == next(
        one.published for one in plan.episodes if one.item.title == "Nummer 2"
    )


def test_numbers_that_two_episodes_have_go_to_the_older_and_a_serial_podcast_has_all():
    numbered = [
        item(f"<guid>c:{n}</guid><itunes:episode>1</itunes:episode>", number=n, date=f"Mon, 06 May 2024 07:00:0{n} GMT")
        for n in (1, 2)
    ]
    bonus = item("<guid>c:3</guid><itunes:episode>1</itunes:episode><itunes:episodeType>bonus</itunes:episodeType>")

    episodic = plan_import(parse("".join([*numbered, bonus])), now=NOW)
    serial = plan_import(parse("".join([*numbered, bonus]), head="<itunes:type>serial</itunes:type>"), now=NOW)

    assert {"c:1": 1, "c:2": 0, "c:3": 1} == {one.item.guid: one.item.number for one in episodic.episodes}
    assert {"c:1": 1, "c:2": 2, "c:3": 1} == {one.item.guid: one.item.number for one in serial.episodes}
