"""Publish a feed in pages: no app loses an episode between pages, nor between two feeds."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from pipeline.errors import GateError
from pipeline.publish.feed_items import read_feed
from tests.publish.conftest import read_tree

pytestmark = pytest.mark.slow

ATOM = "{http://www.w3.org/2005/Atom}link"


def set_pages(podcast, size, *, episodes=7):
    """Set ``page_items`` and the number of episodes."""
    settings = replace(podcast.programme.podcast, type="episodic", page_items=size)
    podcast.programme = replace(podcast.programme, podcast=settings)
    for number in range(1, episodes + 1):
        podcast.put(number)


def follow_pages(folder, base, start="feed.xml"):
    """Return the guids on each page, as an app finds them that follows ``next``."""
    pages, path = [], start
    while path:
        channel = ET.parse(folder / path).getroot()[0]
        pages.append([item.findtext("guid") for item in channel.iterfind("item")])
        path = next((it.get("href").removeprefix(base) for it in channel.iterfind(ATOM) if it.get("rel") == "next"), "")
    return pages


def guids(*numbers):
    return [f"guid-{number}" for number in numbers]


def test_a_feed_is_published_with_all_its_pages(podcast):
    set_pages(podcast, 3)

    plan, steps = podcast.publish()

    assert () == plan.findings
    assert [guids(7, 6, 5), guids(4, 3, 2), guids(1)] == follow_pages(podcast.served, podcast.programme.url)
    assert guids(7, 6, 5, 4, 3, 2, 1) == [listed.guid for listed in podcast.log.entries[-1].episodes]
    assert 3 == podcast.log.entries[-1].first_page
    assert "published feed.xml" == steps[-1]
    assert podcast.publish()[0].is_up_to_date


def test_an_app_that_read_the_old_feed_can_still_read_its_pages_after_the_new_one_is_published(podcast):
    set_pages(podcast, 3)
    podcast.publish()
    old = (podcast.served / "feed.xml").read_bytes()
    podcast.put(8)

    plan, _ = podcast.publish()

    assert () == plan.findings
    assert [guids(8, 7, 6), guids(5, 4, 3), guids(2, 1)] == follow_pages(podcast.served, podcast.programme.url)
    (podcast.served / "old.xml").write_bytes(old)
    assert [guids(7, 6, 5), guids(4, 3, 2), guids(1)] == follow_pages(podcast.served, podcast.programme.url, "old.xml")
    assert 2 == len([path for path in plan.diff.retained if path.startswith("feed-")])


def test_only_replacing_the_first_page_changes_what_an_app_finds(podcast):
    set_pages(podcast, 3)
    podcast.publish()
    before = follow_pages(podcast.served, podcast.programme.url)
    podcast.put(8)
    podcast.build()
    plan = podcast.prepare()

    for source in plan.diff.media:  # like a publish that is interrupted before the feed
        podcast.target.create(source)

    assert before == follow_pages(podcast.served, podcast.programme.url)


def test_unchanged_pages_keep_their_names(podcast):
    set_pages(podcast, 3)
    podcast.publish()
    before = read_tree(podcast.served)
    podcast.put(7, title="Een andere titel")

    plan, _ = podcast.publish()

    assert [] == [source.path for source in plan.diff.media]
    assert {path for path in before if path.startswith("feed-")} <= plan.diff.unchanged.keys()


def test_a_corrected_title_on_an_old_page_renames_the_pages(podcast):
    set_pages(podcast, 3)
    podcast.publish()
    podcast.put(1, title="Een andere titel")

    plan, _ = podcast.publish()

    assert 2 == len([source for source in plan.diff.media if source.path.startswith("feed-")])
    assert [guids(7, 6, 5), guids(4, 3, 2), guids(1)] == follow_pages(podcast.served, podcast.programme.url)


@pytest.mark.parametrize(("before", "after", "episodes"), [(0, 3, 7), (4, 3, 7), (7, 7, 8)])
def test_introducing_pages_or_making_them_smaller_is_refused(podcast, before, after, episodes):
    set_pages(podcast, before)
    podcast.publish()
    set_pages(podcast, after, episodes=episodes)

    assert ["feed-paged"] == podcast.find_blocking_codes()
    plan, _ = podcast.publish(accept=("feed-paged",), reason="de feed werd te lang")
    assert {"feed-paged"} == {one.code for one in plan.findings}
    assert [] == podcast.find_blocking_codes()  # once is enough


def test_removing_pages_or_making_them_larger_is_allowed(podcast):
    set_pages(podcast, 3)
    podcast.publish()

    for size in (4, 0):
        set_pages(podcast, size)
        plan, _ = podcast.publish()
        assert () == plan.findings
    assert [guids(7, 6, 5, 4, 3, 2, 1)] == follow_pages(podcast.served, podcast.programme.url)


def test_an_episode_that_disappears_from_an_old_page_is_reported(podcast):
    set_pages(podcast, 3)
    podcast.publish()
    del podcast.episodes[1]

    assert ["episode-gone", "feed-shorter"] == podcast.find_blocking_codes()


def test_withdrawing_removes_the_old_pages_too(podcast):
    set_pages(podcast, 3)
    podcast.publish()
    del podcast.episodes[2]

    podcast.publish(withdraw=("02-aflevering",))

    assert not [path for path, content in read_tree(podcast.served).items() if b"guid-2<" in content]
    assert [guids(7, 6, 5), guids(4, 3, 1)] == follow_pages(podcast.served, podcast.programme.url)


def test_a_moved_feed_has_its_new_url_and_keeps_its_pages(podcast):
    set_pages(podcast, 3)
    podcast.publish()
    old = f"{podcast.programme.url}feed.xml"
    podcast.programme = replace(podcast.programme, url="https://example.org/nieuw/")
    podcast.served = podcast.served.with_name("nieuw")

    plan, _ = podcast.publish(moved_from=old)

    assert () == plan.findings
    assert b"<itunes:new-feed-url>https://example.org/nieuw/feed.xml<" in (podcast.served / "feed.xml").read_bytes()
    assert [guids(7, 6, 5), guids(4, 3, 2), guids(1)] == follow_pages(podcast.served, podcast.programme.url)


def test_a_page_missing_from_public_blocks_the_publish(podcast):
    set_pages(podcast, 3)
    podcast.build()
    next((podcast.root / "public").glob("feed-3-*.xml")).unlink()

    with pytest.raises(GateError, match="a page of the feed is missing"):
        podcast.prepare()


def test_a_lint_error_on_an_older_page_blocks_the_publish(podcast):
    set_pages(podcast, 2)
    podcast.programme = replace(podcast.programme, podcast=replace(podcast.programme.podcast, category=("Overheid",)))
    podcast.build()

    files = {it.where.partition(":")[0] for it in podcast.prepare().blocking if it.code == "category"}

    pages = {path for path in read_tree(podcast.root / "public") if path.startswith("feed") and path.endswith(".xml")}
    assert 4 == len(pages)
    assert pages == files


def make_feed(*, item="", links=""):
    """Return a feed with one page and one item."""
    return (
        '<rss xmlns:atom="http://www.w3.org/2005/Atom" version="2.0"><channel>'
        f"{links}<item><title>Een</title>{item}</item></channel></rss>"
    ).encode()


ITEM = {
    "guid": "<guid>een</guid>",
    "link": "<link>https://x.example/een/</link>",
    "pubDate": "<pubDate>Wed, 01 Jan 2025 00:00:00 +0000</pubDate>",
    "enclosure": '<enclosure url="https://x.example/een.mp3" length="1" type="audio/mpeg"/>',
}


@pytest.mark.parametrize("missing", ITEM)
def test_a_missing_required_element_is_an_error(missing):
    assert ["een"] == [item.guid for item in read_feed(make_feed(item="".join(ITEM.values()))).items]
    incomplete = "".join(text for name, text in ITEM.items() if name != missing)

    with pytest.raises(GateError, match=f"no {missing} in “Een”"):
        read_feed(make_feed(item=incomplete))


def test_a_cycle_of_pages_is_an_error():
    page = make_feed(links='<atom:link rel="next" href="https://x.example/feed-2.xml"/>', item="".join(ITEM.values()))
    requested = []

    def read_page(address):
        requested.append(address)
        return page if len(requested) < 9 else None  # end the test even without the check

    with pytest.raises(GateError, match=r"refers to an earlier page: https://x\.example/feed-2\.xml"):
        read_feed(page, read_page=read_page)
