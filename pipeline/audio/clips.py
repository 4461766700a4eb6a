"""Short sounds around a talk, the intro and the outro, with their fades. The doorway to pydub."""

from collections.abc import Iterator

import numpy as np
from pydub import AudioSegment

from pipeline.audio import headers, recording
from pipeline.audio.ffmpeg import RATE, Block
from pipeline.errors import AudioError

RECIPE = 1
LONGEST_S = 600  # pydub holds all of it in memory, several times

_FADE_IN_MS, _FADE_OUT_MS = 10, 400
_SCALE = 2**31 - 1


def load(path: str, *, width: int) -> Block:
    """The clip at 48 kHz with ``width`` channels, faded in and out, filled up to a whole millisecond.

    Raises:
        AudioError: it is no sound, or too long for a clip.
    """
    whole = np.concatenate(list(_blocks(path)))
    peak = float(np.abs(whole).max(initial=0.0))
    segment = AudioSegment(
        data=np.round(whole.astype(np.float64) / max(1.0, peak) * _SCALE).astype("<i4").tobytes(),
        sample_width=4,
        frame_rate=RATE,
        channels=2,
    )
    faded = segment.fade_in(min(_FADE_IN_MS, len(segment))).fade_out(min(_FADE_OUT_MS, len(segment)))
    sound = np.frombuffer(faded.raw_data, "<i4").reshape(-1, 2) / _SCALE * max(1.0, peak)
    filled = np.pad(sound, ((0, -len(sound) % (RATE // 1000)), (0, 0)))
    return recording.mixed_to(filled.astype(np.float32), width=width)


def _blocks(path: str) -> Iterator[Block]:
    samples = 0
    for block in recording.sound((headers.open_part(path),), width=2):
        samples += len(block)
        if samples > LONGEST_S * RATE:
            raise AudioError(
                f"it is longer than {LONGEST_S // 60} minutes",
                where=path,
                hint="An intro or an outro is a short sound.",
            )
        yield block
