"""A laptop is lost: a clone without log and recordings, restored from the backup, builds and publishes the same.

All by commands, on three kinds of targets for both the podcast and its backup: folders, S3 (moto) and SFTP (OpenSSH).
"""

import getpass
import json
import shutil
import subprocess
from dataclasses import dataclass

import feedparser
import pytest

from pipeline.cache.bucket import open_bucket
from tests.builder.conftest import EPISODE, PROGRAMME, SAMPLE, write
from tests.podcast_import.conftest import run_weerslag
from tests.publish.conftest import read_tree
from tests.publish.s3_server import BUCKET, empty_bucket, moto
from tests.publish.test_sftp_target import home, port, sshd
from tests.shared_folders import share_folder

pytestmark = [pytest.mark.slow, pytest.mark.external]

__all__ = ["home", "port"]  # fixtures

ACCEPT = ("--accept", "transcript-missing", "--reason", "komt nog")
LOST = ("public", "press", ".weerslag", "recording", "published.jsonl")  # what is in no git


@dataclass(frozen=True)
class Places:
    """Where a podcast and its backup go."""

    served: str
    backup: str
    kind: str

    def list_entries(self):
        if self.kind == "s3":
            feed = open_bucket(self.served).get("feed.xml")[0]
        else:
            feed = "/" + self.served.removeprefix("sftp://").partition("/")[2] + "/feed.xml"
        return [(it.id, it.published, it.enclosures[0].href) for it in feedparser.parse(feed).entries]


@pytest.fixture(params=["folder", "s3", "sftp"])
def places(request, tmp_path, monkeypatch):
    if request.param == "s3":
        for name, value in (("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b"), ("REGION", "eu-west-1")):
            monkeypatch.setenv(f"AWS_{name}", value)
        with moto() as server:
            empty_bucket(server)
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server}")
            yield Places(f"s3://{BUCKET}/served", f"s3://{BUCKET}/usb", "s3")
    elif request.param == "sftp":
        start = f"sftp://{getpass.getuser()}@127.0.0.1:{request.getfixturevalue('port')}{tmp_path}"
        with sshd(request.getfixturevalue("home"), request.getfixturevalue("port")):
            yield Places(f"{start}/served", f"{start}/usb", "sftp")
    else:
        yield Places(str(tmp_path / "served"), str(tmp_path / "usb"), "folder")


@pytest.fixture(scope="session")
def laptop(tmp_path_factory):
    """A built programme of two episodes of two seconds, without events."""
    return share_folder(tmp_path_factory, "laptop", build_laptop)


def build_laptop(root):
    write(root / "programme.yaml", PROGRAMME.partition("events:")[0])
    for number in (1, 2):
        folder = root / f"episodes/0{number}-gesprek"
        text = EPISODE.replace("event: een\n", "").replace('"00:04"', '"00:01"')
        write(folder / "episode.md", text.format(number=number, guid=f"0b7c5e52-6b6c-4a39-8f6e-1f1d5a3b7c0{number}"))
        (folder / "recording").mkdir()
        recording = SAMPLE / "episodes/01-burger-centraal/recording/01-burger-centraal.flac"
        cut = ["-ss", str(3 * number), "-t", "2", "-i", str(recording), "-c:a", "pcm_s16le"]
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *cut, str(folder / "recording/a.wav")], check=True)
    run_weerslag("-C", root, "build")


def test_a_clone_that_is_restored_builds_the_same_bytes_and_publishes_nothing_twice(laptop, places, tmp_path):
    root, clone = tmp_path / "programme", tmp_path / "clone"
    shutil.copytree(laptop, root)
    run_weerslag("-C", root, "publish", places.served, *ACCEPT)
    run_weerslag("-C", root, "backup", places.backup)
    public, entries = read_tree(root / "public"), places.list_entries()
    shutil.copytree(root, clone, ignore=shutil.ignore_patterns(*LOST))
    shutil.rmtree(root)
    assert not [*clone.rglob("*.wav"), *clone.rglob("published.jsonl")]

    run_weerslag("backup", places.backup, "--restore", clone)
    if places.kind != "folder":  # results by the digests of what was restored: for folders they are made again
        for name in ("objects", "records"):
            shutil.copytree(laptop / ".weerslag" / name, clone / ".weerslag" / name)
    run_weerslag("-C", clone, "build")

    assert public == read_tree(clone / "public")
    again = json.loads(run_weerslag("-C", clone, "publish", places.served, *ACCEPT, "--json").stdout)
    assert (False, "unchanged", []) == (
        again["published"],
        again["feed"],
        [it for it in again["findings"] if it["severity"] == "error" and not it["accepted"]],
    )
    assert 2 == len(entries)
    assert entries == places.list_entries()
    assert 1 == len((clone / "published.jsonl").read_text().splitlines())
    assert () == tuple(json.loads(run_weerslag("-C", clone, "status", "--json").stdout)["backup"]["never"])
