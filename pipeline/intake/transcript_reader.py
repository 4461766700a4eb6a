"""Reads a transcript that people hand in: Word, or any text format that ``pipeline.transcripts`` knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pipeline.errors import fill
from pipeline.intake.charsets import decode_unnamed
from pipeline.intake.file_limits import detect_format, find_utf16, open_zip, read_input_file
from pipeline.intake.refused_formats import RefusedFileError
from pipeline.intake.word_package import open_word_package
from pipeline.intake.word_styles import W
from pipeline.model.task import InputFile, Limits, Task
from pipeline.transcripts.cue_source import SourceTranscript
from pipeline.transcripts.reader import read_transcript

_MAX_CHARACTERS = 8_000_000  # JSON with a time for each word: the talk of a day
_HINT = "Export it as WebVTT, SubRip (.srt), Word (.docx), JSON or text."
_HIDDEN = {f"{W}del", f"{W}moveFrom", "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTranscriptTask(Task[SourceTranscript]):
    """Read a transcript that people hand in."""

    VERB: ClassVar = "read"
    LIMITS: ClassVar = Limits(memory_bytes=1_500_000_000, timeout_s=60)

    file: InputFile


def read_transcript_file(task: ReadTranscriptTask) -> SourceTranscript:
    """Read a file; its content decides what format it is, not its name.

    Raises:
        RefusedFileError: It is damaged, unsafe, or not a transcript.
    """
    file = Path(task.file)
    content = read_input_file(file)
    kind = detect_format(content, file.name, hint=_HINT)
    if kind == "docx":
        transcript = read_transcript("\n".join(_iter_word_lines(content)))
        name = "Word, " + transcript.format
        return SourceTranscript(format=name, cues=transcript.cues, findings=transcript.findings, lines=transcript.lines)
    if kind in {"odt", "ods", "xlsx", "pptx", "zip", "image", "html", "eml"}:
        raise RefusedFileError(fill("a transcript cannot be read from this format ({kind})", kind=kind), hint=_HINT)
    encoding = find_utf16(content)
    text = content.decode(encoding, "replace") if encoding else decode_unnamed(content)
    if len(text) > _MAX_CHARACTERS:
        message = fill(
            "{count} characters; the limit is {max_characters}", count=len(text), max_characters=_MAX_CHARACTERS
        )
        raise RefusedFileError(message, hint="Export it as WebVTT or SubRip, without the time of each word.")
    return read_transcript(text.removeprefix("\ufeff"))


def _iter_word_lines(content: bytes) -> Iterator[str]:
    """Yield the lines of all paragraphs as Word shows them, without deleted and hidden text."""
    with open_zip(content) as archive:
        package = open_word_package(archive)
        document = package.parse(package.main)
    pieces: list[str] = []
    _collect_text(document, pieces)
    yield from "".join(pieces).split("\n")


def _collect_text(element: Any, pieces: list[str]) -> None:
    for child in element:
        if child.tag in _HIDDEN or (child.tag == f"{W}r" and child.find(f"{W}rPr/{W}vanish") is not None):
            continue
        if child.tag == f"{W}t":
            pieces.append(child.text or "")
        elif child.tag in {f"{W}br", f"{W}cr"}:
            pieces.append("\n")
        elif child.tag == f"{W}tab":
            pieces.append("   ")
        elif child.tag != f"{W}pPr":
            _collect_text(child, pieces)
            pieces += ["\n"] if child.tag == f"{W}p" else []
