"""Reads the chapters, transcripts and covers of an episode, in the formats that hosts publish."""

import html
import json
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urljoin

from pipeline.audio.io.probe import read_declared_duration
from pipeline.audio.tagging.chapter_images import read_chapter_images
from pipeline.builder.transcript_conversion import convert_transcript
from pipeline.errors import WeerslagError, fill, make_message
from pipeline.executors import deserialise_result, run_task, serialise_task
from pipeline.feed.transcripts import format_transcript
from pipeline.intake.transcript_reader import ReadTranscriptTask, read_transcript_file
from pipeline.media.chapters import read_chapters
from pipeline.podcast_import.downloads import DownloadStore
from pipeline.podcast_import.html_notes import extract_text, join_line
from pipeline.podcast_import.import_plan import ImportRemark
from pipeline.podcast_import.source_feed import SourceChapter, SourceFile, SourceItem

_PREFERENCE = (
    "text/vtt",
    "application/x-subrip",
    "application/srt",
    "text/srt",
    "application/json",
    "text/html",
    "text/plain",
)
_EXTENSIONS = {"text/vtt": "vtt", "application/json": "json", "text/html": "html", "text/plain": "txt"}
_HTML_TURN = re.compile(
    r"<cite>(?P<name>.*?)</cite>\s*(?:<time>(?P<at>.*?)</time>)?\s*<p>(?P<words>.*?)</p>", re.DOTALL | re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Companions:
    """What belongs to an episode beside its audio."""

    chapters: tuple[SourceChapter, ...] = ()
    transcript: str = ""  # WebVTT; empty: none that could be converted
    original: tuple[str, bytes] = ("", b"")  # name and content of a transcript that could not be converted


def read_companions(
    item: SourceItem,
    audio: Path,
    store: DownloadStore,
    executor: Executor,
    *,
    language: str,
    remarks: list[ImportRemark],
) -> Companions:
    """Read the chapters and the transcript of an item.

    Args:
        item: The item.
        audio: Its audio, which may have chapters inside.
        store: Downloads files.
        executor: Runs the readers of foreign files, in a process that can be killed.
        language: Of the podcast: its transcript is preferred.
        remarks: Receives what could not be taken over.
    """
    duration_s = read_declared_duration(str(audio)) or 0.0
    chapters = _choose_chapters(item, audio, store, remarks)
    late_ms = round(duration_s * 1000) if duration_s else 10**12
    kept = tuple(one for one in chapters if one.start_ms < late_ms)
    if len(kept) < len(chapters):
        message = fill("chapters after the end of the audio are left out: {count}", count=len(chapters) - len(kept))
        remarks.append(ImportRemark(subject=item.title, message=message))
    original = ("", b"")
    for file in _sort_transcripts(item.transcripts, language):
        try:
            content = store.read(file.url)
            text = _convert_transcript(file, content, store.folder, executor, duration_s=duration_s)
        except WeerslagError as error:
            message = fill("the transcript {url} could not be used: {reason}", url=file.url[:120], reason=error.message)
            remarks.append(ImportRemark(subject=item.title, message=message))
            continue
        if text:
            return Companions(chapters=kept, transcript=text)
        original = original if original[0] else (f"transcript.{_EXTENSIONS.get(file.media_type, 'txt')}", content)
    if original[0]:
        message = make_message(
            "the transcript has no times that fit the audio; it is kept in original/: "
            "`weerslag transcribe EPISODE --align FILE` finds the times"
        )
        remarks.append(ImportRemark(subject=item.title, message=message))
    return Companions(chapters=kept, original=original)


# Chapters


def _choose_chapters(
    item: SourceItem, audio: Path, store: DownloadStore, remarks: list[ImportRemark]
) -> tuple[SourceChapter, ...]:
    """Choose the first list that has chapters: the JSON file, those in the feed, or those in the audio.

    A chapter without a picture gets the one that the audio has at that time: apps that read the audio show it.
    """
    listed: Sequence[SourceChapter] = item.chapters
    if item.chapters_file:
        try:
            listed = _order(_parse_json_chapters(store.read(item.chapters_file), item, remarks)) or listed
        except WeerslagError as error:
            message = fill(
                "the chapters {url} could not be used: {reason}", url=item.chapters_file, reason=error.message
            )
            remarks.append(ImportRemark(subject=item.title, message=message))
    inside = [SourceChapter(start_ms=at, title=join_line(title)) for at, title in read_chapters(str(audio))]
    images = read_chapter_images(str(audio))
    chapters = _order(listed) or _order(inside)
    return tuple(one if one.image else replace(one, content=images.get(one.start_ms, b"")) for one in chapters)


def _parse_json_chapters(content: bytes, item: SourceItem, remarks: list[ImportRemark]) -> Iterator[SourceChapter]:
    """Parse JSON chapters; silent ones (``toc: false``) only change the picture, and are left out.

    Source: podcast namespace, docs/examples/chapters/jsonChapters.md.
    """
    silent = 0
    try:
        for one in json.loads(content)["chapters"]:
            title, image = join_line(str(one.get("title") or "")), one.get("img")
            if one.get("toc") is not False and title:
                address = urljoin(item.chapters_file, image.strip()) if isinstance(image, str) and image.strip() else ""
                yield SourceChapter(start_ms=round(float(one["startTime"]) * 1000), title=title, image=address)
            else:
                silent += bool(image)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise WeerslagError("is not a list of chapters in JSON") from error
    if silent:
        message = fill("pictures that change within a chapter are left out: {count}", count=silent)
        remarks.append(ImportRemark(subject=item.title, message=message))


def _order(chapters: Iterator[SourceChapter] | Sequence[SourceChapter]) -> tuple[SourceChapter, ...]:
    """Sort chapters; of two at one time the later one in the list counts."""
    by_time = {one.start_ms: one for one in chapters if one.title and 0 <= one.start_ms < 10**9}
    return tuple(by_time[at] for at in sorted(by_time))


# Transcripts


def _sort_transcripts(files: Sequence[SourceFile], language: str) -> list[SourceFile]:
    """Sort transcripts: those in the language of the podcast first, then by what keeps most."""
    order = {media_type: number for number, media_type in enumerate(_PREFERENCE)}
    return sorted(
        files,
        key=lambda one: (
            not (one.language or language).startswith(language[:2]),
            order.get(one.media_type, len(order)),
        ),
    )


def _convert_transcript(
    file: SourceFile, content: bytes, folder: Path, executor: Executor, *, duration_s: float
) -> str:
    """Convert a transcript to WebVTT; empty: it has no times that fit.

    Raises:
        WeerslagError: It is damaged, or no transcript.
    """
    is_page = file.media_type == "text/html" or (content.lstrip()[:1] == b"<" and b"<tt" not in content[:500])
    if is_page:
        content = _convert_page(content.decode("utf-8", "replace")).encode()
    path = folder / "transcript.import"
    path.write_bytes(content)
    task = ReadTranscriptTask(file=str(path))
    future = executor.submit(run_task, serialise_task(read_transcript_file, task))
    converted = convert_transcript(deserialise_result(task, future.result()), shift_ms=0, duration_s=duration_s)
    return format_transcript(converted.cues, file_format="vtt") if converted.cues else ""


def _convert_page(page: str) -> str:
    """Write a transcript in HTML as lines with time and name.

    Source: podcast namespace, docs/examples/transcripts: ``cite``, ``time`` and ``p``.
    """
    turns = list(_HTML_TURN.finditer(page))
    if not turns or not any(turn["at"] for turn in turns):
        return extract_text(page)
    lines = []
    for turn in turns:
        name, words = (" ".join(html.unescape(extract_text(turn[part] or "")).split()) for part in ("name", "words"))
        at = (turn["at"] or "").strip()
        lines.append(f"[{at}] {name.rstrip(': ')}: {words}" if at else words)
    return "\n".join(lines)
