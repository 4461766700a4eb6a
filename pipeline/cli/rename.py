"""``weerslag rename``."""

from pathlib import Path

import click

from pipeline.cache import write_atomic
from pipeline.cache.atomic_files import convert_os_errors, delete_partials
from pipeline.cli.language import translate
from pipeline.content.loader import read_valid_files
from pipeline.content.renaming import plan_renaming


@click.command(
    epilog="""\b
Example: weerslag rename 02-welvaart 02-welvaart-dichtbij
         weerslag rename stories/vooraf vooraf-gaand"""
)
@click.argument("old")
@click.argument("new")
@click.option("-n", "--dry-run", is_flag=True, help="Show what would change; change nothing.")
@click.pass_obj
def rename(root: Path, old: str, new: str, *, dry_run: bool) -> None:
    """Rename the episode, event, case or story OLD to the slug NEW.

    Its folder or file moves, every reference follows, and its former address forwards: links, calendars and printed
    QR codes keep working. OLD is its slug, or the path of its page. Interrupted? Repeat the same command.
    """
    renaming = plan_renaming(read_valid_files(root), old, new)
    if not dry_run:
        delete_partials((root / path).parent for path, _ in renaming.edits)
    for path, content in renaming.edits:
        if not dry_run:
            write_atomic(root / path, content)
        click.echo(f"{'changed':<10}{path}")
    for source, target in renaming.moves:
        if not dry_run:
            with convert_os_errors(root / source, "cannot be moved"):
                (root / source).rename(root / target)
        click.echo(f"{'moved':<10}{source} -> {target}")
    if not renaming.edits and not renaming.moves:
        click.echo(translate("nothing to do: it has this name already"), err=True)
    elif dry_run:
        click.echo(translate("dry run: nothing was changed"), err=True)
    else:
        click.echo(translate("renamed; publish, and commit the changes"), err=True)
