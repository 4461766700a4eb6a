"""`weerslag notes`."""

import json
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pipeline.cache import write_whole
from pipeline.cache.atomic_files import as_store_error
from pipeline.cli import print_json, tell
from pipeline.content import load_programme
from pipeline.errors import UsageError, WeerslagError
from pipeline.executors import Limits, open_workers, perform, task_of
from pipeline.intake import Draft, HandIn, IntakeJob, drafts_of, mentions
from pipeline.model import Programme, from_plain
from pipeline.text import did_you_mean, shown

_LIMITS = Limits(memory_bytes=1_500_000_000, deadline_s=60)
_TOLD = {
    "written": "",
    "updated": "a newer hand-in, and nobody had edited it",
    "kept": "nothing new",
    "edited": "NOT written: a person wrote or edited what stands there; --group gives this one another name",
    "differs": "NOT written: this draft came from another hand-in; --update replaces it, --group gives another name",
}
_LOOK = {
    "name": "a name? print roles, and a name only of who agreed",
    "e-mail": "an e-mail address",
    "phone": "a telephone number",
    "postcode": "a postcode",
    "handle": "an account on a network",
    "bsn": "a citizen service number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A file and what was in it, or why it was refused."""

    source: str
    hand_in: HandIn | None
    refusal: WeerslagError | None = None


@click.group(epilog="Example: weerslag notes import tafel-3.docx --event burger-centraal")
def notes() -> None:
    """Bring in what discussion groups handed in."""


@notes.command(
    "import",
    epilog="""\b
Example: weerslag notes import tafel-3.docx --event burger-centraal
         weerslag notes import antwoorden.csv --event burger-centraal --mapping kolommen.toml
""",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--event", required=True, help="The id of the event at which the groups met.")
@click.option("--group", default="", help="What the group is called, for a file that holds one.")
@click.option(
    "--mapping",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="For a form: which column becomes what. Where no such file is, the guess is written there, to be mended.",
)
@click.option("--update", is_flag=True, help="Replace drafts that came from an earlier hand-in and that nobody edited.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what happened as one JSON document.")
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
    """Make drafts of reflections from Word, OpenDocument, text, web pages, forms, e-mail and photos."""
    programme = load_programme(root)
    _refuse_a_strange_event(event, programme)
    told = _told_by(mapping) if mapping and mapping.is_file() else ""
    with tempfile.TemporaryDirectory() as folder:
        read = _read(files, folder=Path(folder), mapping=told, group=group)
        hand_ins = [one.hand_in for one in read if one.hand_in]
        drafts = drafts_of(hand_ins, event=event, language=programme.language, there=_standing_in(root), update=update)
        if not dry_run:
            _write(root, drafts)
            _keep_the_guess(mapping, hand_ins)
    known = _public_words(programme)
    (_as_json if as_json else _as_words)(read, drafts, known)
    if any(one.refusal for one in read) or any(draft.state in {"edited", "differs"} for draft in drafts):
        raise click.exceptions.Exit(1)


def _refuse_a_strange_event(event: str, programme: Programme) -> None:
    events = [one.id for one in programme.events]
    if event not in events:
        hint = did_you_mean(event, events) or f"one of: {', '.join(events)}"
        raise UsageError(f"there is no event `{shown(event)}`", hint=hint)


def _told_by(mapping: Path) -> str:
    """The mapping as text; what is no text is no mapping either, and is told as that."""
    with as_store_error(mapping, "cannot be read"):
        return mapping.read_bytes().decode("utf-8-sig", "replace")


def _read(files: Sequence[Path], *, folder: Path, mapping: str, group: str) -> list[_Read]:
    """Every file in a process that may be killed alone, in their order."""
    futures: list[Future[str]] = []
    with open_workers("processes") as pool:
        for number, file in enumerate(files):
            own = folder / str(number)
            own.mkdir()
            job = IntakeJob(file=str(file), pictures=str(own), mapping=mapping, group=group)
            futures.append(pool.submit(perform, task_of("pipeline.intake:read_hand_in", job, _LIMITS)))
        return [_outcome(file, future) for file, future in zip(files, futures, strict=True)]


def _outcome(file: Path, future: "Future[str]") -> _Read:
    source = shown(file.name)
    try:
        return _Read(source=source, hand_in=from_plain(HandIn, json.loads(future.result())))
    except WeerslagError as error:
        refusal = WeerslagError(error.message, where=source, hint=error.hint)
        return _Read(source=source, hand_in=None, refusal=refusal)


def _standing_in(root: Path) -> Callable[[str], str | None]:
    def there(path: str) -> str | None:
        file = root / path
        if not file.exists() and not file.is_symlink():
            return None
        with as_store_error(file, "cannot be read"):
            return file.read_bytes().decode("utf-8", "surrogateescape")

    return there


def _write(root: Path, drafts: Sequence[Draft]) -> None:
    """Pictures first, so that no draft ever names one that is not there."""
    for draft in drafts:
        if draft.state in {"written", "updated"}:
            for copy, place in draft.pictures:
                write_whole(root / place, Path(copy).read_bytes())
            write_whole(root / draft.path, draft.content.encode())


def _keep_the_guess(mapping: Path | None, hand_ins: Sequence[HandIn]) -> None:
    guess = next((one.mapping for one in hand_ins if one.mapping), "")
    if mapping and guess and not mapping.exists():
        write_whole(mapping, guess.encode())


def _public_words(programme: Programme) -> list[str]:
    """Names that the programme itself makes known."""
    words = [programme.title, programme.organiser]
    for event in programme.events:
        words += [event.title, *(guest.name for guest in event.guests), *(guest.organisation for guest in event.guests)]
        if event.venue:
            words += [event.venue.name, event.venue.city, event.venue.address]
    return [word for word in words if word]


# -------------------------------------------------------------------------------------------------------- what is told


def _as_words(read: Sequence[_Read], drafts: Sequence[Draft], known: Sequence[str]) -> None:
    for draft in drafts:
        state = draft.state if draft.state in {"written", "updated", "kept"} else "skipped"
        told = f"   ({_TOLD[draft.state]})" if _TOLD[draft.state] else ""
        click.echo(f"{state:9} {draft.path}{told}")
    for one in read:
        for lost in one.hand_in.left_out if one.hand_in else ():
            click.echo(f"left out  {one.source}: {lost.count} × {lost.what}")
        if one.hand_in and one.hand_in.mapping:
            click.echo(f"columns   {one.source}:\n\n{one.hand_in.mapping}")
    for place, look in _looks(drafts, known):
        click.echo(f"look      {place}: {look}")
    for one in read:
        if one.refusal:
            tell(one.refusal)


def _as_json(read: Sequence[_Read], drafts: Sequence[Draft], known: Sequence[str]) -> None:
    print_json(
        {
            "drafts": [{"file": draft.path, "state": draft.state, "message": _TOLD[draft.state]} for draft in drafts],
            "left_out": [
                {"source": one.source, "what": lost.what, "count": lost.count}
                for one in read
                for lost in (one.hand_in.left_out if one.hand_in else ())
            ],
            "mappings": {one.source: one.hand_in.mapping for one in read if one.hand_in and one.hand_in.mapping},
            "look": [{"where": place, "message": look} for place, look in _looks(drafts, known)],
            "refused": [_plain(one.refusal) for one in read if one.refusal],
        }
    )


def _plain(error: WeerslagError) -> dict[str, Any]:
    return {"source": str(error.where), "message": error.message, "hint": error.hint}


def _looks(drafts: Sequence[Draft], known: Sequence[str]) -> list[tuple[str, str]]:
    """What may tell who somebody is, in the drafts that were written, with its place there."""
    return [
        (f"{draft.path}:{one.line}:{one.column}", f"`{one.words}`: {_LOOK[one.kind]}")
        for draft in drafts
        if draft.state in {"written", "updated"}
        for one in mentions(draft.content, known=known)
    ]
