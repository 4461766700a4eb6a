"""A transcript: moved along by cuts and music, and written as WebVTT, SubRip and JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from pipeline.feed.text_fields import json_document, one_line
from pipeline.feed.timestamps import stamp
from pipeline.model import Clock, Cue, Cut, hidden_share

MEDIA_TYPES = {"vtt": "text/vtt", "srt": "application/x-subrip", "json": "application/json"}  # the best form first

_VTT_LINE = 65  # characters; podcast-namespace, docs/examples/transcripts
_SRT_LINE = 32
_SRT_LINES = 2


def moved_cues(cues: Sequence[Cue], *, clock: Clock, duration_ms: int) -> tuple[Cue, ...]:
    """``cues`` of the recording, by the ``clock`` of an enclosure that lasts ``duration_ms``, in the order they begin.

    What lies wholly inside a cut is gone; what a cut only touches keeps its words, in the time that is left of it. Nobody
    speaks while a jingle is heard.
    """
    moved = []
    for cue in sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms)):
        start_ms, end_ms = clock.span_ms(cue.start_ms, cue.end_ms)
        end_ms = min(end_ms, duration_ms)
        if start_ms < end_ms:
            moved.append(Cue(start_ms=start_ms, end_ms=end_ms, speaker=cue.speaker, text=cue.text))
    return tuple(moved)


def without_hidden(cues: Sequence[Cue], *, gone: Sequence[Cut], bleeps: Sequence[Cut], mark: str) -> tuple[Cue, ...]:
    """``cues`` without the words that nobody hears: what is gone is gone, and ``mark`` stands for what was bleeped."""
    kept = []
    for cue in cues:
        if any(hidden_share(cue, stretch) == "all" for stretch in gone):
            continue
        bleeped = any(hidden_share(cue, stretch) == "all" for stretch in bleeps)
        kept.append(replace(cue, text=mark) if bleeped else cue)
    return tuple(kept)


def written(cues: Sequence[Cue], *, form: str) -> str:
    """The transcript as ``vtt``, ``srt`` or ``json``; a cue without words is left out."""
    told = [cue for cue in cues if one_line(cue.text)]
    return {"vtt": _vtt, "srt": _srt, "json": _json}[form](told)


def _vtt(cues: Sequence[Cue]) -> str:
    """WebVTT; every cue names its speaker, since a player that seeks sees one cue alone.

    Source: w3.org/TR/webvtt1, section 4.
    """
    return "\n\n".join(["WEBVTT", *map(_vtt_cue, cues)]) + "\n"


def _vtt_cue(cue: Cue) -> str:
    speaker = f"<v {_vtt_text(one_line(cue.speaker))}>" if one_line(cue.speaker) else ""
    lines = _lines(cue.text, width=_VTT_LINE)
    return f"{stamp(cue.start_ms)} --> {stamp(cue.end_ms)}\n{speaker}" + "\n".join(map(_vtt_text, lines))


def _vtt_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _srt(cues: Sequence[Cue]) -> str:
    """SubRip in cards of two short lines; a new speaker is named in front."""
    cards: list[str] = []
    speaker = ""
    for cue in cues:
        said = one_line(cue.text)
        if one_line(cue.speaker) not in {"", speaker}:
            speaker = one_line(cue.speaker)
            said = f"{speaker}: {said}"
        cards += _cards(cue, said)
    return "\n".join(f"{number}\n{card}\n" for number, card in enumerate(cards, 1))


def _cards(cue: Cue, said: str) -> Iterator[str]:
    """``said`` in as many cards as it needs; each stands as long as its share of the letters."""
    lines = _lines(said, width=_SRT_LINE)
    texts = ["\n".join(lines[at : at + _SRT_LINES]) for at in range(0, len(lines), _SRT_LINES)]
    shares = list(accumulate((len(text) for text in texts), initial=0))
    length_ms = cue.end_ms - cue.start_ms
    times = [stamp(cue.start_ms + length_ms * share // shares[-1], comma=",") for share in shares]
    for text, (start, end) in zip(texts, pairwise(times), strict=True):
        yield f"{start} --> {end}\n{text}"


def _json(cues: Sequence[Cue]) -> str:
    """The JSON of the podcast namespace, version 1.0.0."""
    return json_document({"version": "1.0.0"}, "segments", map(_segment, cues))


def _segment(cue: Cue) -> dict[str, object]:
    speaker = one_line(cue.speaker)
    told = {"startTime": cue.start_ms / 1000, "endTime": cue.end_ms / 1000, "body": one_line(cue.text)}
    return {"speaker": speaker, **told} if speaker else told


def _lines(text: str, *, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` characters; only a word longer than that is broken."""
    lines: list[str] = []
    for word in one_line(text).split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines += (word[at : at + width] for at in range(0, len(word), width))
    return lines
