"""Tasks over a store: what a worker is sent, what it gets, and what happens when the store loses something.

The worker is a thread of the test: it has a folder of its own, and gets messages only. S3 is moto on loopback.
"""

import hashlib
import json
import sys
import time
from concurrent.futures import Executor, ThreadPoolExecutor

import obstore
import pytest
from click.testing import CliRunner

from pipeline.builder import claimed_tasks, stored_tasks, worker_cache
from pipeline.builder.stored_replies import read_reply
from pipeline.builder.task_runner import Reporter, TaskRunner
from pipeline.cache import Blob, Cache, compute_key
from pipeline.cache.claims import get_claim_name
from pipeline.cache.object_store import open_store
from pipeline.cli import weerslag
from pipeline.errors import AudioError, DependencyError, StorageError, UsageError
from tests.publish.s3_server import BUCKET, empty_bucket, moto

pytestmark = [pytest.mark.slow, pytest.mark.external]

TASKS = """
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from pipeline.errors import AudioError
from pipeline.model.task import *

@dataclass(frozen=True, slots=True, kw_only=True)
class SeenResult:
    names: tuple[str, ...]

@dataclass(frozen=True, slots=True, kw_only=True)
class PartForTest:
    file: InputFile

@dataclass(frozen=True, slots=True, kw_only=True)
class SeeTask(Task[SeenResult]):
    VERB: ClassVar = "seen"
    TOOLS: ClassVar = ("numpy",)
    one: InputFile = ""
    named: NamedInputFiles = ()
    folder: InputFolder = ""
    beside: UnkeyedInput = ""
    places: UnkeyedFolders = ()
    parts: tuple[PartForTest, ...] = ()
    text: str = ""
    out: OutputFile = "out.txt"

def see(task: SeeTask) -> SeenResult:
    if task.text == "slow":
        time.sleep(1)
    if task.text == "refuse":
        raise AudioError("there is no sound in it", where=task.one)
    files = [Path(one) for one in (task.one, *task.named, task.beside, *(part.file for part in task.parts)) if one]
    folders = [Path(one) for one in (task.folder, *task.places) if one]
    listed = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    Path(task.out).write_text(task.text + "".join(path.read_text() for path in (*files, *listed)))
    return SeenResult(names=tuple(Path(one).name for one in task.named))
"""


class NearWorker(Executor):
    """Runs what a worker of a cluster runs, in a thread."""

    shares_disk = False

    def __init__(self):
        self.pool, self.messages = ThreadPoolExecutor(1), []

    def submit(self, fn, message):
        self.messages.append(message)
        return self.pool.submit(fn, message, worker="near")

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.pool.shutdown(wait=wait)


@pytest.fixture(scope="module")
def server():
    with moto() as port:
        yield port


