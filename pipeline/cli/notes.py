"""`weerslag notes`."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from pipeline.cache.atomic_files import convert_os_errors, write_atomic
from pipeline.cli.environment import get_current_time
from pipeline.cli.language import translate
from pipeline.cli.output import print_error, print_json
from pipeline.content import load_programme
from pipeline.errors import SourceLocation, UsageError, WeerslagError, fill, make_message
from pipeline.executors import deserialise_result, open_executor, run_task, serialise_task
from pipeline.intake.draft_writer import ReflectionDraft, mark_late, plan_drafts
from pipeline.intake.importer import import_file
from pipeline.intake.own_lines import find_doubtful_lines
from pipeline.intake.personal_data import find_personal_data
from pipeline.intake.refused_formats import is_system_file
from pipeline.intake.tasks import ImportResult, ImportTask
from pipeline.model import Programme
from pipeline.text import escape_unprintable, suggest_similar
from pipeline.typesetting.translations import format_deadline

_STATE_MESSAGES = {
    "written": "",
    "updated": "newer file; the draft had not been edited",
    "up to date": "",
    "edited": "NOT written: a person wrote or edited this file; --group imports under another name",
    "differs": "NOT written: this draft is from another file; --update replaces it, --group imports under another name",
}
_DATA_MESSAGES = {
    "name": "a name? Print roles, and names only with permission",
    "e-mail": "e-mail address",
    "phone": "phone number",
    "postcode": "postcode",
    "address": "street and number",
    "handle": "social media account",
    "profile": "profile on a social network",
    "birth date": "date of birth",
    "iban": "bank account (IBAN)",
    "bsn": "citizen service number",
}
_DOUBT_MESSAGES = {
    "reply head": "kept; looks like the head of a quoted e-mail. If it is one, delete it and what is quoted below it",
    "e-mail head": "kept; looks like the head of an e-mail. If it is one, delete it",
    "sign-off": "kept; looks like the end of a letter. If it is one, delete it and the name below it",
    "signature": "kept; looks like what a phone writes below an e-mail. If it is, delete it",
}
ImportedFile = tuple[str, ImportResult]  # the name of the file, and what was read from it


@click.group(epilog="Example: weerslag notes import tafel-3.docx --event burger-centraal")
def notes() -> None:
    """Import the notes of discussion groups."""


@notes.command(
    "import",
    epilog="""\b
Example: weerslag notes import tafel-3.docx --event burger-centraal
         weerslag notes import antwoorden.csv --event burger-centraal --mapping kolommen.toml
""",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--event", required=True, help="The id of the event where the groups met.")
@click.option("--group", default="", help="The name of the group, for a file with one group.")
@click.option(
    "--mapping",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="For a form: a TOML file that maps its columns. If it does not exist, the guessed mapping is written to it.",
)
@click.option("--update", is_flag=True, help="Replace unedited drafts of an earlier import.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
@click.pass_obj
def import_(
    root: Path,
    files: Sequence[Path],
    event: str,
    group: str,
    mapping: Path | None,
    *,
    update: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Convert documents, forms, e-mail and photos to drafts of reflections.

    Word, OpenDocument, PowerPoint, Markdown, text, HTML, CSV, XLSX, ODS, e-mail, JPEG, PNG, WebP, HEIC,
    and a zip of such files can be read.
    """
    programme = load_programme(root)
    _check_event(event, programme)
    files, skipped = _drop_system_files(files)
    mapping_toml = _read_mapping(mapping) if mapping and mapping.is_file() else ""
    with tempfile.TemporaryDirectory() as folder:
        imported, refused = _import_files(files, folder=folder, mapping=mapping_toml, group=group)
        drafts = plan_drafts(
            [result for _, result in imported],
            event=event,
            language=programme.language,
            read_existing=partial(_read_existing, root),
            update=update,
        )
        deadline = _find_passed_deadline(programme, event)
        if deadline:
            drafts = tuple(mark_late(draft, deadline, language=programme.language) for draft in drafts)
        if not dry_run:
            _write_drafts(root, drafts)
            _write_guessed_mapping(mapping, imported)
    personal_data = _list_personal_data(drafts, _list_public_names(programme))
    doubtful = _list_doubtful_lines(drafts)
    if deadline:
        click.echo(translate("the deadline has passed: {time}; new drafts are marked").format(time=deadline), err=True)
    if not as_json:
        for name in skipped:
            reason = translate("left by an office program or the system; it holds no note")
            click.echo(f"{translate('skipped'):10} {name}   ({reason})")
    (_print_json_report if as_json else _print_report)(imported, refused, drafts, personal_data, doubtful)
    if refused or any(draft.state in {"edited", "differs"} for draft in drafts):
        raise click.exceptions.Exit(1)


