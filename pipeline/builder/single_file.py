"""Masters one recording outside any programme, and reports on it."""

import dataclasses
import json
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pipeline import reports
from pipeline.audio import tasks
from pipeline.builder.report_inputs import build_report_file
from pipeline.builder.task_functions import run_align_tracks, run_master_file, run_mix_tracks
from pipeline.cache.atomic_files import convert_os_errors, move_into_place, write_atomic
from pipeline.errors import StorageError, TaskError, fill
from pipeline.executors import deserialise_result, run_task, serialise_task
from pipeline.model import PROPOSED_CUT, Defect, SoundTarget, Step, Take, Track, sentence
from pipeline.model.task import Task
from pipeline.typesetting import Theme

R = TypeVar("R")
T = TypeVar("T", bound=Task[Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class MasteredFile:
    """The encoded file, and the results of all stages."""

    path: Path
    size_bytes: int
    result: tasks.MasterFileResult
    take: Take | None = None  # of several tracks


def master_file(  # noqa: PLR0913  # everything from outside is an argument
    sources: Sequence[Path],
    out: Path,
    *,
    tracks: bool,
    input_channels: str,
    target: SoundTarget,
    format: str,  # noqa: A002  # the word for it everywhere
    replace: bool,
    pool: Executor,
    report_step: Callable[[Step], object],
) -> MasteredFile:
    """Master a recording and write ``out`` atomically.

    Args:
        sources: The files of the recording; they are only read.
        out: The file to write; its folder exists.
        tracks: Whether the files are microphones of one talk; otherwise they are parts, in order.
        input_channels: What the recorder gave: auto, stereo, mono, left or right; of parts only.
        target: Loudness, true peak and the like.
        format: mp3, m4a, opus or flac.
        replace: Whether an existing file is replaced.
        pool: Runs the task.
        report_step: Called when a stage is done.

    Raises:
        StorageError: ``out`` exists, or cannot be written.
        WeerslagError: The recording cannot be used.
    """
    _check_destination(sources, out, replace=replace)
    with convert_os_errors(out.parent, "cannot be written"):
        temporary = tempfile.TemporaryDirectory(prefix=".weerslag-", dir=out.parent)
    with temporary as folder:
        file = Path(folder) / f"sound.{format}"
        parts, take = tuple(map(str, sources)), None
        if tracks:
            parts, take = _mix_tracks(parts, Path(folder), pool=pool, out=out, report_step=report_step)
        channels = "auto" if tracks else input_channels
        task = tasks.MasterFileTask(parts=parts, input_channels=channels, format=format, target=target, out=str(file))
        result = _run(pool, run_master_file, task, out)
        report_step(Step(kind="mastered", subject=sources[0].name))
        size = file.stat().st_size
        if not move_into_place(file, out, replace=replace):  # another process wrote it meanwhile
            raise _build_exists_error(out)
    defects = tuple(map(_describe_without_episode, result.master.defects))
    result = dataclasses.replace(result, master=dataclasses.replace(result.master, defects=defects))
    return MasteredFile(path=out, size_bytes=size, result=result, take=take)


def _describe_without_episode(defect: Defect) -> Defect:
    """Say how to remove murmur around a talk where there is no episode.md to write the cuts in."""
    if defect.code != PROPOSED_CUT:
        return defect
    template = (
        "murmur or silence for {length} s before or after the talk was kept; "
        "`weerslag init` makes a programme, where {cuts} in episode.md removes it"
    )
    return dataclasses.replace(defect, message=sentence(template, **defect.message.figures))


def _mix_tracks(
    files: tuple[str, ...], folder: Path, *, pool: Executor, out: Path, report_step: Callable[[Step], object]
) -> tuple[tuple[str, ...], Take]:
    """Align and mix tracks; return the mix, a file in ``folder``, and how it was made."""
    named = tuple(Track(file=Path(file).name) for file in files)
    aligning = tasks.AlignTracksTask(files=files, tracks=named, is_take=True, out=str(folder / "alignment.json"))
    alignment = _run(pool, run_align_tracks, aligning, out)
    report_step(Step(kind=aligning.VERB, subject=named[0].file))
    mixed, speakers = str(folder / "take.wav"), str(folder / "speakers.json")
    mixing = tasks.MixTracksTask(files=files, alignment=alignment, out=mixed, speakers_out=speakers)
    take = _run(pool, run_mix_tracks, mixing, out)
    report_step(Step(kind=mixing.VERB, subject=named[0].file))
    return (mixed,), take


def check_report_destination(report: Path, *, sources: Sequence[Path], out: Path, replace: bool) -> None:
    """Check, before an hour of work, that a report can be written.

    Raises:
        StorageError: It would overwrite the recording or the audio file, or another file without
            ``replace``.
    """
    if report.resolve() == out.resolve():
        raise StorageError("the audio file is written there", where=str(report), hint="Give the report another name.")
    _check_destination(sources, report, replace=replace)


def write_report(mastered: MasteredFile, *, path: Path, title: str, target: SoundTarget, language: str) -> None:
    """Write the processing report atomically: JSON if the name of ``path`` ends in .json, else HTML.

    Raises:
        StorageError: It cannot be written.
    """
    result, encoded = mastered.result, mastered.result.encoded
    report = reports.ReportInput(
        title=title,
        target=target,
        files=(build_report_file(encoded, name=mastered.path.name, size_bytes=mastered.size_bytes),),
        duration_s=encoded.duration_s,
        waveform=result.master.waveform,
        processing=tasks.build_processing_report(result.recording, result.master),
        defects=(*result.recording.defects, *result.master.defects),
        take=mastered.take,
    )
    if path.suffix.lower() == ".json":
        text = json.dumps(reports.build_report_data(report), ensure_ascii=False, indent=1) + "\n"
    else:
        text = reports.render_report_page(report, theme=Theme(folder="press", language=language))
    write_atomic(path, text.encode())


def _check_destination(sources: Sequence[Path], out: Path, *, replace: bool) -> None:
    with convert_os_errors(out, "cannot be written"):
        if out.is_dir() or not out.absolute().parent.is_dir():
            raise StorageError("no such folder", where=str(out), hint="Choose a file name in an existing folder.")
        if not out.exists():
            return
        if any(source.exists() and out.samefile(source) for source in sources):
            raise StorageError("this is the recording itself", where=str(out), hint="Choose another file name.")
    if not replace:
        raise _build_exists_error(out)


def _build_exists_error(out: Path) -> StorageError:
    return StorageError("the file exists", where=str(out), hint="Use --force to replace it.")


def _run(pool: Executor, function: Callable[[T], R], task: T, out: Path) -> R:
    try:
        result: R = deserialise_result(task, pool.submit(run_task, serialise_task(function, task)).result())
    except OSError as error:
        raise TaskError(fill("lost connection to the worker: {strerror}", strerror=error.strerror)) from error
    except StorageError as error:  # it names a file in our temporary folder
        hint = error.hint or "Make room on that disk, or choose another place."
        raise StorageError(error.message, where=str(out), hint=hint) from error
    return result
