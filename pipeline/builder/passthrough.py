"""Episodes whose audio is published as it is: copied and measured, neither mastered nor tagged."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pipeline import urls
from pipeline.audio.passthrough_tasks import PassthroughResult, PassthroughTask
from pipeline.builder.recording_bounds import find_out_of_bounds
from pipeline.builder.task_functions import run_passthrough
from pipeline.builder.task_runner import TaskResult, TaskRunner
from pipeline.feed.chapters import shift_chapters
from pipeline.feed.transcripts import shift_cues
from pipeline.model import Enclosure, Episode, Programme, Release, Timeline

PassthroughFiles = Mapping[str, TaskResult[PassthroughResult]]  # by slug


def copy_finished_audio(programme: Programme, runner: TaskRunner, *, root: Path) -> PassthroughFiles:
    """Copy and measure the audio of all episodes that are published as they are; failures are in ``runner.failures``."""
    tasks = {
        episode.slug: PassthroughTask(subject=episode.slug, file=str(root / episode.recording[0]))
        for episode in programme.episodes
        if episode.is_passthrough and episode.recording
    }
    copied = runner.run(run_passthrough, tasks)
    for episode in programme.episodes:
        if episode.slug in copied:
            duration_s = copied[episode.slug].value.duration_s
            errors = list(find_out_of_bounds(episode, duration_s=duration_s, root=root))
            for subject, error in errors:
                runner.report_failure(subject, error)
            if errors:
                del copied[episode.slug]
    return copied


def drop_finished_audio(programme: Programme) -> Programme:
    """Return the programme without the recordings that are published as they are, so that they are not mastered."""
    episodes = (replace(one, recording=()) if one.is_passthrough else one for one in programme.episodes)
    return replace(programme, episodes=tuple(episodes))


def build_passthrough_release(episode: Episode, copied: TaskResult[PassthroughResult], *, cover: str) -> Release:
    """Build the release of an episode whose audio is published as it is; ``cover`` is relative to ``public/``."""
    enclosure = _build_enclosure(episode, copied)
    timeline, duration_ms = Timeline(cuts=(), offset_ms=0, timed_jingles=()), round(enclosure.duration_s * 1000)
    return Release(
        episode=episode,
        enclosures=(enclosure,),
        duration_s=enclosure.duration_s,
        chapters=shift_chapters(episode.chapters, timeline=timeline, duration_ms=duration_ms),
        transcript=shift_cues(episode.transcript, timeline=timeline, duration_ms=duration_ms),
        waveform=copied.value.waveform,
        cover=cover,
    )


def _build_enclosure(episode: Episode, copied: TaskResult[PassthroughResult]) -> Enclosure:
    blob, measured = copied.outputs["out"], copied.value
    extension = PurePosixPath(episode.recording[0]).suffix.lower().removeprefix(".")
    path = urls.enclosure(episode.slug, blob.sha256, extension)
    return Enclosure(
        format=extension,
        media_type=episode.media_type or urls.get_media_type(path),
        path=path,
        sha256=blob.sha256,
        size_bytes=blob.size_bytes,
        duration_s=measured.duration_s,
        integrated_lufs=measured.integrated_lufs,
        true_peak_dbtp=measured.true_peak_dbtp,
        bitrate_kbps=round(blob.size_bytes * 8 / 1000 / measured.duration_s),
    )
