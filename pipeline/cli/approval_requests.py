"""Approval sheets and the answers to them, for `weerslag approve`."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from pipeline.builder.approval_sheets import build_approval_sheets
from pipeline.builder.output_files import TREES, find_theme
from pipeline.cache import write_atomic
from pipeline.cache.atomic_files import convert_os_errors
from pipeline.cli.environment import get_current_time
from pipeline.cli.language import translate
from pipeline.content import build_programme, load_files
from pipeline.content.approval_lock import APPROVED_TEXTS
from pipeline.content.approval_replies import parse_code, read_reply
from pipeline.content.approval_requests import APPROVAL_LOG, REQUESTS, format_records, format_request, match_reply
from pipeline.content.approval_sheets import build_sheets
from pipeline.content.discovery import ProgrammeFiles
from pipeline.content.editing.approvals import write_approvals
from pipeline.errors import UsageError, fill
from pipeline.executors import open_executor
from pipeline.model import Programme
from pipeline.model.approvals import ApprovalReply, ApprovalSheet, SheetItem
from pipeline.text import escape_unprintable

_SHOWN = 70  # characters of a text


def write_sheets(root: Path, folder: Path, names: Sequence[str], *, reply_to: str) -> None:
    """Write the sheets of reflections into a folder outside the outputs of a build.

    Raises:
        UsageError: The folder is in an output.
        WeerslagError: The content has errors, or a sheet cannot be written.
    """
    for tree in (*TREES, ".weerslag"):
        if (root / tree).resolve() in (folder.resolve(), *folder.resolve().parents):
            message = fill(
                "the folder for sheets cannot be in `{name}`: that is replaced by a build, or published", name=tree
            )
            raise UsageError(message, hint="choose another folder, outside the programme for example")
    files = load_files(root)
    programme, sheets = build_programme(files), build_sheets(files, names)
    if not sheets:
        click.echo(translate("nothing needs approval: every text and quote is approved"))
        return
    theme = find_theme("mailings", programme, root)
    address = reply_to or _find_reply_address(programme)
    with open_executor("local") as executor:
        for path, content in build_approval_sheets(programme, sheets, executor, theme=theme, reply_to=address):
            write_atomic(folder / path, content)
            click.echo(f"{translate('written'):<9} {escape_unprintable(str(folder / path))}")
    for sheet in sheets:
        write_atomic(root / REQUESTS / f"{sheet.code}.json", format_request(sheet))


def record_reply(root: Path, answer: str, *, by: str, confirmed: bool) -> None:
    """Show what an answer agrees to, ask for confirmation, and record it.

    Raises:
        UsageError: ``answer`` is neither a file nor a code.
        ContentError: It agrees to nothing, or to an older text.
    """
    reply, files = _read_answer(answer), load_files(root)
    sheets = build_sheets(files, [one.file.path for one in files.reflections])
    agreed = match_reply(reply, files, sheets, root / REQUESTS)
    day = reply.day or get_current_time().date()
    for sheet, items in agreed:
        _print_items(sheet, items)
    who = by or reply.by or click.prompt(translate("Who agreed (role or initials)?"))
    if "@" in who:
        raise UsageError("give a role or initials, not an e-mail address")
    click.echo(translate(fill("{by} agreed on {day}", by=escape_unprintable(who), day=day.isoformat())))
    if not confirmed and not _confirm(translate("Record this? [y/N]")):
        click.echo(translate("nothing recorded"))
        return
    for sheet, items in agreed:
        _record(root, files, sheet, items, by=who, day=day)


def _confirm(question: str) -> bool:
    """Ask in both languages; Click asks for ``y`` only."""
    answer = click.prompt(question, default="", show_default=False)
    return str(answer).strip().lower() in ("y", "yes", "j", "ja")


def _read_answer(answer: str) -> ApprovalReply:
    file = Path(answer)
    if file.is_file():
        with convert_os_errors(file, "cannot be read"):
            return read_reply(file.read_bytes(), is_mail=file.suffix.lower() == ".eml")
    if code := parse_code(answer):
        return ApprovalReply(codes=(code,))
    raise UsageError(
        "there is no such file, and it is not the code of a sheet", where=answer, hint="a code looks like 7K3D-9QXW"
    )


def _print_items(sheet: ApprovalSheet, agreed: Sequence[SheetItem]) -> None:
    click.echo(f"{escape_unprintable(sheet.group)} ({sheet.file})")
    for item in sheet.items:
        words = f"“{item.text}”" if item.is_quote else fill("the text: {words}", words=sheet.question or sheet.text_md)
        line = " ".join(translate(words).split())
        shown = f"{line[:_SHOWN]}…" if len(line) > _SHOWN else line
        click.echo(
            f"  {translate('agrees to') if item in agreed else translate('not to')}: {escape_unprintable(shown)}"
        )


def _record(
    root: Path,
    files: ProgrammeFiles,
    sheet: ApprovalSheet,
    items: Sequence[SheetItem],
    *,
    by: str,
    day: date,
) -> None:
    file = next(one.file for one in files.reflections if one.file.path == sheet.file)
    content = write_approvals(file, items, day)
    log = root / APPROVAL_LOG
    with convert_os_errors(log, "cannot be read"):
        before = log.read_bytes() if log.exists() else b""
    for item in items:
        write_atomic(root / APPROVED_TEXTS / f"{item.digest}.txt", f"{item.words}\n".encode())
    write_atomic(root / sheet.file, content)
    write_atomic(log, before + format_records(sheet, items, by=by, day=day.isoformat()).encode())
    click.echo(f"{translate('recorded'):<9} {sheet.file}")


def _find_reply_address(programme: Programme) -> str:
    newsletter, podcast = programme.newsletter, programme.podcast
    return (newsletter.sender if newsletter else "") or (podcast.email if podcast else "")
