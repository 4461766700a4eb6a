"""The task runner: failures, and the messages that people read."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipeline.builder.task_runner import Reporter, TaskRunner
from pipeline.cache import Cache
from pipeline.errors import StorageError
from pipeline.executors import open_executor
from pipeline.model.task import InputFile, OutputFile, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResult:
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteTask(Task[WriteResult]):
    VERB = "written"

    text: str
    out: OutputFile = "out.txt"


def write_text(task: WriteTask) -> WriteResult:
    """Write the text, or fail as on a full disk."""
    if task.text == "full":
        raise StorageError("cannot be written: No space left on device", where=task.out)
    return WriteResult(size_bytes=Path(task.out).write_text(task.text))


def run(root, *texts, steps=None, dry_run=False):
    cache = Cache(root)
    reporter = Reporter(step=(steps if steps is not None else []).append)
    with open_executor("local") as executor, cache.open_workspace() as folder:
        runner = TaskRunner(cache=cache, executor=executor, folder=folder, reporter=reporter, dry_run=dry_run)
        results = runner.run(write_text, {text: WriteTask(subject=text, text=text) for text in texts})
        cache.record_build(runner.keys, [])
    return runner, results


def test_a_full_disk_is_reported_with_the_cache_folder_and_a_hint(tmp_path):
    runner, results = run(tmp_path, "full", "fits")

    ((step, error),) = runner.failures
    assert ["fits"] == list(results)
    assert ("failed", "written full") == (step.kind, step.subject)
    assert (str(tmp_path), "cannot be written: No space left on device") == (error.where, error.message)
    assert "the next build continues from here" in error.hint


def test_a_second_run_loads_the_result_from_the_cache(tmp_path):
    _, first = run(tmp_path, "a")
    steps = []

    _, second = run(tmp_path, "a", steps=steps)

    assert first == second
    assert [("up to date", "written a")] == [(step.kind, step.subject) for step in steps]
    assert b"a" == Cache(tmp_path).get_object_path(second["a"].outputs["out"].sha256).read_bytes()


def test_a_record_of_another_version_is_built_again(tmp_path):
    run(tmp_path, "a")
    cache = Cache(tmp_path)
    (key,) = cache.load_last_keys().values()
    record = cache.find_record(key)
    cache.add_record(key, replace(record, result={"length": 1}))
    steps = []

    _, results = run(tmp_path, "a", steps=steps)

    assert 1 == results["a"].value.size_bytes
    assert ["written"] == [step.kind for step in steps]


def test_a_dry_run_reports_what_it_would_run(tmp_path):
    runner, results = run(tmp_path, "a", dry_run=True)

    assert {} == results
    assert [("would", "written a", "new")] == [(step.kind, step.subject, step.why) for step in runner.steps]
    assert not (tmp_path / "records").exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyTask(Task[WriteResult]):
    VERB = "copied"

    file: InputFile
    out: OutputFile = "out.txt"


def copy_while_it_changes(task: CopyTask) -> WriteResult:
    """Copy a text, which another program replaces by a longer one at that moment if it is short."""
    text = Path(task.file).read_text()
    if len(text) < 9:
        Path(task.file).write_text("much longer")
    if text == "fails":
        raise StorageError("cannot be read", where=task.file)
    return WriteResult(size_bytes=Path(task.out).write_text(text))


@pytest.mark.parametrize("text", ["short", "fails"])
def test_an_input_that_changes_during_its_task_is_a_failure_and_leaves_no_result(tmp_path, text):
    file, cache, steps = tmp_path / "recording.txt", Cache(tmp_path / "cache"), []
    file.write_text(text)

    with open_executor("local") as executor, cache.open_workspace() as folder:
        runner = TaskRunner(cache=cache, executor=executor, folder=folder, reporter=Reporter(step=steps.append))
        task = CopyTask(subject="a", file=str(file))
        changed, settled = (runner.run(copy_while_it_changes, {"a": task}) for _ in range(2))

    ((_, error),) = runner.failures
    assert {} == changed
    assert (str(file), "changed during the build") == (error.where, error.message)
    assert "build again" in error.hint
    assert ["failed", "copied"] == [step.kind for step in steps]
    assert len("much longer") == settled["a"].value.size_bytes
