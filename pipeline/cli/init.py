"""`weerslag init`."""

import contextlib
import uuid
from pathlib import Path

import click

from pipeline.cache import write_atomic
from pipeline.cli.environment import get_current_time
from pipeline.cli.language import translate
from pipeline.content.scaffold import build_starter_files
from pipeline.errors import ContentError, WeerslagError, fill
from pipeline.text import slugify


@click.command(
    epilog="""\b
Example: weerslag init mijn-programma --title "Mijn programma" --url https://example.org/podcast/
         weerslag init podcast --from-feed https://host.example/feed.xml --url https://www.example.org/podcast/"""
)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--title", help="The title of the programme [default: from the folder name].")
@click.option("--url", help="The URL at which public/ will be served [default: an example URL].")
@click.option("--empty", is_flag=True, help="Without example content.")
@click.option(
    "--from-feed",
    "feed",
    metavar="FEED",
    help="Move an existing podcast in: the address or the file of its feed. Audio is downloaded, and stays as it is.",
)
@click.option("--skip-missing", is_flag=True, help="With --from-feed: leave out episodes whose audio is gone.")
@click.option("-n", "--dry-run", is_flag=True, help="With --from-feed: show the plan; download and write nothing.")
def init(
    folder: Path,
    *,
    title: str | None,
    url: str | None,
    empty: bool,
    feed: str | None,
    skip_missing: bool,
    dry_run: bool,
) -> None:
    """Create a new programme, with example content, ready to build; or move an existing podcast in."""
    if feed is not None:
        _move_in(folder, feed, title=title, url=url, empty=empty, skip_missing=skip_missing, dry_run=dry_run)
        return
    if skip_missing or dry_run:
        raise click.UsageError(translate("--skip-missing and --dry-run belong to --from-feed"))
    _require_empty(folder)
    name = slugify(folder.resolve().name) or "programma"
    try:
        files = build_starter_files(
            title=name.replace("-", " ").capitalize() if title is None else title,
            url=f"https://example.org/{name}/" if url is None else url,
            guid=str(uuid.uuid4()),
            day=get_current_time().date(),
            empty=empty,
        )
    except ContentError as error:
        raise click.UsageError(str(error)) from error
    _write_files(folder, files)
    for path in sorted(files):
        click.echo(folder / path)
    click.echo(translate("Created. To build it: weerslag -C {folder} build").format(folder=folder), err=True)


def _move_in(
    folder: Path, feed: str, *, title: str | None, url: str | None, empty: bool, skip_missing: bool, dry_run: bool
) -> None:
    from pipeline.cli.podcast_import import move_in  # noqa: PLC0415  # it loads the readers of many formats

    if title is not None or empty:
        raise click.UsageError(
            translate("--title and --empty do not go with --from-feed: the title is that of the feed")
        )
    name = slugify(folder.resolve().name) or "podcast"
    move_in(folder, feed, url=url or f"https://example.org/{name}/", skip_missing=skip_missing, dry_run=dry_run)


def _require_empty(folder: Path) -> None:
    try:
        if folder.exists() and any(folder.iterdir()):
            message = translate("{folder} is not empty: choose a new or empty folder")
            raise click.UsageError(message.format(folder=folder))
    except OSError as error:
        raise WeerslagError(fill("cannot be read: {strerror}", strerror=error.strerror), where=str(folder)) from error


def _write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write all files or none. programme.yaml, which marks the folder as a programme, is last."""
    written: list[Path] = []
    try:
        for path in sorted(files, key=lambda path: (path == "programme.yaml", path)):
            write_atomic(folder / path, files[path])
            written.append(folder / path)
    except BaseException:
        for file in written:
            with contextlib.suppress(OSError):
                file.unlink()
        raise
