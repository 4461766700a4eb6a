"""Approval sheets and the answers to them, for `weerslag approve`."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import click

from pipeline.builder.approval_sheets import build_approval_sheets
from pipeline.builder.output_files import find_theme
from pipeline.builder.task_functions import run_read_scan
from pipeline.builder.trees import TREES
from pipeline.cache import write_atomic
from pipeline.cache.atomic_files import convert_os_errors
from pipeline.cache.file_lock import hold_lock
from pipeline.cli.environment import get_current_time, open_cache
from pipeline.cli.language import translate
from pipeline.cli.output import print_error
from pipeline.content import build_programme, load_files
from pipeline.content.approval_recording import GivenApproval, build_approval_files
from pipeline.content.approval_replies import is_scan, parse_code, parse_scan, read_reply
from pipeline.content.approval_requests import (
    APPROVAL_LOG,
    APPROVALS_LOCK,
    REQUESTS,
    Agreement,
    format_request,
    match_reply,
)
from pipeline.content.approval_sheets import build_sheet, build_sheets
from pipeline.content.content_files import ProgrammeFiles
from pipeline.errors import ContentError, UsageError, WeerslagError, fill, make_message
from pipeline.executors import deserialise_result, open_executor, run_task, serialise_task
from pipeline.graphics.tasks import ReadScanTask
from pipeline.model import Programme
from pipeline.model.approvals import ApprovalReply, ApprovalSheet, SheetItem
from pipeline.text import escape_unprintable

_SHOWN = 70  # characters of a text
_ADDRESS = re.compile(r"[^\s<>,;:@]+@[^\s<>,;:@]+\.\w+")


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
    if reply_to and not _ADDRESS.fullmatch(reply_to):
        message = fill("`{address}` is not an e-mail address", address=escape_unprintable(reply_to))
        raise UsageError(message, hint="give the address that groups answer to, such as editors@example.org")
    files = load_files(root)
    programme, sheets = build_programme(files), build_sheets(files, names)
    if not sheets:
        click.echo(translate("nothing needs approval: every text and quote is approved"))
        return
    theme = find_theme("mailings", programme, root)
    address = reply_to or find_reply_address(programme)
    with open_executor("local") as executor:
        for path, content in build_approval_sheets(programme, sheets, executor, theme=theme, reply_to=address):
            write_atomic(folder / path, content)
            click.echo(f"{translate('written'):<9} {escape_unprintable(str(folder / path))}")
    for sheet in sheets:
        write_atomic(root / REQUESTS / f"{sheet.code}.json", format_request(sheet))


def record_reply(root: Path, answer: str, *, by: str, confirmed: bool) -> None:
    """Show what an answer agrees to, ask for confirmation, and record it. A scan may hold several sheets.

    Raises:
        UsageError: ``answer`` is neither a file nor a code, or ``confirmed`` and a scan.
        ContentError: It agrees to nothing, or to an older text.
    """
    replies, files = _read_answers(answer), load_files(root)
    if confirmed and any(reply.is_paper for reply in replies):
        hint = "leave out --yes, or type the codes of what was ticked: weerslag approve --reply CODE"
        raise UsageError("boxes on paper are not read by this program, but by you", where=answer, hint=hint)
    sheets = tuple(map(build_sheet, files.reflections))
    errors: list[ContentError] = []
    for reply in replies:
        try:
            agreed = match_reply(reply, files, sheets, root / REQUESTS)
        except ContentError as error:
            errors.append(error)
        else:
            _record_reply(root, reply, _ask_boxes(agreed) if reply.is_paper else agreed, by, confirmed=confirmed)
    for refused in errors[:-1]:
        print_error(refused)
    if errors:
        raise errors[-1]


def _record_reply(root: Path, reply: ApprovalReply, agreed: Sequence[Agreement], by: str, *, confirmed: bool) -> None:
    for sheet, items in agreed:
        _print_items(sheet, items)
    if agreed:
        who = by or reply.by or click.prompt(translate("Who agreed (role or initials)?"))
        if "@" in who:
            raise UsageError("give a role or initials, not an e-mail address")
        day = reply.day or (_ask_day() if reply.is_paper else get_current_time().date())
        click.echo(translate(fill("{by} agreed on {day}", by=escape_unprintable(who), day=day.isoformat())))
    if not agreed or not (confirmed or _confirm(translate("Record this? [y/N]"))):
        click.echo(translate("nothing recorded"))
        return
    with hold_lock(open_cache(root).folder / APPROVALS_LOCK):  # the review desk writes the same files
        files = load_files(root)  # as they are after the questions
        for sheet, items in agreed:
            _record(root, files, sheet, items, GivenApproval(by=who, day=day, means=reply.means))


def _ask_boxes(asked: Sequence[Agreement]) -> list[Agreement]:
    """Ask which boxes of a sheet on paper were ticked: the program does not guess that from a picture."""
    agreed = []
    for sheet, items in asked:
        click.echo(f"{sheet.code}: {escape_unprintable(sheet.group)} ({sheet.file})")
        click.echo(translate("Look at the sheet. Which boxes were ticked?"))
        is_whole = _confirm(f"  {translate('everything')} {translate('[y/N]')}")
        ticked = tuple(
            one for one in items if is_whole or _confirm(f"  {_describe_item(sheet, one)} {translate('[y/N]')}")
        )
        agreed += [(sheet, ticked)] if ticked else []
    return agreed


def _ask_day() -> date:
    today = get_current_time().date().isoformat()
    day: datetime = click.prompt(translate("Date on the sheet"), default=today, type=click.DateTime(["%Y-%m-%d"]))
    return day.date()


def _confirm(question: str) -> bool:
    """Ask in both languages; Click asks for ``y`` only."""
    answer = click.prompt(question, default="", show_default=False)
    return str(answer).strip().lower() in ("y", "yes", "j", "ja")


def _read_answers(answer: str) -> list[ApprovalReply]:
    file = Path(answer)
    if file.is_file():
        with convert_os_errors(file, "cannot be read"):
            content = file.read_bytes()
        if is_scan(content):
            return _read_scan(file)
        is_mail = file.suffix.lower() == ".eml"
        return [replace(read_reply(content, is_mail=is_mail), means="mail" if is_mail else "file")]
    if code := parse_code(answer):
        return [ApprovalReply(codes=(code,), means="code")]
    raise UsageError(
        "there is no such file, and it is not the code of a sheet", where=answer, hint="a code looks like 7K3D-9QXW"
    )


def _read_scan(file: Path) -> list[ApprovalReply]:
    """Read the codes of a scan in a process of its own, since it comes from outside, and list its pages."""
    task = ReadScanTask(source=str(file))
    with open_executor("local") as executor:
        text = executor.submit(run_task, serialise_task(run_read_scan, task)).result()
    codes = parse_scan(deserialise_result(task, text).pages)
    for number, code in enumerate(codes, start=1):
        page = fill("page {number}: {code}", number=number, code=make_message(code or "no code of a sheet"))
        click.echo(translate(page))
    if not any(codes):
        raise WeerslagError(
            "no code of an approval sheet was found on this scan",
            where=str(file),
            hint="scan it straight and sharp, at 150 dpi or more, or type the code at its top right:"
            " weerslag approve --reply CODE",
        )
    return [ApprovalReply(codes=(code,), is_paper=True, means="scan") for code in dict.fromkeys(filter(None, codes))]


def _print_items(sheet: ApprovalSheet, agreed: Sequence[SheetItem]) -> None:
    click.echo(f"{escape_unprintable(sheet.group)} ({sheet.file})")
    for item in sheet.items:
        answer = translate("agrees to") if item in agreed else translate("not to")
        click.echo(f"  {answer}: {_describe_item(sheet, item)}")


def _describe_item(sheet: ApprovalSheet, item: SheetItem) -> str:
    words = f"“{item.text}”" if item.is_quote else fill("the text: {words}", words=sheet.question or sheet.text_md)
    line = " ".join(translate(words).split())
    return escape_unprintable(f"{line[:_SHOWN]}…" if len(line) > _SHOWN else line)


def _record(
    root: Path, files: ProgrammeFiles, sheet: ApprovalSheet, items: Sequence[SheetItem], given: GivenApproval
) -> None:
    log = root / APPROVAL_LOG
    with convert_os_errors(log, "cannot be read"):
        before = log.read_bytes() if log.exists() else b""
    for path, content in build_approval_files(files, sheet, items, given, log=before).items():
        write_atomic(root / path, content)
    click.echo(f"{translate('recorded'):<9} {sheet.file}")


def find_reply_address(programme: Programme) -> str:
    """Find an e-mail address of the sender; a sender may also be a name and a postal address."""
    newsletter, podcast = programme.newsletter, programme.podcast
    senders = (newsletter.sender if newsletter else "", podcast.email if podcast else "")
    return next((found[0] for sender in senders if (found := _ADDRESS.search(sender))), "")
