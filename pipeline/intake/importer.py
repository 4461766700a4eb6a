"""Imports a file: detects its format, reads it, splits it by group and cleans its images."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.errors import WeerslagError, fill, make_message
from pipeline.graphics.image_cleaning import clean_image
from pipeline.graphics.tasks import CleanImageTask
from pipeline.intake import form_reader
from pipeline.intake.csv_reader import read_csv
from pipeline.intake.document import ContentBlock, ExtractedText, GroupNote
from pipeline.intake.docx_reader import read_docx
from pipeline.intake.draft_writer import render_blocks
from pipeline.intake.email_reader import read_email
from pipeline.intake.file_limits import (
    MAX_BYTES,
    detect_format,
    find_utf16,
    open_zip,
    read_input_file,
)
from pipeline.intake.form_table import FormAnswers
from pipeline.intake.note_fields import extract_fields, split_groups
from pipeline.intake.ods_reader import read_ods
from pipeline.intake.odt_reader import read_odt
from pipeline.intake.pptx_reader import read_pptx
from pipeline.intake.refused_formats import RefusedFileError, is_system_file
from pipeline.intake.tasks import ImportResult, ImportTask
from pipeline.intake.text_reader import read_html, read_markdown, read_text
from pipeline.intake.workbook_reader import read_xlsx
from pipeline.text import normalise_text
from pipeline.typesetting import find_markdown_excess

_READERS: Mapping[str, Callable[[bytes], ExtractedText]] = {
    "docx": read_docx,
    "odt": read_odt,
    "pptx": read_pptx,
    "md": read_markdown,
    "txt": read_text,
    "html": read_html,
}

_TEXT_FORMATS = {"md", "txt", "html", "csv"}
_MAX_ZIPPED_FILES = 100
_FORM_READERS: Mapping[str, Callable[[bytes], FormAnswers]] = {"csv": read_csv, "xlsx": read_xlsx, "ods": read_ods}


def import_file(task: ImportTask) -> ImportResult:
    """Read one file.

    Raises:
        RefusedFileError: It is damaged, unsafe, of an unknown format, or has no text.
    """
    name = Path(task.file).name
    content = _read_content(read_input_file(Path(task.file)), name, mapping=task.mapping)
    images = _clean_images(content.images, Path(task.image_folder))
    content.omissions["unreadable image"] += images.count("")
    if content.is_photo and not images[0]:
        raise RefusedFileError("the image cannot be read", hint="Save it again as JPEG or PNG.")
    notes = []
    for group in content.groups:
        note, omissions = extract_fields(replace(group, group=task.group or group.group))
        notes.append(note)
        content.omissions += omissions
    if not any(note.blocks or note.question or note.insights or note.quotes for note in notes):
        raise RefusedFileError("the file has no text", hint="Ask for it again.")
    for note in notes:
        _require_renderable(note, images)
    return ImportResult(notes=tuple(notes), images=images, omissions=+content.omissions, mapping=content.mapping)


def _require_renderable(note: GroupNote, images: Sequence[str]) -> None:
    """Refuse a text that takes too long to render: as a draft, it would stop every command."""
    text_md = render_blocks(note.blocks, [""] * len(images), str)
    if excess := find_markdown_excess(text_md):
        message = fill("{name}: {message}", name=note.group, message=excess.message)
        if excess.start:  # a Word file has no lines to point at
            line = text_md[text_md.rfind("\n", 0, excess.start) + 1 :].lstrip().partition("\n")[0]
            message = fill("{message}, from `{text}` on", message=message, text=line[:40])
        hint = fill("{hint}; a heading such as `Tafel 1` begins the text of a group", hint=make_message(excess.hint))
        raise RefusedFileError(message, hint=hint)


@dataclass(slots=True, kw_only=True)
class _ImportedContent:
    groups: list[GroupNote] = field(default_factory=list)
    images: list[bytes] = field(default_factory=list)
    omissions: Counter[str] = field(default_factory=Counter)
    mapping: str = ""
    is_photo: bool = False  # the file itself is an image

    def add_text(self, text: ExtractedText, *, name: str) -> None:
        groups, omissions = split_groups(text.blocks, name=name)
        self.groups += groups
        self.images += text.images
        self.omissions += text.omissions + omissions

    def add_attachment(self, other: "_ImportedContent") -> None:
        self.groups += [_shift_image_indices(group, len(self.images)) for group in other.groups]
        self.images += other.images
        self.omissions += other.omissions
        self.mapping = other.mapping


def _read_content(content: bytes, file_name: str, *, mapping: str) -> _ImportedContent:
    format_ = detect_format(content, file_name)
    name = _name_group(file_name)
    if format_ == "eml":
        return _read_email(content, name, mapping=mapping)
    if format_ == "image":
        blocks = (ContentBlock(kind="image", image=0), ContentBlock(kind="transcribe"))
        return _ImportedContent(groups=[GroupNote(group=name, blocks=blocks)], images=[content], is_photo=True)
    if format_ == "zip":
        return _read_archive(content, mapping=mapping)
    if format_ in _TEXT_FORMATS and (encoding := find_utf16(content)):
        content = content.decode(encoding, "replace").encode()
    if format_ in _FORM_READERS:
        return _read_form(content, format_, name, mapping=mapping)
    found = _ImportedContent()
    found.add_text(_READERS[format_](content), name=name)
    return found


def _read_archive(content: bytes, *, mapping: str) -> _ImportedContent:
    """Read each file in a folder that somebody zipped; archives in it are omitted.

    Raises:
        RefusedFileError: None of them can be read.
    """
    found = _ImportedContent()
    with open_zip(content) as archive:
        names = [name for name in archive.names if not name.endswith("/") and not is_system_file(name)]
        if len(names) > _MAX_ZIPPED_FILES:
            message = fill("the archive has more than {max_zipped_files} files", max_zipped_files=_MAX_ZIPPED_FILES)
            raise RefusedFileError(message, hint="Unpack it, and import the files in it.")
        for name in names:
            try:
                found.add_attachment(_read_attachment(archive.read(name), name.rpartition("/")[2], mapping=mapping))
            except RefusedFileError:
                found.omissions["unreadable file in the archive"] += 1
    if not found.groups:
        raise RefusedFileError("no file in the archive can be read", hint="Unpack it, and import the files in it.")
    return found


def _read_form(content: bytes, format_: str, name: str, *, mapping: str) -> _ImportedContent:
    form = _FORM_READERS[format_](content)
    columns = form_reader.parse_mapping(mapping.encode()) if mapping else form_reader.guess_mapping(form.columns)
    columns = form_reader.complete_mapping(columns, form.columns)
    groups = [replace(group, group=group.group or name) for group in form_reader.group_answers(form, columns)]
    omissions = form.omissions + Counter({"form column": len(columns.ignored)})
    return _ImportedContent(groups=groups, omissions=omissions, mapping=columns.to_toml())


def _read_email(content: bytes, name: str, *, mapping: str) -> _ImportedContent:
    """Read the body of an e-mail, and each attachment like a separate file.

    Attached e-mails are omitted.
    """
    body, attachments = read_email(content)
    found = _ImportedContent()
    found.add_text(body, name=name)
    for file_name, attachment in attachments:
        try:
            found.add_attachment(_read_attachment(attachment, file_name or name, mapping=mapping))
        except RefusedFileError:
            found.omissions["unreadable attachment"] += 1
    return found


def _read_attachment(content: bytes, file_name: str, *, mapping: str) -> _ImportedContent:
    if len(content) > MAX_BYTES or not content.strip() or detect_format(content, file_name) in {"eml", "zip"}:
        raise RefusedFileError("the attachment is empty, too large, an e-mail or an archive")
    return _read_content(content, file_name, mapping=mapping)


def _shift_image_indices(group: GroupNote, offset: int) -> GroupNote:
    blocks = (replace(block, image=block.image + offset) if block.image >= 0 else block for block in group.blocks)
    return replace(group, blocks=tuple(blocks))


def _name_group(file_name: str) -> str:
    """Make the name of a group from that of its file."""
    stem = normalise_text(file_name.rpartition(".")[0] or file_name)
    words = " ".join(re.sub(r"[_\-.]+", " ", stem).split())[:120]
    return words[:1].upper() + words[1:] or "Notitie"


def _clean_images(images: Sequence[bytes], folder: Path) -> tuple[str, ...]:
    """Write clean copies of images.

    Returns:
        Their paths, in order; empty where an image cannot be read.
    """
    copies = []
    for number, content in enumerate(images):
        suffix = "png" if content.startswith(b"\x89PNG") else "jpg"
        source, out = folder / f"{number}.source", folder / f"{number}.{suffix}"
        source.write_bytes(content)
        try:
            clean_image(CleanImageTask(source=str(source), out=str(out)))
            copies.append(str(out))
        except WeerslagError:
            copies.append("")
        source.unlink()
    return tuple(copies)
