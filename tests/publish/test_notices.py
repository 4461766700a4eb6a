"""Notices: removal requests without names and redirects to the current feed, derived from the publication log."""

from dataclasses import replace

from pipeline.publish.notices import render_notices

OLD, NEWER, NEWEST = (f"https://{name}.example.org/avn/" for name in ("oud", "nieuw", "nieuwst"))


def render(podcast):
    found = {
        notice.path.removeprefix("press/"): notice.content.decode()
        for notice in render_notices(podcast.log, podcast.programme)
    }
    return {path: text for path, text in found.items() if not path.startswith("serving/")}


def test_a_withdrawn_episode_gets_a_notice_without_names(podcast):
    podcast.publish()
    (address,) = [one.address for one in podcast.log.entries[-1].episodes if one.guid == "guid-2"]
    del podcast.episodes[2]
    podcast.publish(withdraw=("guid-2",))
    podcast.put(5)
    podcast.publish()  # the notice stays as long as the log

    ((path, notice),) = render(podcast).items()

    assert "withdrawn/guid-2.txt" == path
    assert "Haal haar alstublieft uit uw index" in notice
    assert address in notice
    assert "Aflevering 2" not in notice


def test_a_notice_names_the_feed_that_was_removed_with_its_last_episode(podcast):
    podcast.publish()
    podcast.episodes.clear()
    podcast.publish(withdraw=("guid-1", "guid-2", "guid-3"))

    (notice,) = render(podcast).values()

    assert not (podcast.served / "feed.xml").exists()
    assert f"Feed: {podcast.programme.url}feed.xml" in notice


def test_an_episode_that_returned_has_no_notice(podcast):
    podcast.publish()
    removed = podcast.episodes.pop(2)
    podcast.publish(withdraw=("guid-2",))
    podcast.episodes[2] = removed
    podcast.publish(accept=("withdrawn-returns", "order-changed"), reason="iedereen wil het")

    assert {} == render(podcast)


def test_an_ordinary_publish_causes_no_notice(podcast):
    podcast.publish()

    assert {} == render(podcast)


def test_a_feed_that_moved_twice_redirects_only_once(podcast):
    for url, old in ((OLD, ""), (NEWER, OLD), (NEWEST, NEWER)):
        podcast.programme = replace(podcast.programme, url=url)
        podcast.publish(moved_from=f"{old}feed.xml" if old else "")
        podcast.put(9 + len(podcast.log.entries))

    moved = render(podcast)

    assert {"moved/nginx.conf", "moved/apache.htaccess", "moved/_redirects"} == moved.keys()
    assert 2 == moved["moved/apache.htaccess"].count(f" {NEWEST}$1\n")
    assert NEWER + "$1" not in moved["moved/apache.htaccess"]
    assert f"/avn/* {NEWEST}:splat 301" in moved["moved/_redirects"]
