"""Read files of a programme, and only inside its folder.

A link out of it, a pipe or a wrong encoding is an error.
"""

import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from pipeline.content.field_error import FieldError, TextDecodingError
from pipeline.errors import SourceLocation, ValidationError, fill, make_message
from pipeline.text import escape_message, escape_unprintable, fold_case, normalise_text, suggest_similar

PUT_FILE_THERE = make_message("put the file there, or correct the path; it begins at the folder of the programme")
MAX_TEXT_BYTES = 4 << 20  # the transcript of a whole day stays below 1 MiB
MAX_SHOWN_COLUMNS = 160  # a caret further to the right does not help
_ORIGINAL_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceText:
    """A text file, and its original bytes.

    The text is normalised: NFC, LF line breaks, no byte order mark, nothing invisible.
    """

    file: str  # relative to the programme, as messages show it
    text: str
    lines: tuple[str, ...]
    raw: bytes = field(default=b"", repr=False, compare=False)

    def split_original_lines(self) -> list[str]:
        """Split the original bytes into lines with their ends; the numbers of lines are those of ``lines``."""
        return [found[0] for found in _ORIGINAL_LINE.finditer(self.raw.decode("utf-8"))]

    def find(self, text: str, first_line: int = 1) -> tuple[int, int] | None:
        """Return line and column of the first occurrence of ``text``, or of it as Markdown writes it in an address.

        ``None`` if it is written differently.
        """
        for form in (text, quote(text)):
            lines = enumerate(self.lines[first_line - 1 :], start=first_line)
            if found := next(((number, line.index(form) + 1) for number, line in lines if form in line), None):
                return found
        return None

    def create_error(self, code: str, line: int, column: int, message: str, hint: str = "") -> ValidationError:
        """Return an error at a position in this file; line 0 means the file as a whole."""
        source = self.lines[line - 1] if 0 < line <= len(self.lines) and column <= MAX_SHOWN_COLUMNS else ""
        return ValidationError(
            location=SourceLocation(self.file, line, column),
            message=escape_message(message),
            hint=escape_message(hint, keep_lines=True),
            source=source[:MAX_SHOWN_COLUMNS],
            code=code,
        )

    def create_warning(self, code: str, line: int, column: int, message: str, hint: str = "") -> ValidationError:
        """Return a warning at a position in this file."""
        return replace(self.create_error(code, line, column, message, hint), severity="warning")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeFolder:
    """The folder of a programme. Paths are relative to it, with forward slashes."""

    root: Path  # without symbolic links
    # What is about to be written or removed, so that it is checked before: new contents, and paths of files and folders.
    changed: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    removed: frozenset[str] = frozenset()

    def resolve(self, path: str) -> Path:
        """Return the real location of the file at ``path``.

        Raises:
            FieldError: it does not exist, is not a regular file, or lies outside the programme.
        """
        if _is_outside(path):
            raise FieldError(
                "leads out of the programme", "give a path relative to the folder of the programme", code="outside"
            )
        file, shown = find_on_disk(self.root, path), escape_unprintable(path)
        if self._is_removed(path):
            message = fill("names a file that does not exist: `{shown}`", shown=shown)
            raise FieldError(message, PUT_FILE_THERE, code="missing-file")
        try:
            real = Path(os.path.realpath(file))
            if not real.is_relative_to(self.root):
                raise FieldError(
                    fill("leads out of the programme: `{shown}` is a link", shown=shown),
                    "copy the file itself",
                    code="outside",
                )
            mode = real.stat().st_mode
        except FileNotFoundError:
            if file.is_symlink():
                raise FieldError(
                    fill("is a broken link: `{shown}`", shown=shown), "copy the file itself", code="missing-file"
                ) from None
            similar = suggest_similar(PurePosixPath(path).name, self._list_siblings(file.parent))
            hint = similar or PUT_FILE_THERE
            raise FieldError(
                fill("names a file that does not exist: `{shown}`", shown=shown), hint, code="missing-file"
            ) from None
        except OSError as error:
            raise FieldError(
                fill("cannot be read: `{shown}`: {strerror}", shown=shown, strerror=error.strerror), code="unreadable"
            ) from error
        if not stat.S_ISREG(mode):
            raise FieldError(fill("is not a regular file: `{shown}`", shown=shown), code="no-file")
        return real

    def read(self, path: str) -> SourceText:
        """Read the text file at ``path``.

        Raises:
            FieldError: as ``resolve``, or the file is too large, or (``EncodingError``) not UTF-8.
        """
        if path in self.changed:
            return decode_source(path, self.changed[path])
        try:
            with self.resolve(path).open("rb") as file:
                raw = file.read(MAX_TEXT_BYTES + 1)
        except OSError as error:
            raise FieldError(fill("cannot be read: {strerror}", strerror=error.strerror), code="unreadable") from error
        if len(raw) > MAX_TEXT_BYTES:
            raise FieldError(
                fill("is larger than {limit} MiB", limit=MAX_TEXT_BYTES >> 20),
                "text of that size is a mistake",
                code="too-large",
            )
        return decode_source(path, raw)

    def list_names(self, path: str) -> tuple[str, ...]:
        """Return the sorted names in a folder without hidden files; empty if it does not exist.

        Raises:
            FieldError: it lies outside the programme, or cannot be listed.
        """
        folder = self.root / path
        if not Path(os.path.realpath(folder)).is_relative_to(self.root):
            raise FieldError("leads out of the programme: it is a link", "copy the folder itself", code="outside")
        try:
            names = sorted(one.name for one in folder.iterdir() if not one.name.startswith("."))
            return tuple(name for name in names if not self.removed or not self._is_removed(f"{path}/{name}"))
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise FieldError(
                fill("cannot be listed: {strerror}", strerror=error.strerror), code="unreadable"
            ) from error

    def is_folder(self, path: str) -> bool:
        """Return whether ``path`` is a folder, or a link to one."""
        return (self.root / path).is_dir()

    def exists(self, path: str) -> bool:
        """Return whether anything is at ``path`` inside this folder, even a broken link."""
        return not _is_outside(path) and not self._is_removed(path) and os.path.lexists(find_on_disk(self.root, path))

    def _is_removed(self, path: str) -> bool:
        return bool(self.removed) and not self.removed.isdisjoint((path, *map(str, PurePosixPath(path).parents)))

    def _list_siblings(self, folder: Path) -> Iterable[str]:
        if not Path(os.path.realpath(folder)).is_relative_to(self.root) or not folder.is_dir():
            return ()
        return [one.name for one in folder.iterdir() if one.name.isprintable()]


