"""`weerslag init`."""

import contextlib
import uuid
from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cache import write_whole
from pipeline.content.scaffold import starter_files
from pipeline.errors import ContentError, WeerslagError
from pipeline.text import slug_of


@click.command(
    epilog='Example: weerslag init mijn-programma --title "Mijn programma" --url https://example.org/podcast/'
)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--title", help="The title of the programme [default: after the folder].")
@click.option("--url", help="Where public/ will be served [default: an example to change].")
def init(folder: Path, title: str | None, url: str | None) -> None:
    """Make a programme that builds at once."""
    _refuse_what_is_there(folder)
    name = slug_of(folder.resolve().name) or "programma"
    try:
        files = starter_files(
            title=name.replace("-", " ").capitalize() if title is None else title,
            url=f"https://example.org/{name}/" if url is None else url,
            guid=str(uuid.uuid4()),
            day=datetime.now(UTC).date(),
        )
    except ContentError as error:
        raise click.UsageError(str(error)) from error
    _write_all(folder, files)
    for path in sorted(files):
        click.echo(folder / path)
    click.echo(f"A programme that builds at once: weerslag -C {folder} build", err=True)


def _refuse_what_is_there(folder: Path) -> None:
    try:
        if folder.exists() and any(folder.iterdir()):
            raise click.UsageError(f"{folder} is not empty, and nothing is ever overwritten: name a new folder")
    except OSError as error:
        raise WeerslagError(f"cannot be looked at: {error.strerror}", where=str(folder)) from error


def _write_all(folder: Path, files: dict[str, bytes]) -> None:
    """All of them or none; programme.yaml, which makes the folder a programme, last."""
    written: list[Path] = []
    try:
        for path in sorted(files, key=lambda path: (path == "programme.yaml", path)):
            write_whole(folder / path, files[path])
            written.append(folder / path)
    except BaseException:
        for file in written:
            with contextlib.suppress(OSError):
                file.unlink()
        raise
