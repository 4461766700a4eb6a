"""Recognises the speech of episodes: convert, find speech, recognise blocks in parallel, find speakers; all cached."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

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
from pipeline.executors import count_workers
from pipeline.model import Episode, Programme, SpeakerSpan, SpokenWord
from pipeline.model.time_codes import format_time_code
from pipeline.speech.speaker_turns import assign_speakers
from pipeline.speech.tasks import (
    RATE_HZ,
    FindSpeakersTask,
    FindSpeechTask,
    RecogniseTask,
    SpeechBlock,
    SpeechPlan,
    SpeechStretch,
)
from pipeline.speech.vocabulary import collect_terms

_Plans = Mapping[str, TaskResult[SpeechPlan]]
_Blocks = Mapping[tuple[str, int], PendingTask[tuple[SpokenWord, ...]]]


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
    sounds = convert_recordings(programme, runner, root)
    paths = {slug: runner.find_output(sound) for slug, sound in sounds.items()}
    planned = {slug: FindSpeechTask(subject=slug, sound=path) for slug, path in paths.items()}
    plans = runner.run(run_find_speech, planned)
    voices = _submit_speakers(plans, paths, takes, runner, settings)  # first, since it takes as long as some blocks
    blocks = _submit_blocks(plans, paths, names, runner, settings)
    words = runner.finish(blocks)
    spans = _collect_spans(plans, takes, voices, runner)
    return {
        slug: EpisodeSpeech(
            words=tuple(assign_speakers(_collect_words(slug, plan.value.blocks, words), spans[slug])),
            phrases=plan.value.phrases,
            spans=spans[slug],
            is_from_tracks=slug in takes.takes,
            sound=paths[slug],
            terms=names[slug],
        )
        for slug, plan in plans.items()
        if slug in spans and all((slug, block.first) in words for block in plan.value.blocks)
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


def _submit_blocks(
    plans: _Plans,
    paths: Mapping[str, str],
    names: Mapping[str, tuple[str, ...]],
    runner: TaskRunner,
    settings: RecognitionSettings,
) -> _Blocks:
    """Start to recognise all blocks; all workers together use as many threads as there are cores."""
    count = sum(len(plan.value.blocks) for plan in plans.values())
    threads = max(1, (os.cpu_count() or 1) // max(1, min(count, count_workers(runner.executor))))
    return {
        (slug, block.first): runner.submit(
            run_recognise,
            RecogniseTask(
                subject=f"{slug} {format_time_code(block.first / RATE_HZ)}",
                sound=paths[slug],
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
        for slug, plan in plans.items()
        for block in plan.value.blocks
    }


def _submit_speakers(
    plans: _Plans, paths: Mapping[str, str], takes: TakeSet, runner: TaskRunner, settings: RecognitionSettings
) -> dict[str, PendingTask[tuple[SpeakerSpan, ...]]]:
    """Start to find speakers by voice, where tracks do not tell."""
    if settings.speakers_model is None:
        return {}
    model = str(settings.speakers_model)
    return {
        slug: runner.submit(
            run_find_speakers,
            FindSpeakersTask(subject=slug, sound=paths[slug], phrases=plan.value.phrases, model=model),
        )
        for slug, plan in plans.items()
        if slug not in takes.takes
    }


def _collect_spans(
    plans: _Plans, takes: TakeSet, voices: Mapping[str, PendingTask[tuple[SpeakerSpan, ...]]], runner: TaskRunner
) -> dict[str, tuple[SpeakerSpan, ...]]:
    """Collect who speaks when: from tracks, else by voice, else nobody is named; without those that failed."""
    known = {slug: takes.takes[slug].spans if slug in takes.takes else () for slug in plans if slug not in voices}
    return known | {slug: result.value for slug, result in runner.finish(voices).items()}


def _collect_words(
    slug: str, blocks: tuple[SpeechBlock, ...], results: Mapping[tuple[str, int], TaskResult[tuple[SpokenWord, ...]]]
) -> list[SpokenWord]:
    """Put the words of all blocks on the clock of the recording."""
    return [
        replace(
            word,
            start_s=round(word.start_s + block.first / RATE_HZ, 3),
            end_s=round(word.end_s + block.first / RATE_HZ, 3),
        )
        for block in blocks
        for word in results[slug, block.first].value
    ]
