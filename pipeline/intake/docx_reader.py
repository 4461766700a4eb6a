"""Reads Word files. The only module that imports mammoth.

Mammoth converts styles to HTML, and drops comments and deletions.
"""

import re
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import mammoth

from pipeline.intake.document import ExtractedText
from pipeline.intake.file_limits import DAMAGE_ERRORS, CheckedArchive, RefusedFileError, open_zip
from pipeline.intake.html_reader import check_block_count, parse_xml, read_html_blocks

_STYLE_MAP = Path(__file__).with_name("data") / "word-styles.txt"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OMITTED_TAGS = {
    f"{_W}del": "deleted passage",
    f"{_W}moveFrom": "original position of a moved passage",
    "{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath": "formula",
    "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart": "chart",
    "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds": "SmartArt graphic",
    f"{_W}object": "embedded object",
    f"{_W}altChunk": "inserted document",
}
_MAIN_TEXT = "word/document.xml"
_HEADER_OR_FOOTER = re.compile(r"word/(header|footer)\d*\.xml\Z")


def read_docx(content: bytes) -> ExtractedText:
    """Read the text of a .docx, with insertions.

    Deletions, comments, authors, macros and metadata are omitted.

    Raises:
        RefusedFileError: It is damaged, encrypted or unsafe.
    """
    images: list[bytes] = []
    linked_images: list[Any] = []

    def convert_image(image: Any) -> dict[str, str]:
        try:
            with image.open() as file:
                images.append(file.read())
        except (OSError, KeyError, ValueError, mammoth.docx.files.InvalidFileReferenceError):
            linked_images.append(image)  # outside the file; nothing is fetched
            return {"src": "image:-"}
        except DAMAGE_ERRORS:
            images.append(b"")  # counted with the other unreadable images; the text is read on
        return {"src": f"image:{len(images) - 1}"}

    with open_zip(content) as archive:
        omissions = _count_omissions(archive)
        try:
            page = mammoth.convert_to_html(
                BytesIO(content),
                style_map=_STYLE_MAP.read_text(encoding="utf-8"),
                convert_image=mammoth.images.img_element(convert_image),
            ).value
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise RefusedFileError("the text is damaged", hint="Open it in Word, and save it again.") from error
    omissions["linked image"] = len(linked_images)
    text = read_html_blocks(page)
    return ExtractedText(blocks=text.blocks, images=tuple(images), omissions=+omissions + text.omissions)


def _count_omissions(archive: CheckedArchive) -> Counter[str]:
    _check_main_text(archive)
    document = parse_xml(archive.read(_MAIN_TEXT))
    check_block_count(_count_elements(document, f"{_W}p"))
    counts = Counter({what: _count_elements(document, tag) for tag, what in _OMITTED_TAGS.items()})
    comments = [name for name in archive.names if re.fullmatch(r"word/comments\d*\.xml", name)]
    counts["comment"] = sum(_count_elements(parse_xml(archive.read(name)), f"{_W}comment") for name in comments)
    counts["header or footer"] = sum(
        _has_text(archive.read(name)) for name in archive.names if _HEADER_OR_FOOTER.match(name)
    )
    counts["macro"] = int(archive.has_macro)
    return counts


def _check_main_text(archive: CheckedArchive) -> None:
    """Refuse a file whose main text has another path.

    What is counted and what is read must be the same part.
    """
    relations = parse_xml(archive.read("_rels/.rels"))
    targets = [one.get("Target", "") for one in relations if one.get("Type", "").endswith("/officeDocument")]
    if [target.lstrip("/") for target in targets] not in ([], [_MAIN_TEXT]):
        raise RefusedFileError("the main text has an unusual path", hint="Open it in Word, and save it again.")


def _count_elements(root: Any, tag: str) -> int:
    return sum(1 for _ in root.iter(tag))


def _has_text(part: bytes) -> bool:
    return any((text.text or "").strip() for text in parse_xml(part).iter(f"{_W}t"))
