"""`weerslag clear`."""

from pathlib import Path

import click

from pipeline.cache import write_whole
from pipeline.cli import show
from pipeline.content import voided_clearances
from pipeline.content.approval_lock import MEMORY, Tied, tied_reflections
from pipeline.errors import WeerslagError


@click.command(
    epilog="""\b
Example: weerslag clear
         weerslag clear burger-centraal/tafel-3
"""
)
@click.argument("reflections", nargs=-1, metavar="[REFLECTION]...")
@click.pass_obj
def clear(root: Path, reflections: tuple[str, ...]) -> None:
    """Tie what was cleared by hand to its words, so that an edit after that voids it."""
    tied = tied_reflections(root, reflections)
    _remember(root, tied, whole=not reflections)
    for one in tied:
        if one.texts or one.quotes:
            write_whole(root / one.file, one.content)
            click.echo(f"tied      {one.file}: {_what(one)}")
    if not any(one.texts or one.quotes for one in tied):
        click.echo(f"kept      {_nothing_to_do(tied)}")
    for fault in voided_clearances(root):
        show(fault)


def _nothing_to_do(tied: tuple[Tied, ...]) -> str:
    if any(digest for one in tied for digest in one.digests):
        return "every clearance is tied to its words already, or voided"
    return "nothing was cleared yet: write `cleared:` with the day, and `cleared: true` behind a quote"


def _what(one: Tied) -> str:
    quotes = f"{one.quotes} quote{'s'[: one.quotes > 1]}" if one.quotes else ""
    return " and ".join(filter(None, ["its text" if one.texts else "", quotes]))


def _remember(root: Path, tied: tuple[Tied, ...], *, whole: bool) -> None:
    """Keep the words that were tied, and no others: what somebody took back is forgotten here too."""
    for words in (words for one in tied for words in one.words):
        file = root / MEMORY / f"{words.digest}.txt"
        if not file.exists():
            write_whole(file, f"{words.text}\n".encode())
    if not whole or not (root / MEMORY).is_dir():
        return
    kept = {digest for one in tied for digest in one.digests}
    for file in sorted((root / MEMORY).iterdir()):
        if file.stem not in kept:
            try:
                file.unlink()
            except OSError as error:
                raise WeerslagError(f"cannot be taken away: {error.strerror}", where=str(file)) from error
