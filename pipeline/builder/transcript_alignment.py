"""Aligns a text with the recording of an episode: with recognised words, or with synthetic speech alone."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.audio.parallel import count_cores
from pipeline.builder.speech_recognition import RecognitionSettings, convert_recordings, recognise_episodes
from pipeline.builder.takes import mix_takes
from pipeline.builder.task_functions import run_align_text
from pipeline.builder.task_runner import TaskRunner
from pipeline.model import Episode, Programme, SpokenWord
from pipeline.speech.alignment.tasks import AlignedText, AlignTextTask, WrittenLine
from pipeline.transcripts.cue_source import SourceTranscript


def list_written_lines(transcript: SourceTranscript) -> tuple[WrittenLine, ...]:
    """List the lines of a text; of a transcript with times its cues, whose times are not used."""
    return tuple(
        WrittenLine(line=one.line, speaker=one.speaker, text=one.text) for one in transcript.lines or transcript.cues
    )


def align_episode(
    programme: Programme,
    episode: Episode,
    lines: Sequence[WrittenLine],
    runner: TaskRunner,
    *,
    root: Path,
    language: str,
    settings: RecognitionSettings | None,
) -> AlignedText | None:
    """Find the times of a text in the recording of an episode.

    Args:
        programme: The programme.
        episode: One of its episodes, with a recording.
        lines: The text.
        runner: Runs the tasks.
        root: The folder of the programme.
        language: ISO 639-1, for the synthetic speech.
        settings: With which model speech is recognised; ``None``: it is not.

    Returns:
        The aligned text; ``None`` after a failure, which is in ``runner.failures``.
    """
    programme = replace(programme, episodes=(episode,))
    words: tuple[SpokenWord, ...] = ()
    if settings is not None:
        speech = recognise_episodes(programme, runner, root=root, settings=settings).get(episode.slug)
        sound = speech.sound if speech else ""
        words = speech.words if speech else ()
    else:
        mixed, _ = mix_takes(programme, runner, root=root)
        converted = convert_recordings(mixed, runner, root).get(episode.slug)
        sound = runner.find_output(converted) if converted else ""
    if not sound:
        return None
    task = AlignTextTask(
        subject=episode.slug,
        sound=sound,
        lines=tuple(lines),
        language=language,
        words=words,
        threads=count_cores(),
    )
    results = runner.run(run_align_text, {episode.slug: task})
    return results[episode.slug].value if episode.slug in results else None
