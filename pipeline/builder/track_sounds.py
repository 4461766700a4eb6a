"""The sound of each microphone of a take, for speech recognition: whose words they are is certain."""

from dataclasses import replace
from pathlib import Path

from pipeline.audio.speech_tasks import TrackSoundTask
from pipeline.builder.releases import measure_recordings
from pipeline.builder.takes import TakeSet
from pipeline.builder.task_functions import run_convert_track
from pipeline.builder.task_runner import TaskResult, TaskRunner
from pipeline.model import Episode, MixedTrack, Programme, Take

_RATE_HZ = 48_000  # of a take


def convert_tracks(
    programme: Programme, takes: TakeSet, runner: TaskRunner, root: Path
) -> dict[tuple[str, str], TaskResult[float]]:
    """Convert each microphone of the takes; by slug and speaker.

    An episode whose speakers have no microphone each is left out: a name that two tracks share, or a
    room recorder where no microphone ran.

    Args:
        programme: With the mix of each take as its recording.
        takes: What ``mix_takes`` returned.
        runner: Runs the tasks.
        root: The folder of the programme.
    """
    if not takes.takes:
        return {}
    facts = measure_recordings(programme, runner, root)
    tasks = {
        (episode.slug, get_speaker(track)): _plan_track(
            episode,
            takes.takes[episode.slug],
            track,
            takes.files[episode.slug],
            facts[episode.slug].value.integrated_lufs,
        )
        for episode in programme.episodes
        if episode.slug in takes.takes and episode.slug in facts
        for track in list_microphones(takes.takes[episode.slug])
    }
    return runner.run(run_convert_track, tasks)


def list_microphones(take: Take) -> tuple[MixedTrack, ...]:
    """List the tracks of a take if each speaker has one; else none."""
    used = tuple(track for track in take.tracks if track.gain_db is not None)
    names = {get_speaker(track) for track in used}
    is_certain = all(track.alignment.role == "microphone" for track in used) and len(names) == len(used) > 1
    return used if is_certain and {span.speaker for span in take.spans} <= names else ()


def get_speaker(track: MixedTrack) -> str:
    """Return what the spans of a take call the speaker of a track."""
    return track.alignment.speaker or track.alignment.name


def _plan_track(
    episode: Episode, take: Take, track: MixedTrack, files: tuple[str, ...], integrated_lufs: float | None
) -> TrackSoundTask:
    numbers = track.alignment.files
    return TrackSoundTask(
        subject=f"{episode.slug} {get_speaker(track)}",
        files=tuple(files[number] for number in numbers),
        track=replace(track.alignment, files=tuple(range(len(numbers)))),
        speaker=get_speaker(track),
        spans=take.spans,
        simultaneous=take.simultaneous,
        samples=round(take.duration_s * _RATE_HZ),
        gain_db=track.gain_db or 0.0,
        integrated_lufs=integrated_lufs,
        silenced=(*episode.cuts, *episode.mutes, *episode.bleeps),
    )
