"""Detects the format of a file by its content, and enforces limits before it is opened."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from pipeline.errors import fill
from pipeline.intake.refused_formats import RefusedFileError, refuse_known_format

MAX_BYTES = 50_000_000  # of a file; photos and Word files with images are far smaller
_MAX_MEMBERS = 2_000
_MAX_UNPACKED_BYTES = 200_000_000
_MAX_XML_BYTES = 16_000_000  # of one member; the text of a thick book takes 5
_MAX_COMPRESSION_RATIO = 200  # of a member above 1 MB: text has 10, a zip bomb 1000
DAMAGE_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)  # of damaged members
_HEIF_SIGNATURES = tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"))
_XML_SUFFIXES = (".xml", ".rels", ".vml", ".rdf")
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_IMAGE_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_OFFICE_PARTS = (  # Word Online and SharePoint put a number behind the name
    (re.compile(r"word/document\d*\.xml"), "docx"),
    (re.compile(r"xl/workbook\d*\.xml"), "xlsx"),
    (re.compile(r"ppt/presentation\d*\.xml"), "pptx"),
)
_OFFICE_MARKS = {"[Content_Types].xml", "mimetype"}
_HINT = "Use Word, OpenDocument, text, Markdown, HTML, CSV, XLSX, ODS, PPTX, e-mail, a zip of these, or an image."
_TEXT_FORMATS = {"md": "md", "markdown": "md", "csv": "csv", "tsv": "csv", "eml": "eml", "html": "html", "htm": "html"}
_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_EMAIL_START = re.compile(
    rb"(?:[\w-]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)*(?:from|received|mime-version):", re.IGNORECASE
)


def read_input_file(file: Path) -> bytes:
    """Read a file that people handed in.

    Raises:
        RefusedFileError: It is not a file, is empty, or is larger than 50 MB.
    """
    try:
        if not file.is_file():
            raise RefusedFileError("not a file" if file.exists() else "there is no such file")
        size = file.stat().st_size
        if size > MAX_BYTES:
            message = fill(
                "the file has {size} MB; the limit is {max_bytes} MB",
                size=size // 1_000_000,
                max_bytes=MAX_BYTES // 1_000_000,
            )
            raise RefusedFileError(message, hint="Make its images smaller.")
        content = file.read_bytes()
    except OSError as error:
        raise RefusedFileError(fill("the file cannot be read: {strerror}", strerror=error.strerror)) from error
    if not content.strip(b"\0 \t\r\n"):
        raise RefusedFileError("the file is empty", hint="Ask for it again.")
    return content


def detect_format(content: bytes, name: str, *, hint: str = _HINT) -> str:
    """Detect a format: docx, odt, xlsx, ods, pptx, zip, html, eml, csv, md, txt or image.

    The name decides only between text formats.

    Raises:
        RefusedFileError: It is another format; ``hint`` names those that the caller reads.
    """
    if content.startswith(b"PK\x03\x04"):
        return _detect_zip_format(content, name)
    if content.startswith(_IMAGE_SIGNATURES) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        return "image"
    if content[4:12] in _HEIF_SIGNATURES:
        return "image"
    refuse_known_format(content, name)
    if b"\0" in content[:4096] and not find_utf16(content):
        raise RefusedFileError("unknown file format", hint=hint)
    return _detect_text_format(content, name)


def _detect_text_format(content: bytes, name: str) -> str:
    format_ = _TEXT_FORMATS.get(name.rpartition(".")[2].casefold(), "txt") if "." in name else "txt"
    if format_ in ("txt", "html") and _HTML_START.match(content[:4096]):
        return "html"
    if format_ == "txt" and _EMAIL_START.match(content[:4096]):
        return "eml"
    return format_


def find_utf16(content: bytes) -> str:
    """Return the UTF-16 encoding of a text, also of one without byte order mark; empty: it is not UTF-16."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    sample = content[:4096]
    zeros = [sample[start::2].count(0) * 2 / len(sample) for start in (0, 1)] if sample else [0.0, 0.0]
    if zeros[1] > 0.7 and zeros[0] < 0.05:
        return "utf-16-le"
    return "utf-16-be" if zeros[0] > 0.7 and zeros[1] < 0.05 else ""


