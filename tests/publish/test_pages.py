"""A feed in pages, published: nobody loses an episode on the way from page to page, nor from one feed to the next."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from pipeline.errors import GateError
from pipeline.publish.feed_items import read_feed
from tests.publish.conftest import everything

ATOM = "{http://www.w3.org/2005/Atom}link"


def paged(stage, size, *, episodes=7):
    """``page_items`` of so many, and so many episodes."""
    podcast = replace(stage.programme.podcast, type="episodic", page_items=size)
    stage.programme = replace(stage.programme, podcast=podcast)
    for number in range(1, episodes + 1):
        stage.put(number)


def walked(folder, base, start="feed.xml"):
    """The guids on each page, as an app finds them that follows ``next``."""
    pages, path = [], start
    while path:
        channel = ET.parse(folder / path).getroot()[0]
        pages.append([item.findtext("guid") for item in channel.iterfind("item")])
        path = next((it.get("href").removeprefix(base) for it in channel.iterfind(ATOM) if it.get("rel") == "next"), "")
    return pages


def guids(*numbers):
    return [f"guid-{number}" for number in numbers]


def test_a_feed_in_pages_is_published_whole(stage):
    paged(stage, 3)

    plan, said = stage.publish()

    assert () == plan.objections
    assert [guids(7, 6, 5), guids(4, 3, 2), guids(1)] == walked(stage.where, stage.programme.url)
    assert guids(7, 6, 5, 4, 3, 2, 1) == [listed.guid for listed in stage.ledger.lines[-1].episodes]
    assert 3 == stage.ledger.lines[-1].first_page
    assert "switched feed.xml" == said[-1]
    assert stage.publish()[0].is_idle


def test_an_app_that_read_the_old_feed_can_walk_on_through_its_pages_after_the_new_one_stands(stage):
    paged(stage, 3)
    stage.publish()
    old = (stage.where / "feed.xml").read_bytes()
    stage.put(8)

    plan, _ = stage.publish()

    assert () == plan.objections
    assert [guids(8, 7, 6), guids(5, 4, 3), guids(2, 1)] == walked(stage.where, stage.programme.url)
    (stage.where / "old.xml").write_bytes(old)
    assert [guids(7, 6, 5), guids(4, 3, 2), guids(1)] == walked(stage.where, stage.programme.url, "old.xml")
    assert 2 == len([path for path in plan.resting if path.startswith("feed-")])


def test_only_the_switch_of_the_first_page_changes_what_an_app_finds(stage):
    paged(stage, 3)
    stage.publish()
    before = walked(stage.where, stage.programme.url)
    stage.put(8)
    stage.build()
    plan = stage.prepare()

    for source in plan.media:  # as a publish that is stopped before its feed
        stage.target.create(source)

    assert before == walked(stage.where, stage.programme.url)


def test_pages_that_did_not_change_keep_their_names(stage):
    paged(stage, 3)
    stage.publish()
    before = everything(stage.where)
    stage.put(7, title="Een andere titel")

    plan, _ = stage.publish()

    assert [] == [source.path for source in plan.media]
    assert {path for path in before if path.startswith("feed-")} <= plan.kept.keys()


def test_a_corrected_title_on_an_old_page_gives_the_pages_new_names(stage):
    paged(stage, 3)
    stage.publish()
    stage.put(1, title="Een andere titel")

    plan, _ = stage.publish()

    assert 2 == len([source for source in plan.media if source.path.startswith("feed-")])
    assert [guids(7, 6, 5), guids(4, 3, 2), guids(1)] == walked(stage.where, stage.programme.url)


@pytest.mark.parametrize(("before", "after", "episodes"), [(0, 3, 7), (4, 3, 7), (7, 7, 8)])
def test_to_begin_with_pages_or_to_make_them_smaller_is_refused(stage, before, after, episodes):
    paged(stage, before)
    stage.publish()
    paged(stage, after, episodes=episodes)

    assert ["feed-paged"] == stage.objections()
    plan, _ = stage.publish(accept=("feed-paged",), reason="de feed werd te lang")
    assert {"feed-paged"} == {one.code for one in plan.objections}
    assert [] == stage.objections()  # once is enough


def test_to_stop_with_pages_or_to_make_them_larger_needs_nobody(stage):
    paged(stage, 3)
    stage.publish()

    for size in (4, 0):
        paged(stage, size)
        plan, _ = stage.publish()
        assert () == plan.objections
    assert [guids(7, 6, 5, 4, 3, 2, 1)] == walked(stage.where, stage.programme.url)


def test_an_episode_that_disappears_from_an_old_page_is_missed(stage):
    paged(stage, 3)
    stage.publish()
    del stage.episodes[1]

    assert ["episode-gone", "feed-shorter"] == stage.objections()


def test_withdrawing_takes_the_old_pages_away_too(stage):
    paged(stage, 3)
    stage.publish()
    del stage.episodes[2]

    stage.publish(withdraw=("02-aflevering",))

    assert not [path for path, content in everything(stage.where).items() if b"guid-2<" in content]
    assert [guids(7, 6, 5), guids(4, 3, 1)] == walked(stage.where, stage.programme.url)


def test_a_feed_that_moved_says_so_and_keeps_its_pages(stage):
    paged(stage, 3)
    stage.publish()
    old = f"{stage.programme.url}feed.xml"
    stage.programme = replace(stage.programme, url="https://example.org/nieuw/")
    stage.where = stage.where.with_name("nieuw")

    plan, _ = stage.publish(moved_from=old)

    assert () == plan.objections
    assert b"<itunes:new-feed-url>https://example.org/nieuw/feed.xml<" in (stage.where / "feed.xml").read_bytes()
    assert [guids(7, 6, 5), guids(4, 3, 2), guids(1)] == walked(stage.where, stage.programme.url)


def test_a_page_that_is_missing_from_public_stops_it(stage):
    paged(stage, 3)
    stage.build()
    next((stage.root / "public").glob("feed-3-*.xml")).unlink()

    with pytest.raises(GateError, match="a page of the feed is missing"):
        stage.prepare()


def test_a_rule_that_an_older_page_breaks_stops_it_too(stage):
    paged(stage, 2)
    stage.programme = replace(stage.programme, podcast=replace(stage.programme.podcast, category=("Overheid",)))
    stage.build()

    places = {it.where.partition(":")[0] for it in stage.prepare().blocking if it.code == "category"}

    pages = {path for path in everything(stage.root / "public") if path.startswith("feed") and path.endswith(".xml")}
    assert 4 == len(pages)
    assert pages == places


def one_feed(*, item="", links=""):
    """A feed of one page, with its `atom:link`s and what stands in its one item."""
    return (
        '<rss xmlns:atom="http://www.w3.org/2005/Atom" version="2.0"><channel>'
        f"{links}<item><title>Een</title>{item}</item></channel></rss>"
    ).encode()


WHOLE = {
    "guid": "<guid>een</guid>",
    "link": "<link>https://x.example/een/</link>",
    "pubDate": "<pubDate>Wed, 01 Jan 2025 00:00:00 +0000</pubDate>",
    "enclosure": '<enclosure url="https://x.example/een.mp3" length="1" type="audio/mpeg"/>',
}


@pytest.mark.parametrize("lacking", WHOLE)
def test_an_item_that_lacks_what_no_episode_may_lack_is_no_feed_of_ours(lacking):
    assert ["een"] == [item.guid for item in read_feed(one_feed(item="".join(WHOLE.values()))).items]
    less = "".join(text for name, text in WHOLE.items() if name != lacking)

    with pytest.raises(GateError, match=f"no {lacking} in “Een”"):
        read_feed(one_feed(item=less))


def test_pages_that_lead_in_a_circle_are_no_feed():
    page = one_feed(links='<atom:link rel="next" href="https://x.example/feed-2.xml"/>', item="".join(WHOLE.values()))
    asked = []

    def opened(address):
        asked.append(address)
        return page if len(asked) < 9 else None  # never for ever

    with pytest.raises(GateError, match=r"leads in a circle: https://x\.example/feed-2\.xml"):
        read_feed(page, opened=opened)
