"""Podcasts of five hosts move in, are published, and move: a subscriber sees each episode once, before and after."""

import hashlib
import json
import sqlite3
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

import pytest
from PIL import Image

from tests.podcast_import.conftest import run_weerslag
from tests.podcast_import.hosts import HOSTS

pytestmark = [pytest.mark.slow, pytest.mark.external, pytest.mark.long]


def read_subscriptions(tmp_path):
    """Return guid, title, date and enclosure of all episodes that gPodder lists."""
    with sqlite3.connect(f"file:{tmp_path / 'gpodder/Database'}?mode=ro", uri=True) as database:
        return sorted(database.execute("select guid, title, published, url from episode").fetchall())


def read_items(feed):
    items = ET.parse(feed).getroot().findall("channel/item")
    return [(one.findtext("guid"), one.find("enclosure").attrib) for one in items]


def read_chapter_pictures(target, url):
    """Return the colours of the pictures of chapters, by title, as the JSON files and the feed refer to them."""
    shown = [
        (one["title"], one.get("img"))
        for file in target.rglob("chapters.json")
        for one in json.loads(file.read_text())["chapters"]
    ]
    feed = ET.parse(target / "feed.xml").iter("{http://podlove.org/simple-chapters}chapter")
    assert sorted(shown, key=str) == sorted(((one.get("title"), one.get("image")) for one in feed), key=str)
    colours = {}
    for title, address in shown:
        if address:
            with Image.open(target / address.removeprefix(url)) as image:
                colours[title] = "#{:02x}{:02x}{:02x}".format(*(round(one / 17) * 17 for one in image.getpixel((5, 5))))
    return colours


@pytest.mark.parametrize("name", HOSTS)
def test_a_subscriber_sees_each_episode_once_before_and_after_the_move(name, old_web, gpo, tmp_path):
    host, programme, target = old_web.add(name), tmp_path / "programme", old_web.get_target(name)
    with old_web.serve():
        gpo("subscribe", host.feed)
        before = read_subscriptions(tmp_path)
        run_weerslag("init", programme, "--from-feed", host.feed, "--url", old_web.get_new_url(name))
        run_weerslag("-C", programme, "publish", target)
        gpo("update")
        assert before == read_subscriptions(tmp_path)  # nobody notices a trial
        moved = json.loads(
            run_weerslag("-C", programme, "publish", target, "--moved-from", host.feed, "--served", "--json").stdout
        )
    with old_web.serve(moved=[name]):
        gpo("update")
        after = read_subscriptions(tmp_path)
        gpo("download")

    assert moved["published"]
    before = [row for row in before if row[0] not in host.posts]
    shown = {guid for guid, *_ in before}
    assert shown
    assert shown <= {guid for guid, *_ in after}, "an episode is lost"
    assert [row[:3] for row in before] == sorted(row[:3] for row in after if row[0] in shown)
    assert len(host.sounds) == len(after) == len({guid for guid, *_ in after})
    assert {urlsplit(url).path.startswith(f"/nieuw/{name}/audio/") for *_, url in after} == {True}
    downloads = [file.read_bytes() for file in (tmp_path / "downloads").rglob("*.m[p4]*")]
    assert sorted(host.digests().values()) == sorted(hashlib.sha256(one).hexdigest() for one in downloads)
    for guid, enclosure in read_items(target / "feed.xml"):
        file = target / urlsplit(enclosure["url"]).path.removeprefix(f"/nieuw/{name}/")
        assert (guid, int(enclosure["length"])) == (guid, file.stat().st_size)
    assert host.pictures == read_chapter_pictures(target, old_web.get_new_url(name))
    run_weerslag("-C", programme, "check")
    run_weerslag("lint", target / "feed.xml", "--media", "--address", f"{old_web.get_new_url(name)}feed.xml")
