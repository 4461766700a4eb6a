"""A bucket as a target, held in memory by obstore itself: created once, guarded by its ETag, with its type and cache."""

import hashlib

import obstore
import pytest
from obstore.store import MemoryStore

from pipeline.errors import MachineError
from pipeline.publish import open_target, s3_target
from pipeline.publish.s3_target import BucketTarget
from pipeline.publish.target import Source, TakenError, TargetError
from tests.publish.conftest import Stage, everything


class InBucket(Stage):
    """The same stage, published to a bucket."""

    @property
    def target(self):
        return BucketTarget(store=self.where, name="s3://proef")


@pytest.fixture
def stage(tmp_path):
    made = InBucket(root=tmp_path / "programme", where=MemoryStore())
    made.root.mkdir()
    for number in (1, 2, 3):
        made.put(number)
    return made


@pytest.fixture
def source(tmp_path):
    def make(path, content):
        file = tmp_path / "file"
        file.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        return Source(path=path, file=file, sha256=sha256, size_bytes=len(content))

    return make


def objects(store):
    paths = [meta["path"] for batch in obstore.list(store) for meta in batch]
    return {path: bytes(obstore.get(store, path).bytes()) for path in paths if not path.startswith(".weerslag")}


def test_what_is_published_is_what_was_built_and_a_second_time_nothing(stage):
    stage.publish()
    assert everything(stage.root / "public") == objects(stage.where)

    plan, said = stage.publish()

    assert (True, []) == (plan.is_idle, said)


def test_a_changed_episode_rests_and_is_pruned_there_too(stage):
    stage.publish()
    old = {path for path in objects(stage.where) if "audio/02" in path}
    stage.put(2, sound=b"better" * 4000)
    stage.publish()
    assert old <= objects(stage.where).keys()
    stage.later(days=31)
    stage.publish(prune=True)

    assert everything(stage.root / "public") == objects(stage.where)


def test_types_and_caches_are_what_apps_ask_for(stage):
    stage.publish()

    told = {}
    for path in objects(stage.where):
        attributes = obstore.get(stage.where, path).attributes
        told[path.rpartition("/")[2]] = (attributes["Content-Type"], attributes["Cache-Control"])

    sound = next(name for name in told if name.endswith(".mp3"))
    assert ("audio/mpeg", "public, max-age=31536000, immutable") == told[sound]
    assert ("application/rss+xml; charset=utf-8", "public, max-age=300") == told["feed.xml"]
    assert ("application/json+chapters", "public, max-age=300") == told["chapters.json"]
    assert ("text/vtt; charset=utf-8", "public, max-age=300") == told["transcript.vtt"]
    assert "application/octet-stream" not in {kind for kind, _ in told.values()}


def test_a_name_is_given_once(stage, source):
    first = stage.target.create(source("audio/a.mp3", b"one"))

    assert first == stage.target.create(source("audio/a.mp3", b"one"))
    with pytest.raises(TakenError, match="never overwritten"):
        stage.target.create(source("audio/a.mp3", b"two"))


def test_a_feed_is_switched_only_if_it_is_the_one_that_was_read(stage):
    token = stage.target.switch("feed.xml", b"one", was="")
    newer = stage.target.switch("feed.xml", b"two", was=token)

    with pytest.raises(TakenError, match="somebody else"):
        stage.target.switch("feed.xml", b"three", was=token)
    with pytest.raises(TakenError, match="somebody else"):
        stage.target.switch("feed.xml", b"three", was="")
    assert newer == stage.target.switch("feed.xml", b"two", was=token)  # our own try, whose answer was lost


def test_a_storage_without_a_key_or_an_answer_is_told_in_words(tmp_path, monkeypatch):
    with pytest.raises(MachineError, match="no key"):
        open_target("s3://proef/podcast", root=tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "known")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(s3_target, "_RETRIES", 0)
    target = open_target("s3://proef/podcast", root=tmp_path)

    with pytest.raises(TargetError, match="no answer") as told:
        target.seen()
    assert "secret" not in str(told.value)
    with pytest.raises(TargetError, match="no address"):
        open_target("s3://Nee", root=tmp_path)