def _detect_zip_format(content: bytes, name: str) -> str:
    with open_zip(content) as archive:
        names = set(archive.names)
        if "mimetype" in names and "content.xml" in names:
            if b"opendocument.text" in archive.read("mimetype")[:100]:
                return "odt"
            if b"opendocument.spreadsheet" in archive.read("mimetype")[:100]:
                return "ods"
        for pattern, format_ in _OFFICE_PARTS:
            if any(pattern.fullmatch(name) for name in names):
                return format_
        if not _OFFICE_MARKS.isdisjoint(names) or any(one.endswith(".iwa") for one in names):
            refuse_known_format(content, name)
            raise RefusedFileError("an archive of this kind cannot be read", hint="Save it as .docx, .xlsx or .pptx.")
    return "zip"


class CheckedArchive:
    """A ZIP archive within the limits."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        members = {name.replace("\\", "/"): name for name in archive.namelist()}  # some programs write backslashes
        self._members = members
        self.names = tuple(members)
        self.has_macro = any(name.endswith("vbaProject.bin") for name in self.names)

    def read(self, name: str) -> bytes:
        """Read a member.

        Raises:
            RefusedFileError: It does not exist, or is damaged.
        """
        with _refuse_damage():
            return self._archive.read(self._members[name])


@contextmanager
def open_zip(content: bytes) -> Iterator[CheckedArchive]:
    """Open a ZIP archive after checking its members: sizes, paths, and no DTD in XML.

    Errors inside the ``with`` block are not converted: a bug in a reader is not a defect of the
    file.

    Source: OOXML (ECMA-376-2, 9) and ODF (1.3-2, 3.3) have no document type declarations, so no
    entities either.

    Raises:
        RefusedFileError: It is damaged, encrypted or unsafe.
    """
    with _refuse_damage():
        archive = zipfile.ZipFile(BytesIO(content))
    with archive:
        with _refuse_damage():
            _check_archive(archive)
        yield CheckedArchive(archive)


@contextmanager
def _refuse_damage() -> Iterator[None]:
    try:
        yield
    except (*DAMAGE_ERRORS, OSError, KeyError) as error:
        raise RefusedFileError("the file is damaged or truncated", hint="Ask for it again.") from error


def _check_archive(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > _MAX_MEMBERS or sum(member.file_size for member in members) > _MAX_UNPACKED_BYTES:
        raise RefusedFileError("the archive is too large when unpacked")
    is_office = not _OFFICE_MARKS.isdisjoint(member.filename for member in members)
    if len({member.filename.replace("\\", "/") for member in members}) < len(members):
        raise RefusedFileError("the archive has two members with the same name")
    for member in members:
        _check_member(archive, member, is_office=is_office)


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, is_office: bool) -> None:
    name = member.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0]:
        raise RefusedFileError("the archive has a member with an unsafe path")
    if member.flag_bits & 1:
        raise RefusedFileError("the file has a password", hint="Save it without one.")
    if member.file_size > 1_000_000 and member.file_size > _MAX_COMPRESSION_RATIO * max(1, member.compress_size):
        raise RefusedFileError("the archive has the compression ratio of a zip bomb")
    with archive.open(member) as file:  # a relation may name any member as the main text, so its content decides
        start = file.read(64)
        text = start.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")  # only white space so far: it may be XML
        if text and not text.startswith(b"<") and not name.endswith(_XML_SUFFIXES):
            return
        if member.file_size > _MAX_XML_BYTES:
            message = fill(
                "{file_size} MB of XML; the limit is {max_xml_bytes} MB",
                file_size=member.file_size // 1_000_000,
                max_xml_bytes=_MAX_XML_BYTES // 1_000_000,
            )
            raise RefusedFileError(message, hint="Split it into several files.")
        is_page = not is_office and name.casefold().endswith((".html", ".htm"))  # the HTML parser knows no entities
        if not is_page and _has_doctype(start + file.read(_MAX_XML_BYTES + 1)):
            raise RefusedFileError(
                "the XML has a document type declaration, which is not allowed (possible XML attack)"
            )


def _has_doctype(content: bytes) -> bool:
    return _DOCTYPE.search(content.replace(b"\0", b"")) is not None  # without zeros, UTF-16 and UTF-32 look like ASCII
