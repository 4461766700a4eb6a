"""gPodder, subscribed from the old host on: each episode once throughout rename, purge, forget and move."""

import sqlite3
from urllib.request import urlopen

import pytest

from tests.podcast_import.conftest import run_weerslag

pytestmark = [pytest.mark.slow, pytest.mark.external, pytest.mark.long]


def list_episodes(tmp_path):
    """Return title and guid of all episodes that gPodder lists; one that it lists twice is there twice."""
    with sqlite3.connect(f"file:{tmp_path / 'gpodder/Database'}?mode=ro", uri=True) as database:
        return sorted(database.execute("select title, guid from episode").fetchall())


def list_audio(target):
    return {file.name.rpartition("-")[0] for file in (target / "audio").iterdir()}


def test_each_episode_is_listed_once_and_only_what_was_forgotten_leaves(old_web, gpo, tmp_path):
    host, folder = old_web.add("soundcloud"), tmp_path / "programme"
    target = old_web.get_target("soundcloud")

    def publish(*options):
        run_weerslag("-C", folder, "publish", target, *options)
        gpo("update")
        return list_episodes(tmp_path)

    with old_web.serve():
        run_weerslag("init", folder, "--from-feed", host.feed, "--url", old_web.get_new_url("soundcloud"))
        run_weerslag("-C", folder, "publish", target, "--moved-from", host.feed)
        gpo("subscribe", host.feed)
    with old_web.serve(moved=["soundcloud"]):
        gpo("update")
        moved = list_episodes(tmp_path)
        run_weerslag("-C", folder, "rename", "2019-12-01-track-1", "het-eerste-gesprek")
        renamed = publish()
        episode = folder / "episodes/2019-12-03-track-3/episode.md"
        episode.write_text(episode.read_text().replace("number:", 'mutes: [{from: "00:01", to: "00:02"}]\nnumber:'))
        before = (target / "audio").glob("2019-12-03-track-3-*")
        (uncut,) = (file.name for file in before)
        purged = publish("--purge", "2019-12-03-track-3")
        run_weerslag("-C", folder, "forget", "2019-12-02-track-2", "--yes")
        gpo("update")
        forgotten = list_episodes(tmp_path)
        old_page = urlopen(f"{old_web.get_new_url('soundcloud')}episodes/2019-12-01-track-1/index.html").read().decode()

    titles = ["Track 1", "Track 2", "Track 3", "Track 4"]
    assert (4, titles) == (len({guid for _, guid in moved}), [title for title, _ in moved])
    assert moved == renamed == purged
    assert [row for row in moved if row[0] != "Track 2"] == forgotten
    assert "het-eerste-gesprek" in old_page  # it forwards
    assert uncut not in {file.name for file in (target / "audio").iterdir()}
    assert {"het-eerste-gesprek", "2019-12-03-track-3", "2019-12-04-track-4"} <= list_audio(target)
    assert "2019-12-02-track-2" not in list_audio(target)

    old, new = old_web.get_new_url("soundcloud"), f"{old_web.base}nieuw/elders/"
    programme = folder / "programme.yaml"
    programme.write_text(programme.read_text().replace(old, new))
    elsewhere = old_web.home / "new/elders"
    old_web.hosts["soundcloud"].rules += f"location = /nieuw/soundcloud/feed.xml {{ return 301 {new}feed.xml; }}\n"
    with old_web.serve(moved=["soundcloud"]):
        run_weerslag("-C", folder, "publish", elsewhere, "--moved-from", f"{old}feed.xml")
        gpo("update")
        gpo("download")

    assert forgotten == list_episodes(tmp_path)
    downloads = [file.read_bytes() for file in (tmp_path / "downloads").rglob("*.mp3")]
    assert sorted(file.read_bytes() for file in (elsewhere / "audio").glob("*.mp3")) == sorted(downloads)
