"""Formats that are not read: each is refused with the one step that helps."""

import re

from pipeline.errors import WeerslagError

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # MS-CFB: Word 97, Excel 97, Outlook, and files with a password
_SIGN_IN = re.compile(
    rb"<title[^>]*>[^<]{0,80}(?:sign[ -]?in|log[ -]?in|aanmelden|inloggen)\b|<input[^>]{0,300}type=[\"']?password",
    re.IGNORECASE,
)
_GOOGLE_LINK = re.compile(rb"\s*\{[^{}]{0,2000}\"(?:doc_id|url)\"\s*:")
_JUNK = re.compile(r"(?:~\$|\._|~WRL|\.~lock\.).*|thumbs\.db|desktop\.ini|\.ds_store", re.IGNORECASE)


_FLAT_XML = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?<\?xml.{0,2000}?<(?:office:document|w:wordDocument|pkg:package)\b", re.DOTALL
)
_RECORDING = "this is a recording, not a note"
_RECORDING_HINT = "Put it in the folder recording/ of an episode."
_AUDIO_BRANDS = {b"M4A", b"M4B", b"mp4", b"iso", b"qt "}
_IMAGE, _IMAGE_HINT = "this image format cannot be read", "Save it as JPEG or PNG."
_ARCHIVE_HINT = "Make a .zip of the files."
_SIGNATURES = (  # the first bytes of a file, what it is, and what to do
    ((b"Rar!", b"7z\xbc\xaf"), "RAR and 7z archives cannot be read", _ARCHIVE_HINT),
    ((b"\x1f\x8b", b"BZh", b"\xfd7zXZ"), "this archive cannot be read", _ARCHIVE_HINT),
    ((b"ID3", b"fLaC", b"OggS", b"\xff\xfb", b"\xff\xf3"), _RECORDING, _RECORDING_HINT),
    ((b"GIF8", b"II*\0", b"MM\0*", b"<svg"), _IMAGE, _IMAGE_HINT),
    ((b"BEGIN:VCARD",), "this is a contact card, not a note", "Ask for the note itself."),
    ((b"BEGIN:VCALENDAR",), "this is a calendar invitation, not a note", "Ask for the note itself."),
    ((b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d",), "this is a OneNote section", "In OneNote, choose File > Export > Word."),
)


class RefusedFileError(WeerslagError):
    """A file is not read, or not further; ``where`` may be the line and column, without its name."""


def is_system_file(name: str) -> bool:
    """Whether a file with this name was left by an office program or operating system: ``~$a.docx``, ``._a.docx``."""
    return "__MACOSX" in name.split("/") or _JUNK.fullmatch(name.rpartition("/")[2]) is not None


def refuse_known_format(content: bytes, name: str) -> None:
    """Refuse a file whose format is known, but cannot be read.

    Raises:
        RefusedFileError: It is such a file.
    """
    suffix = name.rpartition(".")[2].casefold() if "." in name else ""
    if content.startswith(_OLE):
        _refuse_compound_file(content, suffix)
    for is_match, what, hint in (
        (content.startswith(b"%PDF"), "PDF cannot be read: it does not store text in reading order",
         "Ask for the file that it was made from."),
        (content[4:12] == b"ftypavif", "AVIF images cannot be read", "Save it as JPEG."),
        (content.lstrip()[:5] == b"{\\rtf", "RTF cannot be read", "Save it as .docx or .odt."),
        (content.startswith(b"PK") and suffix == "pages", "this is a Pages document",
         "In Pages, choose File > Export To > Word."),
        (content.startswith(b"PK") and suffix == "numbers", "this is a Numbers document",
         "In Numbers, choose File > Export To > Excel."),
        (content.startswith(b"PK") and suffix == "key", "this is a Keynote document",
         "In Keynote, choose File > Export To > PowerPoint."),
        (suffix in _GOOGLE_HINTS and _GOOGLE_LINK.match(content) is not None,
         "this is a link to a Google document, not the document itself", _GOOGLE_HINTS.get(suffix, "")),
        (content.lstrip()[:18].lower() == b"[internetshortcut]" or suffix == "webloc",
         "this is a link, not a document", "Open the link, and download the document itself."),
        (content.lstrip()[:1] == b"<" and _SIGN_IN.search(content[:20_000]) is not None,
         "this is a sign-in page, not the document", "Sign in in a browser, and download the document again."),
        (suffix == "odp" and content.startswith(b"PK"), "this is an OpenDocument presentation", "Save it as .pptx."),
        (_FLAT_XML.match(content[:4000]) is not None, "this is a document as one XML file",
         "Open it in Word or LibreOffice, and save it as .docx or .odt."),
        *((content.startswith(start), what, hint) for start, what, hint in _SIGNATURES),
        (content[4:8] == b"ftyp" and content[8:11] in _AUDIO_BRANDS, _RECORDING, _RECORDING_HINT),
        (content[:4] == b"RIFF" and content[8:12] == b"WAVE", _RECORDING, _RECORDING_HINT),
    ):  # fmt: skip
        if is_match:
            raise RefusedFileError(what, hint=hint)


_GOOGLE_HINTS = {
    "gdoc": "In Google Docs, choose File > Download > Microsoft Word.",
    "gsheet": "In Google Sheets, choose File > Download > Microsoft Excel.",
    "gslides": "In Google Slides, choose File > Download > Microsoft PowerPoint.",
}


def _refuse_compound_file(content: bytes, suffix: str) -> None:
    """Refuse a file of an old Office program: by the streams in it, else by its name.

    Raises:
        RefusedFileError: Always.
    """

    def has_stream(stream: str) -> bool:
        return stream.encode("utf-16-le") in content

    if has_stream("EncryptedPackage"):
        raise RefusedFileError("the file has a password", hint="Save it without one.")
    if has_stream("__substg1.0_") or suffix == "msg":
        hint = "In Outlook, save it as text, or drag it to a folder in another mail program, which makes .eml."
        raise RefusedFileError("this is an Outlook message (.msg)", hint=hint)
    if has_stream("Workbook") or suffix in {"xls", "xlt"}:
        raise RefusedFileError("this is an old Excel file (.xls)", hint="Open it in Excel, and save it as .xlsx.")
    if has_stream("PowerPoint Document") or suffix in {"ppt", "pps"}:
        hint = "Open it in PowerPoint, and save it as .pptx."
        raise RefusedFileError("this is an old PowerPoint file (.ppt)", hint=hint)
    hint = "Open it in Word or LibreOffice, and save it as .docx or .odt, without a password."
    raise RefusedFileError("this is an old Word file (.doc), or a file with a password", hint=hint)