@pytest.fixture
def store(server, monkeypatch, tmp_path):
    empty_bucket(server)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server}",
        "WEERSLAG_WORKER_FOLDER": str(tmp_path / "worker"),
    }.items():
        monkeypatch.setenv(name, value)
    worker_cache._open_once.cache_clear()
    worker_cache._prepare_folder.cache_clear()
    return open_store(f"s3://{BUCKET}/{tmp_path.name.replace('_', '-')}")


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    (tmp_path / "stored_tasks_for_test.py").write_text(TASKS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    sys.modules.pop("stored_tasks_for_test", None)
    import stored_tasks_for_test

    return stored_tasks_for_test


@pytest.fixture
def client(store, tmp_path):
    """Make the task runner of a client; each has a folder of its own."""
    runners = []

    def make(name="client"):
        cache = Cache(tmp_path / name, store=store, programme="proef")
        (cache.folder / "tmp/build").mkdir(parents=True)
        runner = TaskRunner(
            cache=cache,
            executor=NearWorker(),
            folder=cache.folder / "tmp/build",
            reporter=Reporter(step=lambda _: None),
        )
        runners.append(runner)
        return runner

    yield make
    for runner in runners:
        runner.executor.shutdown()


@pytest.fixture
def sources(tmp_path):
    folder = tmp_path / "sources"
    for path in ("a.txt", "deel 1.txt", "deel: 2.txt", "beside.txt", "part.txt", "folder/x.txt", "folder/in/y.txt"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(f"<{path}>")
    return folder


def see_all(tasks, sources, **more):
    return tasks.SeeTask(
        subject="all",
        one=str(sources / "a.txt"),
        named=(str(sources / "deel 1.txt"), str(sources / "deel: 2.txt")),
        folder=str(sources / "folder"),
        beside=str(sources / "beside.txt"),
        places=(str(sources / "folder"),),
        parts=(tasks.PartForTest(file=str(sources / "part.txt")),),
        **more,
    )


def read_output(runner, result):
    return runner.cache.fetch_object(result.outputs["out"].sha256).read_text()


def test_a_worker_gets_each_kind_of_input_by_content_and_no_path(client, tasks, sources):
    runner = client()

    (result,) = runner.run(tasks.see, {"all": see_all(tasks, sources)}).values()

    files, _, folders = read_output(runner, result).partition("<part.txt>")
    assert "<a.txt><deel 1.txt><deel: 2.txt><beside.txt>" == files
    assert 2 * ["<folder/in/y.txt", "<folder/x.txt"] == folders.split(">")[:-1]
    assert ("deel 1.txt", "deel: 2.txt") == result.value.names
    assert [] == [message for message in runner.executor.messages if str(sources) in message]


def test_the_result_equals_that_of_a_client_without_a_store(client, tasks, sources, tmp_path):
    from pipeline.executors import open_executor

    runner, cache = client(), Cache(tmp_path / "local")
    with open_executor("local") as executor, cache.open_workspace() as folder:
        local = TaskRunner(cache=cache, executor=executor, folder=folder, reporter=Reporter(step=lambda _: None))
        here = local.run(tasks.see, {"all": see_all(tasks, sources)})
    there = runner.run(tasks.see, {"all": see_all(tasks, sources)})

    assert (here, local.keys) == (there, runner.keys)


def test_inputs_are_uploaded_once(client, tasks, sources, store):
    client("first").run(tasks.see, {"all": see_all(tasks, sources)})
    before = {entry.path: entry.modified for entry in store.bucket.list("objects/")}

    client("second").run(tasks.see, {"all": see_all(tasks, sources, text="other")})

    after = {entry.path: entry.modified for entry in store.bucket.list("objects/")}
    assert 1 == len(after) - len(before)
    assert before == {path: after[path] for path in before}


def test_another_client_uses_what_the_first_stored_also_while_its_task_waits(client, tasks, sources):
    first, second = client("first"), client("second")
    pending = second.submit(tasks.see, see_all(tasks, sources, text="a"))  # looked up before the first has it
    first.run(tasks.see, {"all": see_all(tasks, sources, text="b")})
    second.wait(pending)

    again = client("third")
    again.run(tasks.see, {"a": see_all(tasks, sources, text="a"), "b": see_all(tasks, sources, text="b")})

    assert ["up to date", "up to date"] == [step.kind for step in again.steps]
    reply = read_reply(stored_tasks.run_stored_call(first.executor.messages[0]))
    assert reply.is_reused


def test_two_clients_at_once_run_a_task_once(client, tasks, sources):
    runners = [client("first"), client("second")]
    task = see_all(tasks, sources, text="slow")

    pending = [runner.submit(tasks.see, task) for runner in runners]
    results = [runner.wait(one) for runner, one in zip(runners, pending, strict=True)]

    assert results[0] == results[1]
    assert ["seen", "up to date"] == sorted(step.kind for runner in runners for step in runner.steps)


@pytest.mark.parametrize("how", ["failed", "gone"])
def test_a_task_that_another_client_began_and_did_not_finish_is_run(client, tasks, sources, store, monkeypatch, how):
    monkeypatch.setattr(claimed_tasks, "_PERIOD_S", 0.05)
    monkeypatch.setattr(claimed_tasks, "EXPIRY_S", 0.5 if how == "gone" else 600)
    runner, task = client(), see_all(tasks, sources)
    path = get_claim_name(compute_key(runner._key_builder.build_parts(task)))
    store.put_if(path, {"owner": "another", "run": "1", "renewed": 0})

    pending = runner.submit(tasks.see, task)
    while not runner._stored_tasks._claimed._waiting:
        time.sleep(0.01)
    if how == "failed":
        store.delete_file(path)
    runner.wait(pending)

    assert (["seen"], 2) == ([step.kind for step in runner.steps], len(runner.executor.messages))
    while list(store.bucket.list("claims/")):
        time.sleep(0.01)


def test_a_task_that_a_lost_worker_of_this_build_began_is_run_at_once(client, tasks, sources, store):
    runner, task = client(), see_all(tasks, sources)
    path = get_claim_name(compute_key(runner._key_builder.build_parts(task)))
    store.put_if(path, {"owner": runner._stored_tasks._owner, "run": "1", "renewed": 0})

    runner.run(tasks.see, {"all": task})

    assert (["seen"], 1) == ([step.kind for step in runner.steps], len(runner.executor.messages))


def test_a_task_with_large_inputs_goes_to_the_worker_that_has_them(client, tasks, sources):
    runner = client()
    (sources / "a.txt").write_text("a" * stored_tasks._NEAR_BYTES)
    small = tasks.SeeTask(subject="small", one=str(sources / "beside.txt"))
    large = [tasks.SeeTask(subject=str(number), one=str(sources / "a.txt"), text=str(number)) for number in (1, 2)]

    for task in (small, *large):
        (result,) = runner.run(tasks.see, {"one": task}).values()
    runner.run(tasks.see, {"next": tasks.SeeTask(subject="next", one=runner.find_output(result))})

    assert ["", "", "near", "near"] == [json.loads(message)["near"] for message in runner.executor.messages]


@pytest.mark.parametrize("how", ["lost", "damaged"])
def test_an_object_that_the_store_lost_is_made_again(client, tasks, sources, store, tmp_path, how):
    first = client("first")
    (made,) = first.run(tasks.see, {"made": tasks.SeeTask(subject="made", text="made")}).values()
    path = f"objects/{made.outputs['out'].sha256[:2]}/{made.outputs['out'].sha256[2:]}"
    second = client("second")
    (found,) = second.run(tasks.see, {"made": tasks.SeeTask(subject="made", text="made")}).values()
    (tmp_path / "worker" / path).unlink()
    if how == "lost":
        store.bucket.delete(path)
    else:
        obstore.put(store.bucket.store, path, b"mad3")
    task = tasks.SeeTask(subject="used", one=second.find_output(found))

    (used,) = second.run(tasks.see, {"used": task}).values()

    assert "made" == read_output(second, used)
    assert ["up to date", "repaired", "seen", "seen"] == [step.kind for step in second.steps]


def test_a_source_that_the_store_lost_is_uploaded_again(client, tasks, sources, store, tmp_path):
    runner = client()
    runner.run(tasks.see, {"all": see_all(tasks, sources)})
    for entry in list(store.bucket.list("objects/")):
        store.bucket.delete(entry.path)
    for copy in (tmp_path / "worker/objects").glob("*/*"):
        copy.unlink()

    (result,) = runner.run(tasks.see, {"all": see_all(tasks, sources, text="again")}).values()

    assert read_output(runner, result).startswith("again<a.txt>")


def test_a_worker_with_another_tool_is_refused(client, tasks, sources, monkeypatch):
    monkeypatch.setitem(stored_tasks._versions, "numpy", "0.9")
    runner = client()

    assert {} == runner.run(tasks.see, {"all": see_all(tasks, sources)})

    ((_, error),) = runner.failures
    assert isinstance(error, DependencyError)
    assert "tools.numpy" in error.message


def test_an_error_of_a_task_comes_back_and_is_not_repeated(client, tasks, sources):
    runner = client()

    assert {} == runner.run(tasks.see, {"all": see_all(tasks, sources, text="refuse")})

    ((_, error),) = runner.failures
    assert (AudioError, "there is no sound in it") == (type(error), error.message)
    assert str(sources / "a.txt") == error.where
    assert 1 == len(runner.executor.messages)


def test_a_declared_input_needs_no_file_on_the_client(client, tasks, sources, store):
    runner = client()
    blob = runner.cache.keep_source(sources / "a.txt")
    runner.cache.declared[str(sources / "away.txt")] = Blob(sha256=blob.sha256, size_bytes=blob.size_bytes)

    (away,) = runner.run(tasks.see, {"away": tasks.SeeTask(named=(str(sources / "away.txt"),))}).values()

    assert ("<a.txt>", ("away.txt",)) == (read_output(runner, away), away.value.names)
    assert [f"kept/{blob.sha256[:2]}/{blob.sha256[2:]}.json"] == [one.path for one in store.bucket.list("kept/")]


def test_a_worker_keeps_copies_within_its_limit(client, tasks, sources, tmp_path, monkeypatch):
    monkeypatch.setenv("WEERSLAG_READ_CACHE_GB", "0.000001")
    runner = client()
    for number in range(4):
        (sources / f"{number}.txt").write_text(str(number) * 600)
        runner.run(tasks.see, {"one": tasks.SeeTask(one=str(sources / f"{number}.txt"))})

    kept = [path.stat().st_size for path in (tmp_path / "worker/objects").glob("*/*")]
    assert sum(kept) <= 1000
    assert [] == list((tmp_path / "worker/tmp").glob("*/*"))


@pytest.mark.parametrize("given", ["much", "-1", "nan", "inf"])
def test_a_limit_that_is_no_number_is_refused(given, monkeypatch):
    monkeypatch.setenv("WEERSLAG_READ_CACHE_GB", given)

    with pytest.raises(UsageError, match="must be a number of gigabytes"):
        worker_cache.read_copies_limit()


def test_a_message_is_json_with_subject_and_limits(client, tasks, sources):
    runner = client()
    runner.run(tasks.see, {"all": see_all(tasks, sources)})

    message = json.loads(runner.executor.messages[0])

    assert "all" == message["task"]["subject"]
    assert {"memory_bytes", "timeout_s", "isolated", "threads", "resident_bytes"} == message["limits"].keys()


def test_the_commands_of_the_cache_work_on_a_store(store, sources, tmp_path):
    def run(*args):
        return CliRunner().invoke(weerslag, ["-C", str(tmp_path), "cache", *args, "--cache", store.address])

    added = run("add", str(sources / "a.txt"))
    again = run("add", str(sources / "a.txt"))
    verified, cleaned = run("verify"), run("clean")
    refused = CliRunner().invoke(weerslag, ["-C", str(tmp_path), "cache", "add", str(sources / "a.txt")])

    sha256 = hashlib.sha256(b"<a.txt>").hexdigest()
    assert f"{sha256} 7 a.txt\n" == added.stdout == again.stdout
    assert (0, "the cache is intact\n") == (verified.exit_code, verified.stderr)
    assert cleaned.stdout.startswith("deleted 0 objects and 0 records")
    assert isinstance(refused.exception, StorageError)
    assert "the cache has no store" in str(refused.exception)
