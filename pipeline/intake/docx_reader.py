"""Reads Word files: what Word shows on paper, with styles as blocks.

Mammoth converts the text, after ``word_rewriting`` has rewritten what it does not know. With that
module the only one that imports mammoth.
"""

import re
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import mammoth

from pipeline.intake.document import ExtractedText
from pipeline.intake.file_limits import DAMAGE_ERRORS, CheckedArchive, open_zip
from pipeline.intake.html_reader import check_block_count, parse_xml, read_html_blocks
from pipeline.intake.picture_cropping import crop_picture
from pipeline.intake.refused_formats import RefusedFileError
from pipeline.intake.speaker_lines import drop_speaker_lines
from pipeline.intake.word_drawings import split_crop
from pipeline.intake.word_numbering import ListCounter
from pipeline.intake.word_package import WordPackage, open_word_package
from pipeline.intake.word_rewriting import NUMBER_END, NUMBER_START, WordRewriter, add_role_styles
from pipeline.intake.word_styles import W, WordStyles

_STYLE_MAP = Path(__file__).with_name("data") / "word-styles.txt"
_OMITTED_TAGS = {
    f"{W}del": "deleted passage",
    f"{W}moveFrom": "original position of a moved passage",
    "{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath": "formula",
    "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart": "chart",
    "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds": "SmartArt graphic",
    f"{W}object": "embedded object",
    f"{W}altChunk": "inserted document",
}
_MAX_ELEMENTS = 300_000  # mammoth takes about a minute for a million
_HEADER_OR_FOOTER = re.compile(r"word/(header|footer)\d*\.xml\Z")
_NUMBERED_ITEM = re.compile(f"<li>((?:<[^>]*>)*){NUMBER_START}(\\d+){NUMBER_END}")
_NUMBER = re.compile(f"{NUMBER_START}\\d*{NUMBER_END}")


def read_docx(content: bytes) -> ExtractedText:
    """Read the text of a .docx, with insertions.

    Deletions, hidden text, comments, authors, macros, metadata, and what a picture was cropped of
    are omitted.

    Raises:
        RefusedFileError: It is damaged, encrypted or unsafe.
    """
    images: list[bytes] = []
    linked_images: list[Any] = []
    cropped = Counter[str]()

    def convert_image(image: Any) -> dict[str, str]:
        alt, margins = split_crop(image.alt_text or "")
        try:
            with image.open() as file:
                images.append(crop_picture(file.read(), margins))
            cropped["cropped part of a picture"] += margins.is_any
        except (OSError, KeyError, ValueError, mammoth.docx.files.InvalidFileReferenceError):
            linked_images.append(image)  # outside the file; nothing is fetched
            return {"src": "image:-", "alt": alt}
        except DAMAGE_ERRORS:
            images.append(b"")  # counted with the other unreadable images; the text is read on
        return {"src": f"image:{len(images) - 1}", "alt": alt}

    with open_zip(content) as archive:
        package = open_word_package(archive)
        try:
            rewritten, omissions = _rewrite_package(package)
            page = mammoth.convert_to_html(
                BytesIO(rewritten),
                style_map=_STYLE_MAP.read_text(encoding="utf-8"),
                include_embedded_style_map=False,
                convert_image=mammoth.images.img_element(convert_image),
            ).value
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise RefusedFileError("the text is damaged", hint="Open it in Word, and save it again.") from error
    omissions["linked image"] = len(linked_images)
    text = read_html_blocks(_NUMBER.sub("", _NUMBERED_ITEM.sub(r'<li value="\2">\1', page)))
    blocks, names = drop_speaker_lines(text.blocks)
    return ExtractedText(blocks=blocks, images=tuple(images), omissions=+omissions + cropped + text.omissions + names)


def _rewrite_package(package: WordPackage) -> tuple[bytes, Counter[str]]:
    """Rewrite the parts with text, and count what is left out."""
    document, styles = package.parse(package.main), package.parse(package.styles)
    check_block_count(_count_elements(document, f"{W}p", f"{W}br", f"{W}cr"))
    if _count_elements(document, "*") > _MAX_ELEMENTS:
        raise RefusedFileError("the text has too many elements", hint="Split it into several files.")
    omissions = _count_omissions(package, document)
    rewriter = WordRewriter(WordStyles(styles), ListCounter(package.parse(package.numbering)))
    rewritten = {package.main: document}
    for part in filter(None, (package.footnotes, package.endnotes)):
        rewritten[part] = package.parse(part)
    for root in rewritten.values():
        rewriter.rewrite(root)
    if styles is None:
        styles = document.makeelement(f"{W}styles")
    add_role_styles(styles)
    rewritten[package.styles or package.default_styles] = styles
    return package.pack(rewritten), omissions + rewriter.omissions


def _count_omissions(package: WordPackage, document: Any) -> Counter[str]:
    archive = package.archive
    counts = Counter({what: _count_elements(document, tag) for tag, what in _OMITTED_TAGS.items()})
    comments = package.parse(package.comments)
    counts["comment"] = 0 if comments is None else _count_elements(comments, f"{W}comment")
    counts["header or footer"] = sum(
        _has_text(archive, name) for name in archive.names if _HEADER_OR_FOOTER.match(name)
    )
    counts["macro"] = int(archive.has_macro)
    return counts


def _count_elements(root: Any, *tags: str) -> int:
    return sum(1 for _ in root.iter(*tags))


def _has_text(archive: CheckedArchive, name: str) -> bool:
    return any((text.text or "").strip() for text in parse_xml(archive.read(name)).iter(f"{W}t"))
