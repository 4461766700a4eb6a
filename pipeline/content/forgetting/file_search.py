"""Find a name in files of any kind: in their bytes, in documents that are archives, in metadata of pictures."""

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator

from pipeline.content.forgetting.names import NamePattern

_MAX_MEMBER_BYTES = 256 << 20
_TAG = re.compile(r"<[^<>]*>")
_PARAGRAPH = re.compile(r"</(?:w:p|text:p|text:h|a:p|p|h\d|li|td|dc:\w+|cp:\w+)>|<(?:br|w:br|text:line-break)\b[^>]*>")


def has_name_inside(content: bytes, pattern: NamePattern) -> bool:
    """Check whether the name is in the bytes of a file, or in anything packed in it."""
    return any(pattern.has_name(text) for piece in _unpack(content) for text in decode_all(piece))


def decode_all(content: bytes) -> Iterator[str]:
    """Decode bytes as texts in files are: UTF-8, Latin-1, UTF-16; and what remains without tags."""
    text = content.decode("utf-8", "replace")
    yield text
    if "<" in text:
        yield strip_tags(text)
    if not content.isascii():
        yield content.decode("latin-1")
    if b"\0" in content:
        for code in ("utf-16-le", "utf-16-be"):
            yield content.decode(code, "replace")
            yield content[1:].decode(code, "replace")


def strip_tags(text: str) -> str:
    """Return the text of XML or HTML: formatting in the middle of a word does not split it."""
    return _TAG.sub("", _PARAGRAPH.sub("\n", text))


def decode_text(content: bytes) -> str | None:
    """Return the text of a text file, with its line breaks and marks as they are; ``None`` if it is another file."""
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def is_archive(content: bytes) -> bool:
    """Whether a file is a zip archive: Word, OpenDocument, Excel, PowerPoint, EPUB."""
    return content.startswith(b"PK\x03\x04") and zipfile.is_zipfile(io.BytesIO(content))


def rewrite_archive(content: bytes, pattern: NamePattern, replacement: str) -> bytes:
    """Replace the name in all texts of an archive, also in its metadata and the names of its members."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(out, "w") as target:
        target.comment = pattern.replace(archive.comment.decode("utf-8", "replace"), replacement).encode()
        for info in archive.infolist():
            member = archive.read(info)
            text = decode_text(member)
            if text is not None:
                member = pattern.replace(text, replacement).encode()
            info.filename = pattern.replace(info.filename, replacement)
            info.comment, info.extra = b"", b""
            target.writestr(info, member, compress_type=info.compress_type)
    return out.getvalue()


def name_file(path: str, pattern: NamePattern, replacement: str) -> str:
    """Return a path without the name."""
    return pattern.replace(unicodedata.normalize("NFC", path), replacement)


def _unpack(content: bytes) -> Iterator[bytes]:
    """Yield a file, the members of an archive, and the compressed texts of a PNG and a PDF."""
    yield content
    if is_archive(content):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield archive.comment
            for info in archive.infolist():
                yield info.filename.encode() + b"\n" + info.comment
                if info.file_size <= _MAX_MEMBER_BYTES:
                    yield from _unpack(archive.read(info))
    elif content.startswith((b"\x89PNG", b"%PDF")):
        yield from _inflate_streams(content)


def _inflate_streams(content: bytes) -> Iterator[bytes]:
    """Yield what follows each place that may begin a zlib stream."""
    view = memoryview(content)  # a slice of it is no copy
    for found in re.finditer(rb"x[\x01\x5e\x9c\xda]", content):
        unpacker = zlib.decompressobj()
        try:
            yield unpacker.decompress(view[found.start() :], _MAX_MEMBER_BYTES)
        except zlib.error:
            continue
