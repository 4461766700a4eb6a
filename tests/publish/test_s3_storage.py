"""An S3 target over real HTTP, with moto as the storage: publish, change, publish; and every write may fail."""

from dataclasses import replace

import pytest

from pipeline.cache import bucket
from pipeline.errors import WeerslagError
from pipeline.publish.feed_items import read_feed, to_public_path
from pipeline.publish.target_factory import open_target
from tests.publish.conftest import SamplePodcast, read_tree
from tests.publish.http_servers import fetch
from tests.publish.s3_server import BUCKET, Faults, empty_bucket, faulty, moto
from tests.publish.test_interruptions import change

pytestmark = pytest.mark.external

FOR_EVER, BRIEFLY = "public, max-age=31536000, immutable", "public, max-age=300"


class StoragePodcast(SamplePodcast):
    """The sample podcast, published to ``s3://proef/avn`` and served from there."""

    @property
    def target(self):
        return open_target(f"s3://{BUCKET}/avn", root=self.root)

    def download_all(self):
        """Download every object over HTTP."""
        found = {}
        for path in self.target.list_files():
            if not path.startswith(".weerslag"):
                status, _, found[path] = fetch(self.port, f"/{BUCKET}/avn/{path}")
                assert 200 == status
        return found

    def find_wrong_urls(self):
        """Find URLs in the live feed that do not exist with the announced length."""
        status, _, live = fetch(self.port, f"/{BUCKET}/avn/feed.xml")
        assert status in (200, 404)
        feed = read_feed(live) if status == 200 else None
        stated = {item.address: item.size_bytes for item in feed.items} if feed else {}
        wrong = []
        for address in feed.addresses if feed else ():
            if to_public_path(self.programme.url, address) is not None:
                status, headers, _ = fetch(self.port, address.partition(f":{self.port}")[2], "HEAD")
                length = int(headers.get("Content-Length", -1))
                wrong += [address] if (status, length) != (200, stated.get(address, length)) else []
        return wrong


@pytest.fixture(scope="module")
def storage():
    with moto() as port:
        yield port


@pytest.fixture
def faults(storage):
    planned = Faults()
    with faulty(storage, planned) as port:
        planned.port = port
        yield planned


@pytest.fixture
def podcast(tmp_path, monkeypatch, storage, faults):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "known",
        "AWS_SECRET_ACCESS_KEY": "very-secret",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{faults.port}",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bucket, "_RETRIES", 1)
    empty_bucket(storage)
    sample = StoragePodcast(root=tmp_path / "programme", served=None)
    sample.root.mkdir()
    sample.port = faults.port
    sample.programme = replace(sample.programme, url=f"http://127.0.0.1:{sample.port}/{BUCKET}/avn/", profile="open")
    for number in (1, 2, 3):
        sample.put(number, chapters=(), transcript=())  # fewer files, so fewer writes; each kind remains
    return sample


def test_changes_are_published_after_the_first_publish(podcast, faults):
    podcast.formats = ("mp3", "m4a", "opus")
    podcast.publish(check_urls=True)
    assert read_tree(podcast.root / "public") == podcast.download_all()
    change(podcast)
    podcast.publish(check_urls=True)
    assert read_tree(podcast.root / "public").items() <= podcast.download_all().items()
    faults.plan(10_000, "500")

    plan, steps = podcast.publish(check_urls=True)

    assert (True, [], 0) == (plan.is_up_to_date, steps, faults.count)  # no write


def test_objects_are_served_with_media_type_length_and_byte_ranges(podcast):
    podcast.formats = ("mp3", "opus")
    podcast.publish()

    found = {}
    for path, content in read_tree(podcast.root / "public").items():
        status, headers, _ = fetch(podcast.port, f"/{BUCKET}/avn/{path}", "HEAD")
        assert (200, len(content)) == (status, int(headers["Content-Length"])), path
        part = fetch(podcast.port, f"/{BUCKET}/avn/{path}", Range="bytes=1-3")
        assert (206, content[1:4]) == (part[0], part[2]), path
        found[path.rpartition(".")[2]] = (headers["Content-Type"], headers["Cache-Control"])
    assert ("audio/mpeg", FOR_EVER) == found["mp3"]
    assert ("audio/ogg", FOR_EVER) == found["opus"]
    assert ("application/rss+xml; charset=utf-8", BRIEFLY) == found["xml"]


KINDS = ("500", "response lost", "dropped", "403", "503")


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "permanently"])
def test_failed_writes_leave_the_feed_correct(podcast, storage, faults, lasting):
    podcast.publish()
    faults.plan(10_000, "500")
    change(podcast)
    podcast.build()
    first = podcast.log_store.path.read_bytes()
    outcomes = set()
    for number in range(1, 100, 1 + 2 * lasting):
        faults.plan(number, KINDS[(number + 2 * lasting) % len(KINDS)], lasting=lasting)
        outcomes.add(outcome(podcast))
        over, kind = not faults.met, faults.kind
        faults.clear()
        assert [] == podcast.find_wrong_urls(), (number, kind)
        podcast.publish()
        assert read_tree(podcast.root / "public").items() <= podcast.download_all().items(), (number, kind)
        assert () == podcast.log.breaks
        if over:
            break
        restore_first_publish(podcast, storage, first)
    assert {"done", "the storage refused the request"} <= outcomes | {one.partition(":")[0] for one in outcomes}
    assert "very-secret" not in " ".join(outcomes)
    assert number > 12


def outcome(podcast):
    """Publish, and return the error as text."""
    try:
        podcast.publish()
    except WeerslagError as error:
        return f"{error.message} {error.where} {error.hint}"
    return "done"


def restore_first_publish(podcast, storage, log):
    """Restore the bucket and the log as they were after the first publish."""
    episodes, now = dict(podcast.episodes), podcast.now
    audio_files = dict(podcast.audio_files)
    empty_bucket(storage)
    podcast.log_store.path.unlink()
    podcast.log_store.pending.unlink(missing_ok=True)
    podcast.episodes = {number: {"chapters": (), "transcript": ()} for number in (1, 2, 3)}
    podcast.audio_files[2] = bytes([2]) * 20_002
    podcast.now -= podcast.now - type(podcast).now
    podcast.publish()
    assert log == podcast.log_store.path.read_bytes()
    podcast.episodes, podcast.audio_files, podcast.now = episodes, audio_files, now
    podcast.build()


def test_an_unreachable_storage_leaves_the_log_unchanged(podcast, monkeypatch):
    podcast.publish()
    before = podcast.log_store.path.read_bytes()
    change(podcast)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    with pytest.raises(WeerslagError, match="no response"):
        podcast.publish()

    assert before == podcast.log_store.path.read_bytes()
    assert [] == podcast.find_wrong_urls()
