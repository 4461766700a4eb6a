"""`weerslag approve`."""

from collections.abc import Sequence
from pathlib import Path

import click

from pipeline.cache import write_atomic
from pipeline.cli.language import translate
from pipeline.cli.output import print_warning
from pipeline.content import find_revoked_approvals, read_valid_files
from pipeline.content.approval_lock import APPROVED_TEXTS, LockedFile, lock_reflections
from pipeline.errors import UsageError, WeerslagError, fill


@click.command(
    epilog="""\b
Example: weerslag approve
         weerslag approve burger-centraal/tafel-3
         weerslag approve --sheets vellen
         weerslag approve --reply antwoord.eml
         weerslag approve --reply scan.pdf
"""
)
@click.argument("reflections", nargs=-1, metavar="[REFLECTION]...")
@click.option(
    "--sheets",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write sheets into this folder, on which groups read their exact words and agree.",
)
@click.option("--reply-to", default="", metavar="ADDRESS", help="The address for the answers, on the sheets.")
@click.option(
    "--reply",
    default="",
    metavar="FILE_OR_CODE",
    help="Record the answer of a group: an e-mail, a text file, a scan or photo, or the code of a sheet.",
)
@click.option("--by", default="", help="Who of the group agreed: a role or initials.")
@click.option("--yes", is_flag=True, help="Do not ask before an answer is recorded.")
@click.pass_obj
def approve(
    root: Path, reflections: tuple[str, ...], sheets: Path | None, reply_to: str, reply: str, by: str, *, yes: bool
) -> None:
    """Lock approvals to the exact text; later edits revoke them.

    An approval is the key `approved:` with a date in a reflection, or `approved: true` in a quote.

    A sheet asks a group for that: --sheets writes them, --reply records the answer.
    """
    if sheets and reply:
        raise UsageError("use either --sheets or --reply")
    if sheets:
        from pipeline.cli.approval_requests import write_sheets  # noqa: PLC0415  # imports the renderer

        write_sheets(root, sheets, reflections, reply_to=reply_to)
    elif reply:
        from pipeline.cli.approval_requests import record_reply  # noqa: PLC0415

        record_reply(root, reply, by=by, confirmed=yes)
    else:
        _lock(root, reflections)


def _lock(root: Path, reflections: tuple[str, ...]) -> None:
    files = read_valid_files(root)
    locked = lock_reflections(files, reflections)
    _store_approved_texts(root, locked)
    if not reflections:
        _delete_obsolete_texts(root, locked)
    for one in locked:
        if one.texts or one.quotes:
            write_atomic(root / one.file, one.content)
            click.echo(f"{translate('locked'):<9} {one.file}: {_describe(one)}")
    if not any(one.texts or one.quotes for one in locked):
        click.echo(f"{translate('unchanged'):<9} {_explain_no_change(locked)}")
    for warning in find_revoked_approvals(files):
        print_warning(warning)


def _explain_no_change(locked: Sequence[LockedFile]) -> str:
    if any(digest for one in locked for digest in one.digests):
        return translate("every approval is already locked, or revoked")
    return translate("nothing is approved: add `approved:` with a date to a reflection, or `approved: true` to a quote")


def _describe(locked: LockedFile) -> str:
    quotes = translate("{count} quotes") if locked.quotes > 1 else translate("1 quote")
    parts = [translate("text") if locked.texts else "", quotes.format(count=locked.quotes) if locked.quotes else ""]
    return f" {translate('and')} ".join(filter(None, parts))


def _store_approved_texts(root: Path, locked: Sequence[LockedFile]) -> None:
    for text in (text for one in locked for text in one.approved):
        file = root / APPROVED_TEXTS / f"{text.digest}.txt"
        if not file.exists():
            write_atomic(file, f"{text.text}\n".encode())


def _delete_obsolete_texts(root: Path, locked: Sequence[LockedFile]) -> None:
    """Delete stored texts whose approval was removed from all files."""
    if not (root / APPROVED_TEXTS).is_dir():
        return
    current = {digest for one in locked for digest in one.digests}
    for file in sorted((root / APPROVED_TEXTS).iterdir()):
        if file.stem not in current:
            try:
                file.unlink()
            except OSError as error:
                raise WeerslagError(
                    fill("cannot be deleted: {strerror}", strerror=error.strerror), where=str(file)
                ) from error
