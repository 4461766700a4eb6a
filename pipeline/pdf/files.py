"""Reading and writing of task files, with errors of the system as our own."""

from pathlib import Path

from pipeline.errors import MagazineError, fill


def read_text(file: Path) -> str:
    """Read a text file.

    Raises:
        MagazineError: It cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MagazineError(fill("cannot be read: {error}", error=error), where=str(file)) from error


def write_file(file: Path, content: bytes) -> None:
    """Write the output of a task. It need not be atomic: outputs count only after the task.

    Raises:
        MagazineError: It cannot be written.
    """
    try:
        file.write_bytes(content)
    except OSError as error:
        raise MagazineError(fill("cannot be written: {error}", error=error), where=str(file)) from error
