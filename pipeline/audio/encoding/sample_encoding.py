"""Encodes short samples of a master first, which show what an encoder will do to all of it.

An encoder takes some loudness away, and raises some peaks. Both depend on the format and on the
sound, so they are measured on this master.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np

from pipeline.audio.encoding.decoded_measurement import PEAK_WINDOW, ExcessPeak, find_excess_peaks
from pipeline.audio.io.pcm import PcmReader
from pipeline.audio.metering.meter import Meter
from pipeline.media.decoder import Decoder
from pipeline.media.samples import RATE, Block

MIN_SAMPLED = 120 * RATE  # of shorter files, all can be encoded again

_WINDOWS, _WINDOW = 120, RATE // 4  # which show what an encoder takes from the loudness
_FADE = RATE // 100
_GOLDEN_RATIO = 0.6180339887
_WARM_UP, _COOL_DOWN = 4, 1  # peak windows before and after a place: an encoder remembers what was before
_MAX_SHARE = 0.1  # of a master in places: where nearly all of it is hot, a sample of them is encoded

Encode = Callable[[Iterable[Block], str], None]
Span = tuple[int, int]  # samples, from and up to


def estimate_loss(encode: Encode, master: PcmReader, path: str) -> float:
    """Encode windows of a master, and compare their K-weighted energy before and after, in dB.

    Args:
        encode: Writes blocks of shape (samples, channels) to a file.
        master: The master.
        path: A temporary file.
    """
    windows = list(_sample_windows(master))
    with _delete_at_end(path):
        encode(windows, path)
        with Decoder(path) as decoder:
            after = _sum_energy(decoder)
    before = _sum_energy(windows)
    return 10 * math.log10(before / after) if before and after else 0.0


def _sample_windows(master: PcmReader) -> Iterator[Block]:
    """Read short windows, spread evenly but not regularly, with fades."""
    fade = np.sin(np.pi / 2 * (np.arange(_FADE) + 0.5) / _FADE)[:, np.newaxis].astype(np.float32)
    step = (master.samples - _WINDOW) / _WINDOWS
    for number in range(_WINDOWS):
        start = int((number + number * _GOLDEN_RATIO % 1) * step)
        window = master.read_range(start, start + _WINDOW)
        window[:_FADE] *= fade
        window[-_FADE:] *= fade[::-1]
        yield window
