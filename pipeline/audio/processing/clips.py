"""Short clips: fades, ducking and mixing. The only module that imports pydub."""

from collections.abc import Iterator

import numpy as np
from pydub import AudioSegment

from pipeline.audio.io import probe
from pipeline.audio.io.recording_reader import mix_channels, read_recording
from pipeline.errors import AudioError, fill
from pipeline.media.samples import RATE, Block

MAX_DURATION_S = 600  # pydub holds the whole clip in memory, several times

_FADE_IN_MS, _FADE_OUT_MS = 10, 400
_DUCK_DB, _DUCK_MS = 16, 500
_FULL_SCALE = 2**31 - 1


def load_clip(path: str, *, channels: int) -> Block:
    """Load a clip at 48 kHz, fade it in and out, and pad it to a whole millisecond.

    Returns:
        Shape (samples, channels), float32, full scale is 1.0.

    Raises:
        AudioError: It is not audio, or too long for a clip.
    """
    sound = np.concatenate(list(_read_blocks(path)))
    faded = fade_clip(sound, fade_in_ms=_FADE_IN_MS, fade_out_ms=_FADE_OUT_MS)
    return mix_channels(np.pad(faded, ((0, -len(faded) % (RATE // 1000)), (0, 0))), channels=channels)


def fade_clip(sound: Block, *, fade_in_ms: int, fade_out_ms: int) -> Block:
    """Fade a clip in and out.

    Args:
        sound: Shape (samples, channels), float32, full scale is 1.0.
        fade_in_ms: Duration of the fade at its start, at most all of it.
        fade_out_ms: Duration of the fade at its end, at most all of it.

    Returns:
        The same shape.
    """
    segment, scale = _to_segment(sound)
    faded = segment.fade_in(min(fade_in_ms, len(segment))).fade_out(min(fade_out_ms, len(segment)))
    return _from_segment(faded, scale)


def duck_start(sound: Block, samples: int) -> Block:
    """Duck the first ``samples`` of a clip, so that words stay audible over it.

    Args:
        sound: Shape (samples, channels), float32.
        samples: How many to duck; the level rises again within half a second.

    Returns:
        The same shape.
    """
    segment, scale = _to_segment(sound)
    at = samples * 1000 // RATE
    raised = segment.fade(from_gain=-_DUCK_DB, start=at or 1, end=min(at + _DUCK_MS, len(segment)))
    return _from_segment(raised, scale)[: len(sound)]


def duck_end(sound: Block, samples: int) -> Block:
    """Duck the last ``samples`` of a clip, so that words stay audible over it.

    Args:
        sound: Shape (samples, channels), float32.
        samples: How many to duck; the level falls within half a second before them.

    Returns:
        The same shape.
    """
    segment, scale = _to_segment(sound)
    at = (len(sound) - samples) * 1000 // RATE
    lowered = segment.fade(to_gain=-_DUCK_DB, start=max(0, at - _DUCK_MS), end=at or 1)
    return _from_segment(lowered, scale)[: len(sound)]


def _to_segment(sound: Block) -> tuple[AudioSegment, float]:
    """Convert to 32 bits; also return the amplitude of full scale, at least 1."""
    scale = max(1.0, float(np.abs(sound).max(initial=0.0)))
    samples = np.round(sound.astype(np.float64) / scale * _FULL_SCALE).astype("<i4")
    return AudioSegment(data=samples.tobytes(), sample_width=4, frame_rate=RATE, channels=sound.shape[1]), scale


def _from_segment(segment: AudioSegment, scale: float) -> Block:
    samples = np.frombuffer(segment.raw_data, "<i4").reshape(-1, segment.channels)
    return (samples / _FULL_SCALE * scale).astype(np.float32)


def _read_blocks(path: str) -> Iterator[Block]:
    samples = 0
    for block in read_recording((probe.open_part(path),), channels=2):
        samples += len(block)
        if samples > MAX_DURATION_S * RATE:
            raise AudioError(
                fill("the clip is longer than {minutes} minutes", minutes=MAX_DURATION_S // 60),
                where=path,
                hint="Use a short file as intro, outro or jingle.",
            )
        yield block
