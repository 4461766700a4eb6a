"""A cache in an object store: the same promises as on disk, with parts, conditions, and other clients."""

import hashlib
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import obstore
import pytest
from obstore.store import MemoryStore

from pipeline.cache import Blob, Cache, CacheRecord, claims, compute_key
from pipeline.cache import object_store as object_store_module
from pipeline.cache.bucket import Bucket, BucketError
from pipeline.cache.maintenance import delete_damaged, delete_unused, verify_cache
from pipeline.cache.object_store import MissingObjectError, ObjectStore
from pipeline.cache.store_maintenance import GRACE
from pipeline.errors import StorageError

PART = 1000
KEY = "ab" * 32
LATER = datetime.now(UTC) + GRACE + timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class WatchedBucket(Bucket):
    """A bucket in memory that counts requests, and does not respond to planned ones."""

    requests: list = field(default_factory=list)
    failures: list = field(
        default_factory=list
    )  # one for each of the next requests: "", "before" or "after" it succeeded

    def _serve(self, name, path, serve):
        kind = self.failures.pop(0) if self.failures else ""
        self.requests.append(f"{name} {path}")
        result = None if kind == "before" else serve()
        if kind:
            error = BucketError("no response", where=path)
            error.is_temporary = True
            raise error
        return result

    def get(self, path):
        return self._serve("GET", path, lambda: super(WatchedBucket, self).get(path))

    def head(self, path):
        return self._serve("HEAD", path, lambda: super(WatchedBucket, self).head(path))

    def put(self, path, content, **options):
        return self._serve("PUT", path, lambda: super(WatchedBucket, self).put(path, content, **options))

    def delete(self, path):
        return self._serve("DELETE", path, lambda: super(WatchedBucket, self).delete(path))

    def list(self, prefix=""):
        self.requests.append(f"LIST {prefix}")
        return super().list(prefix)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(object_store_module, "PART_BYTES", PART)
    monkeypatch.setattr(object_store_module, "_FIRST_PAUSE_S", 0.001)


@pytest.fixture
def bucket():
    return WatchedBucket(name="s3://proef/cache", store=MemoryStore())


@pytest.fixture
def clients(tmp_path, bucket):
    """Two clients of one store, in folders of their own."""
    return [Cache(tmp_path / name, store=ObjectStore(bucket), programme="proef") for name in ("one", "other")]


def put(cache, content):
    with cache.open_workspace() as folder:
        (folder / "thing").write_bytes(content)
        return cache.put_object(folder / "thing")


def record(cache, name, content):
    """Store a task with one output; return its key and its output."""
    parts = {"name": name, "inputs": {}}
    blob = put(cache, content)
    cache.add_record(compute_key(parts), CacheRecord(parts=parts, outputs={"out": blob}, result=1))
    return compute_key(parts), blob


def stored(bucket, prefix="objects/"):
    return sorted(entry.path for entry in Bucket.list(bucket, prefix))


def flip_byte(bucket, path, at):
    content = bytearray(obstore.get(bucket.store, path).bytes())
    content[at] ^= 1
    obstore.put(bucket.store, path, bytes(content))


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 5 * PART, 5 * PART + 7])
def test_another_client_gets_the_bytes_of_an_object_of_any_size(clients, size):
    content = os.urandom(size)
    key, blob = record(clients[0], "a", content)

    found = clients[1].find_record(key)

    assert blob == found.outputs["out"]
    assert content == clients[1].fetch_object(blob.sha256).read_bytes()


def test_parts_joined_are_the_object(clients, bucket):
    content = os.urandom(3 * PART + 5)
    put(clients[0], content)

    assert content == b"".join(bytes(obstore.get(bucket.store, path).bytes()) for path in stored(bucket))


def test_the_record_is_written_after_its_objects(clients, bucket):
    record(clients[0], "a", os.urandom(2 * PART))

    writes = [request for request in bucket.requests if request.startswith("PUT")]
    assert ["objects", "objects", "records"] == [request.split()[1].split("/")[0] for request in writes]


def test_an_upload_is_continued_where_it_stopped(clients, bucket, tmp_path):
    content = os.urandom(6 * PART)
    (tmp_path / "a.wav").write_bytes(content)
    blob = Blob(sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))

    def stop(_):
        if len(stored(bucket)) >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        clients[0].upload_source(tmp_path / "a.wav", blob, sent=stop)
    assert not clients[1].has_object(blob)
    before = set(stored(bucket))
    bucket.requests.clear()
    clients[1].upload_source(tmp_path / "a.wav", blob)

    written = {request.split()[1] for request in bucket.requests if request.startswith("PUT")}
    assert (6, set()) == (len(stored(bucket)), before & written)
    assert content == clients[1].fetch_object(blob.sha256).read_bytes()


