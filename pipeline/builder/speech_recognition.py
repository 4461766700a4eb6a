"""Recognises the speech of episodes: convert, find speech, recognise blocks in parallel, find speakers; all cached.

Where each speaker has a microphone, its track is recognised alone, and the words are merged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.audio.parallel import count_cores
from pipeline.audio.speech_tasks import SpeechSoundTask
from pipeline.builder.releases import measure_recordings
from pipeline.builder.takes import TakeSet, mix_takes
from pipeline.builder.task_functions import (
    run_convert_for_speech,
    run_find_speakers,
    run_find_speech,
    run_recognise,
)
from pipeline.builder.task_runner import PendingTask, TaskResult, TaskRunner
from pipeline.builder.track_sounds import convert_tracks, get_speaker, list_microphones
from pipeline.executors import count_workers
from pipeline.model import Episode, Programme, SpeakerSpan, SpokenWord
from pipeline.model.time_codes import format_time_code
from pipeline.speech.speaker_turns import assign_speakers, sort_by_time
from pipeline.speech.tasks import (
    RATE_HZ,
    FindSpeakersTask,
    FindSpeechTask,
    RecogniseTask,
    SpeechPlan,
    SpeechStretch,
)
from pipeline.speech.vocabulary import collect_terms

_Source = tuple[str, str]  # slug, and the speaker of a track; empty: the whole recording
_Plans = Mapping[_Source, TaskResult[SpeechPlan]]
_Block = tuple[str, str, int]  # a source, and its first sample
_WHOLE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionSettings:
    """How speech is recognised."""

    model: Path  # a folder
    language: str  # ISO 639-1
    speakers_model: Path | None = None  # ``None``: speakers are known from tracks only


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeSpeech:
    """The speech of one episode, on the clock of its recording."""

    words: tuple[SpokenWord, ...]  # as recognised, with speakers
    phrases: tuple[SpeechStretch, ...]  # where somebody speaks, in samples at 16 kHz
    spans: tuple[SpeakerSpan, ...]  # who speaks when
    is_from_tracks: bool  # speakers are certain, and have the names of their tracks
    sound: str  # path of the WAV at 16 kHz
    terms: tuple[str, ...]  # its vocabulary


def recognise_episodes(
    programme: Programme, runner: TaskRunner, *, root: Path, settings: RecognitionSettings
) -> dict[str, EpisodeSpeech]:
    """Recognise the speech of all episodes with a recording; failures are in ``runner.failures``.

    Args:
        programme: Only with the episodes to recognise.
        runner: Runs the tasks.
        root: The folder of the programme.
        settings: Model and language.

    Returns:
        By slug, the speech of each episode of which no task failed.
    """
    names = {episode.slug: collect_vocabulary(programme, episode) for episode in programme.episodes}
    programme, takes = mix_takes(programme, runner, root=root)
    sounds = {(slug, _WHOLE): sound for slug, sound in convert_recordings(programme, runner, root).items()}
    sounds |= convert_tracks(programme, takes, runner, root)
    paths = {source: runner.find_output(sound) for source, sound in sounds.items()}
    planned = {
        (slug, speaker): FindSpeechTask(subject=f"{slug} {speaker}".strip(), sound=path)
        for (slug, speaker), path in paths.items()
    }
    plans = runner.run(run_find_speech, planned)
    voices = _submit_speakers(plans, paths, takes, runner, settings)  # first, since it takes as long as some blocks
    sources = {slug: _list_sources(slug, takes) for slug, speaker in plans if speaker == _WHOLE}
    heard = {source: plans[source] for found in sources.values() for source in found if source in plans}
    words = runner.finish(_submit_blocks(heard, paths, names, runner, settings))
    spans = _collect_spans(sources, takes, voices, runner)
    return {
        slug: EpisodeSpeech(
            words=tuple(_collect_episode(found, heard, words, spans[slug])),
            phrases=plans[slug, _WHOLE].value.phrases,
            spans=spans[slug],
            is_from_tracks=slug in takes.takes,
            sound=paths[slug, _WHOLE],
            terms=names[slug],
        )
        for slug, found in sources.items()
        if slug in spans and all(_is_complete(source, heard, words) for source in found)
    }


def collect_vocabulary(programme: Programme, episode: Episode) -> tuple[str, ...]:
    """Collect the names and words that may be spoken in an episode."""
    event = programme.find_event(episode.event) if episode.event else None
    names = [person.name for person in episode.people]
    if event is not None:
        names += [name for guest in event.guests for name in (guest.name, guest.organisation)]
        names += [event.venue.name, event.venue.city] if event.venue else []
    names += [person.organisation for person in episode.people]
    return collect_terms(filter(None, names), programme.vocabulary)


def convert_recordings(programme: Programme, runner: TaskRunner, root: Path) -> dict[str, TaskResult[float]]:
    """Convert recordings, of takes the mix, to what speech recognition reads; by slug, of each that can be read."""
    facts = measure_recordings(programme, runner, root)
    tasks = {
        episode.slug: SpeechSoundTask(
            subject=episode.slug,
            parts=tuple(str(root / part) for part in episode.recording),
            cuts=episode.cuts,
            mutes=episode.mutes,
            bleeps=episode.bleeps,
            channel_plan=facts[episode.slug].value.channel_plan,
            integrated_lufs=facts[episode.slug].value.integrated_lufs,
            duration_s=facts[episode.slug].value.duration_s,
        )
        for episode in programme.episodes
        if episode.slug in facts
    }
    return runner.run(run_convert_for_speech, tasks)


def _list_sources(slug: str, takes: TakeSet) -> list[_Source]:
    """List what is recognised of an episode: the tracks of its microphones, or the whole recording."""
    tracks = list_microphones(takes.takes[slug]) if slug in takes.takes else ()
    return [(slug, get_speaker(track)) for track in tracks] or [(slug, _WHOLE)]


def _submit_blocks(
    plans: _Plans,
    paths: Mapping[_Source, str],
    names: Mapping[str, tuple[str, ...]],
    runner: TaskRunner,
    settings: RecognitionSettings,
) -> dict[_Block, PendingTask[tuple[SpokenWord, ...]]]:
    """Start to recognise all blocks; all workers together use as many threads as there are cores."""
    count = sum(len(plan.value.blocks) for plan in plans.values())
    threads = max(1, count_cores() // max(1, min(count, count_workers(runner.executor))))
    return {
        (slug, speaker, block.first): runner.submit(
            run_recognise,
            RecogniseTask(
                subject=f"{slug} {format_time_code(block.first / RATE_HZ)} {speaker}".strip(),
                sound=paths[slug, speaker],
                first=block.first,
                samples=block.last - block.first,
                sha256=block.sha256,
                stretches=block.stretches,
                model=str(settings.model),
                language=settings.language,
                vocabulary=names[slug],
                threads=threads,
            ),
        )
        for (slug, speaker), plan in plans.items()
        for block in plan.value.blocks
    }


def _submit_speakers(
    plans: _Plans, paths: Mapping[_Source, str], takes: TakeSet, runner: TaskRunner, settings: RecognitionSettings
) -> dict[str, PendingTask[tuple[SpeakerSpan, ...]]]:
    """Start to find speakers by voice, where tracks do not tell."""
    if settings.speakers_model is None:
        return {}
    model = str(settings.speakers_model)
    return {
        slug: runner.submit(
            run_find_speakers,
            FindSpeakersTask(subject=slug, sound=paths[slug, _WHOLE], phrases=plan.value.phrases, model=model),
        )
        for (slug, _), plan in plans.items()
        if slug not in takes.takes
    }


def _collect_spans(
    slugs: Iterable[str],
    takes: TakeSet,
    voices: Mapping[str, PendingTask[tuple[SpeakerSpan, ...]]],
    runner: TaskRunner,
) -> dict[str, tuple[SpeakerSpan, ...]]:
    """Collect who speaks when: from tracks, else by voice, else nobody is named; without those that failed."""
    known = {slug: takes.takes[slug].spans if slug in takes.takes else () for slug in slugs if slug not in voices}
    return known | {slug: result.value for slug, result in runner.finish(voices).items()}


def _is_complete(source: _Source, plans: _Plans, results: Mapping[_Block, object]) -> bool:
    return source in plans and all((*source, block.first) in results for block in plans[source].value.blocks)


def _collect_episode(
    sources: Sequence[_Source],
    plans: _Plans,
    results: Mapping[_Block, TaskResult[tuple[SpokenWord, ...]]],
    spans: Sequence[SpeakerSpan],
) -> list[SpokenWord]:
    """Collect the words of an episode in order of time, with their speakers."""
    words = [
        replace(
            word,
            start_s=round(word.start_s + block.first / RATE_HZ, 3),
            end_s=round(word.end_s + block.first / RATE_HZ, 3),
            speaker=source[1],
        )
        for source in sources
        for block in plans[source].value.blocks
        for word in results[*source, block.first].value
    ]
    if len(sources) == 1:
        return assign_speakers(words, spans)
    return sort_by_time(words)
