"""gPodder, subscribed across publishes over real HTTP, shows each episode exactly once."""

import re
import sqlite3
from dataclasses import replace

import pytest

from pipeline.publish.notices import render_redirects
from pipeline.publish.server_config import render_server_config
from tests.publish.http_servers import fetch, free_port, nginx
from tests.publish.test_server_config import find_config


def read_database(tmp_path):
    """Return guid, title and enclosure of all episodes in gPodder's database; duplicates would appear twice."""
    with sqlite3.connect(f"file:{tmp_path / 'gpodder/Database'}?mode=ro", uri=True) as database:
        return sorted(database.execute("select guid, title, url from episode").fetchall())


def list_episodes(gpo, address):
    return sorted(re.findall(r"\d+\. (\S+)\s+\W*\s*(\S.*)", gpo("episodes", "--guid", address)))


@pytest.fixture
def web(podcast, tmp_path):
    """The podcast, served by nginx under ``/oud/`` with press/serving/nginx.conf."""
    podcast.port = free_port()
    podcast.served = tmp_path / "oud"
    podcast.programme = replace(podcast.programme, url=f"http://127.0.0.1:{podcast.port}/oud/")
    return podcast


def on_nginx(web, home, extra=""):
    settings = find_config(render_server_config(web.programme.url), "nginx.conf")
    return nginx(home, web.port, settings.replace("/srv/www/podcast/", f"{web.served}/") + extra)


def add_episode(web):
    web.put(4)


def change_title(web):
    web.put(1, title="Burger voorop")


def correct_audio(web):
    web.put(2, audio=b"corrected" * 3000)


def correct_audio_again(web):
    web.put(2, audio=b"better still" * 3000)


def change_notes_and_chapters(web):
    web.put(3, notes_md="Andere woorden, en *nadruk*.", chapters=())


def add_formats(web):
    web.formats = ("mp3", "m4a", "opus")


def release_held_back_episode(web):
    web.put(6, published=web.now.replace(month=1, day=20))
    web.build()
    assert not list((web.root / "public").rglob("*06-*"))
    web.advance_clock(days=30)


def change_nothing(_):
    pass


CHANGES = (
    change_nothing,
    add_episode,
    change_title,
    correct_audio,
    change_nothing,
    change_notes_and_chapters,
    add_formats,
    correct_audio_again,
    release_held_back_episode,
)


def expected(web):
    released = [one for one in web.releases() if one.episode.published <= web.now]
    base = web.programme.url
    return sorted((one.episode.guid, one.episode.title, base + one.enclosures[0].path) for one in released)


def test_a_client_shows_each_episode_once_across_ten_publishes(web, gpo, tmp_path):
    with on_nginx(web, tmp_path / "server"):
        for change in CHANGES:
            change(web)
            web.publish(check_urls=True)
            gpo(*(("subscribe", f"{web.programme.url}feed.xml") if change is CHANGES[0] else ("update",)))
            assert expected(web) == read_database(tmp_path), change.__name__
            web.advance_clock(hours=1)
        gpo("download")
    audio_files = {file.name[:2]: file.read_bytes() for file in (tmp_path / "downloads").rglob("*.mp3")}
    assert {f"0{number}": b"mp3" + audio for number, audio in web.audio_files.items()} == audio_files

    old, web.served = web.programme.url, tmp_path / "nieuw"
    web.programme = replace(web.programme, url=f"http://127.0.0.1:{web.port}/nieuw/")
    assert ["feed-moved"] == web.find_blocking_codes()
    web.put(7)
    moves = [(f"{old}feed.xml", f"{web.programme.url}feed.xml")]
    with on_nginx(web, tmp_path / "moved", find_config(render_redirects(moves), "nginx.conf")):
        plan, _ = web.publish(moved_from=f"{old}feed.xml", check_urls=True)
        gpo("update")  # requests the old URL, and is redirected
        assert () == plan.findings
        assert expected(web) == read_database(tmp_path)
        assert 6 == len(list_episodes(gpo, f"{web.programme.url}feed.xml"))  # the client stored the new URL
        _, _, feed = fetch(web.port, "/nieuw/feed.xml")

    tag = f"<itunes:new-feed-url>{web.programme.url}feed.xml</itunes:new-feed-url>"
    assert tag in feed.decode()
    web.put(8)
    web.publish()  # the feed keeps it without --moved-from
    assert tag in (web.served / "feed.xml").read_text()


def test_a_client_shows_an_episode_twice_after_its_guid_changed(web, gpo, tmp_path):
    """The gate prevents a real problem: if it is accepted, the client shows the episode again."""
    with on_nginx(web, tmp_path / "server"):
        web.publish()
        gpo("subscribe", f"{web.programme.url}feed.xml")
        gpo("download")
        web.put(2, guid="guid-another")
        assert ["guid-changed"] == web.find_blocking_codes()
        web.publish(accept=("guid-changed",), reason="om te zien wat het kost")
        gpo("update")

    assert 2 == sum("Aflevering 2" == title for _, title, _ in read_database(tmp_path))


def test_a_client_forgets_episodes_on_further_pages_that_it_did_not_download(web, gpo, tmp_path):
    """Check what gPodder does: it reads all pages when it subscribes, and later only the first one."""
    settings = replace(web.programme.podcast, type="episodic", page_items=2)
    web.programme = replace(web.programme, podcast=settings)
    with on_nginx(web, tmp_path / "server"):
        web.publish(check_urls=True)
        gpo("subscribe", f"{web.programme.url}feed.xml")
        assert expected(web) == read_database(tmp_path)
        gpo("download")

        for number in (4, 5):
            web.put(number)
            web.publish(check_urls=True)
            gpo("update")
            assert expected(web) == read_database(tmp_path)  # 1 to 3 were downloaded, the others are on the first page
        web.put(6)
        web.publish(check_urls=True)
        gpo("update")

    assert [row for row in expected(web) if row[0] != "guid-4"] == read_database(tmp_path)
