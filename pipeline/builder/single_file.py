"""Takes one sound file through the whole chain, outside any programme: measured, mastered, encoded, put in place."""

import json
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pipeline import reports
from pipeline.audio import tasks
from pipeline.errors import JobError, StoreError
from pipeline.executors import Limits, perform, task_of
from pipeline.model import Enclosure, Episode, Programme, Release, SoundTarget, Step, from_plain
from pipeline.typesetting import Theme

A = TypeVar("A")

_GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What was made of one file, and what its decoded sound measures."""

    file: str
    format: str
    size_bytes: int
    duration_s: float
    integrated_lufs: float
    true_peak_dbtp: float
    bitrate_kbps: int
    recording: tasks.RecordingFacts
    mastered: tasks.Mastered


def master_file(
    source: Path,
    out: Path,
    *,
    target: SoundTarget,
    format: str,  # noqa: A002  # the word for it everywhere
    replace: bool,
    pool: Executor,
    say: Callable[[Step], object],
) -> Delivered:
    """Master ``source`` and put the file at ``out``: whole, or not at all, and over another only with ``replace``.

    Raises:
        StoreError: something stands at ``out``, or it cannot be written.
        WeerslagError: the sound cannot be used.
    """
    _refuse(source, out, replace=replace)
    try:
        room = tempfile.TemporaryDirectory(prefix=".weerslag-", dir=out.parent)
    except OSError as error:
        raise StoreError(f"nothing can be written there: {error.strerror}", where=str(out.parent)) from error
    with room as folder:
        file = Path(folder) / f"sound.{format}"
        delivering = tasks.DeliverJob(source=str(source), format=format, target=target, out=str(file))
        made = _delivered(pool, delivering, source, out)
        say(Step(kind="mastered", subject=source.name))
        size = file.stat().st_size
        _settle(file, out, replace=replace)
    return Delivered(
        file=str(out),
        format=format,
        size_bytes=size,
        duration_s=made.encoded.duration_s,
        integrated_lufs=made.encoded.integrated_lufs,
        true_peak_dbtp=made.encoded.true_peak_dbtp,
        bitrate_kbps=made.encoded.bitrate_kbps,
        recording=made.recording,
        mastered=made.mastered,
    )


def refuse_report(report: Path, *, source: Path, out: Path, replace: bool) -> None:
    """Before an hour of work: a report takes the place of nothing that is worth more than it.

    Raises:
        StoreError: it would stand where the recording is, or the sound, or over another file without ``replace``.
    """
    if report.resolve() == out.resolve():
        raise StoreError("the sound goes there", where=str(report), hint="Give the report a name of its own.")
    _refuse(source, report, replace=replace)


def report_on(delivered: Delivered, *, file: Path, title: str, target: SoundTarget, language: str) -> bytes:
    """The same report that an episode of a programme gets: one HTML page, or JSON where the name of ``file`` ends so."""
    programme = Programme(title="", language=language, organiser="", url="", sound=target)
    release = _as_release(delivered, title=title)
    if file.suffix.lower() == ".json":
        data = reports.report_data(programme, release)
        return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()
    return reports.report_page(programme, release, theme=Theme(room="press", language=language)).encode()


# --------------------------------------------------------------------------------------------------------------- within


def _as_release(delivered: Delivered, *, title: str) -> Release:
    episode = Episode(
        slug="", guid="", number=0, event="", title=title, summary="", published=datetime.fromtimestamp(0, UTC)
    )
    file = Enclosure(
        format=delivered.format,
        media_type="",
        path=Path(delivered.file).name,
        sha256="",
        size_bytes=delivered.size_bytes,
        duration_s=delivered.duration_s,
        integrated_lufs=delivered.integrated_lufs,
        true_peak_dbtp=delivered.true_peak_dbtp,
        bitrate_kbps=delivered.bitrate_kbps,
    )
    return Release(
        episode=episode,
        enclosures=(file,),
        duration_s=delivered.duration_s,
        chapters=(),
        transcript=(),
        trace=delivered.mastered.trace,
        cover="",
        treatment=tasks.treatment_of(delivered.recording, delivered.mastered),
        defects=(*delivered.recording.defects, *delivered.mastered.defects),
    )


def _refuse(source: Path, out: Path, *, replace: bool) -> None:
    try:
        _refuse_place(source, out, replace=replace)
    except OSError as error:  # a folder that nobody may look into
        hint = "Name a file in a folder of your own."
        raise StoreError(f"nothing can be written there: {error.strerror}", where=str(out), hint=hint) from error


def _refuse_place(source: Path, out: Path, *, replace: bool) -> None:
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise StoreError(
            "there is no folder to write that in", where=str(out), hint="Name a file in a folder there is."
        )
    if not out.exists():
        return
    if source.exists() and out.samefile(source):
        raise StoreError("that is the recording itself", where=str(out), hint="A recording is never changed.")
    if not replace:
        raise _taken(out)


def _taken(out: Path) -> StoreError:
    return StoreError("there is a file of that name already", where=str(out), hint="--force writes over it.")


def _done(pool: Executor, job: Any, answer: type[A], limits: Limits) -> A:
    try:
        told = pool.submit(perform, task_of(job.MAKER, job, limits)).result()
    except OSError as error:
        raise JobError(f"the worker cannot be reached: {error.strerror}") from error
    return from_plain(answer, json.loads(told))


def _delivered(pool: Executor, job: tasks.DeliverJob, source: Path, out: Path) -> tasks.Delivery:
    try:
        return _done(pool, job, tasks.Delivery, _limits(source))
    except StoreError as error:  # a file in a room of ours, of which nobody knows
        hint = error.hint or "Make room on that disk, or name another place."
        raise StoreError(error.message, where=str(out), hint=hint) from error


def _limits(source: Path) -> Limits:
    """Time enough for the slowest machine: an hour of MP3 is hardly smaller than 30 MB."""
    size = 0
    with suppress(OSError):  # who opens it will say why not
        size = source.stat().st_size
    return Limits(memory_bytes=6 * _GIB, deadline_s=300 + size / 1000)


def _settle(file: Path, out: Path, *, replace: bool) -> None:
    """Give the file its name; another that came to stand there meanwhile is not written over."""
    try:
        with file.open("rb") as stream:
            os.fsync(stream.fileno())
        file.chmod(0o644)
        if not replace:
            with suppress(PermissionError, NotImplementedError):  # a disk without hard links
                os.link(file, out)
                return
            if out.exists():
                raise _taken(out)
        file.replace(out)
    except FileExistsError as error:
        raise _taken(out) from error
    except OSError as error:
        raise StoreError(f"it cannot be written: {error.strerror}", where=str(out)) from error
