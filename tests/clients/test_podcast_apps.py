"""Real podcast clients subscribe to the sample programme over HTTP, download it and play it.

The clients exit with 0 on failure, so the tests check files, databases and the requests in the access log.
"""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import suppress

import miniaudio
import pytest

from pipeline.content import load_programme
from tests.clients.conftest import NEW_TITLE, SAMPLE

pytestmark = pytest.mark.external

TIMEOUT_S = 300  # for programs that hang
EPISODES = load_programme(SAMPLE).episodes
TITLES = {episode.guid: episode.title for episode in EPISODES}
AFTER = TITLES | {EPISODES[0].guid: NEW_TITLE}


def digests(sounds):
    return sorted(hashlib.sha256(content).hexdigest() for content in sounds)


def is_playable(content):
    """Check that another decoder decodes all of it, and that it is not silent."""
    sound = miniaudio.decode(content, output_format=miniaudio.SampleFormat.SIGNED16, nchannels=1, sample_rate=8000)
    return sound.duration > 80 and max(sound.samples) > 3000


@pytest.fixture
def run(tmp_path):
    """A function that runs a client with its own home directory, and returns its output."""
    home = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "TERM": "xterm"}

    def client(*words, stdin=None):
        name = words[0]
        assert shutil.which(name), f"this test needs {name}: ./dev test installs it"
        completed = subprocess.run(
            words, cwd=tmp_path, env=home, stdin=stdin, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        return completed.stdout

    return client


def read_gpodder_database(tmp_path):
    with sqlite3.connect(f"file:{tmp_path / 'gpodder/Database'}?mode=ro", uri=True) as database:
        return database.execute("select guid, title, url, total_time from episode").fetchall()


def test_gpodder_subscribes_downloads_and_plays_and_a_new_title_causes_no_duplicate(web, gpo, tmp_path):
    gpo("subscribe", web.feed)
    before = read_gpodder_database(tmp_path)
    gpo("download")
    downloaded = [file.read_bytes() for file in (tmp_path / "downloads").rglob("*.mp3")]
    web.correct()
    gpo("update")
    after = read_gpodder_database(tmp_path)

    assert (4, TITLES) == (len(before), {guid: title for guid, title, *_ in before})
    assert all(80 < length_s < 110 for *_, length_s in before)
    assert digests(file.read_bytes() for file in (web.before / "audio").iterdir()) == digests(downloaded)
    assert all(map(is_playable, downloaded))
    assert (4, AFTER) == (len(after), {guid: title for guid, title, *_ in after})
    assert {f"{web.base}audio/{name}" for name in web.audio_files} == {url for _, _, url, _ in after}


def read_newsboat_database(tmp_path):
    with sqlite3.connect(tmp_path / "cache.db") as database:
        return database.execute("select guid, title, enclosure_url, enclosure_type, pubDate from rss_item").fetchall()


def download_with_podboat(tmp_path):
    """Run podboat in a terminal until all files are downloaded, quit it as a user would, and return the files."""
    queue = tmp_path / ".newsboat/queue"
    words = f"podboat -C {tmp_path}/config -q {queue} -a"
    terminal = {"HOME": str(tmp_path), "TERM": "xterm", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
    podboat = subprocess.Popen(
        ["script", "-qec", words, "/dev/null"], env=terminal, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        ends = time.monotonic() + TIMEOUT_S
        while len(list((tmp_path / "dl").glob("*.mp3"))) < len(EPISODES):  # until then they are called .part
            assert time.monotonic() < ends, queue.read_text()
            time.sleep(0.05)
        while podboat.poll() is None:  # it writes its queue when it is left, and may not be left while it downloads
            assert time.monotonic() < ends, queue.read_text()
            with suppress(BrokenPipeError):
                podboat.stdin.write(b"q")
                podboat.stdin.flush()
            time.sleep(0.1)
    finally:
        podboat.kill()
        podboat.wait()
        with suppress(BrokenPipeError):
            podboat.stdin.close()
    return [file.read_bytes() for file in (tmp_path / "dl").iterdir()]


def test_newsboat_queues_each_episode_once_and_podboat_downloads_and_plays_it(web, run, tmp_path):
    (tmp_path / "urls").write_text(f"{web.feed}\n")
    (tmp_path / "config").write_text(f'podcast-auto-enqueue yes\ndownload-path "{tmp_path}/dl/"\n')
    newsboat = ("newsboat", "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload")

    run(*newsboat)
    before = read_newsboat_database(tmp_path)
    downloaded = download_with_podboat(tmp_path)
    web.correct()
    run(*newsboat)
    after = read_newsboat_database(tmp_path)
    queue = (tmp_path / ".newsboat/queue").read_text().splitlines()

    assert TITLES == {guid: title for guid, title, *_ in before}
    assert [("audio/mpeg", round(one.published.timestamp())) for one in EPISODES] == [
        (kind, published) for _, _, _, kind, published in sorted(before, key=lambda row: row[-1])
    ]
    assert digests(file.read_bytes() for file in (web.before / "audio").iterdir()) == digests(downloaded)
    assert all(map(is_playable, downloaded))
    assert (4, AFTER) == (len(after), {guid: title for guid, title, *_ in after})
    assert ["downloaded"] * 4 == [line.split()[-1] for line in queue]  # nothing was queued twice


def test_podget_downloads_and_lists_each_address_once(web, run, tmp_path):
    """Podget knows addresses, not episodes: an unchanged file is neither downloaded nor listed twice."""
    run("podget", "-d", str(tmp_path), "--create-config", "podgetrc")
    settings = (tmp_path / "podgetrc").read_text().splitlines()
    others = [line for line in settings if not line.startswith(("MIN_SPACE=", "DIR_LIBRARY="))]
    (tmp_path / "podgetrc").write_text("\n".join([*others, "MIN_SPACE=1", f"DIR_LIBRARY={tmp_path}/pod", ""]))
    (tmp_path / "serverlist").write_text(f"{web.feed} Weerslag Sample\n")
    (tmp_path / "sessions").mkdir()  # else in /tmp, where another user's may exist

    def download():
        run("podget", "-d", str(tmp_path), "-c", "podgetrc", "--dir_session", "sessions", stdin=subprocess.DEVNULL)
        files = {file.name: file.read_bytes() for file in (tmp_path / "pod/Weerslag/Sample").iterdir()}
        lists = [file.read_text().splitlines() for file in (tmp_path / "pod").glob("*.m3u")]
        return files, sorted(line.rpartition("/")[2] for lines in lists for line in lines)

    first, listed = download()
    again, listed_again = download()
    before = web.audio_files
    web.correct()
    corrected, _ = download()

    assert before == first == again
    assert sorted(before) == listed == listed_again
    assert all(map(is_playable, first.values()))
    assert (
        before | web.audio_files == corrected
    )  # a new title is a new file, under another name: nothing is overwritten
    assert 1 == len(web.audio_files.keys() - before.keys())
