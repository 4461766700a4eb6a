"""Reading and writing of task files, with errors of the system as our own."""

from pathlib import Path

from pipeline.errors import MagazineError


def read_text(file: Path) -> str:
    """Read a text file.

    Raises:
        MagazineError: It cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MagazineError(f"cannot be read: {error}", where=str(file)) from error


def write_file(file: Path, content: bytes) -> None:
    """Write the output of a task. It need not be atomic: outputs count only after the task.

    Raises:
        MagazineError: It cannot be written.
    """
    try:
        file.write_bytes(content)
    except OSError as error:
        raise MagazineError(f"cannot be written: {error}", where=str(file)) from error
