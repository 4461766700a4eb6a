"""Short sounds with their fades: music around a talk and between its parts, teasers out of it. The doorway to pydub."""

from collections.abc import Iterable, Iterator

import numpy as np
from pydub import AudioSegment

from pipeline.audio.analysis import recording
from pipeline.audio.io import probe
from pipeline.errors import AudioError
from pipeline.media.ffmpeg import RATE, Block

RECIPE = 3
LONGEST_S = 600  # pydub holds all of it in memory, several times

_FADE_IN_MS, _FADE_OUT_MS = 10, 400
_DUCKED_DB, _DUCKING_MS = 16, 500  # how far under words music stands, and how long it takes to get there
_SCALE = 2**31 - 1


def load(path: str, *, width: int, fade_in_ms: int = _FADE_IN_MS, fade_out_ms: int = _FADE_OUT_MS) -> Block:
    """The clip at 48 kHz with ``width`` channels, faded in and out, filled up to a whole millisecond.

    Raises:
        AudioError: it is no sound, or too long for a clip.
    """
    whole = np.concatenate(list(_blocks(path)))
    segment, scale = _segment(whole)
    faded = segment.fade_in(min(fade_in_ms, len(segment))).fade_out(min(fade_out_ms, len(segment)))
    sound = _sound(faded, scale)
    return recording.mixed_to(np.pad(sound, ((0, -len(sound) % (RATE // 1000)), (0, 0))), width=width)


def ducked_first(sound: Block, samples: int) -> Block:
    """``sound`` turned down for its first ``samples``, up again within half a second: the last words stand above it."""
    segment, scale = _segment(sound)
    at = samples * 1000 // RATE
    raised = segment.fade(from_gain=-_DUCKED_DB, start=at or 1, end=min(at + _DUCKING_MS, len(segment)))
    return _sound(raised, scale)[: len(sound)]


def ducked(sound: Block, samples: int) -> Block:
    """``sound`` turned down for its last ``samples``, within half a second, so that words can stand above it."""
    segment, scale = _segment(sound)
    at = (len(sound) - samples) * 1000 // RATE
    lowered = segment.fade(to_gain=-_DUCKED_DB, start=max(0, at - _DUCKING_MS), end=at or 1)
    return _sound(lowered, scale)[: len(sound)]


def laid_under(blocks: Iterable[Block], bed: Block, *, first: int = 0) -> Iterator[Block]:
    """``blocks`` with ``bed`` under them, from sample ``first`` on."""
    at = 0
    for block in blocks:
        low, high = max(at, first), min(at + len(block), first + len(bed))
        mixed = block
        if low < high:
            mixed = block.copy()
            mixed[low - at : high - at] += bed[low - first : high - first]
        at += len(block)
        yield mixed


def _segment(sound: Block) -> tuple[AudioSegment, float]:
    """``sound`` as pydub has it, in 32 bits, and what full scale stands for."""
    scale = max(1.0, float(np.abs(sound).max(initial=0.0)))
    whole = np.round(sound.astype(np.float64) / scale * _SCALE).astype("<i4")
    return AudioSegment(data=whole.tobytes(), sample_width=4, frame_rate=RATE, channels=sound.shape[1]), scale


def _sound(segment: AudioSegment, scale: float) -> Block:
    whole = np.frombuffer(segment.raw_data, "<i4").reshape(-1, segment.channels)
    return (whole / _SCALE * scale).astype(np.float32)


def _blocks(path: str) -> Iterator[Block]:
    samples = 0
    for block in recording.sound((probe.open_part(path),), width=2):
        samples += len(block)
        if samples > LONGEST_S * RATE:
            raise AudioError(
                f"it is longer than {LONGEST_S // 60} minutes",
                where=path,
                hint="An intro, an outro or a jingle is a short sound.",
            )
        yield block
