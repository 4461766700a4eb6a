"""A paged feed (RFC 5005): one page by default, and every page a valid feed."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pipeline.lint import lint_feed
from pipeline.model import LiveStream
from pipeline.model.feed_vocabulary import NAMESPACES
from tests.feed.samples import NOW, PROGRAMME, outputs, release

BASE = PROGRAMME.url


def pages(size, *numbers, **changes):
    podcast = replace(PROGRAMME.podcast, type="episodic", page_items=size)
    releases = [release(number, chapters=(), transcript=()) for number in numbers]
    return outputs(*releases, programme=replace(PROGRAMME, podcast=podcast, **changes))


def links(page):
    found = etree.fromstring(page)[0].iterfind("atom:link", NAMESPACES)
    return {link.get("rel"): link.get("href").removeprefix(BASE) for link in found}


def guids(page):
    return [int(guid) for guid in re.findall(rb"<guid[^>]*>guid-(\d+)<", page)]


def test_a_feed_is_one_page_by_default():
    files = pages(0, *range(1, 40))

    assert ["feed.xml"] == list(files)
    assert {"self": "feed.xml"} == links(files["feed.xml"])


def test_a_feed_that_fits_on_one_page_has_no_paging_links():
    assert {"self": "feed.xml"} == links(pages(10, *range(1, 11))["feed.xml"])


def test_each_page_links_to_the_others_and_to_itself():
    files = pages(2, 1, 2, 3, 4, 5)

    first, second, third = files
    assert ["feed.xml", "feed-2-", "feed-3-"] == [first, second[:7], third[:7]]
    assert {"self": first, "first": first, "last": third, "next": second} == links(files[first])
    before = {"first": first, "last": third, "previous": first, "prev": first}
    assert before | {"self": second, "next": third} == links(files[second])
    assert before | {"self": third, "previous": second, "prev": second} == links(files[third])
    assert [[5, 4], [3, 2], [1]] == [guids(page) for page in files.values()]


@given(size=st.integers(1, 9), count=st.integers(0, 20))
def test_following_the_pages_finds_each_episode_once(size, count):
    files = pages(size, *range(1, count + 1))

    path, found = "feed.xml", []
    while path:
        found.append(guids(files[path]))
        path = links(files[path]).get("next")

    assert list(range(count, 0, -1)) == [number for page in found for number in page]
    assert all(len(page) <= size for page in found)
    assert len(files) == len(found)


def test_each_page_is_a_valid_feed():
    files = pages(2, 1, 2, 3, 4, 5)

    for path, page in files.items():
        found = lint_feed(page, file=path, addresses=(BASE + path,), now=NOW).findings
        assert () == found


def test_trailers_and_live_items_are_on_the_first_page_only():
    event = replace(PROGRAMME.events[0], live=LiveStream(page="https://example.org/live"))
    podcast = replace(PROGRAMME.podcast, page_items=1)
    files = outputs(
        release(1, kind="trailer"), release(2), programme=replace(PROGRAMME, podcast=podcast, events=(event,))
    )

    counted = [
        (path[:5], page.count(b"<podcast:liveItem"), page.count(b"<podcast:trailer"))
        for path, page in files.items()
        if path.endswith(".xml")
    ]
    assert [("feed.", 1, 1), ("feed-", 0, 0)] == counted


def test_the_names_of_older_pages_change_only_with_their_bytes():
    def names(retitled):
        podcast = replace(PROGRAMME.podcast, page_items=2)
        titles = {retitled: "Een andere titel"}
        releases = [release(n, chapters=(), transcript=(), title=titles.get(n, f"Aflevering {n}")) for n in range(1, 6)]
        return tuple(outputs(*releases, programme=replace(PROGRAMME, podcast=podcast)))

    assert names(0) == names(5)
    assert 3 == len({names(0), names(3), names(1)})
