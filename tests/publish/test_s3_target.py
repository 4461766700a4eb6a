"""An S3 target in memory (obstore): conditional writes, media types and Cache-Control."""

import hashlib

import obstore
import pytest
from obstore.store import MemoryStore

from pipeline.cache import bucket
from pipeline.errors import DependencyError
from pipeline.publish.s3_target import S3Target
from pipeline.publish.target import ConflictError, TargetError, UploadSource
from pipeline.publish.target_factory import open_target
from tests.publish.conftest import SamplePodcast, read_tree


class BucketPodcast(SamplePodcast):
    """The sample podcast, published to a bucket."""

    @property
    def target(self):
        return S3Target(bucket=bucket.Bucket(name="s3://proef", store=self.served), name="s3://proef")


@pytest.fixture
def podcast(tmp_path):
    sample = BucketPodcast(root=tmp_path / "programme", served=MemoryStore())
    sample.root.mkdir()
    for number in (1, 2, 3):
        sample.put(number)
    return sample


@pytest.fixture
def source(tmp_path):
    def make(path, content):
        file = tmp_path / "file"
        file.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        return UploadSource(path=path, file=file, sha256=sha256, size_bytes=len(content))

    return make


def objects(store):
    paths = [meta["path"] for batch in obstore.list(store) for meta in batch]
    return {path: bytes(obstore.get(store, path).bytes()) for path in paths if not path.startswith(".weerslag")}


def test_the_bucket_equals_public_and_a_second_publish_writes_nothing(podcast):
    podcast.publish()
    assert read_tree(podcast.root / "public") == objects(podcast.served)

    plan, steps = podcast.publish()

    assert (True, []) == (plan.is_up_to_date, steps)


def test_old_audio_is_retained_and_pruned(podcast):
    podcast.publish()
    old = {path for path in objects(podcast.served) if "audio/02" in path}
    podcast.put(2, audio=b"better" * 4000)
    podcast.publish()
    assert old <= objects(podcast.served).keys()
    podcast.advance_clock(days=31)
    podcast.publish(prune=True)

    assert read_tree(podcast.root / "public") == objects(podcast.served)


def test_media_types_and_cache_control_are_those_that_apps_expect(podcast):
    podcast.publish()

    headers = {}
    for path in objects(podcast.served):
        attributes = obstore.get(podcast.served, path).attributes
        headers[path.rpartition("/")[2]] = (attributes["Content-Type"], attributes["Cache-Control"])

    audio = next(name for name in headers if name.endswith(".mp3"))
    assert ("audio/mpeg", "public, max-age=31536000, immutable") == headers[audio]
    assert ("application/rss+xml; charset=utf-8", "public, max-age=300") == headers["feed.xml"]
    assert ("application/json+chapters", "public, max-age=300") == headers["chapters.json"]
    assert ("text/vtt; charset=utf-8", "public, max-age=300") == headers["transcript.vtt"]
    assert "application/octet-stream" not in {kind for kind, _ in headers.values()}


def test_an_object_is_created_once(podcast, source):
    first = podcast.target.create(source("audio/a.mp3", b"one"))

    assert first == podcast.target.create(source("audio/a.mp3", b"one"))
    with pytest.raises(ConflictError, match="never overwritten"):
        podcast.target.create(source("audio/a.mp3", b"two"))


def test_a_conditional_write_needs_the_token_that_was_read(podcast):
    podcast.target.write_if_match("feed.xml", b"one", token="")
    _, token = podcast.target.read("feed.xml")
    podcast.target.write_if_match("feed.xml", b"two", token=token)
    newer = podcast.target.read("feed.xml")

    with pytest.raises(ConflictError, match="another process"):
        podcast.target.write_if_match("feed.xml", b"three", token=token)
    with pytest.raises(ConflictError, match="another process"):
        podcast.target.write_if_match("feed.xml", b"three", token="")
    podcast.target.write_if_match("feed.xml", b"two", token=token)  # our own attempt, whose response was lost
    assert (b"two", newer[1]) == newer == podcast.target.read("feed.xml")
    assert token != newer[1]


def test_missing_credentials_and_missing_responses_are_explained(tmp_path, monkeypatch):
    with pytest.raises(DependencyError, match="no credentials"):
        open_target("s3://proef/podcast", root=tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "known")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(bucket, "_RETRIES", 0)
    target = open_target("s3://proef/podcast", root=tmp_path)

    with pytest.raises(TargetError, match="no response") as error:
        target.list_files()
    assert "secret" not in str(error.value)
    with pytest.raises(TargetError, match="invalid bucket address"):
        open_target("s3://Nee", root=tmp_path)