@pytest.mark.parametrize("at", [0, PART, 3 * PART + 4])
def test_a_damaged_object_is_never_used_and_is_missing_afterwards(clients, bucket, at):
    key, blob = record(clients[0], "a", os.urandom(3 * PART + 5))
    flip_byte(bucket, stored(bucket)[at // PART], at % PART)
    assert clients[1].find_record(key)

    with pytest.raises(MissingObjectError, match="damaged"):
        clients[1].fetch_object(blob.sha256)

    clients[1].forget_object(blob.sha256)
    assert clients[1].find_record(key) is None
    assert not clients[1].get_object_path(blob.sha256).exists()


def test_a_lost_object_makes_its_record_invalid_and_can_be_stored_again(clients, bucket):
    content = os.urandom(2 * PART)
    key, _ = record(clients[0], "a", content)
    obstore.delete(bucket.store, stored(bucket)[-1])
    assert clients[1].find_record(key) is None

    record(clients[1], "a", content)

    assert Cache(clients[0].folder, store=clients[0].store).find_record(key)


def test_a_damaged_record_is_written_again(clients, bucket):
    key, _ = record(clients[0], "a", b"x")
    flip_byte(bucket, stored(bucket, "records/")[0], 70)
    assert clients[1].find_record(key) is None

    record(clients[1], "a", b"x")

    assert Cache(clients[0].folder, store=clients[0].store).find_record(key)


def test_the_first_of_two_records_counts(clients):
    parts = {"name": "a"}
    first = CacheRecord(parts=parts, outputs={"out": put(clients[0], b"one")}, result=1)
    second = CacheRecord(parts=parts, outputs={"out": put(clients[1], b"other")}, result=2)
    clients[0].add_record(compute_key(parts), first)

    assert first == clients[1].add_record(compute_key(parts), second)


@pytest.mark.parametrize("kind", ["before", "after"])
@pytest.mark.parametrize("nth", range(6))
def test_each_request_may_fail_several_times(clients, bucket, kind, nth):
    bucket.failures.extend([""] * nth + [kind] * 3)
    key, blob = record(clients[0], "a", os.urandom(2 * PART))
    bucket.failures.extend([""] * nth + [kind] * 3)

    assert clients[1].find_record(key).outputs == {"out": blob}
    assert clients[1].fetch_object(blob.sha256).stat().st_size == 2 * PART
    assert clients[0].store.waited_s + clients[1].store.waited_s > 0


def test_a_store_that_stays_away_is_an_error(clients, bucket, monkeypatch):
    monkeypatch.setattr(object_store_module, "_PATIENCE_S", 0.01)
    bucket.failures.extend(["before"] * 100)

    with pytest.raises(BucketError, match="no response"):
        clients[0].find_record("ab" * 32)
    assert len(bucket.requests) < 20


def test_a_lookup_takes_the_same_requests_whatever_else_is_stored(tmp_path, bucket, clients):
    key, _ = record(clients[0], "a", b"x")
    counts = []
    for others in (0, 10, 1000):
        for number in range(others):
            sha256 = hashlib.sha256(f"{others} {number}".encode()).hexdigest()
            obstore.put(bucket.store, f"objects/{sha256[:2]}/{sha256[2:]}", b"x")
        bucket.requests.clear()
        Cache(tmp_path / f"of{others}", store=ObjectStore(bucket)).find_record(key)
        counts.append(list(bucket.requests))

    assert counts[0] == counts[1] == counts[2]
    assert ["GET", "HEAD"] == [request.split()[0] for request in counts[0]]


def test_copies_that_were_not_used_for_longest_are_deleted(clients):
    blobs = [record(clients[0], name, name.encode() * 100)[1] for name in "abc"]
    clients[1]._known.update({blob.sha256: blob for blob in blobs})
    for second, blob in enumerate(blobs):
        os.utime(clients[1].fetch_object(blob.sha256), (second, second))
    clients[1].fetch_object(blobs[0].sha256)

    clients[1].trim_copies(200)

    assert [True, False, True] == [clients[1].has_copy(blob) for blob in blobs]
    assert clients[1].fetch_object(blobs[1].sha256).read_bytes() == b"b" * 100


def test_verify_finds_each_damage_in_a_store_and_repair_deletes_it(clients, bucket):
    for name in "abcd":
        record(clients[0], name, name.encode() * (PART + 3))
    assert () == verify_cache(clients[0])
    whole = [path for path in stored(bucket) if path.endswith(".0001")]
    flip_byte(bucket, whole[0], 5)
    obstore.delete(bucket.store, whole[1])
    flip_byte(bucket, stored(bucket, "records/")[2], 70)

    findings = verify_cache(clients[1])
    delete_damaged(clients[1], findings)

    codes = sorted(finding.code for finding in findings)
    assert ["object-damaged", "object-damaged", "record-damaged"] == [
        code for code in codes if code != "object-missing"
    ]
    assert () == verify_cache(clients[1])


def test_clean_keeps_what_the_last_builds_of_all_programmes_need(clients, bucket):
    source = hashlib.sha256(b"source").hexdigest()
    obstore.put(bucket.store, f"objects/{source[:2]}/{source[2:]}", b"source")
    clients[1].programme = "other"
    for client in clients:
        key, blob = record(client, client.programme, client.programme.encode())
        client.record_build({"task": key}, [blob.sha256])
    parts = {"name": "with source", "inputs": {"parts[0] a.wav": source}}
    clients[0].add_record(compute_key(parts), CacheRecord(parts=parts, outputs={}))
    clients[0].record_build({"task": key, "more": compute_key(parts)}, [])
    record(clients[0], "unused", b"unused")

    young = delete_unused(clients[0], dry_run=False, now=datetime.now(UTC))
    planned = delete_unused(clients[0], dry_run=True, now=LATER)
    summary = delete_unused(clients[0], dry_run=False, now=LATER)

    assert (0, 0) == (young.objects, young.records)
    assert planned == summary
    assert (1, 1, 3) == (summary.objects, summary.records, summary.live)
    assert () == verify_cache(clients[0])


def test_clean_refuses_to_empty_a_store(clients):
    record(clients[0], "a", b"x")

    with pytest.raises(StorageError, match="everything would be deleted"):
        delete_unused(clients[0], dry_run=False, now=LATER)


def test_only_the_last_ten_builds_of_a_programme_are_needed(clients, bucket):
    for number in range(12):
        key, blob = record(clients[number % 2], str(number), str(number).encode())
        clients[number % 2].record_build({"task": key}, [blob.sha256])

    assert 10 == len(stored(bucket, "builds/"))
    summary = delete_unused(clients[0], dry_run=False, now=LATER)
    assert (2, 2, 10) == (summary.objects, summary.records, summary.live)


def test_a_claim_is_renewed_and_then_released(bucket, monkeypatch):
    monkeypatch.setattr(claims, "_RENEWAL_S", 0.01)
    store = ObjectStore(bucket)
    with claims.hold_claim(store, KEY, owner="one") as other:
        assert "" == other
        bucket.failures.append("after")  # a renewal whose response is lost
        while bucket.failures or len(bucket.requests) < 8:
            time.sleep(0.01)
        with claims.hold_claim(store, KEY, owner="other") as mark:
            assert mark

    name = claims.get_claim_name(KEY)
    at = bucket.requests.index(f"GET {name}")
    assert 4 * [f"PUT {name}"] == bucket.requests[at - 2 : at] + bucket.requests[at + 1 : at + 3]
    while f"DELETE {name}" not in bucket.requests:
        time.sleep(0.01)
    assert [] == list(bucket.list())


def test_a_claim_of_a_task_that_failed_is_gone_at_once(bucket):
    with pytest.raises(KeyboardInterrupt), claims.hold_claim(ObjectStore(bucket), KEY, owner="one"):
        raise KeyboardInterrupt

    assert [] == list(bucket.list())


def test_a_claim_that_was_taken_over_is_left_to_its_new_owner(bucket):
    store = ObjectStore(bucket)
    with claims.hold_claim(store, KEY, owner="one"), claims.hold_claim(store, KEY, owner="other") as mark:
        assert mark
        with claims.hold_claim(store, KEY, owner="other", stale=mark) as other:
            assert "" == other


def test_a_damaged_claim_is_replaced(bucket):
    bucket.put(claims.get_claim_name(KEY), b"no record")

    with claims.hold_claim(ObjectStore(bucket), KEY, owner="one") as other:
        assert "" == other


def test_old_claims_are_deleted_and_are_no_damage(clients, bucket):
    clients[0].record_build({}, [put(clients[0], b"kept").sha256])
    ObjectStore(bucket).put_if(claims.get_claim_name(KEY), {"owner": "one"})

    assert () == verify_cache(clients[0])
    delete_unused(clients[0], dry_run=False, now=datetime.now(UTC))
    assert 1 == len(list(bucket.list("claims/")))
    delete_unused(clients[0], dry_run=False, now=LATER)
    assert [] == list(bucket.list("claims/"))