def find_on_disk(root: Path, path: str) -> Path:
    """Find the file at ``path``, also where its name has decomposed accents (NFD), as macOS writes them."""
    file = root / path
    if path.isascii() or os.path.lexists(file):
        return file
    for part in PurePosixPath(path).parts:
        found = root / part
        if not os.path.lexists(found) and root.is_dir():
            found = next((one for one in root.iterdir() if unicodedata.normalize("NFC", one.name) == part), found)
        root = found
    return root


def decode_source(path: str, raw: bytes) -> SourceText:
    """Decode and normalise the bytes of a text file.

    Raises:
        EncodingError: they are not UTF-8.
    """
    text = normalise_text(_decode(raw))
    return SourceText(file=escape_unprintable(path), text=text, lines=tuple(text.split("\n")), raw=raw)


def find_name_collisions(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Find names that some file system treats as the same: pairs of (the later, the first)."""
    first: dict[str, str] = {}
    pairs = []
    for name in names:
        one = first.setdefault(fold_case(name), name)
        if one != name:
            pairs.append((name, one))
    return tuple(pairs)


def build_natural_sort_key(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Return a key that sorts numbers by value: ``part 2`` before ``part 10``."""
    parts = re.split(r"(\d+)", fold_case(name))
    return tuple((not _is_number(part), int(part[:18]) if _is_number(part) else 0, part) for part in parts if part)


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdigit()


def _is_outside(path: str) -> bool:
    return "\0" in path or path.startswith("/") or ".." in PurePosixPath(path).parts


def _decode(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise TextDecodingError("is UTF-16", "save it as UTF-8")
    try:
        return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        lines = normalise_text(raw[: error.start].decode("utf-8")).split("\n")
        rest = raw[error.start : error.start + MAX_SHOWN_COLUMNS].decode("utf-8", "replace")
        guess = error.object[error.start : error.start + 1].decode("cp1252", "replace")
        hint = "save it as UTF-8" + (f"; as Windows-1252 this would be `{guess}`" if guess.isprintable() else "")
        source = f"{lines[-1]}{normalise_text(rest).partition(chr(10))[0]}"[:MAX_SHOWN_COLUMNS]
        raise TextDecodingError(
            "is not UTF-8", hint, line=len(lines), column=len(lines[-1]) + 1, source=source
        ) from error
