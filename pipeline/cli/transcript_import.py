"""``weerslag transcribe EPISODE --import FILE``: convert a transcript to ``transcript.vtt``."""

from collections.abc import Sequence
from pathlib import Path

import click

from pipeline.builder.transcript_conversion import ConvertedTranscript, convert_transcript, sum_declared_durations
from pipeline.builder.transcription import is_transcript_edited
from pipeline.cache import write_atomic
from pipeline.cli.json_output import serialise_validation_error
from pipeline.cli.language import ngettext, translate
from pipeline.cli.output import print_json, print_warning
from pipeline.content import list_recording
from pipeline.errors import SourceLocation, UsageError, ValidationError, WeerslagError, fill
from pipeline.executors import deserialise_result, open_executor, run_task, serialise_task
from pipeline.feed.transcripts import format_transcript
from pipeline.intake.transcript_reader import ReadTranscriptTask, read_transcript_file
from pipeline.model import Cue
from pipeline.model.time_codes import format_time_code, parse_position
from pipeline.text import escape_unprintable, suggest_similar
from pipeline.transcripts.cue_source import CueFinding, SourceTranscript

_MAX_SHOWN = 20  # findings: one mistake of a program is in each of a thousand cues
ORIGINAL = "transcript.original.vtt"  # what a file that was converted in place was before


def import_transcript(root: Path, slug: str, file: Path, *, shift: str, as_json: bool) -> None:
    """Convert a transcript that people have, and report every cue that cannot be used.

    Raises:
        UsageError: There is no such episode or file, or the shift is no time.
        WeerslagError: The file is not a transcript, or a ``transcript.vtt`` exists already.
        click.exceptions.Exit: Words could not be used (1), or no cue fits before a shift (3).
    """
    folder = find_episode_folder(root, slug)
    file, target = find_handed_in(file, root, folder), folder / "transcript.vtt"
    transcript = read_foreign_transcript(file)
    if transcript.lines and not transcript.cues:
        hint = fill("weerslag transcribe {slug} --align FILE finds the times in the recording", slug=slug)
        raise WeerslagError("this text has no times", where=escape_unprintable(str(file)), hint=hint)
    duration_s = sum_declared_durations([root / part for part in list_recording(root, slug)])
    converted = convert_transcript(transcript, shift_ms=parse_shift(shift), duration_s=duration_s)
    state = write_transcript(converted.cues, root, slug, source=file) if converted.cues else "not written"
    print_findings(converted.findings, file=file, as_json=as_json)
    if not as_json:
        click.echo(f"{translate(state):<11} {target.relative_to(root)}: {describe_cues(transcript.format, converted)}")
    if converted.suggested_shift_ms or not converted.cues:
        raise click.exceptions.Exit(3)
    if any(one.severity == "error" for one in converted.findings):
        raise click.exceptions.Exit(1)


def find_episode_folder(root: Path, slug: str) -> Path:
    """Find the folder of an episode.

    Raises:
        UsageError: It has no ``episode.md``.
    """
    require_episode(slug, [file.parent.name for file in sorted((root / "episodes").glob("*/episode.md"))])
    return root / "episodes" / slug


def require_episode(slug: str, slugs: Sequence[str]) -> None:
    """Check that an episode is one of those of the programme.

    Raises:
        UsageError: It is not.
    """
    if slug not in slugs:
        hint = suggest_similar(slug, slugs) or fill("one of: {names}", names=", ".join(slugs))
        raise UsageError(fill("there is no episode `{slug}`", slug=escape_unprintable(slug)), hint=hint)


def find_handed_in(file: Path, root: Path, folder: Path) -> Path:
    """Find a file by its path from here, from the programme, or from the folder of the episode.

    Raises:
        UsageError: It is in none of them.
    """
    found = next((one for one in (file, root / file, folder / file) if one.is_file()), None)
    if found is None:
        raise UsageError(fill("there is no file `{file}`", file=escape_unprintable(str(file))))
    return found


