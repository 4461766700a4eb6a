"""gPodder, subscribed across publishes, over real HTTP: it sees each episode exactly once, whatever happens."""

import re
import sqlite3
from dataclasses import replace

import pytest

from pipeline.publish.notice_files import render_moves
from pipeline.publish.server_config import render_serving
from tests.publish.servers import ask, free_port, nginx
from tests.publish.test_webserver import handed_out


def rows(tmp_path):
    """What the client knows, raw, from its own database: guid, title, address of the sound; a doubled one would stand here twice."""
    with sqlite3.connect(f"file:{tmp_path / 'gpodder/Database'}?mode=ro", uri=True) as database:
        return sorted(database.execute("select guid, title, url from episode").fetchall())


def listed(gpo, address):
    return sorted(re.findall(r"\d+\. (\S+)\s+\W*\s*(\S.*)", gpo("episodes", "--guid", address)))


@pytest.fixture
def web(stage, tmp_path):
    """Served by nginx under ``/oud/``, as press/serving/nginx.conf says."""
    stage.port = free_port()
    stage.where = tmp_path / "oud"
    stage.programme = replace(stage.programme, url=f"http://127.0.0.1:{stage.port}/oud/")
    return stage


def on_nginx(web, home, extra=""):
    serving = handed_out(render_serving(web.programme.url), "nginx.conf")
    return nginx(home, web.port, serving.replace("/srv/www/podcast/", f"{web.where}/") + extra)


def another_episode(web):
    web.put(4)


def another_title(web):
    web.put(1, title="Burger voorop")


def corrected_sound(web):
    web.put(2, sound=b"corrected" * 3000)


def corrected_once_more(web):
    web.put(2, sound=b"better still" * 3000)


def other_notes_and_chapters(web):
    web.put(3, notes_md="Andere woorden, en *nadruk*.", chapters=())


def more_formats(web):
    web.formats = ("mp3", "m4a", "opus")


def an_hour_that_comes(web):
    web.put(6, published=web.now.replace(month=1, day=20))
    web.build()
    assert not list((web.root / "public").rglob("*06-*"))
    web.later(days=30)


def nothing(_):
    pass


CHANGES = (
    nothing,
    another_episode,
    another_title,
    corrected_sound,
    nothing,
    other_notes_and_chapters,
    more_formats,
    corrected_once_more,
    an_hour_that_comes,
)


def expected(web):
    shown = [one for one in web.releases() if one.episode.published <= web.now]
    base = web.programme.url
    return sorted((one.episode.guid, one.episode.title, base + one.enclosures[0].path) for one in shown)


def test_a_subscriber_sees_each_episode_exactly_once_across_ten_publishes(web, gpo, tmp_path):
    with on_nginx(web, tmp_path / "server"):
        for change in CHANGES:
            change(web)
            web.publish(served=True)
            gpo(*(("subscribe", f"{web.programme.url}feed.xml") if change is CHANGES[0] else ("update",)))
            assert expected(web) == rows(tmp_path), change.__name__
            web.later(hours=1)
        gpo("download")
    sounds = {file.name[:2]: file.read_bytes() for file in (tmp_path / "downloads").rglob("*.mp3")}
    assert {f"0{number}": b"mp3" + sound for number, sound in web.sounds.items()} == sounds

    old, web.where = web.programme.url, tmp_path / "nieuw"
    web.programme = replace(web.programme, url=f"http://127.0.0.1:{web.port}/nieuw/")
    assert ["feed-moved"] == web.objections()
    web.put(7)
    moves = [(f"{old}feed.xml", f"{web.programme.url}feed.xml")]
    with on_nginx(web, tmp_path / "moved", handed_out(render_moves(moves), "nginx.conf")):
        plan, _ = web.publish(moved_from=f"{old}feed.xml", served=True)
        gpo("update")  # it asks at the old address, and is sent on
        assert () == plan.objections
        assert expected(web) == rows(tmp_path)
        assert 6 == len(listed(gpo, f"{web.programme.url}feed.xml"))  # the address that it keeps from now on
        _, _, feed = ask(web.port, "/nieuw/feed.xml")

    told = f"<itunes:new-feed-url>{web.programme.url}feed.xml</itunes:new-feed-url>"
    assert told in feed.decode()
    web.put(8)
    web.publish()  # nobody says it again, and the feed still does
    assert told in (web.where / "feed.xml").read_text()


def test_a_client_does_see_an_episode_twice_whose_guid_changed(web, gpo, tmp_path):
    """What the ledger refuses is what hurts: accepted all the same, the client shows the episode once more."""
    with on_nginx(web, tmp_path / "server"):
        web.publish()
        gpo("subscribe", f"{web.programme.url}feed.xml")
        gpo("download")
        web.put(2, guid="guid-another")
        assert ["guid-changed"] == web.objections()
        web.publish(accept=("guid-changed",), reason="om te zien wat het kost")
        gpo("update")

    assert 2 == sum("Aflevering 2" == title for _, title, _ in rows(tmp_path))


def test_what_pages_cost_a_client_that_knows_them(web, gpo, tmp_path):
    """GPodder reads all pages when it subscribes; later only the first one, and forgets what it had not downloaded."""
    podcast = replace(web.programme.podcast, type="episodic", page_items=2)
    web.programme = replace(web.programme, podcast=podcast)
    with on_nginx(web, tmp_path / "server"):
        web.publish(served=True)
        gpo("subscribe", f"{web.programme.url}feed.xml")
        assert expected(web) == rows(tmp_path)
        gpo("download")

        for number in (4, 5):
            web.put(number)
            web.publish(served=True)
            gpo("update")
            assert expected(web) == rows(tmp_path)  # 1 to 3 were downloaded, the others stand on the first page
        web.put(6)
        web.publish(served=True)
        gpo("update")

    assert [row for row in expected(web) if row[0] != "guid-4"] == rows(tmp_path)
