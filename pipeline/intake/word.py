"""Reads Word files. The doorway to mammoth, which turns styles into structure and leaves comments and deletions behind."""

import re
from io import BytesIO
from typing import Any

import mammoth

from pipeline.intake.blocks import LeftOut, Text
from pipeline.intake.guard import DAMAGE, Archive, Refused, opened_zip
from pipeline.intake.markup import html_text, refuse_a_book, xml_root

# Word writes the English names of its own styles in every language; other programs, and templates, write the Dutch ones.
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Titel'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Ondertitel'] => p:fresh
p[style-name='Kop 1'] => h1:fresh
p[style-name='Kop 2'] => h2:fresh
p[style-name='Kop 3'] => h3:fresh
p[style-name='Kop 4'] => h4:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='Quotations'] => blockquote > p:fresh
p[style-name='Citaat'] => blockquote > p:fresh
p[style-name='Duidelijk citaat'] => blockquote > p:fresh
p[style-name='Sterk citaat'] => blockquote > p:fresh
p[style-name='Lijst opsom.teken'] => ul > li:fresh
p[style-name='Lijstopsomteken'] => ul > li:fresh
p[style-name='Lijstnummering'] => ol > li:fresh
p[style-name='Author'] => p.author:fresh
p[style-name='Auteur'] => p.author:fresh
r[style-name='Emphasis'] => em
r[style-name='Nadruk'] => em
r[style-name='Strong'] => strong
r[style-name='Zwaar'] => strong
comment-reference => !
"""
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_COUNTED = (  # what stands in the text and is not carried: (tag, what it is)
    (f"{_W}del", "deleted passage"),
    (f"{_W}moveFrom", "moved passage, where it came from"),
    ("{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath", "formula"),
    ("{http://schemas.openxmlformats.org/drawingml/2006/chart}chart", "chart"),
    ("{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds", "SmartArt drawing"),
    (f"{_W}object", "embedded object"),
    (f"{_W}altChunk", "inserted document"),
)
_TEXT = "word/document.xml"
_TEXT_PART = re.compile(r"word/(header|footer)\d*\.xml\Z")


def read_word(content: bytes) -> Text:
    """The text of a .docx: inserted words stay, deleted ones, comments, authors, macros and metadata do not.

    Raises:
        Refused: it is damaged, locked, or beyond the limits.
    """
    pictures: list[bytes] = []
    linked: list[int] = []

    def kept(image: Any) -> dict[str, str]:
        try:
            with image.open() as file:
                pictures.append(file.read())
        except (OSError, KeyError, ValueError, mammoth.docx.files.InvalidFileReferenceError):
            linked.append(1)  # it lies elsewhere, and nothing is fetched
            return {"src": "picture:-"}
        except DAMAGE:
            pictures.append(b"")  # told with all that cannot be read; the text goes on
        return {"src": f"picture:{len(pictures) - 1}"}

    with opened_zip(content) as archive:
        left_out = _left_out(archive)
        try:
            page = mammoth.convert_to_html(
                BytesIO(content), style_map=_STYLES, convert_image=mammoth.images.img_element(kept)
            ).value
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise Refused("its text is damaged", hint="Open it in Word, and save it again.") from error
    if linked:
        left_out.append(LeftOut(what="picture that lies elsewhere", count=len(linked)))
    text = html_text(page)
    return Text(blocks=text.blocks, pictures=tuple(pictures), left_out=(*left_out, *text.left_out))


def _left_out(archive: Archive) -> list[LeftOut]:
    names = archive.names
    _refuse_another_text(archive)
    document = xml_root(archive.read(_TEXT))
    refuse_a_book(_count(document, f"{_W}p"))
    found = [LeftOut(what=what, count=count) for tag, what in _COUNTED if (count := _count(document, tag))]
    comments = [name for name in names if re.fullmatch(r"word/comments\d*\.xml", name)]
    if count := sum(_count(xml_root(archive.read(name)), f"{_W}comment") for name in comments):
        found.append(LeftOut(what="comment", count=count))
    lines = [name for name in names if _TEXT_PART.match(name) and _says_something(archive.read(name))]
    if lines:
        found.append(LeftOut(what="header or footer", count=len(lines)))
    if any(name.endswith("vbaProject.bin") for name in names):
        found.append(LeftOut(what="macro"))
    return found


def _refuse_another_text(archive: Archive) -> None:
    """What is counted and what is read must be the same part: only a trap calls the text something else, beside a decoy."""
    relations = xml_root(archive.read("_rels/.rels"))
    targets = [one.get("Target", "") for one in relations if one.get("Type", "").endswith("/officeDocument")]
    if [target.lstrip("/") for target in targets] not in ([], [_TEXT]):
        raise Refused("keeps its text where no word processor does", hint="Open it in Word, and save it again.")


def _count(root: Any, tag: str) -> int:
    return sum(1 for _ in root.iter(tag))


def _says_something(part: bytes) -> bool:
    return any((text.text or "").strip() for text in xml_root(part).iter(f"{_W}t"))