def read_foreign_transcript(file: Path) -> SourceTranscript:
    """Read a file in a worker process, which can be killed.

    Raises:
        WeerslagError: It is not a transcript.
    """
    task = ReadTranscriptTask(file=str(file))
    with open_executor("processes:1") as executor:
        try:
            future = executor.submit(run_task, serialise_task(read_transcript_file, task))
            return deserialise_result(task, future.result())
        except WeerslagError as error:
            where = escape_unprintable(str(file))
            raise WeerslagError(error.message, where=where, hint=error.hint) from error


def parse_shift(text: str) -> int:
    """Parse ``-1:00:00``, ``00:12.5`` or ``-90`` (seconds), in milliseconds.

    Raises:
        UsageError: It is something else.
    """
    if not text:
        return 0
    sign, value = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    at_ms = parse_position(value)
    if at_ms is None and value.replace(".", "", 1).isdecimal():
        at_ms = round(float(value) * 1000)
    if at_ms is None:
        hint = "write seconds, or 00:12.5, or -1:00:00 for an hour earlier"
        raise UsageError(fill("`{text}` is not a shift", text=escape_unprintable(text)), hint=hint)
    return sign * at_ms


def require_replaceable(root: Path, slug: str) -> None:
    """Check that no work of a person would be overwritten.

    Raises:
        WeerslagError: ``transcript.vtt`` was edited, or made elsewhere.
    """
    if is_transcript_edited(root, slug):
        target = f"episodes/{slug}/transcript.vtt"
        hint = fill("a transcript is never overwritten: rename or remove `{name}` first", name=target)
        raise WeerslagError("the episode has a transcript", where=target, hint=hint)


def write_transcript(cues: Sequence[Cue], root: Path, slug: str, *, source: Path) -> str:
    """Write ``transcript.vtt``, never over the work of a person; return what was done.

    A file that is converted in place is kept as ``transcript.original.vtt``.

    Raises:
        WeerslagError: Another transcript exists.
    """
    target = root / "episodes" / slug / "transcript.vtt"
    content = format_transcript(cues, file_format="vtt").encode()
    if target.exists():
        present = target.read_bytes()
        if present == content:
            return "up to date"
        if not target.samefile(source):
            require_replaceable(root, slug)
        else:
            _keep_original(target.with_name(ORIGINAL), present)
    write_atomic(target, content)
    return "written"


def _keep_original(original: Path, content: bytes) -> None:
    if original.exists() and original.read_bytes() != content:
        hint = fill("rename or remove `{name}` first", name=ORIGINAL)
        raise WeerslagError("an earlier original exists", where=escape_unprintable(str(original)), hint=hint)
    write_atomic(original, content)


def print_findings(findings: Sequence[CueFinding], *, file: Path, as_json: bool) -> None:
    """Print the first findings on stderr with file and line, errors before warnings; or all as JSON on stdout."""
    shown = [
        ValidationError(
            location=SourceLocation(escape_unprintable(str(file)), one.line, one.column),
            message=escape_unprintable(translate(one.message)),
            hint=translate(one.hint),
            code="cue",
            severity=one.severity,
        )
        for one in findings
    ]
    if as_json:
        print_json([serialise_validation_error(one) for one in shown])
        return
    shown.sort(key=lambda one: one.severity != "error")
    for one in shown[:_MAX_SHOWN]:
        print_warning(one)
    if count := len(shown[_MAX_SHOWN:]):
        click.echo(translate("and {count} more of these: --json lists all").format(count=count), err=True)


def describe_cues(format_name: str, converted: ConvertedTranscript) -> str:
    """Describe what was read: format, number of cues, speakers, and where the last cue ends."""
    speakers = sorted({cue.speaker for cue in converted.cues if cue.speaker})
    names = ", ".join(speakers[:8]) + (" …" if len(speakers) > 8 else "")
    last = format_time_code(max((cue.end_ms for cue in converted.cues), default=0) / 1000)
    cues = ngettext("{count} cue", "{count} cues", len(converted.cues))
    who = ngettext("{count} speaker", "{count} speakers", len(speakers))
    line = translate("{format}, {cues} up to {last}, {who}").format(format=format_name, cues=cues, last=last, who=who)
    return fill("{line}: {names}", line=line, names=names) if names else line
