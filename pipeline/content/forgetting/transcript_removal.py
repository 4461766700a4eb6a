"""Take what a person says, and where the person is named, out of the sound and the transcript of an episode."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from pipeline.content.forgetting.names import NamePattern
from pipeline.model import Cue, Cut, classify_overlap, merge_cuts

_MARGIN_MS = 150  # times of words and cues are seldom exact
_HIDDEN_TEXT = "…"
_PUNCTUATION = ".,;:?!…\"'“”‘’()«»–-"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechRemoval:
    """What changes in one episode. Times are in the recording."""

    own: tuple[Cue, ...]  # cues of this person
    named: tuple[Cue, ...]  # cues of others with the name
    spans: tuple[Cut, ...]  # of the voice
    name_spans: tuple[Cut, ...]  # where others say the name: always bleeped
    changes: tuple[tuple[Cue, tuple[Cue, ...]], ...]  # each cue that changes, and what comes in its place
    is_exact: bool  # whether the times of all words with the name are known


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start_ms: int
    end_ms: int


def remove_speech(
    cues: Sequence[Cue], *, pattern: NamePattern, labels: frozenset[str], words_json: str, treatment: str
) -> SpeechRemoval:
    """Find the sound of a person, and build the transcript without it.

    Args:
        cues: The transcript.
        pattern: The name.
        labels: Other names of this speaker in the transcript, folded.
        words_json: ``transcript.words.json``, for the times of words; may be empty.
        treatment: ``bleep``, ``mute`` or ``cut``.
    """
    own = tuple(one for one in cues if pattern.has_name(one.speaker) or one.speaker.casefold() in labels)
    named = tuple(one for one in cues if one not in own and pattern.has_name(one.text))
    spoken = _read_words(words_json)
    spans = merge_cuts([Cut(from_ms=one.start_ms, to_ms=one.end_ms) for one in own])
    name_spans, changes, is_exact = list[Cut](), list[tuple[Cue, tuple[Cue, ...]]](), True
    for cue in cues:
        pieces = [cue]
        if cue in own:
            pieces = [replace(cue, speaker="", text=_HIDDEN_TEXT)] if treatment == "bleep" else []
        elif cue in named:
            pieces, found, is_known = _split_at_name(cue, pattern, spoken)
            name_spans += found
            is_exact &= is_known
        for span in spans if cue not in own else ():
            pieces = [piece for one in pieces for piece in _split_cue(one, span, keep=treatment == "bleep")]
        if pieces != [cue]:
            changes.append((cue, tuple(pieces)))
    outside = [one for one in name_spans if not any(span.from_ms <= one.from_ms < span.to_ms for span in spans)]
    return SpeechRemoval(
        own=own,
        named=named,
        spans=spans,
        name_spans=merge_cuts(outside),
        changes=tuple(changes),
        is_exact=is_exact,
    )


def filter_words(words_json: str, removal: SpeechRemoval, pattern: NamePattern) -> str:
    """Remove words from ``transcript.words.json``: those in the removed sound, and the name; one item a line stays so.

    Raises:
        ValueError: It has another form.
    """
    document = json.loads(words_json)
    hidden = (*removal.spans, *removal.name_spans)

    def is_kept(item: Any) -> bool:
        middle_ms = (item.get("start_s", 0.0) + item.get("end_s", 0.0)) * 500
        is_hidden = any(one.from_ms <= middle_ms < one.to_ms for one in hidden)
        texts = [one for one in item.values() if isinstance(one, str)]
        return not is_hidden and not any(map(pattern.has_name, texts))

    parts = []
    for name, value in (document if isinstance(document, dict) else {}).items():
        if isinstance(value, list):
            items = (json.dumps(one, ensure_ascii=False) for one in value if isinstance(one, dict) and is_kept(one))
            text = "[\n" + ",\n".join(items) + "\n]"
        else:
            text = json.dumps(value, ensure_ascii=False)
        parts.append(f"{json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def subtract_spans(spans: Sequence[Cut], existing: Sequence[Cut]) -> Iterator[Cut]:
    """Yield the parts of spans that no existing one covers."""
    covered = merge_cuts([one for one in existing if one.from_ms < one.to_ms])
    for span in spans:
        at_ms = span.from_ms
        for one in covered:
            if one.to_ms <= at_ms or one.from_ms >= span.to_ms:
                continue
            if one.from_ms > at_ms:
                yield Cut(from_ms=at_ms, to_ms=one.from_ms)
            at_ms = max(at_ms, one.to_ms)
        if at_ms < span.to_ms:
            yield Cut(from_ms=at_ms, to_ms=span.to_ms)


def _read_words(words_json: str) -> list[_Word]:
    try:
        items = json.loads(words_json)["words"] if words_json else []
        return [_Word(one["word"], round(one["start_s"] * 1000), round(one["end_s"] * 1000)) for one in items]
    except (ValueError, TypeError, KeyError):
        return []


def _split_at_name(cue: Cue, pattern: NamePattern, spoken: Sequence[_Word]) -> tuple[list[Cue], list[Cut], bool]:
    """Split a cue around each name in it; without times of its words the whole cue is hidden."""
    inside = [one for one in spoken if cue.start_ms - _MARGIN_MS <= (one.start_ms + one.end_ms) // 2 < cue.end_ms]
    names = pattern.certain.findall(cue.text)
    spans = list(_find_spoken_names(inside, pattern))
    if len(spans) < len(names):
        return [replace(cue, text=_HIDDEN_TEXT)], [Cut(from_ms=cue.start_ms, to_ms=cue.end_ms)], False
    spans = [Cut(from_ms=max(one.from_ms, cue.start_ms), to_ms=min(one.to_ms, cue.end_ms)) for one in spans]
    texts = [one.strip() for one in pattern.certain.split(cue.text)]
    edges = [cue.start_ms, *(at for one in spans for at in (one.from_ms, one.to_ms)), cue.end_ms]
    pieces = []
    for number, (start_ms, end_ms) in enumerate(pairwise(edges)):
        text = _HIDDEN_TEXT if number % 2 else texts[number // 2] if number // 2 < len(texts) else ""
        if text.strip(_PUNCTUATION + " ") == "" and not number % 2:
            continue
        if start_ms < end_ms:
            pieces.append(replace(cue, start_ms=start_ms, end_ms=end_ms, text=text))
    return pieces, spans, True


def _find_spoken_names(words: Sequence[_Word], pattern: NamePattern) -> Iterator[Cut]:
    """Find runs of words that are the name, with a margin that ends where the next word begins."""
    text, starts = "", []
    for word in words:
        starts.append(len(text))
        text += word.text.strip() + " "
    for found in pattern.certain.finditer(text):
        inside = [
            n for n, start in enumerate(starts) if start < found.end() and found.start() < start + len(words[n].text)
        ]
        first, last = words[inside[0]], words[inside[-1]]
        before = words[inside[0] - 1].end_ms if inside[0] else first.start_ms - _MARGIN_MS
        after = words[inside[-1] + 1].start_ms if inside[-1] + 1 < len(words) else last.end_ms + _MARGIN_MS
        yield Cut(
            from_ms=max(first.start_ms - _MARGIN_MS, min(before, first.start_ms)),
            to_ms=min(last.end_ms + _MARGIN_MS, max(after, last.end_ms)),
        )


def _split_cue(cue: Cue, span: Cut, *, keep: bool) -> Iterator[Cue]:
    """Split a cue of somebody else at the edges of removed sound; its words are shared out by time."""
    overlap = classify_overlap(cue, span)
    if overlap == "none":
        yield cue
        return
    if overlap == "all":
        if keep:
            yield replace(cue, text=_HIDDEN_TEXT)
        return
    edges = [cue.start_ms, *(at for at in (span.from_ms, span.to_ms) if cue.start_ms < at < cue.end_ms), cue.end_ms]
    words = cue.text.split()
    places = [round(len(words) * (at - cue.start_ms) / (cue.end_ms - cue.start_ms)) for at in edges]
    for start_ms, end_ms, first, last in zip(edges, edges[1:], places, places[1:], strict=False):
        is_hidden = span.from_ms <= start_ms < span.to_ms
        if not is_hidden or keep:
            text = _HIDDEN_TEXT if is_hidden else " ".join(words[first:last]) or _HIDDEN_TEXT
            yield replace(cue, start_ms=start_ms, end_ms=end_ms, text=text)
