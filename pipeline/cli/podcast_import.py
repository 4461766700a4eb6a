"""``weerslag init DIR --from-feed FEED``: move an existing podcast in."""

import sys
from pathlib import Path

import click

from pipeline.cli.environment import get_current_time
from pipeline.cli.language import translate
from pipeline.cli.podcast_files import PodcastFiles, is_public_address
from pipeline.errors import ContentError, UsageError, WeerslagError, fill
from pipeline.podcast_import.downloads import FetchedDocument
from pipeline.podcast_import.import_plan import ImportPlan, plan_import
from pipeline.podcast_import.import_report import list_next_steps
from pipeline.podcast_import.import_run import (
    IMPORT_FOLDER,
    MAX_FEED_BYTES,
    REPORT,
    ImportReporter,
    check_url,
    finish_import,
    import_podcast,
    read_podcast,
)

_PLACED = {".gitattributes", ".gitignore", "covers", "episodes", "published.jsonl", REPORT}  # by an interrupted import


def move_in(folder: Path, feed: str, *, url: str, skip_missing: bool, dry_run: bool) -> None:
    """Read a feed, print the plan, download, and write the programme.

    Raises:
        UsageError: The folder has other files in it, or FEED is no file.
        WeerslagError: The feed or audio cannot be read; the same command goes on.
    """
    if finish_import(folder):
        click.echo(translate("Created. To build it: weerslag -C {folder} build").format(folder=folder), err=True)
        return
    require_resumable(folder)
    try:
        check_url(url)
    except ContentError as error:
        raise click.UsageError(str(error)) from error
    is_remote = feed.lower().startswith(("http://", "https://"))
    files = PodcastFiles(public_only=is_remote and is_public_address(feed))
    first = files.read(feed, max_bytes=MAX_FEED_BYTES) if is_remote else _read_file(feed)
    podcast = read_podcast(first, files, address=feed if is_remote else "", name=feed)
    now = get_current_time()
    plan = plan_import(podcast.feed, now=now)
    _print_plan(plan)
    if dry_run:
        click.echo(translate("dry run: nothing was downloaded or written"), err=True)
        return
    bar = _ProgressLine()
    try:
        summary = import_podcast(
            podcast,
            plan,
            folder,
            url=url,
            source=files,
            now=now,
            skip_missing=skip_missing,
            reporter=ImportReporter(step=bar.print_step, progress=bar.update),
        )
    except KeyboardInterrupt:
        bar.clear()
        click.echo(translate("Interrupted: the same command goes on where it stopped."), err=True)
        raise
    bar.clear()
    click.echo(folder / REPORT)
    for number, step in enumerate(list_next_steps(summary), start=1):
        click.echo(f"{number}. {translate(step)}", err=True)


def require_resumable(folder: Path) -> None:
    """Require a folder that is new or empty, or has an interrupted import.

    Raises:
        UsageError: It has something else in it.
    """
    try:
        names = {one.name for one in folder.iterdir()} if folder.exists() else set[str]()
    except OSError as error:
        raise WeerslagError(fill("cannot be read: {strerror}", strerror=error.strerror), where=str(folder)) from error
    if names and (IMPORT_FOLDER not in names or names - _PLACED - {IMPORT_FOLDER}):
        raise UsageError(fill("{folder} is not empty: choose a new or empty folder", folder=folder))


def _read_file(feed: str) -> FetchedDocument:
    try:
        with Path(feed).open("rb") as file:
            return FetchedDocument(content=file.read(MAX_FEED_BYTES + 1), address="")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "invalid file name"
        raise click.BadParameter(
            fill("{feed}: {reason}", feed=feed, reason=reason), param_hint="--from-feed"
        ) from error


def _print_plan(plan: ImportPlan) -> None:
    """Print what will be moved, on stderr."""
    episodes = plan.episodes
    unknown = sum(1 for one in episodes if one.item.enclosure and not one.item.enclosure.size_bytes)
    line = fill(
        "{title}: {count} episodes, {size:.0f} MB of audio",
        title=plan.feed.title,
        count=len(episodes),
        size=plan.size_bytes / 1e6,
    )
    click.echo(translate(line), err=True)
    if unknown:
        click.echo(translate(fill("the feed does not say how large {count} of them are", count=unknown)), err=True)
    if episodes:
        first, last = episodes[-1].published, episodes[0].published
        click.echo(translate(fill("from {first:%Y-%m-%d} to {last:%Y-%m-%d}", first=first, last=last)), err=True)
    for remark in plan.remarks:
        subject = f"“{remark.subject}”: " if remark.subject else ""
        click.echo(f"{subject}{translate(remark.message)}", err=True)


class _ProgressLine:
    """The progress of one download: a line that is redrawn on a terminal; elsewhere nothing but the steps."""

    def __init__(self) -> None:
        self._is_terminal, self._shown = sys.stderr.isatty(), ""

    def update(self, subject: str, done: int, of: int) -> None:
        """Show how much of a file is there."""
        text = f"{subject}  {done / 1e6:.0f} / {of / 1e6:.0f} MB" if of else f"{subject}  {done / 1e6:.0f} MB"
        if self._is_terminal and text != self._shown:
            click.echo(f"\r\033[K{text}", err=True, nl=False)
            self._shown = text

    def print_step(self, kind: str, subject: str) -> None:
        """Print a step that is done."""
        self.clear()
        click.echo(f"{translate(kind):<12}{translate(subject)}", err=True)

    def clear(self) -> None:
        """Remove the line."""
        if self._shown:
            click.echo("\r\033[K", err=True, nl=False)
            self._shown = ""
