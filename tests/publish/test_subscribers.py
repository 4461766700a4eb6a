"""gPodder, subscribed across publishes, over real HTTP: it sees each episode exactly once, whatever happens."""

import functools
import os
import re
import shutil
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def send_header(self, keyword, value):
        if keyword != "Last-Modified":  # publishes within one second: no change may be missed
            super().send_header(keyword, value)


@contextmanager
def served(folder):
    handler = functools.partial(Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def gpo(tmp_path):
    program = shutil.which("gpo")
    assert program, "this test needs gPodder: apt-get install --no-install-recommends gpodder"
    home = {"HOME": tmp_path, "GPODDER_HOME": tmp_path / "gpodder", "GPODDER_DOWNLOAD_DIR": tmp_path / "downloads"}
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **{name: str(path) for name, path in home.items()}}

    def run(*words):
        done = subprocess.run(
            [program, *words], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout

    return run


def seen(gpo, address):
    gpo("update")
    return sorted(re.findall(r"\d+\. (\S+)\s+\W*\s*(\S.*)", gpo("episodes", "--guid", address)))


def test_a_subscriber_sees_each_episode_exactly_once(stage, gpo, tmp_path):
    stage.where.mkdir()
    with served(stage.where) as base:
        stage.programme = replace(stage.programme, url=base)
        address = f"{base}feed.xml"
        stage.publish()
        gpo("subscribe", address)
        expected = [(f"guid-{number}", f"Aflevering {number}") for number in (1, 2, 3)]
        assert expected == seen(gpo, address)

        stage.put(4)  # a new episode
        stage.publish()
        expected.append(("guid-4", "Aflevering 4"))
        assert expected == seen(gpo, address)

        stage.put(1, title="Burger voorop")  # a corrected title
        stage.publish()
        expected[0] = ("guid-1", "Burger voorop")
        assert expected == seen(gpo, address)

        stage.put(2, sound=b"corrected" * 3000)  # corrected sound
        stage.publish()
        assert expected == seen(gpo, address)

        gpo("download")
        sounds = {file.name[:2]: file.read_bytes() for file in (tmp_path / "downloads").rglob("*.mp3")}
        assert {f"0{number}": b"mp3" + sound for number, sound in stage.sounds.items()} == sounds


def test_a_feed_that_moved_keeps_its_guids_and_says_where_it_went(stage, gpo, tmp_path):
    stage.where.mkdir()
    with served(stage.where) as base:
        stage.programme = replace(stage.programme, url=f"{base}oud/")
        stage.where = stage.where / "oud"
        stage.publish()
        gpo("subscribe", f"{base}oud/feed.xml")
        before = seen(gpo, f"{base}oud/feed.xml")

        stage.programme = replace(stage.programme, url=f"{base}nieuw/")
        stage.where = stage.where.with_name("nieuw")
        assert ["feed-moved"] == stage.objections()
        plan, _ = stage.publish(moved_from=f"{base}oud/feed.xml")
        assert () == plan.objections

        told = f"<itunes:new-feed-url>{base}nieuw/feed.xml</itunes:new-feed-url>"
        assert told in (stage.where / "feed.xml").read_text()
        gpo("subscribe", f"{base}nieuw/feed.xml")
        assert before == seen(gpo, f"{base}nieuw/feed.xml")
        stage.put(4)
        stage.publish()  # nobody says it again, and the feed still does
        assert told in (stage.where / "feed.xml").read_text()
