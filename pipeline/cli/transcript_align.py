"""``weerslag transcribe EPISODE --align FILE``: find the times of a text that has none."""

from dataclasses import dataclass
from pathlib import Path

import click

from pipeline.builder.speech_recognition import RecognitionSettings
from pipeline.builder.transcript_alignment import align_episode, list_written_lines
from pipeline.cli.environment import find_chosen_model, find_models_folder, open_cache
from pipeline.cli.language import ngettext, translate
from pipeline.cli.output import print_json
from pipeline.cli.progress import open_reporter
from pipeline.cli.task_runs import open_task_runner
from pipeline.cli.transcript_import import (
    find_episode_folder,
    find_handed_in,
    read_foreign_transcript,
    require_replaceable,
    write_transcript,
)
from pipeline.content import load_programme
from pipeline.errors import DependencyError, UsageError, WeerslagError, fill
from pipeline.model import Programme
from pipeline.model.time_codes import format_time_code
from pipeline.speech.alignment.tasks import AlignedText, WrittenLine
from pipeline.speech.engine import require_engine
from pipeline.speech.models import find_transcription_model
from pipeline.text import escape_unprintable


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignOptions:
    """What the user asked for."""

    model: str  # a folder; empty: that of the environment, or the installed one, or none
    language: str  # empty: that of the programme
    workers: str


def align_transcript(root: Path, slug: str, file: Path, options: AlignOptions, *, as_json: bool) -> None:
    """Align a text with the recording of an episode, and write ``transcript.vtt``.

    Raises:
        UsageError: There is no such episode or file, or the episode has no recording.
        DependencyError: espeak-ng is not installed.
        WeerslagError: The text is that of another recording, or a transcript would be overwritten.
    """
    folder = find_episode_folder(root, slug)
    file = find_handed_in(file, root, folder)
    require_replaceable(root, slug)
    lines = list_written_lines(read_foreign_transcript(file))
    if not lines:
        raise WeerslagError("the file has no text", where=escape_unprintable(str(file)))
    programme = load_programme(root, handed_in=f"episodes/{slug}/{file.name}" if file.parent.samefile(folder) else "")
    settings = _choose_recognition(programme, options)
    if settings is None:
        click.echo(
            translate("without a speech model: the recording is compared with synthetic speech (espeak-ng)"), err=True
        )
    aligned = _run(programme, slug, lines, root, options, settings, quiet=as_json)
    if not aligned.is_accepted:
        message = fill(
            "the text does not match the recording ({match} %); nothing is written", match=round(100 * aligned.match)
        )
        hint = "Check that it is the text of this episode, and complete."
        raise WeerslagError(message, where=escape_unprintable(str(file)), hint=hint)
    state = write_transcript(aligned.cues, root, slug, source=file)
    if as_json:
        print_json(_serialise(aligned, slug, method="words" if settings else "sound"))
        return
    _print_report(aligned, file)
    counts = (
        ngettext("{count} cue", "{count} cues", len(aligned.cues)),
        ngettext("{count} sentence never heard", "{count} sentences never heard", len(aligned.unheard)),
        ngettext("{count} passage without text", "{count} passages without text", len(aligned.unwritten)),
    )
    click.echo(f"{translate(state):<11} episodes/{slug}/transcript.vtt: {', '.join(counts)}")
    if settings is None:
        click.echo(
            translate("passages without text cannot be found this way; listen to the starts of some cues"), err=True
        )


def _choose_recognition(programme: Programme, options: AlignOptions) -> RecognitionSettings | None:
    """Choose the model that the user named, or one that is installed.

    Raises:
        DependencyError: The model that the user named cannot be used.
    """
    given = options.model or find_chosen_model()
    try:
        require_engine()
        model = find_transcription_model(find_models_folder(), given=given)
    except DependencyError:
        if given:
            raise
        return None
    return RecognitionSettings(model=model.path, language=_get_language(programme, options))


def _get_language(programme: Programme, options: AlignOptions) -> str:
    return options.language or programme.language.partition("-")[0]


def _run(
    programme: Programme,
    slug: str,
    lines: tuple[WrittenLine, ...],
    root: Path,
    options: AlignOptions,
    settings: RecognitionSettings | None,
    *,
    quiet: bool,
) -> AlignedText:
    episode = next(one for one in programme.episodes if one.slug == slug)
    if not episode.recording:
        raise UsageError("the episode has no recording", where=f"episodes/{slug}")
    with (
        open_reporter(why=False, quiet=quiet) as reporter,
        open_task_runner(open_cache(root), options.workers, reporter) as runner,
    ):
        language = _get_language(programme, options)
        aligned = align_episode(programme, episode, lines, runner, root=root, language=language, settings=settings)
    if aligned is None:
        raise runner.failures[0][1]
    return aligned


def _print_report(aligned: AlignedText, file: Path) -> None:
    for sentence in aligned.unheard:
        text = translate("warning: never heard in the recording; it has no cue: “{text}”")
        where = f"{escape_unprintable(str(file))}:{sentence.line}"
        click.echo(f"{where}: {text.format(text=escape_unprintable(sentence.text[:80]))}", err=True)
    for passage in aligned.unwritten:
        text = translate("spoken, but not in the text (as recognised): “{text}”")
        at = format_time_code(passage.start_s)
        click.echo(f"{at:>9}  {text.format(text=escape_unprintable(passage.text[:80]))}", err=True)


def _serialise(aligned: AlignedText, slug: str, *, method: str) -> dict[str, object]:
    return {
        "episode": slug,
        "file": f"episodes/{slug}/transcript.vtt",
        "method": method,
        "match": aligned.match,
        "cues": len(aligned.cues),
        "unheard": [{"line": one.line, "text": one.text} for one in aligned.unheard],
        "unwritten": [{"start_s": one.start_s, "end_s": one.end_s, "text": one.text} for one in aligned.unwritten],
    }
