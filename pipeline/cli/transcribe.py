"""``weerslag transcribe``: draft transcripts, or convert those that other programs made."""

from pathlib import Path

import click

from pipeline.cli.json_output import report_json_errors
from pipeline.cli.transcript_align import AlignOptions, align_transcript
from pipeline.cli.transcript_draft import DraftOptions, draft_transcripts
from pipeline.cli.transcript_import import import_transcript
from pipeline.cli.transcript_suggest import suggest_edits
from pipeline.cli.workers_options import choose_workers, workers_options
from pipeline.errors import UsageError

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command(
    epilog="""\b
Examples: weerslag transcribe
          weerslag transcribe 01-burger-centraal --model ~/models/large-v3-turbo
          weerslag transcribe 01-burger-centraal --again
          weerslag transcribe 01-burger-centraal --compare ~/models/small
          weerslag transcribe 01-burger-centraal --import overleg.docx
          weerslag transcribe 01-burger-centraal --align script.txt
          weerslag transcribe 01-burger-centraal --import transcript.vtt --shift -1:00:00"""
)
@click.argument("episodes", nargs=-1, metavar="[EPISODE]...")
@click.option("--model", type=_FOLDER, help="Folder of a Whisper model (CTranslate2) [default: $WEERSLAG_ASR_MODEL].")
@click.option("--compare", type=_FOLDER, help="Folder of a second model: the editor marks where it has other words.")
@click.option("--language", default="", metavar="CODE", help="Spoken language [default: that of the programme].")
@click.option("--again", is_flag=True, help="Draft an edited transcript again; edited cues stay.")
@workers_options
@click.option(
    "--import",
    "import_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Convert a transcript that another program made.",
)
@click.option(
    "--align",
    "align_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Find the times of a text without times; works without a model too.",
)
@click.option("--shift", default="", metavar="TIME", help="With --import: add to all times, such as -1:00:00.")
@click.option("--suggest", is_flag=True, help="Propose chapters and cuts from the transcript; nothing is written.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
@report_json_errors
def transcribe(
    root: Path,
    episodes: tuple[str, ...],
    *,
    model: Path | None,
    compare: Path | None,
    language: str,
    again: bool,
    jobs: int | None,
    workers: str | None,
    import_file: Path | None,
    align_file: Path | None,
    shift: str,
    suggest: bool,
    as_json: bool,
) -> None:
    """Draft the transcript of an episode from its recording, or convert one that another program made.

    Without a name, all episodes that have a recording and no transcript. It runs on this machine and sends nothing
    anywhere. An edited or reviewed transcript is never overwritten.
    """
    if compare is not None and (import_file is not None or suggest or align_file is not None):
        raise UsageError("--compare is for drafts only: not with --import, --align or --suggest")
    if import_file is not None:
        if len(episodes) != 1:
            raise UsageError("--import needs exactly one episode")
        import_transcript(root, episodes[0], import_file, shift=shift, as_json=as_json)
        return
    if suggest:
        if len(episodes) != 1:
            raise UsageError("--suggest needs exactly one episode")
        suggest_edits(root, episodes[0], as_json=as_json)
        return
    if align_file is not None:
        if len(episodes) != 1:
            raise UsageError("--align needs exactly one episode")
        align = AlignOptions(model=str(model or ""), language=language, workers=choose_workers(jobs, workers))
        align_transcript(root, episodes[0], align_file, align, as_json=as_json)
        return
    options = DraftOptions(
        again=again,
        model=str(model or ""),
        compare=str(compare or ""),
        language=language,
        workers=choose_workers(jobs, workers),
    )
    draft_transcripts(root, episodes, options, as_json=as_json)
