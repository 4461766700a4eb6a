"""Episodes recorded on several tracks: aligned and mixed, before everything that needs one recording."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline import urls
from pipeline.audio.tasks import AlignTracksTask, MixTracksTask
from pipeline.builder.task_functions import run_align_tracks, run_mix_tracks
from pipeline.builder.task_runner import TaskResult, TaskRunner
from pipeline.content.recording_files import format_names
from pipeline.feed.transcripts import fill_speakers
from pipeline.model import TAKE_TRACKS, Defect, Episode, Programme, Take, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSet:
    """The takes of all episodes that have several tracks."""

    takes: Mapping[str, Take] = field(default_factory=dict)  # by slug
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by slug: those that its tracks number
    press: Mapping[str, str] = field(default_factory=dict)  # path in press/: sha256


def mix_takes(programme: Programme, runner: TaskRunner, *, root: Path) -> tuple[Programme, TakeSet]:
    """Mix the takes of all episodes.

    Returns:
        The programme, with the mix as recording of these episodes, and without a recording for
        episodes that failed; and the takes. All else is unchanged.
    """
    planned = {one.slug: _plan_alignment(one, root) for one in programme.episodes if _may_be_take(one)}
    if not planned:
        return programme, TakeSet()
    alignments = runner.run(run_align_tracks, planned)
    mixes = runner.run(
        run_mix_tracks,
        {
            slug: MixTracksTask(subject=slug, files=planned[slug].files, alignment=aligned.value)
            for slug, aligned in alignments.items()
            if aligned.value.tracks
        },
    )
    failed = planned.keys() - {slug for slug in alignments if slug in mixes or not alignments[slug].value.tracks}
    episodes = [replace(one, recording=()) if one.slug in failed else one for one in programme.episodes]
    episodes = [_use_mix(one, mixes[one.slug], runner) if one.slug in mixes else one for one in episodes]
    return replace(programme, episodes=tuple(episodes)), TakeSet(
        takes={slug: mixed.value for slug, mixed in mixes.items()},
        files={slug: planned[slug].files for slug in mixes},
        press={urls.speakers(slug): mixed.outputs["speakers_out"].sha256 for slug, mixed in mixes.items()},
    )


def describe_take(take: Take) -> Defect:
    """Describe what the files of a recording are, as a note for ``check``."""
    names = format_names([track.alignment.name for track in take.tracks], shown=20)
    text = "{number} tracks of one take: {names}"
    return Defect(code=TAKE_TRACKS, message=sentence(text, number=len(take.tracks), names=names))


def _use_mix(episode: Episode, mixed: TaskResult[Take], runner: TaskRunner) -> Episode:
    """Replace the recording by the mix, and name speakers in the transcript where their tracks are named."""
    named = {track.alignment.speaker for track in mixed.value.tracks}
    spans = [span for span in mixed.value.spans if span.speaker in named]
    return replace(
        episode,
        recording=(str(Path(runner.find_output(mixed)).absolute()),),  # joined to the root, it stays as it is
        input_channels="auto",  # of one channel
        transcript=fill_speakers(episode.transcript, spans) if spans else episode.transcript,
    )


def _may_be_take(episode: Episode) -> bool:
    return len(episode.recording) > 1 if episode.tracks is None else bool(episode.tracks)


def _plan_alignment(episode: Episode, root: Path) -> AlignTracksTask:
    tracks = episode.tracks or ()
    folder = f"episodes/{episode.slug}"
    files = tuple(f"{folder}/{one.file}" for one in tracks) or episode.recording
    return AlignTracksTask(
        subject=episode.slug, files=tuple(str(root / file) for file in files), tracks=tracks, is_take=bool(tracks)
    )
