"""Reduces the noise of recordings with a neural network, between measuring and mastering."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.audio.tasks import DenoiseResult, DenoiseTask, MasterTask, RecordingFacts
from pipeline.builder.task_functions import run_denoise
from pipeline.builder.task_runner import TaskResult, TaskRunner
from pipeline.model import Episode, Programme

DenoisedRecordings = Mapping[str, TaskResult[DenoiseResult]]  # by slug


def denoise_recordings(
    programme: Programme, recordings: Mapping[str, TaskResult[RecordingFacts]], runner: TaskRunner, root: Path
) -> DenoisedRecordings:
    """Reduce the noise of each recording, if the programme asks for the neural network.

    Raises:
        DependencyError: The network is not installed, or is another one than expected.
    """
    if programme.sound.noise_reduction != "neural":
        return {}
    from pipeline.audio.processing.deep_filter_net import require_network  # noqa: PLC0415  # it loads numpy

    require_network()

    def plan(episode: Episode) -> DenoiseTask:
        facts = recordings[episode.slug].value
        return DenoiseTask(
            subject=episode.slug,
            parts=tuple(str(root / part) for part in episode.recording),
            cuts=episode.cuts,
            mutes=episode.mutes,
            bleeps=episode.bleeps,
            channels=programme.sound.channels,
            high_pass_hz=programme.sound.high_pass_hz,
            hum=programme.sound.hum,
            facts=replace(facts, curve_lufs=(), defects=()),
        )

    episodes = [episode for episode in programme.episodes if episode.slug in recordings]
    return runner.run(run_denoise, {episode.slug: plan(episode) for episode in episodes})


def use_denoised(task: MasterTask, denoised: TaskResult[DenoiseResult], runner: TaskRunner) -> MasterTask:
    """Master the denoised recording in place of the original, if anything was done."""
    if not denoised.value.applied:
        return task
    return replace(task, parts=(runner.find_output(denoised),), facts=denoised.value.describe_output(task.facts))
