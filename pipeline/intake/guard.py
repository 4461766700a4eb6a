"""What a foreign file is, by its bytes and not by its name; and the limits within which it is opened at all."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from pipeline.errors import WeerslagError

MOST_BYTES = 50_000_000  # of a file as it came; a photo or a Word file with pictures is far below
_MOST_ENTRIES = 2_000
_MOST_UNPACKED_BYTES = 200_000_000
_MOST_XML_BYTES = 16_000_000  # of one part; the text of a thick book is 5
_MOST_RATIO = 200  # of one part above 1 MB: text packs to a tenth, a bomb to a thousandth
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)  # what broken parts raise
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # MS-CFB: Word 97, and anything with a password
_XML_NAMES = (".xml", ".rels", ".vml", ".rdf")
_DECLARES = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_TEXTS = {"md": "md", "markdown": "md", "csv": "csv", "tsv": "csv", "eml": "eml", "html": "html", "htm": "html"}
_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_MAIL = re.compile(rb"(?:[\w-]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)*(?:from|received|mime-version):", re.IGNORECASE)


class Refused(WeerslagError):  # noqa: N818  # a verdict, not a fault of ours
    """A file is not opened, or not further."""


def read_source(file: Path) -> bytes:
    """The bytes of a file that people handed in.

    Raises:
        Refused: it is none, is empty, or is larger than 50 MB.
    """
    try:
        if not file.is_file():
            raise Refused("there is no such file" if not file.exists() else "this is no file")
        size = file.stat().st_size
        if size > MOST_BYTES:
            raise Refused(f"{size // 1_000_000} MB is too much for a note", hint="Make its pictures smaller.")
        content = file.read_bytes()
    except OSError as error:
        raise Refused(f"cannot be read: {error.strerror}") from error
    if not content.strip(b"\0 \t\r\n"):
        raise Refused("is empty", hint="Ask for it again.")
    return content


def form_of(content: bytes, name: str) -> str:
    """docx, odt, xlsx, html, eml, csv, md, txt or picture. The name decides only between kinds of text.

    Raises:
        Refused: it is something else.
    """
    if content.startswith(b"PK\x03\x04"):
        return _form_of_zip(content)
    if content.startswith(_PICTURES) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        return "picture"
    if content.startswith(_OLE):
        hint = "Open it in Word or LibreOffice, and save it as .docx or .odt, without a password."
        raise Refused("this is an old Word file, or one with a password", hint=hint)
    if content.startswith(b"%PDF"):
        raise Refused("a PDF does not tell its text in order", hint="Ask for the file that it was made from.")
    if content[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        raise Refused("this kind of photo (HEIC, AVIF) cannot be read here", hint="Save it as JPEG.")
    if content.lstrip()[:5] == b"{\\rtf":
        raise Refused("RTF cannot be read here", hint="Save it as .docx or .odt.")
    return _form_of_text(content, name)


def _form_of_text(content: bytes, name: str) -> str:
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not utf16 and b"\0" in content[:4096]:
        raise Refused("this is no text, and no file that can be read here", hint="Word, OpenDocument, text, e-mail …")
    kind = _TEXTS.get(name.rpartition(".")[2].casefold(), "txt") if "." in name else "txt"
    if kind in ("txt", "html") and _PAGE.match(content[:4096]):
        return "html"
    if kind == "txt" and _MAIL.match(content[:4096]):
        return "eml"
    return kind


def _form_of_zip(content: bytes) -> str:
    with opened_zip(content) as archive:
        names = set(archive.names)
        if "mimetype" in names and "content.xml" in names:
            kind = archive.read("mimetype")[:100]
            if b"opendocument.text" in kind:
                return "odt"
        elif "word/document.xml" in names:
            return "docx"
        elif "xl/workbook.xml" in names:
            return "xlsx"
    raise Refused("an archive of this kind cannot be read here", hint="Unpack it, and give the files in it.")


class Archive:
    """An archive that was looked through; what of it cannot be unpacked all the same is refused, and nothing else is."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.names = tuple(archive.namelist())

    def read(self, name: str) -> bytes:
        """A part.

        Raises:
            Refused: there is none of this name, or it is damaged.
        """
        with _damage_refused():
            return self._archive.read(name)


@contextmanager
def opened_zip(content: bytes) -> Iterator[Archive]:
    """An archive whose every part is within the limits, has an honest name, and is XML without declarations.

    What goes wrong while it is open passes as it is: a fault in a reader is no fault of the file.

    Source: OOXML (ECMA-376-2, 9) and ODF (1.3-2, 3.3) know no document type declarations, so entities never come in.

    Raises:
        Refused: it is broken, locked, or a trap.
    """
    with _damage_refused():
        archive = zipfile.ZipFile(BytesIO(content))
    with archive:
        with _damage_refused():
            _hold_to_limits(archive)
        yield Archive(archive)


@contextmanager
def _damage_refused() -> Iterator[None]:
    """Turn what `zipfile` and zlib say of broken bytes into a refusal."""
    try:
        yield
    except (*DAMAGE, OSError, KeyError) as error:
        raise Refused("is damaged, or was cut off", hint="Ask for it again.") from error


def _hold_to_limits(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > _MOST_ENTRIES or sum(part.file_size for part in parts) > _MOST_UNPACKED_BYTES:
        raise Refused("unpacks to more than any note holds")
    if len({part.filename for part in parts}) < len(parts):
        raise Refused("holds two parts of one name")
    for part in parts:
        _hold_part_to_limits(archive, part)


def _hold_part_to_limits(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    name = part.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0]:
        raise Refused("holds a part that wants to be written elsewhere")
    if part.flag_bits & 1:
        raise Refused("is locked with a password", hint="Save it without one.")
    if part.file_size > 1_000_000 and part.file_size > _MOST_RATIO * max(1, part.compress_size):
        raise Refused("is packed so tightly that it must be a trap")
    with archive.open(part) as file:  # a relation may name any part as the text, so its bytes tell what it is
        start = file.read(64)
        said = start.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")  # nothing but white space so far is no answer
        if said and not said.startswith(b"<") and not name.endswith(_XML_NAMES):
            return
        if part.file_size > _MOST_XML_BYTES:
            raise Refused(f"has {part.file_size // 1_000_000} MB of text, more than any note", hint="Cut it up.")
        if _declares(start + file.read(_MOST_XML_BYTES + 1)):
            raise Refused("declares things of its own in its XML, as only an attack does")


def _declares(content: bytes) -> bool:
    """Whether XML has a document type declaration, in whatever of the usual encodings."""
    return _DECLARES.search(content.replace(b"\0", b"")) is not None  # UTF-16 and UTF-32 of ASCII, without their zeros