def _drop_system_files(files: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Drop files such as ``~$tafel.docx`` and ``Thumbs.db``, and return the names of those dropped."""
    kept = [file for file in files if not is_system_file(file.name)]
    return kept, [escape_unprintable(file.name) for file in files if is_system_file(file.name)]


def _check_event(event: str, programme: Programme) -> None:
    events = [one.id for one in programme.events]
    if event not in events:
        hint = suggest_similar(event, events) or fill("one of: {names}", names=", ".join(events))
        raise UsageError(fill("there is no event `{event}`", event=escape_unprintable(event)), hint=hint)


def _find_passed_deadline(programme: Programme, event: str) -> str:
    """Return the last deadline of an event if it has passed, in the language of the programme; else an empty string."""
    last = max((one.at for one in programme.find_event(event).deadlines), default=None)
    if last is None or last > get_current_time():
        return ""
    return format_deadline(last, language=programme.language).replace("\u00a0", " ")


def _read_mapping(mapping: Path) -> str:
    with convert_os_errors(mapping, "cannot be read"):
        return mapping.read_bytes().decode("utf-8-sig", "replace")  # binary data becomes invalid TOML, and is reported


def _import_files(
    files: Sequence[Path], *, folder: str, mapping: str, group: str
) -> tuple[list[ImportedFile], list[WeerslagError]]:
    """Read each file in a worker process, which can be killed without harm to the others.

    Returns:
        The files that could be read, and the errors of the others, with the name of the file.
    """
    imported: list[ImportedFile] = []
    refused: list[WeerslagError] = []
    with open_executor("processes") as executor:
        tasks = [
            ImportTask(file=str(file), image_folder=tempfile.mkdtemp(dir=folder), mapping=mapping, group=group)
            for file in files
        ]
        futures = [executor.submit(run_task, serialise_task(import_file, task)) for task in tasks]
        for file, task, future in zip(files, tasks, futures, strict=True):
            source = escape_unprintable(file.name)
            try:
                imported.append((source, deserialise_result(task, future.result())))
            except WeerslagError as error:
                place = error.where if isinstance(error.where, SourceLocation) else SourceLocation("")
                refused.append(WeerslagError(error.message, where=replace(place, file=source), hint=error.hint))
    return imported, refused


def _read_existing(root: Path, path: str) -> str | None:
    file = root / path
    if not file.exists() and not file.is_symlink():
        return None
    with convert_os_errors(file, "cannot be read"):
        return file.read_bytes().decode("utf-8", "surrogateescape")


def _write_drafts(root: Path, drafts: Sequence[ReflectionDraft]) -> None:
    """Write images before the drafts that show them."""
    for draft in drafts:
        if draft.is_new:
            for source, path in draft.images:
                write_atomic(root / path, Path(source).read_bytes())
            write_atomic(root / draft.path, draft.content.encode())


def _write_guessed_mapping(mapping: Path | None, imported: Sequence[ImportedFile]) -> None:
    guess = next((result.mapping for _, result in imported if result.mapping), "")
    if mapping and guess and not mapping.exists():
        write_atomic(mapping, guess.encode())


def _list_public_names(programme: Programme) -> list[str]:
    """List the names that the programme itself publishes."""
    names = [programme.title, programme.organiser]
    for event in programme.events:
        names += [event.title, *(guest.name for guest in event.guests), *(guest.organisation for guest in event.guests)]
        if event.venue:
            names += [event.venue.name, event.venue.city, event.venue.address]
    return [name for name in names if name]


def _list_personal_data(drafts: Sequence[ReflectionDraft], known: Sequence[str]) -> list[tuple[str, str]]:
    """List possible personal data in new drafts, as pairs of location and message."""
    return [
        (f"{draft.path}:{found.line}:{found.column}", _join(found.words, _DATA_MESSAGES[found.kind]))
        for draft in drafts
        if draft.is_new
        for found in find_personal_data(draft.content, known=known)
    ]


def _join(words: str, message: str) -> str:
    return fill("`{words}`: {message}", words=words, message=make_message(message))


def _list_doubtful_lines(drafts: Sequence[ReflectionDraft]) -> list[tuple[str, str]]:
    """List kept lines of new drafts that may be no text of the group, as pairs of location and message."""
    return [
        (f"{draft.path}:{found.line}:{found.column}", _join(found.words[:60], _DOUBT_MESSAGES[found.kind]))
        for draft in drafts
        if draft.is_new
        for found in find_doubtful_lines(draft.content)
    ]


def _print_report(
    imported: Sequence[ImportedFile],
    refused: Sequence[WeerslagError],
    drafts: Sequence[ReflectionDraft],
    personal_data: Sequence[tuple[str, str]],
    doubtful: Sequence[tuple[str, str]],
) -> None:
    for draft in drafts:
        state = draft.state if draft.is_new or draft.state == "up to date" else "skipped"
        message = translate(_STATE_MESSAGES[draft.state])
        click.echo(f"{translate(state):10} {draft.path}" + (f"   ({message})" if message else ""))
    for source, result in imported:
        for what, count in result.omissions.items():
            click.echo(f"{translate('omitted'):10} {source}: {count} × {translate(what)}")
        if result.mapping:
            explanation, _, columns = result.mapping.partition("\n")
            click.echo(f"{translate('columns'):10} {source}:\n\n{translate(explanation)}\n{columns}")
    for where, message in (*personal_data, *doubtful):
        click.echo(f"{translate('check'):10} {where}: {translate(message)}")
    for error in refused:
        print_error(error)


def _print_json_report(
    imported: Sequence[ImportedFile],
    refused: Sequence[WeerslagError],
    drafts: Sequence[ReflectionDraft],
    personal_data: Sequence[tuple[str, str]],
    doubtful: Sequence[tuple[str, str]],
) -> None:
    print_json(
        {
            "drafts": [
                {"file": draft.path, "state": draft.state, "message": _STATE_MESSAGES[draft.state]} for draft in drafts
            ],
            "omitted": [
                {"source": source, "what": what, "count": count}
                for source, result in imported
                for what, count in result.omissions.items()
            ],
            "mappings": {source: result.mapping for source, result in imported if result.mapping},
            "personal_data": [{"where": where, "message": message} for where, message in personal_data],
            "doubtful": [{"where": where, "message": message} for where, message in doubtful],
            "refused": [
                {"source": str(error.where), "message": error.message, "hint": error.hint} for error in refused
            ],
        }
    )
