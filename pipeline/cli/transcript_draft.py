"""``weerslag transcribe EPISODE...``: draft transcripts from recordings."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from pipeline.builder.speech_recognition import RecognitionSettings, recognise_episodes
from pipeline.builder.task_runner import TaskRunner
from pipeline.builder.transcription import ComparedWords, DraftedTranscript, check_transcript, write_transcript_draft
from pipeline.cli.environment import find_chosen_model, find_models_folder, open_cache
from pipeline.cli.language import translate, translate_message
from pipeline.cli.output import print_error, print_json
from pipeline.cli.progress import TerminalReporter, open_reporter
from pipeline.cli.task_runs import open_task_runner
from pipeline.cli.transcript_import import require_episode
from pipeline.content import load_programme
from pipeline.errors import DependencyError, UsageError, WeerslagError
from pipeline.model import Episode, Programme, Step, to_display_json
from pipeline.model.time_codes import format_time_code
from pipeline.speech.engine import require_engine
from pipeline.speech.models import InstalledModel, find_speakers_model, find_transcription_model

_SHOWN = 20  # corrections or suspect passages; all are in the file
_SMALL_BYTES = 600e6  # Whisper base, or small with 8 or 16 bits


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftOptions:
    """What the user asked for."""

    again: bool
    model: str  # a folder; empty: that of the environment, or the installed one
    compare: str = ""  # the folder of a second model; empty: none
    language: str  # empty: that of the programme
    workers: str


def draft_transcripts(root: Path, slugs: Sequence[str], options: DraftOptions, *, as_json: bool) -> None:
    """Draft the transcripts of episodes; without names, of all that have a recording and no transcript.

    Raises:
        DependencyError: There is no model, or faster-whisper is not installed.
        WeerslagError: An episode cannot be transcribed.
        click.exceptions.Exit: A task failed.
    """
    require_engine()
    folder = find_models_folder()
    model = find_transcription_model(folder, given=options.model or find_chosen_model())
    second = find_transcription_model(folder, given=options.compare) if options.compare else None
    if second and second.path.resolve() == model.path.resolve():
        raise UsageError("both models are the same folder", hint="Name another model with --compare.")
    programme = load_programme(root)
    chosen = _choose_episodes(programme, slugs)
    present = {episode.slug: check_transcript(root, episode, again=options.again) for episode in chosen}
    language = options.language or programme.language.partition("-")[0]
    settings = RecognitionSettings(model=model.path, language=language, speakers_model=_find_speakers(folder))
    with open_reporter(why=False, quiet=as_json) as reporter:
        if settings.speakers_model is None:
            reporter.print_line(translate("speakers are not told apart: weerslag models install speakers"))
        drafted, failures = _run(
            replace(programme, episodes=chosen), root, (model, second), settings, options.workers, reporter, present
        )
    if as_json:
        print_json([_serialise(one) for one in drafted])
    else:
        _print_drafts(drafted, is_base=_is_base(model))
    for _, error in failures:
        print_error(error)
    if failures:
        raise click.exceptions.Exit(1)


def _run(
    programme: Programme,
    root: Path,
    models: tuple[InstalledModel, InstalledModel | None],
    settings: RecognitionSettings,
    workers: str,
    reporter: TerminalReporter,
    present: Mapping[str, str],
) -> tuple[list[DraftedTranscript], list[tuple[Step, WeerslagError]]]:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for worker processes, which share all cores already
    cache = open_cache(root)
    with open_task_runner(cache, workers, reporter) as runner:
        speech = recognise_episodes(programme, runner, root=root, settings=settings)
        compared = _recognise_again(programme, runner, root=root, settings=settings, second=models[1])
        drafted = []
        for episode in (one for one in programme.episodes if one.slug in speech):
            slug, language = episode.slug, settings.language
            try:
                drafted.append(
                    write_transcript_draft(
                        episode,
                        speech[slug],
                        root=root,
                        cache=cache,
                        model=models[0],
                        language=language,
                        present=present[slug],
                        compared=compared.get(slug),
                    )
                )
            except WeerslagError as error:  # the others are written
                runner.report_failure(slug, error)
        return drafted, runner.failures


def _recognise_again(
    programme: Programme,
    runner: TaskRunner,
    *,
    root: Path,
    settings: RecognitionSettings,
    second: InstalledModel | None,
) -> dict[str, ComparedWords]:
    """Recognise the episodes with a second model, without speakers; by slug."""
    if second is None:
        return {}
    again = replace(settings, model=second.path, speakers_model=None)
    speech = recognise_episodes(programme, runner, root=root, settings=again)
    return {slug: ComparedWords(model=second, words=one.words) for slug, one in speech.items()}


def _choose_episodes(programme: Programme, slugs: Sequence[str]) -> tuple[Episode, ...]:
    by_slug = {episode.slug: episode for episode in programme.episodes}
    for slug in slugs:
        require_episode(slug, list(by_slug))
    if slugs:
        return tuple(by_slug[slug] for slug in dict.fromkeys(slugs))
    chosen = tuple(one for one in programme.episodes if one.recording and not one.transcript)
    if not chosen:
        raise UsageError("every episode with a recording has a transcript", hint="Name the episodes to draft again.")
    return chosen


def _find_speakers(folder: Path) -> Path | None:
    try:
        return find_speakers_model(folder).path
    except DependencyError:
        return None


def _is_base(model: InstalledModel) -> bool:
    return model.size_bytes < _SMALL_BYTES


def _print_drafts(drafted: Sequence[DraftedTranscript], *, is_base: bool) -> None:
    for one in drafted:
        line = translate("wrote episodes/{slug}/transcript.vtt: {words} words in {cues} cues, {speakers}")
        speakers = ", ".join(one.speakers) or translate("no speakers")
        click.echo(line.format(slug=one.slug, words=one.words, cues=one.cues, speakers=speakers))
        if one.kept:
            click.echo("  " + translate("{count} edited cues were kept").format(count=one.kept))
        if one.alternatives is not None:
            line = translate("the second model has other words at {count} places; the editor marks them")
            click.echo("  " + line.format(count=one.alternatives))
        for word in one.corrected[:_SHOWN]:
            line = translate("corrected: “{recognised}” → “{word}”")
            _print_at(word.start_s, line.format(recognised=word.recognised, word=word.word))
        _print_rest(len(one.corrected))
        for passage in one.suspect[:_SHOWN]:
            _print_at(
                passage.start_s,
                f"{translate('perhaps invented')} ({translate_message(passage.reason)}): {passage.text}",
            )
        _print_rest(len(one.suspect))
    if is_base and drafted:
        click.echo(
            translate("this model makes drafts to search in: about a third of the Dutch words is wrong"), err=True
        )
    if drafted:
        click.echo(translate("a draft: any word may be wrong; listen and correct it before you publish"), err=True)


def _print_at(at_s: float, text: str) -> None:
    click.echo(f"  {format_time_code(at_s):>7} {text}", err=True)


def _print_rest(count: int) -> None:
    if count > _SHOWN:
        line = translate("and {count} more, in transcript.words.json").format(count=count - _SHOWN)
        click.echo(f"          {line}", err=True)


def _serialise(one: DraftedTranscript) -> dict[str, Any]:
    plain: dict[str, Any] = to_display_json(one)
    return {"episode": plain.pop("slug"), "file": f"episodes/{one.slug}/transcript.vtt", **plain}
