"""The tags of a file in one form for all formats, built from a task."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pipeline.audio.tasks import TagTask
from pipeline.errors import AudioError, fill
from pipeline.model import Chapter

MAX_CHAPTERS = 999  # Ogg counts them in three digits
MAX_COVER_BYTES = 2_000_000  # players have lower limits than mutagen

_PLAIN_TEXTS = ("title", "album", "artist", "guid", "comment", "genre", "copyright")
_MAX_CHAPTER_TITLE_BYTES = 250  # Nero's list has 255
_LANGUAGES = {  # ISO 639-1 → 639-2/T, which ID3 and MP4 require
    "ar": "ara", "da": "dan", "de": "deu", "en": "eng", "es": "spa", "et": "est", "fi": "fin", "fr": "fra", "fy": "fry",
    "ga": "gle", "it": "ita", "ja": "jpn", "lt": "lit", "lv": "lav", "nb": "nob", "nl": "nld", "no": "nor", "pl": "pol",
    "pt": "por", "ro": "ron", "ru": "rus", "sv": "swe", "tr": "tur", "uk": "ukr", "zh": "zho",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """The tags of a file; missing tags are empty."""

    title: str = ""
    album: str = ""
    artist: str = ""
    number: int = 0
    date: str = ""
    language: str = ""  # ISO 639-2/T
    guid: str = ""
    comment: str = ""
    url: str = ""
    genre: str = ""
    copyright: str = ""
    chapters: tuple[Chapter, ...] = ()
    cover: bytes = b""


def build_tags(task: TagTask) -> Tags:
    """Build the tags to write.

    Raises:
        AudioError: The cover cannot be used, or there are too many chapters.
    """
    return Tags(
        **{name: clean_text(getattr(task, name)) for name in _PLAIN_TEXTS},
        number=task.number,
        date=task.date,
        language=_LANGUAGES.get(task.language[:2].lower(), "und"),
        url=quote(clean_text(task.url), safe="%/:=&?~#+!$,;'@()*[]"),  # ID3 allows only Latin-1 there
        chapters=_select_chapters(task),
        cover=_read_cover(task.cover),
    )


def clean_text(text: str) -> str:
    """Put ``text`` on one line without control characters: a NUL in ID3 begins a second value."""
    plain = "".join(" " if letter.isspace() else letter for letter in unicodedata.normalize("NFC", text))
    printable = "".join(letter for letter in plain if unicodedata.category(letter) not in ("Cc", "Cs", "Cn"))
    return " ".join(printable.split())


def sort_chapters(chapters: Iterable[Chapter]) -> tuple[Chapter, ...]:
    """Sort chapters by start time."""
    return tuple(sorted(chapters, key=lambda chapter: chapter.start_ms))


def iter_with_ends(chapters: Sequence[Chapter], duration_ms: int) -> Iterator[tuple[Chapter, int]]:
    """Yield each chapter and the time in milliseconds at which it ends."""
    return zip(chapters, [*(chapter.start_ms for chapter in chapters[1:]), duration_ms], strict=False)


def parse_number(text: str) -> int:
    """Parse a track number; 0 if it is not one."""
    return int(text) if text.isdecimal() else 0


def _select_chapters(task: TagTask) -> tuple[Chapter, ...]:
    """Select one chapter per start time, in order, none after the end."""
    by_start = {chapter.start_ms: chapter for chapter in sort_chapters(task.chapters)}
    inside = [chapter for start_ms, chapter in by_start.items() if 0 <= start_ms < task.duration_ms]
    if len(inside) > MAX_CHAPTERS:
        raise AudioError(
            fill(
                "{count} chapters are more than the {limit} a file can hold",
                count=len(inside),
                limit=MAX_CHAPTERS,
            ),
            where=task.out,
        )
    return tuple(Chapter(start_ms=one.start_ms, title=_shorten(clean_text(one.title))) for one in inside)


def _shorten(title: str) -> str:
    raw = title.encode()
    if len(raw) <= _MAX_CHAPTER_TITLE_BYTES:
        return title
    return raw[: _MAX_CHAPTER_TITLE_BYTES - 3].decode(errors="ignore").rstrip() + "…"


def _read_cover(path: str) -> bytes:
    if not path:
        return b""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise AudioError(fill("the cover cannot be read: {strerror}", strerror=error.strerror), where=path) from error
    if not raw.startswith(b"\xff\xd8\xff"):
        raise AudioError("the cover is not a JPEG", where=path, hint="Save it as a JPEG.")
    if len(raw) > MAX_COVER_BYTES:
        hint = "Save it smaller: 500 kB is plenty."
        raise AudioError(fill("the cover is too large: {size_kb} kB", size_kb=len(raw) // 1000), where=path, hint=hint)
    return raw
