"""One list of chapters: moved along by cuts and music, and told in the forms that podcast apps read."""

from collections.abc import Sequence

from pipeline.feed.text_fields import json_document, one_line
from pipeline.model import Chapter, Clock

_SHORTEST_MS = 30_000  # Spotify refuses shorter ones
_FEWEST = 3  # Apple and Spotify
_LONGEST_TITLE = 39  # Spotify: fewer than 40 characters


def moved_chapters(chapters: Sequence[Chapter], *, clock: Clock, duration_ms: int) -> tuple[Chapter, ...]:
    """``chapters`` of the recording, by the ``clock`` of an enclosure that lasts ``duration_ms``, in order.

    A chapter that begins inside a cut begins where the cut ends, and one that begins where a jingle stands begins with it;
    of two at one place the later one stays. With an intro in front, the first chapter begins at 0: every listener is in a
    chapter, and Apple asks it.
    """
    titles = {}
    for chapter in sorted(chapters, key=lambda chapter: chapter.start_ms):
        titles[clock.ended_ms(chapter.start_ms)] = chapter.title
    moved = [Chapter(start_ms=start_ms, title=title) for start_ms, title in titles.items() if start_ms < duration_ms]
    if moved and clock.offset_ms:
        moved[0] = Chapter(start_ms=0, title=moved[0].title)
    return tuple(moved)


def chapters_json(chapters: Sequence[Chapter], *, title: str, podcast: str) -> str:
    """JSON chapters 1.2: ``application/json+chapters``."""
    head = {"version": "1.2.0", "title": one_line(title), "podcastName": one_line(podcast)}
    told = ({"startTime": chapter.start_ms / 1000, "title": one_line(chapter.title)} for chapter in chapters)
    return json_document(head, "chapters", told)


def time_stamps(chapters: Sequence[Chapter], *, duration_ms: int) -> tuple[str, ...]:
    """Lines for a description that Apple and Spotify make chapters of: ``(00:41) Het gesprek``, or nothing at all.

    Nothing, if there are fewer than three or the first does not begin at 0. Spotify takes none under half a minute: such
    a one is told as part of the chapter before it, or after it at the very beginning. If that leaves fewer than three,
    Spotify shows none whatever we write, and all are told, for Apple and for people.

    Source: podcasters.apple.com 5482; support.spotifyforpodcasters.com 360043932711.
    """
    if len(chapters) < _FEWEST or chapters[0].start_ms:
        return ()
    ends_ms = [*(chapter.start_ms for chapter in chapters[1:]), duration_ms]
    pairs = zip(chapters, ends_ms, strict=True)
    long = [chapter for chapter, end_ms in pairs if end_ms - chapter.start_ms >= _SHORTEST_MS]
    told = long if len(long) >= _FEWEST else chapters
    starts_s = [0, *(chapter.start_ms // 1000 for chapter in told[1:])]
    hours = duration_ms >= 3_600_000
    return tuple(
        f"{_clock(start_s, hours=hours)} {_short(chapter.title)}"
        for start_s, chapter in zip(starts_s, told, strict=True)
    )


def _clock(start_s: int, *, hours: bool) -> str:
    minutes, second = divmod(start_s, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}" if hours else f"({minutes:02}:{second:02})"


def _short(title: str) -> str:
    title = one_line(title)
    return title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1].rstrip()}…"
