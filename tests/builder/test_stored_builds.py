"""Whole builds over a store: few requests, whatever else is in it, and recordings that are only there."""

import hashlib
import shutil
import subprocess

import obstore
import pytest
from obstore.store import MemoryStore

from pipeline.cache import Blob, Cache
from pipeline.cache.object_store import ObjectStore
from pipeline.cli.build_runner import run_build_locked
from pipeline.cli.progress import TerminalReporter
from pipeline.content.recording_files import find_stored_sound
from tests.builder.conftest import EPISODE, NOW, PROGRAMME, SAMPLE, write
from tests.test_cache_store import WatchedBucket

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bucket():
    return WatchedBucket(name="s3://proef/cache", store=MemoryStore())


@pytest.fixture(scope="module")
def programme(tmp_path_factory, bucket):
    """Four short episodes, built over the store."""
    root = tmp_path_factory.mktemp("stored") / "programme"
    write(root / "programme.yaml", PROGRAMME)
    for number in (1, 2, 3, 4):
        folder = root / f"episodes/0{number}-gesprek"
        write(folder / "episode.md", EPISODE.format(number=number, guid=f"0b7c5e52-6b6c-4a39-8f6e-1f1d5a3b7c0{number}"))
        (folder / "recording").mkdir()
        recording = SAMPLE / "episodes/01-burger-centraal/recording/01-burger-centraal.flac"
        cut = ["-ss", str(5 * number), "-t", "6", "-i", str(recording), "-c:a", "pcm_s16le"]
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *cut, str(folder / "recording/a.wav")], check=True)
    steps = build(root, bucket)
    assert {"measured", "mastered", "encoded", "tagged"} <= {step.kind for step in steps}
    return root


def build(root, bucket, *, declared=None):
    """Build as the command does, and return the steps."""
    cache = Cache(root / ".weerslag", store=ObjectStore(bucket), programme="proef", declared=declared or {})
    reporter = TerminalReporter(why=False, quiet=True, terminal=False)
    with run_build_locked(root, cache=cache, now=NOW, reporter=reporter, workers="processes:2") as result:
        assert () == result.failures
    return result.steps


def test_a_build_with_nothing_to_do_sends_the_same_few_requests_whatever_else_is_stored(programme, bucket):
    build(programme, bucket)
    sent = []
    for others in (10, 1000, 10_000):
        for number in range(others):
            sha256 = hashlib.sha256(f"{others} {number}".encode()).hexdigest()
            kind = ("objects", "records", "builds")[number % 3]
            obstore.put(bucket.store, f"{kind}/{sha256[:2]}/{sha256[2:]}", b"x")
        bucket.requests.clear()
        steps = build(programme, bucket)
        sent.append(list(bucket.requests))
        assert {"up to date"} == {step.kind for step in steps}

    assert sent[0] == sent[1] == sent[2]
    assert 1 == len(sent[0])
    assert sent[0][0].startswith("GET records/")


def test_a_second_client_runs_no_task_and_lists_nothing(programme, bucket, tmp_path):
    root = tmp_path / "programme"
    shutil.copytree(programme, root, ignore=shutil.ignore_patterns("public", "press", ".weerslag"))
    bucket.requests.clear()

    steps = build(root, bucket)

    assert {"up to date"} == {step.kind for step in steps}
    assert read_audio(programme) == read_audio(root)
    written = [request.split()[1].split("/")[0] for request in bucket.requests if request.startswith(("LIST", "PUT"))]
    assert {"records", "builds", "programmes"} >= set(written)  # of the build as a whole
    assert len(written) <= 3


def test_a_reference_takes_the_place_of_a_recording(programme, bucket, tmp_path):
    root = tmp_path / "programme"
    shutil.copytree(programme, root, ignore=shutil.ignore_patterns("public", "press", ".weerslag"))
    recording = root / "episodes/01-gesprek/recording/a.wav"
    blob = Cache(tmp_path / "adding", store=ObjectStore(bucket)).keep_source(recording)
    recording.with_name("recording.ref").write_text(f"# talk\n{blob.sha256} {blob.size_bytes} a.wav\n")
    recording.unlink()
    text = (root / "episodes/01-gesprek/episode.md").read_text()
    edited = text.replace("chapters:", 'cuts: [{from: "00:01", to: "00:02"}]\nchapters:')
    (root / "episodes/01-gesprek/episode.md").write_text(edited)

    sounds = find_stored_sound(root)
    declared = {str(path): Blob(sha256=one.sha256, size_bytes=one.size_bytes) for path, one in sounds.items()}
    steps = build(root, bucket, declared=declared)

    ran = {(step.kind, step.subject) for step in steps}
    assert {("measured", "01-gesprek"), ("mastered", "01-gesprek"), ("encoded", "01-gesprek.mp3")} <= ran
    assert not recording.exists()


def read_audio(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in (root / "public").rglob("*.mp3")}
