"""Imports a file: detects its format, reads it, splits it by group and cleans its images."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.errors import WeerslagError
from pipeline.graphics.image_cleaning import clean_image
from pipeline.graphics.tasks import CleanImageTask
from pipeline.intake import form_reader
from pipeline.intake.document import ContentBlock, ExtractedText, GroupNote
from pipeline.intake.docx_reader import read_docx
from pipeline.intake.email_reader import read_email
from pipeline.intake.file_limits import MAX_BYTES, RefusedFileError, detect_format, read_input_file
from pipeline.intake.note_fields import extract_fields, split_groups
from pipeline.intake.odt_reader import read_odt
from pipeline.intake.tasks import ImportResult, ImportTask
from pipeline.intake.text_reader import read_html, read_markdown, read_text
from pipeline.text import normalise_text

_READERS: Mapping[str, Callable[[bytes], ExtractedText]] = {
    "docx": read_docx,
    "odt": read_odt,
    "md": read_markdown,
    "txt": read_text,
    "html": read_html,
}


def import_file(task: ImportTask) -> ImportResult:
    """Read one file.

    Raises:
        RefusedFileError: It is damaged, unsafe, of an unknown format, or has no text.
    """
    name = Path(task.file).name
    content = _read_content(read_input_file(Path(task.file)), name, mapping=task.mapping)
    images = _clean_images(content.images, Path(task.image_folder))
    content.omissions["unreadable image"] += images.count("")
    notes = []
    for group in content.groups:
        note, omissions = extract_fields(replace(group, group=task.group or group.group))
        notes.append(note)
        content.omissions += omissions
    if not any(note.blocks or note.insights or note.quotes for note in notes):
        raise RefusedFileError("the file has no text", hint="Ask for it again.")
    return ImportResult(notes=tuple(notes), images=images, omissions=+content.omissions, mapping=content.mapping)


@dataclass(slots=True, kw_only=True)
class _ImportedContent:
    groups: list[GroupNote] = field(default_factory=list)
    images: list[bytes] = field(default_factory=list)
    omissions: Counter[str] = field(default_factory=Counter)
    mapping: str = ""

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
        return _ImportedContent(groups=[GroupNote(group=name, blocks=blocks)], images=[content])
    if format_ in {"csv", "xlsx"}:
        return _read_form(content, format_, name, mapping=mapping)
    found = _ImportedContent()
    found.add_text(_READERS[format_](content), name=name)
    return found


def _read_form(content: bytes, format_: str, name: str, *, mapping: str) -> _ImportedContent:
    form = form_reader.read_csv(content) if format_ == "csv" else form_reader.read_xlsx(content)
    columns = form_reader.parse_mapping(mapping.encode()) if mapping else form_reader.guess_mapping(form.columns)
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
    if len(content) > MAX_BYTES or not content.strip() or detect_format(content, file_name) == "eml":
        raise RefusedFileError("the attachment is empty, too large, or an e-mail")
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
