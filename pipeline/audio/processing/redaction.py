"""Redaction: mutes filled with room tone, and bleeps. No original sample remains."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.audio.analysis.voice_activity import FRAME_SAMPLES, find_quietest
from pipeline.audio.io.recording_reader import RangeReader
from pipeline.audio.parallel import map_parallel
from pipeline.audio.processing.spans import edit_spans
from pipeline.media.samples import RATE, Block
from pipeline.model import Cut, merge_cuts, shift_ms

BLEEP_HZ = 1000

_FADE = RATE // 125  # 8 ms; fades lie outside the redaction, so no original sample leaks
_SEGMENT_FRAMES = 20  # of 20 ms: a segment of room tone
_SEGMENTS = 8
_GRAIN = RATE // 5
_GRAIN_STEP = 0.6180339887  # golden ratio: grains from evenly spread positions, deterministic

# overlapping grains have constant power
_GRAIN_WINDOW = np.sin(np.pi * (np.arange(_GRAIN) + 0.5) / _GRAIN).astype(np.float32)[:, np.newaxis]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietSegment:
    """The quietest segment of a second."""

    power: float
    sound: Block


class RoomTone:
    """Collects the quietest segments of a talk, and renders room tone of any length from them."""

    def __init__(self, channels: int) -> None:
        """Start without segments: silence."""
        self._channels = channels
        self._segments: list[tuple[float, int, Block]] = []
        self._count = 0

    def add(self, segment: QuietSegment | None) -> None:
        """Add the quietest segment of the next second, if it has one."""
        if segment is None:
            return
        self._count += 1
        self._segments.append((segment.power, self._count, segment.sound))
        quietest = sorted(self._segments, key=lambda segment: segment[:2])[:_SEGMENTS]
        # louder ones may hold a voice
        self._segments = [segment for segment in quietest if segment[0] <= 2 * quietest[0][0]]

    def render(self, first: int, last: int) -> Block:
        """Render samples ``first`` up to ``last`` of the room tone: grains of 200 ms, crossfaded.

        Returns:
            Shape (last - first, channels).
        """
        half = _GRAIN // 2
        out = np.zeros((last - first + 2 * _GRAIN, self._channels), np.float32)
        for number in range(first // half - 1, last // half + 1) if self._segments else ():
            segment = self._segments[number % len(self._segments)][2]
            start = int(number * _GRAIN_STEP % 1.0 * (_SEGMENT_FRAMES * FRAME_SAMPLES - _GRAIN))
            at = number * half - first + _GRAIN
            out[at : at + _GRAIN] += segment[start : start + _GRAIN] * _GRAIN_WINDOW
        return out[_GRAIN : _GRAIN + last - first]


def find_quiet_segment(block: Block) -> QuietSegment | None:
    """Find the quietest segment of a second, shape (samples, channels); digital silence is not room tone."""
    mono = block.mean(axis=1, dtype=np.float32)
    if (quiet := find_quietest(mono, _SEGMENT_FRAMES)) is None:
        return None
    return QuietSegment(power=float(np.square(mono[quiet]).mean(dtype=np.float64)), sound=block[quiet].copy())


def collect_room_tone(talk: RangeReader, channels: int) -> RoomTone:
    """Collect room tone from a talk in which the redactions are silent."""
    room_tone = RoomTone(channels)
    seconds = range(0, talk.samples, RATE)
    for segment in map_parallel(
        lambda first: find_quiet_segment(talk.read_range(first, min(first + RATE, talk.samples))), seconds
    ):
        room_tone.add(segment)
    return room_tone


class RedactedReader:
    """Reads ranges of a recording with room tone in place of mutes and bleeps."""

    def __init__(self, recording: RangeReader, redactions: Sequence[Cut], room_tone: RoomTone | None) -> None:
        """Prepare reading; see ``replace_with_room_tone``."""
        self._recording, self._redactions, self._room_tone = recording, redactions, room_tone
        self.samples = recording.samples

    def read_range(self, first: int, last: int) -> Block:
        """Read samples ``first`` up to ``last``; see ``RangeReader``."""
        block = self._recording.read_range(first, last)
        (redacted,) = replace_with_room_tone([block], self._redactions, self._room_tone, first=first)
        return redacted


def replace_with_room_tone(
    blocks: Iterable[Block], redactions: Sequence[Cut], room_tone: RoomTone | None, *, first: int = 0
) -> Iterator[Block]:
    """Replace each redaction with room tone, exact to the sample; crossfades are outside.

    Args:
        blocks: Shape (samples, channels) each, at 48 kHz.
        redactions: In any order.
        room_tone: What to put there; ``None``: silence.
        first: Number of the first sample of ``blocks``.

    Yields:
        Blocks of the same shapes.
    """
    spans = [
        (cut.from_ms * RATE // 1000 - _FADE, -(-cut.to_ms * RATE // 1000) + _FADE) for cut in merge_cuts(redactions)
    ]

    def replace_part(part: Block, low: int, high: int, length: int) -> None:
        """Crossfade a part of shape (samples, channels) to room tone, in place."""
        places = np.arange(low, high) + 0.5
        original = np.clip(np.maximum(1 - places / _FADE, 1 - (length - places) / _FADE), 0, 1)
        share = original.astype(np.float32)[:, np.newaxis]
        tone = room_tone.render(low, high) if room_tone else np.zeros((high - low, 1), np.float32)
        part[:] = part * share + tone * np.sqrt(1 - share**2)

    return edit_spans(blocks, spans, replace_part, first=first)


def add_bleeps(
    blocks: Iterable[Block], spans: Sequence[tuple[int, int]], *, amplitude: float, first: int = 0
) -> Iterator[Block]:
    """Add a tone of 1 kHz to each span of samples, with fades inside it.

    Args:
        blocks: Shape (samples, channels) each, at 48 kHz.
        spans: First sample and end of each.
        amplitude: Of the tone; full scale is 1.0.
        first: Number of the first sample of ``blocks``.

    Yields:
        Blocks of the same shapes.
    """

    def add_tone(part: Block, low: int, high: int, length: int) -> None:
        """Add the tone to a part of shape (samples, channels), in place."""
        places = np.arange(low, high)
        fade = np.clip(np.minimum(places, length - 1 - places) / _FADE, 0, 1)
        tone = amplitude * fade * np.sin(2 * np.pi * BLEEP_HZ / RATE * places)
        part += tone.astype(np.float32)[:, np.newaxis]

    return edit_spans(blocks, spans, add_tone, first=first)


def map_to_samples_after_cuts(redactions: Sequence[Cut], cuts: Sequence[Cut]) -> list[tuple[int, int]]:
    """Map redactions to sample numbers after the cuts; those that were cut out are gone."""
    merged = merge_cuts(cuts)
    spans = [(shift_ms(cut.from_ms, cuts=merged), shift_ms(cut.to_ms, cuts=merged)) for cut in merge_cuts(redactions)]
    return [(first * RATE // 1000, last * RATE // 1000) for first, last in spans if last > first]
