"""The sound that the transcript editor plays: the whole recording, as it was before cuts, mutes and bleeps."""

from dataclasses import replace
from pathlib import Path

from pipeline.builder.speech_recognition import convert_recordings
from pipeline.builder.takes import mix_takes
from pipeline.builder.task_runner import TaskRunner
from pipeline.model import Episode, Programme


def make_listening_copy(programme: Programme, episode: Episode, runner: TaskRunner, *, root: Path) -> str:
    """Convert the recording of an episode to a WAV of one channel at 16 kHz, on the clock of the recording.

    Returns:
        Its path in the cache; empty if the recording cannot be read: see ``runner.failures``.
    """
    whole = replace(episode, cuts=(), mutes=(), bleeps=())
    mixed, _ = mix_takes(replace(programme, episodes=(whole,)), runner, root=root)
    sounds = convert_recordings(mixed, runner, root)
    if episode.slug not in sounds:
        return ""
    return str(runner.cache.fetch_object(sounds[episode.slug].outputs["out"].sha256))
