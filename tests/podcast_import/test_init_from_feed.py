"""``init --from-feed``: what it writes, what it refuses, and that it goes on after any interruption."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import wave

import pytest

from pipeline.content import load_programme
from pipeline.content.publication_log import read_publication_log
from tests.podcast_import.conftest import CHECKOUT, OldWeb, run_weerslag
from tests.publish.conftest import read_tree

pytestmark = [pytest.mark.slow, pytest.mark.external]


def move_in(web, name, folder, *options, expected=0):
    host = web.hosts.get(name) or web.add(name)
    return run_weerslag(
        "init", folder, "--from-feed", host.feed, "--url", web.get_new_url(name), *options, expected=expected
    )


def read_audio(folder):
    """Return the digests of all recordings, by the title of their episode."""
    programme = load_programme(folder)
    return {
        one.title: hashlib.sha256((folder / one.recording[0]).read_bytes()).hexdigest() for one in programme.episodes
    }


def without_log(tree):
    """Leave out the log, which has the time of the import in it."""
    return {path: content for path, content in tree.items() if path != "published.jsonl"}


def test_chapters_and_transcripts_of_all_kinds_move_in(old_web, tmp_path):
    folder = tmp_path / "programme"
    old_web.add("buzzsprout")
    with old_web.serve():
        move_in(old_web, "buzzsprout", folder)
    programme = load_programme(folder)

    assert "0f4a7b9c-6a2d-5c3e-8b1f-2d3c4b5a6978" == programme.podcast.guid
    assert [("Buzzsprout-9871", 1), ("Buzzsprout-9872", 2), ("Buzzsprout-9873", 3)] == [
        (one.guid, one.number) for one in programme.episodes
    ]
    assert {(0, "Deel 0"), (1500, "Deel 1.5"), (3000, "Deel 3")} == {
        (chapter.start_ms, chapter.title) for one in programme.episodes for chapter in one.chapters
    }
    assert {("Deel 0", True), ("Deel 1.5", False), ("Deel 3", False)} == {
        (chapter.title, bool(chapter.image)) for one in programme.episodes for chapter in one.chapters
    }
    report = (folder / "moved-in.md").read_text()
    assert "de afbeelding van een hoofdstuk is weggelaten: downloaden mislukt (HTTP 404)" in report
    assert "weggelaten afbeeldingen die binnen een hoofdstuk wisselen: 1" in report
    assert 3 * [[("Anna", "Goedemorgen.")]] == [
        [(cue.speaker, cue.text) for cue in one.transcript[:1]] for one in programme.episodes
    ]
    assert old_web.hosts["buzzsprout"].digests() == read_audio(folder)
    assert ["https://www.example.nl/steun"] == [one.url for one in programme.podcast.funding]


def test_chapters_inside_the_audio_and_all_pages_of_a_feed_move_in(old_web, tmp_path):
    folder = tmp_path / "programme"
    host = old_web.add("wordpress")
    with old_web.serve():
        done = move_in(old_web, "wordpress", folder)
    newest = load_programme(folder).episodes[-1]

    assert ["Begin", "Midden", "Einde"] == [chapter.title for chapter in newest.chapters]
    assert host.digests() == read_audio(folder)
    assert "Bericht zonder geluid" in done.stderr
    assert "600" in (folder / "moved-in.md").read_text()  # the cover that is too small
    assert "> Een citaat." in newest.notes_md


def test_an_import_that_is_killed_again_and_again_ends_the_same(old_web, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    old_web.add("soundcloud")
    with old_web.serve():
        move_in(old_web, "soundcloud", whole)
        command = [
            sys.executable,
            "-m",
            "pipeline",
            "init",
            str(killed),
            "--from-feed",
            old_web.hosts["soundcloud"].feed,
        ]
        command += ["--url", old_web.get_new_url("soundcloud")]
        for number in range(3):
            left = number
            process = subprocess.Popen(command, cwd=CHECKOUT, stderr=subprocess.PIPE, text=True)
            for line in process.stderr:  # later each time: after a download, a second one …
                if line.startswith(("downloaded", "imported")):
                    left -= 1
                if left < 0:
                    break
            process.send_signal(signal.SIGINT if number % 2 else signal.SIGKILL)
            process.stderr.close()
            process.wait(timeout=60)
        requests = len([path for path, _ in old_web.list_requests() if "/stream/" in path])
        done = run_weerslag(*command[3:])
        again = len([path for path, _ in old_web.list_requests() if "/stream/" in path])

    assert without_log(read_tree(whole)).keys() == without_log(read_tree(killed)).keys()
    assert {**without_log(read_tree(whole)), "moved-in.md": b""} == {
        **without_log(read_tree(killed)),
        "moved-in.md": b"",
    }  # the report names the folder
    assert not (killed / ".weerslag-import").exists()
    assert again - requests < 4, done.stderr  # what was complete is not downloaded again


def test_audio_that_is_gone_stops_the_import_and_can_be_left_out(old_web, tmp_path):
    host, folder = old_web.add("soundcloud"), tmp_path / "programme"
    (host.folder / "stream/2-gesprek.mp3").unlink()
    with old_web.serve():
        failed = move_in(old_web, "soundcloud", folder, expected=1)
        assert not (folder / "programme.yaml").exists()
        move_in(old_web, "soundcloud", folder, "--skip-missing")

    assert "1 of 4 audio files cannot be downloaded" in failed.stderr
    assert "HTTP 404" in failed.stderr
    assert ["Track 1", "Track 3", "Track 4"] == sorted(one.title for one in load_programme(folder).episodes)
    assert "Track 2" in (folder / "moved-in.md").read_text()


def test_a_feed_in_a_file_moves_in_and_a_dry_run_writes_nothing(old_web, tmp_path):
    host, folder = old_web.add("acast"), tmp_path / "programme"
    file = host.folder / host.feed_path
    with old_web.serve():
        planned = run_weerslag("init", folder, "--from-feed", file, "--url", old_web.get_new_url("acast"), "--dry-run")
        assert not folder.exists()
        assert [] == [path for path, _ in old_web.list_requests() if "media" in path]
        run_weerslag("init", folder, "--from-feed", file, "--url", old_web.get_new_url("acast"))

    assert "3 episodes" in planned.stderr
    first, bonus, second = sorted(load_programme(folder).episodes, key=lambda one: one.published)
    assert ("audio/x-m4a", False, "bonus") == (first.media_type, first.guid_is_permalink, bonus.kind)
    assert bonus.guid_is_permalink
    assert second.explicit
    assert "Anna: Goedemorgen." in (folder / "episodes/02-tweede/original/transcript.txt").read_text()
    assert "--align" in (folder / "moved-in.md").read_text()
    run_weerslag("-C", folder, "check")
    (entry,) = read_publication_log(folder / "published.jsonl").entries
    assert (host.feed, True, 3) == (entry.feed, entry.is_import, len(entry.episodes))  # of its self link


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """A podcast that moved in, built once."""
    web = OldWeb(tmp_path_factory.mktemp("moved") / "web")
    web.add("soundcloud")
    folder = web.home / "programme"
    with web.serve():
        move_in(web, "soundcloud", folder)
        run_weerslag("-C", folder, "build")
    return web, folder


@pytest.fixture
def programme(moved, tmp_path):
    web, folder = moved
    return web, shutil.copytree(folder, tmp_path / "programme", symlinks=True)


def publish(folder, target, *options, expected=0):
    done = run_weerslag("-C", folder, "publish", target, "--json", *options, expected=expected)
    document = json.loads(done.stdout)
    return document, {(one["code"], one["severity"]) for one in document["findings"] if not one["accepted"]}


def test_what_subscribers_know_is_guarded_from_the_first_publish_on(programme, tmp_path):
    _, folder = programme
    first, third, fourth = (next((folder / "episodes").glob(f"*-track-{number}/episode.md")) for number in (1, 3, 4))
    first.write_text(first.read_text().replace("tracks/1001", "tracks/9999"))
    third.write_text(third.read_text().replace("13:30:43", "13:30:44"))
    shutil.move(fourth.parent, tmp_path / "away")
    _, found = publish(folder, tmp_path / "served", expected=4)

    assert {("guid-changed", "error"), ("date-changed", "error"), ("episode-gone", "error")} <= found


def test_imported_episodes_without_a_transcript_warn_and_new_ones_block(programme, tmp_path):
    _, folder = programme
    _, trial = publish(folder, tmp_path / "served")
    old = next((folder / "episodes").glob("*-track-1"))
    new = shutil.copytree(old, folder / "episodes/nieuw")
    text = (new / "episode.md").read_text()
    (new / "episode.md").write_text(text.replace("tracks/1001", "tracks/2002").replace("2019-12-01", "2019-12-08"))
    _, blocked = publish(folder, tmp_path / "served", expected=4)

    assert {("transcript-missing", "warning"), ("feed-imported", "warning")} <= trial
    assert "error" not in {severity for _, severity in trial}
    assert {("transcript-missing", "error"), ("transcript-missing", "warning")} <= blocked


def test_any_edit_of_the_sound_masters_it_again_under_the_same_guid(programme, tmp_path):
    _, folder = programme
    first, _ = publish(folder, tmp_path / "served")
    for slug, change in (
        ("track-1", "master: true"),
        ("track-3", 'master: false\nmutes: [{from: "00:01", to: "00:02"}]'),
    ):
        episode = next((folder / "episodes").glob(f"*-{slug}/episode.md"))
        episode.write_text(episode.read_text().replace("master: false", change))
    run_weerslag("-C", folder, "build")
    names = sorted(path.name[:18] for path in (folder / "public/audio").iterdir())
    same = {path.name for path in (folder / "public/audio").iterdir()} & {
        path.rpartition("/")[2] for path in first["added"] if path.startswith("audio/")
    }

    assert 4 == len(names)
    assert ["2019-12-02-track-2", "2019-12-04-track-4"] == sorted(name[:18] for name in same)
    assert {"2019-12-01-track-1.html", "2019-12-03-track-3.html"} == {
        path.name for path in (folder / "press/reports").glob("2019*.html")
    }


def test_two_files_cannot_be_published_as_they_are(programme):
    _, folder = programme
    recording = next((folder / "episodes").glob("*-track-1/recording"))
    with wave.open(str(recording / "b.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000))

    assert "only one can be published as it is" in run_weerslag("-C", folder, "check", expected=3).stderr


def test_publish_says_how_the_old_address_answers(programme, tmp_path):
    web, folder = programme
    old, target = web.hosts["soundcloud"].feed, web.get_target("soundcloud")
    with web.serve():
        before, _ = publish(folder, target, "--moved-from", old, "--served")
    with web.serve(moved=["soundcloud"]):
        after, _ = publish(folder, target, "--served")

    assert ("old-feed", "permanent") == (before["redirect"]["state"], after["redirect"]["state"])
    rules = (folder / "press/moved/nginx.conf").read_text()
    assert f"location = /soundcloud/{web.hosts['soundcloud'].feed_path} " in rules
    assert f"return 301 {web.get_new_url('soundcloud')}feed.xml;" in rules


@pytest.mark.parametrize(
    ("options", "message", "code"),
    [
        (["--from-feed", "bestaat-niet.xml"], "bestaat-niet.xml", 2),
        (["--from-feed", "http://127.0.0.1:9/feed.xml"], "download failed", 1),
        (["--from-feed", str(CHECKOUT / "README.md")], f"{CHECKOUT / 'README.md'}:1:", 1),
        (["--from-feed", str(CHECKOUT / "tests/npm/package.json")], "package.json:1:", 1),
        (["--from-feed", "ftp://example.org/feed.xml"], "ftp", 2),
        (["--from-feed", "feed.xml", "--title", "X"], "--title", 2),
        (["--from-feed", "feed.xml", "--empty"], "--empty", 2),
        (["--from-feed", "feed.xml", "--url", "http://example.org/x"], "https", 2),
        (["--skip-missing"], "--from-feed", 2),
        (["--dry-run"], "--from-feed", 2),
    ],
)
def test_wrong_calls_are_answered_and_leave_nothing(options, message, code, tmp_path):
    done = run_weerslag("init", tmp_path / "nieuw", *options, expected=code)

    assert message in done.stderr
    assert not (tmp_path / "nieuw").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(old_web, tmp_path):
    old_web.add("acast")
    (tmp_path / "vol").mkdir()
    (tmp_path / "vol/brief.txt").write_text("van iemand anders")
    with old_web.serve():
        done = move_in(old_web, "acast", tmp_path / "vol", expected=2)

    assert "not empty" in done.stderr
    assert ["brief.txt"] == [one.name for one in (tmp_path / "vol").iterdir()]
