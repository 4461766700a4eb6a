"""Finds out who speaks when, by voice: pieces between pauses, a vector of each, groups of vectors."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from pipeline.media.samples import Float32Array
from pipeline.model import SpeakerSpan
from pipeline.speech.clustering import group_vectors
from pipeline.speech.sound_file import open_sound
from pipeline.speech.tasks import RATE_HZ, FindSpeakersTask, SpeechStretch
from pipeline.speech.voice_encoder import WINDOW_SAMPLES, VoiceEncoder

_MAX_PIECE = 2 * RATE_HZ  # a longer phrase is divided: speakers may change without a pause
_MIN_PIECE = RATE_HZ * 4 // 10  # a shorter one has the voice of the piece beside it
_JOINED_S = 0.4  # pauses within one turn, between edges
_START_EDGE_S = 0.05  # of soft sound before a phrase, which voice activity detection leaves out …
_END_EDGE_S = 0.2  # … and after it: a line fades, and the network lets go before it has ended
_SWITCH_COST = 0.04  # of similarity, for a change of speaker without a pause …
_PAUSE_COST = 0.02  # … and after a short one; with more, a short answer between two turns is lost
_NO_PAUSE_S, _SHORT_PAUSE_S = 0.2, 1.0


def find_speakers(task: FindSpeakersTask) -> tuple[SpeakerSpan, ...]:
    """Find out who speaks when.

    Returns:
        Spans in order of time; speakers are numbered in the order in which they begin. Their
        confidence is the distance to the next voice, 0 to 1.

    Raises:
        StorageError: Sound or model cannot be read.
    """
    pieces = list(_divide(task.phrases))
    long = [piece for piece in pieces if piece.last - piece.first >= _MIN_PIECE] or pieces
    vectors = _encode_pieces(task, long)
    if not len(vectors):
        return ()
    similarity = vectors @ group_vectors(vectors, speakers=task.speakers).T
    labels = _choose_labels(long, similarity)
    return _build_spans(long, labels, similarity, pieces)


def _divide(phrases: Sequence[SpeechStretch]) -> Iterator[SpeechStretch]:
    """Divide long phrases into equal pieces."""
    for phrase in phrases:
        count = -(-(phrase.last - phrase.first) // _MAX_PIECE)
        edges = [phrase.first + (phrase.last - phrase.first) * number // count for number in range(count + 1)]
        for first, last in pairwise(edges):
            yield SpeechStretch(first=first, last=last)


def _encode_pieces(task: FindSpeakersTask, pieces: Sequence[SpeechStretch]) -> Float32Array:
    with open_sound(task.sound) as sound:
        return VoiceEncoder(Path(task.model)).encode(_read_window(sound.read_range, piece) for piece in pieces)


def _read_window(read_range: Callable[[int, int], Float32Array], piece: SpeechStretch) -> Float32Array:
    """Read the middle of a piece, at most the length of a window."""
    excess = max(0, piece.last - piece.first - WINDOW_SAMPLES) // 2
    return read_range(piece.first + excess, piece.last - excess)


def _choose_labels(pieces: Sequence[SpeechStretch], similarity: Float32Array) -> list[int]:
    """Choose the voice of each piece: the likeliest sequence, in which a change without a pause has a cost.

    Source: Viterbi (1967).
    """
    lengths = np.array([piece.last - piece.first for piece in pieces])[:, np.newaxis]
    costs = (1 - similarity) * np.minimum(1, lengths / WINDOW_SAMPLES)  # a short piece tells less
    total, back = costs[0].copy(), list[np.ndarray]()
    for number in range(1, len(pieces)):
        pause_s = (pieces[number].first - pieces[number - 1].last) / RATE_HZ
        change = _SWITCH_COST if pause_s < _NO_PAUSE_S else _PAUSE_COST if pause_s < _SHORT_PAUSE_S else 0.0
        best = int(total.argmin())
        stays = total <= total[best] + change
        back.append(np.where(stays, np.arange(len(total)), best))
        total = np.where(stays, total, total[best] + change) + costs[number]
    labels = [int(total.argmin())]
    for step in reversed(back):
        labels.append(int(step[labels[-1]]))
    return labels[::-1]


def _build_spans(
    long: Sequence[SpeechStretch], labels: Sequence[int], similarity: Float32Array, pieces: Sequence[SpeechStretch]
) -> tuple[SpeakerSpan, ...]:
    """Join pieces of one voice; a short piece has the voice of the piece nearest to it."""
    numbers: dict[int, int] = {}
    middles = np.array([(piece.first + piece.last) / 2 for piece in long])
    spans: list[SpeakerSpan] = []
    for piece in pieces:
        nearest = int(np.abs(middles - (piece.first + piece.last) / 2).argmin())
        number = numbers.setdefault(labels[nearest], len(numbers) + 1)
        ordered = np.sort(similarity[nearest])
        confidence = float(ordered[-1] - ordered[-2]) if len(ordered) > 1 else 1.0
        span = SpeakerSpan(
            start_s=round(max(0.0, piece.first / RATE_HZ - _START_EDGE_S), 3),
            end_s=round(piece.last / RATE_HZ + _END_EDGE_S, 3),
            speaker=str(number),
            confidence=round(min(1.0, max(0.0, confidence)), 3),
        )
        if spans and spans[-1].speaker == span.speaker and span.start_s - spans[-1].end_s < _JOINED_S:
            confidence = max(spans[-1].confidence, span.confidence)
            spans[-1] = replace(spans[-1], end_s=span.end_s, confidence=confidence)
            continue
        if spans and spans[-1].end_s > span.start_s:  # another voice without a pause
            edge_s = round((spans[-1].end_s + span.start_s) / 2, 3)
            spans[-1], span = replace(spans[-1], end_s=edge_s), replace(span, start_s=edge_s)
        spans.append(span)
    return tuple(spans)
