"""The sound of one track where its own speaker may be heard, for speech recognition.

The time between two turns is divided in the middle, so each moment belongs to a track; where two
people speak at once, to both.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from pipeline.audio.metering.hop_buffer import HOP_SAMPLES, HOPS_PER_S
from pipeline.audio.metering.sliding_window import compute_moving_mean
from pipeline.audio.tracks.corrected_tracks import OpenTake
from pipeline.media.samples import RATE, Block, BoolArray
from pipeline.model import SpeakerSpan

_BLOCK_HOPS = 3000
_MARGIN_S = 0.3  # around talk while another has the turn, whose soft beginning and end are not found


def find_own_sound(
    spans: Sequence[SpeakerSpan], simultaneous: Sequence[SpeakerSpan], speaker: str, *, samples: int
) -> BoolArray:
    """Find where a speaker has the turn, or speaks at the same time as another.

    Args:
        spans: Who has the turn when, of all tracks.
        simultaneous: Who speaks while another has it.
        speaker: One of them.
        samples: Of the take, at 48 kHz.

    Returns:
        Shape (hops of 10 ms,).
    """
    ordered = sorted(spans, key=lambda span: (span.start_s, span.end_s, span.speaker))
    edges = [(before.end_s + after.start_s) / 2 for before, after in pairwise(ordered)]
    own = np.zeros(-(-samples // HOP_SAMPLES), bool)
    turns = [(*turn, span.speaker) for span, turn in zip(ordered, pairwise([0.0, *edges, samples / RATE]), strict=True)]
    turns += [(max(0.0, one.start_s - _MARGIN_S), one.end_s + _MARGIN_S, one.speaker) for one in simultaneous]
    for start_s, end_s, name in turns:
        if name == speaker:
            own[round(start_s * HOPS_PER_S) : round(end_s * HOPS_PER_S)] = True
    return own


def read_own_sound(take: OpenTake, samples: int, own: BoolArray) -> Iterator[Block]:
    """Read a track, silent elsewhere.

    Args:
        take: Its only track.
        samples: Of the take, at 48 kHz.
        own: From ``find_own_sound``.

    Yields:
        Blocks of shape (samples, 1), float32, full scale is 1.0.
    """
    gains = compute_moving_mean(own.astype(np.float32), 3).astype(np.float32)  # fades of 20 ms
    middles = (np.arange(len(own)) + 0.5) * HOP_SAMPLES
    for first in range(0, samples, _BLOCK_HOPS * HOP_SAMPLES):
        last = min(samples, first + _BLOCK_HOPS * HOP_SAMPLES)
        gain = np.interp(np.arange(first, last), middles, gains).astype(np.float32)
        yield (take.read(0, first, last) * gain)[:, np.newaxis]
