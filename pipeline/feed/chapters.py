"""Chapters: shifted by cuts and jingles, as JSON chapters, and as lines with time codes in a description."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline import urls
from pipeline.feed.text_fields import format_json_list, normalise_space
from pipeline.model import Chapter, Timeline
from pipeline.model.time_codes import format_timestamp

_MIN_CHAPTER_MS = 30_000  # Spotify ignores shorter ones
_MIN_CHAPTERS = 3  # Apple and Spotify
_MAX_TITLE_CHARACTERS = 39  # Spotify: fewer than 40 characters


def shift_chapters(chapters: Sequence[Chapter], *, timeline: Timeline, duration_ms: int) -> tuple[Chapter, ...]:
    """Shift chapters from the timeline of the recording to that of the enclosure.

    A chapter that starts inside a cut starts at the end of the cut; one at the position of a jingle starts with the jingle. Of
    two chapters at one position the later one remains. After an intro, the first chapter starts at 0, as Apple requires.

    Args:
        chapters: Chapters on the timeline of the recording, in any order.
        timeline: Maps the recording to the enclosure.
        duration_ms: The duration of the enclosure.

    Returns:
        Chapters on the timeline of the enclosure, in order.
    """
    by_start: dict[int, Chapter] = {}
    for chapter in sorted(chapters, key=lambda chapter: chapter.start_ms):
        start_ms = timeline.map_end_ms(chapter.start_ms)
        by_start[start_ms] = replace(chapter, start_ms=start_ms)
    shifted = [chapter for start_ms, chapter in by_start.items() if start_ms < duration_ms]
    if shifted and timeline.offset_ms:
        shifted[0] = replace(shifted[0], start_ms=0)
    return tuple(shifted)


def format_json_chapters(chapters: Sequence[Chapter], *, title: str, podcast: str, base: str = "") -> str:
    """Format JSON chapters 1.2: ``application/json+chapters``; ``base`` is the URL of ``public/``."""
    head = {"version": "1.2.0", "title": normalise_space(title), "podcastName": normalise_space(podcast)}
    items = (
        {"startTime": chapter.start_ms / 1000, "title": normalise_space(chapter.title)}
        | ({"img": urls.make_absolute(base, chapter.image)} if chapter.image else {})
        for chapter in chapters
    )
    return format_json_list(head, "chapters", items)


def format_chapter_lines(chapters: Sequence[Chapter], *, duration_ms: int) -> tuple[str, ...]:
    """Format the lines of a description that Apple and Spotify turn into chapters: ``(00:41) Het gesprek``.

    Spotify ignores chapters under half a minute, so such a chapter is merged into the previous one, or at the very beginning
    into the next. If fewer than three remain, Spotify shows none, and all chapters are listed, for Apple and for people.

    Returns:
        The lines; none if there are fewer than three chapters or the first does not start at 0.

    Source: podcasters.apple.com 5482; support.spotifyforpodcasters.com 360043932711.
    """
    if len(chapters) < _MIN_CHAPTERS or chapters[0].start_ms:
        return ()
    ends_ms = [*(chapter.start_ms for chapter in chapters[1:]), duration_ms]
    pairs = zip(chapters, ends_ms, strict=True)
    long = [chapter for chapter, end_ms in pairs if end_ms - chapter.start_ms >= _MIN_CHAPTER_MS]
    listed = long if len(long) >= _MIN_CHAPTERS else chapters
    starts_ms = [0, *(chapter.start_ms for chapter in listed[1:])]
    has_hours = duration_ms >= 3_600_000
    return tuple(
        f"{_format_start(start_ms, has_hours=has_hours)} {_truncate_title(chapter.title)}"
        for start_ms, chapter in zip(starts_ms, listed, strict=True)
    )


def _format_start(start_ms: int, *, has_hours: bool) -> str:
    time_code = format_timestamp(start_ms).partition(".")[0]
    return time_code if has_hours else f"({time_code.removeprefix('00:')})"


def _truncate_title(title: str) -> str:
    title = normalise_space(title)
    return title if len(title) <= _MAX_TITLE_CHARACTERS else f"{title[: _MAX_TITLE_CHARACTERS - 1].rstrip()}…"
