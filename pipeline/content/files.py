"""Reads the files of a programme, and nothing outside its folder; a link out, a pipe, a wrong encoding are faults."""

import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pipeline.content.field_error import EncodingError, WrongError
from pipeline.errors import Fault, Place
from pipeline.text import clean, did_you_mean, folded, shown

MAX_TEXT_BYTES = 4 << 20  # a transcript of a whole day stays below 1 MiB
SHOWN_COLUMNS = 160  # of a line, behind which a caret would be of no help


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A text file as everybody sees it: NFC, plain line breaks, no byte order mark, nothing invisible."""

    file: str  # relative to the programme, as messages show it
    text: str
    lines: tuple[str, ...]

    def fault(self, code: str, line: int, column: int, message: str, hint: str = "") -> Fault:
        """A fault at a place in this file, with the line for the caret; line 0 means the file as a whole."""
        source = self.lines[line - 1] if 0 < line <= len(self.lines) and column <= SHOWN_COLUMNS else ""
        source = source[:SHOWN_COLUMNS]
        return Fault(
            place=Place(self.file, line, column), message=shown(message), hint=shown(hint), source=source, code=code
        )

    def warning(self, code: str, line: int, column: int, message: str, hint: str = "") -> Fault:
        """As ``fault``, for what stops nothing."""
        return replace(self.fault(code, line, column, message, hint), severity="warning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The folder of a programme. Paths are relative to it, with forward slashes."""

    root: Path  # real: no link is left in it

    def real(self, path: str) -> Path:
        """The file at ``path``, where it really lies.

        Raises:
            WrongError: there is none, it is no ordinary file, or it lies outside the programme.
        """
        if _leads_out(path):
            raise WrongError(
                "leads out of the programme", "give a path from the folder of the programme", code="outside"
            )
        file, told = self.root / path, shown(path)
        try:
            real = Path(os.path.realpath(file))
            if not real.is_relative_to(self.root):
                raise WrongError(
                    f"leads out of the programme: `{told}` is a link", "copy the file itself", code="outside"
                )
            mode = real.stat().st_mode
        except FileNotFoundError:
            if file.is_symlink():
                raise WrongError(
                    f"leads nowhere: `{told}` is a link", "copy the file itself", code="missing-file"
                ) from None
            hint = did_you_mean(PurePosixPath(path).name, self._neighbours(file.parent))
            raise WrongError(f"names a file that does not exist: `{told}`", hint, code="missing-file") from None
        except OSError as error:
            raise WrongError(f"cannot be read: `{told}`: {error.strerror}", code="unreadable") from error
        if not stat.S_ISREG(mode):
            raise WrongError(f"is no ordinary file: `{told}`", code="no-file")
        return real

    def read(self, path: str) -> Source:
        """The text at ``path``.

        Raises:
            WrongError: as ``real``, or it is too large, or (then an ``EncodingError``) no UTF-8.
        """
        try:
            with self.real(path).open("rb") as file:
                raw = file.read(MAX_TEXT_BYTES + 1)
        except OSError as error:
            raise WrongError(f"cannot be read: {error.strerror}", code="unreadable") from error
        if len(raw) > MAX_TEXT_BYTES:
            raise WrongError(
                f"is larger than {MAX_TEXT_BYTES >> 20} MiB", "text of that size is a mistake", code="too-large"
            )
        return source_of(path, raw)

    def names(self, path: str) -> tuple[str, ...]:
        """What stands in a folder, sorted, without hidden files; a folder that is not there is empty.

        Raises:
            WrongError: it lies outside the programme, or cannot be listed.
        """
        folder = self.root / path
        if not Path(os.path.realpath(folder)).is_relative_to(self.root):
            raise WrongError("leads out of the programme: it is a link", "copy the folder itself", code="outside")
        try:
            return tuple(sorted(one.name for one in folder.iterdir() if not one.name.startswith(".")))
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise WrongError(f"cannot be listed: {error.strerror}", code="unreadable") from error

    def is_folder(self, path: str) -> bool:
        """Whether a folder, or a link to one, stands at ``path``."""
        return (self.root / path).is_dir()

    def exists(self, path: str) -> bool:
        """Whether anything stands at ``path`` in this folder, be it a link to nothing."""
        return not _leads_out(path) and os.path.lexists(self.root / path)

    def _neighbours(self, folder: Path) -> Iterable[str]:
        if not Path(os.path.realpath(folder)).is_relative_to(self.root) or not folder.is_dir():
            return ()
        return [one.name for one in folder.iterdir() if one.name.isprintable()]


def source_of(path: str, raw: bytes) -> Source:
    """The text that ``raw`` holds.

    Raises:
        EncodingError: it is no UTF-8.
    """
    text = clean(_decoded(raw))
    return Source(file=shown(path), text=text, lines=tuple(text.split("\n")))


def _leads_out(path: str) -> bool:
    return "\0" in path or path.startswith("/") or ".." in PurePosixPath(path).parts


def twins(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Pairs of names that some file system takes for one: (the later, the first)."""
    first: dict[str, str] = {}
    pairs = []
    for name in names:
        one = first.setdefault(folded(name), name)
        if one != name:
            pairs.append((name, one))
    return tuple(pairs)


def by_number(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Sorts names as people count: ``part 2`` before ``part 10``."""
    parts = re.split(r"(\d+)", folded(name))
    return tuple((not part.isascii() or not part.isdigit(), _whole(part), part) for part in parts if part)


def _whole(part: str) -> int:
    return int(part[:18]) if part.isascii() and part.isdigit() else 0


def _decoded(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise EncodingError("is UTF-16", "save it as UTF-8")
    try:
        return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        lines = clean(raw[: error.start].decode("utf-8")).split("\n")
        rest = clean(raw[error.start : error.start + SHOWN_COLUMNS].decode("utf-8", "replace")).partition("\n")[0]
        guess = error.object[error.start : error.start + 1].decode("cp1252", "replace")
        hint = (
            f"save it as UTF-8; as Windows-1252 this would be `{guess}`" if guess.isprintable() else "save it as UTF-8"
        )
        source = f"{lines[-1]}{rest}"[:SHOWN_COLUMNS]
        raise EncodingError("is not UTF-8", hint, line=len(lines), column=len(lines[-1]) + 1, source=source) from error
