"""Masters one audio file outside any programme, and reports on it."""

import json
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from pipeline import reports
from pipeline.audio import tasks
from pipeline.builder.report_inputs import build_report_file
from pipeline.builder.task_functions import run_master_file
from pipeline.cache.atomic_files import convert_os_errors, move_into_place
from pipeline.errors import StorageError, TaskError
from pipeline.executors import deserialise_result, run_task, serialise_task
from pipeline.model import SoundTarget, Step
from pipeline.typesetting import Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class MasteredFile:
    """The encoded file, and the results of all stages."""

    path: Path
    size_bytes: int
    result: tasks.MasterFileResult


def master_file(
    source: Path,
    out: Path,
    *,
    target: SoundTarget,
    format: str,  # noqa: A002  # the word for it everywhere
    replace: bool,
    pool: Executor,
    report_step: Callable[[Step], object],
) -> MasteredFile:
    """Master ``source`` and write ``out`` atomically.

    Args:
        source: The recording; it is only read.
        out: The file to write; its folder exists.
        target: Loudness, true peak and the like.
        format: mp3, m4a, opus or flac.
        replace: Whether an existing file is replaced.
        pool: Runs the task.
        report_step: Called when the master is done.

    Raises:
        StorageError: ``out`` exists, or cannot be written.
        WeerslagError: The recording cannot be used.
    """
    _check_destination(source, out, replace=replace)
    with convert_os_errors(out.parent, "cannot be written"):
        temporary = tempfile.TemporaryDirectory(prefix=".weerslag-", dir=out.parent)
    with temporary as folder:
        file = Path(folder) / f"sound.{format}"
        task = tasks.MasterFileTask(source=str(source), format=format, target=target, out=str(file))
        result = _run(pool, task, out)
        report_step(Step(kind="mastered", subject=source.name))
        size = file.stat().st_size
        if not move_into_place(file, out, replace=replace):  # another process wrote it meanwhile
            raise _build_exists_error(out)
    return MasteredFile(path=out, size_bytes=size, result=result)


def check_report_destination(report: Path, *, source: Path, out: Path, replace: bool) -> None:
    """Check, before an hour of work, that a report can be written.

    Raises:
        StorageError: It would overwrite the recording or the audio file, or another file without
            ``replace``.
    """
    if report.resolve() == out.resolve():
        raise StorageError("the audio file is written there", where=str(report), hint="Give the report another name.")
    _check_destination(source, report, replace=replace)


def render_report(mastered: MasteredFile, *, path: Path, title: str, target: SoundTarget, language: str) -> bytes:
    """Render the processing report: JSON if the name of ``path`` ends in .json, else HTML."""
    result, encoded = mastered.result, mastered.result.encoded
    report = reports.ReportInput(
        title=title,
        target=target,
        files=(build_report_file(encoded, name=mastered.path.name, size_bytes=mastered.size_bytes),),
        duration_s=encoded.duration_s,
        waveform=result.master.waveform,
        processing=tasks.build_processing_report(result.recording, result.master),
        defects=(*result.recording.defects, *result.master.defects),
    )
    if path.suffix.lower() == ".json":
        return (json.dumps(reports.build_report_data(report), ensure_ascii=False, indent=1) + "\n").encode()
    return reports.render_report_page(report, theme=Theme(folder="press", language=language)).encode()


def _check_destination(source: Path, out: Path, *, replace: bool) -> None:
    with convert_os_errors(out, "cannot be written"):
        if out.is_dir() or not out.absolute().parent.is_dir():
            raise StorageError("no such folder", where=str(out), hint="Choose a file name in an existing folder.")
        if not out.exists():
            return
        if source.exists() and out.samefile(source):
            raise StorageError("this is the recording itself", where=str(out), hint="Choose another file name.")
    if not replace:
        raise _build_exists_error(out)


def _build_exists_error(out: Path) -> StorageError:
    return StorageError("the file exists", where=str(out), hint="Use --force to replace it.")


def _run(pool: Executor, task: tasks.MasterFileTask, out: Path) -> tasks.MasterFileResult:
    try:
        return deserialise_result(task, pool.submit(run_task, serialise_task(run_master_file, task)).result())
    except OSError as error:
        raise TaskError(f"lost connection to the worker: {error.strerror}") from error
    except StorageError as error:  # it names a file in our temporary folder
        hint = error.hint or "Make room on that disk, or choose another place."
        raise StorageError(error.message, where=str(out), hint=hint) from error
