"""How loud a sound is: energies each 10 ms, and all that follows from them; and its true peak.

Source: ITU-R BS.1770-5; EBU Tech 3341 (momentary, short-term, integrated) and 3342 (range).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin, sosfilt, upfirdn

from pipeline.audio import ffmpeg
from pipeline.audio.ffmpeg import RATE, Block
from pipeline.model import Trace

RECIPE = 1
DUAL_MONO_LU = 10 * math.log10(2)  # one channel heard over two loudspeakers

Floats = NDArray[np.float64]

HOP = RATE // 100  # samples in 10 ms
_MOMENTARY, _SHORT_TERM = 40, 300  # 400 ms and 3 s, in hops

# The interpolator for true peak, 4 times. A block whose sample peak times BOUND is no higher than x has no true peak above x.
OVER = 4
FIR: Floats = firwin(97, 0.98 / OVER, window=("kaiser", 7)) * OVER
REACH = 12  # samples that the interpolator looks to either side
BOUND = float(max(np.abs(FIR[phase::OVER]).sum() for phase in range(OVER)))

# BS.1770 annex 1 table 3, in ffmpeg's channel order. Any other layout: microphones, one as good as the other.
_WEIGHTS = {
    "5.0": (1, 1, 1, 1.41, 1.41),
    "5.0(side)": (1, 1, 1, 1.41, 1.41),
    "5.1": (1, 1, 1, 0, 1.41, 1.41),
    "5.1(side)": (1, 1, 1, 0, 1.41, 1.41),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading:
    """What a meter shows for a whole file. ``None``: silence, or too short for that window."""

    duration_s: float  # samples that come out of the decoder, counted
    channels: int
    sample_rate_hz: int
    integrated_lufs: float | None
    loudness_range_lu: float | None
    momentary_max_lufs: float | None
    short_term_max_lufs: float | None
    true_peak_dbtp: float | None


def measure_file(path: str) -> MeterReading:
    """The meter's reading of any sound file; one channel is measured as one channel.

    Raises:
        AudioError: it cannot be read as sound.
    """
    seen = ffmpeg.probe(path)
    with ffmpeg.Decoding(path) as blocks:
        meter = Meter(max(1, blocks.channels), weights=weights_of(seen.layout))
        for block in blocks:
            meter.push(finite(block))
    return meter.reading(channels=blocks.channels, sample_rate_hz=seen.sample_rate_hz)


def weights_of(layout: str) -> tuple[float, ...] | None:
    """The weights of a layout as ffmpeg names it; ``None``: each channel counts 1."""
    return _WEIGHTS.get(layout)


def finite(block: Block) -> Block:
    """``block`` with 0 where there is no number, or none that sound could have: one NaN poisons a filter for good."""
    bad = ~(np.abs(block) < 1e6)
    return np.where(bad, np.float32(0), block) if bad.any() else block


class Meter:
    """A meter fed in blocks of any size; its state is carried, so the size makes no difference."""

    def __init__(self, channels: int, *, weights: Sequence[float] | None = None) -> None:
        """``weights`` of BS.1770, one a channel; all 1 unless told."""
        self.samples = 0
        self._weights = np.array(weights if weights is not None else [1.0] * channels)
        self._state = np.zeros((2, channels, 2))
        self._left = np.zeros((channels, 0))
        self._energies: list[Floats] = []
        self._peak = TruePeak(channels)

    def push(self, block: Block) -> None:
        """Take the next samples; shape (samples, channels)."""
        self.samples += len(block)
        self._peak.push(block)
        sound = np.ascontiguousarray(block.T, np.float64)
        weighted, self._state = sosfilt(K_WEIGHTING, sound, axis=1, zi=self._state)
        whole = np.concatenate([self._left, weighted], axis=1)
        count = whole.shape[1] // HOP
        hops = whole[:, : count * HOP].reshape(len(whole), count, HOP)
        self._left = whole[:, count * HOP :]
        self._energies.append(np.einsum("c,ch->h", self._weights, np.einsum("chs,chs->ch", hops, hops)) / HOP)

    def energies(self) -> Floats:
        """Mean square of the K-weighted sound in hops of 10 ms, channels weighed and summed; full scale is 1.0.

        They add up: the energies of two parts, one after the other, are those of the whole.
        """
        return np.concatenate(self._energies) if self._energies else np.zeros(0)

    def true_peak_dbtp(self) -> float | None:
        """The highest true peak so far; ``None`` for silence."""
        return self._peak.dbtp()

    def reading(self, *, channels: int, sample_rate_hz: int) -> MeterReading:
        """All of it at once; channels and rate as the file has them."""
        energies = self.energies()
        return MeterReading(
            duration_s=self.samples / RATE,
            channels=channels,
            sample_rate_hz=sample_rate_hz,
            integrated_lufs=integrated_lufs(energies),
            loudness_range_lu=loudness_range_lu(energies),
            momentary_max_lufs=_highest(energies, _MOMENTARY),
            short_term_max_lufs=_highest(energies, _SHORT_TERM),
            true_peak_dbtp=self.true_peak_dbtp(),
        )


class TruePeak:
    """The highest true peak of a sound fed in blocks; a block that cannot beat it is not oversampled."""

    def __init__(self, channels: int) -> None:
        """Starts with silence before the first sample."""
        self._before = np.zeros((2 * REACH, channels), np.float32)
        self._highest = 0.0

    def push(self, block: Block) -> None:
        """Take the next samples."""
        sound = np.concatenate([self._before, block])
        pieces = [sound[start : start + HOP * 4 + 2 * REACH] for start in range(0, len(block), HOP * 4)]
        peaks = [float(np.abs(piece).max()) for piece in pieces]
        for number in sorted(
            range(len(pieces)), key=peaks.__getitem__, reverse=True
        ):  # the highest first: it spares most
            if peaks[number] * BOUND <= self._highest:
                break
            self._highest = max(self._highest, float(interpolated(pieces[number]).max()))
        self._before = sound[-2 * REACH :]

    def dbtp(self) -> float | None:
        """In dB to full scale; the samples of the last quarter millisecond count with silence after them."""
        tail = np.concatenate([self._before, np.zeros_like(self._before)])
        highest = max(self._highest, float(interpolated(tail).max()))
        return 20 * math.log10(highest) if highest > 0 else None


def interpolated(sound: Block) -> Floats:
    """The magnitude at 4 times the rate, channels and the four phases taken together; shape (samples - 2·REACH,).

    The first value belongs to sample REACH of ``sound`` and what lies between it and the next.
    """
    fine = np.abs(upfirdn(FIR, np.ascontiguousarray(sound.T, np.float64), OVER, axis=1)).max(axis=0)
    first = len(FIR) // 2 + OVER * REACH
    count = len(sound) - 2 * REACH
    return np.asarray(fine[first : first + count * OVER].reshape(count, OVER).max(axis=1))


# ------------------------------------------------------------------------------------------------- from energies to LUFS


def integrated_lufs(energies: Floats) -> float | None:
    """Loudness of the whole, gated at -70 LUFS and 10 LU below itself; ``None``: nothing above the gate.

    Source: BS.1770-5, annex 1; blocks of 400 ms, one each 100 ms, an incomplete last one dropped.
    """
    blocks = _windows(energies, _MOMENTARY)[::10]
    loud = blocks[lufs(blocks) > -70]
    if not len(loud):
        return None
    gated = loud[lufs(loud) > lufs(loud.mean()) - 10]
    return float(lufs(gated.mean()))


def loudness_range_lu(energies: Floats) -> float | None:
    """From the 10th to the 95th percentile of short-term loudness, gated at -70 LUFS and 20 LU below the mean.

    Source: EBU Tech 3342.
    """
    blocks = _windows(energies, _SHORT_TERM)[::10]
    loud = blocks[lufs(blocks) > -70]
    if not len(loud):
        return None
    values = np.sort(lufs(loud[lufs(loud) > lufs(loud.mean()) - 20]))
    last = len(values) - 1
    return float(values[round(last * 0.95)] - values[round(last * 0.10)])


def lufs(power: Floats | float) -> Floats:
    """Loudness of K-weighted power; silence is -200.7 here, and ``None`` at the edge of this module."""
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-20)))


def _windows(energies: Floats, hops: int) -> Floats:
    total = np.concatenate([[0.0], np.cumsum(energies)])
    return np.asarray((total[hops:] - total[:-hops]) / hops) if len(energies) >= hops else np.zeros(0)


def _highest(energies: Floats, hops: int) -> float | None:
    power = _windows(energies, hops)
    return float(lufs(power.max())) if len(power) and power.max() > 1e-15 else None


def _k_weighting(rate: int) -> Floats:
    """BS.1770's two filters as second-order sections, for any rate; at 48 kHz they are the table's."""
    k, q, gain = math.tan(math.pi * 1681.974450955533 / rate), 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band = gain**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [
        *((gain + band * k / q + k * k) / a0, 2 * (k * k - gain) / a0, (gain - band * k / q + k * k) / a0),
        *(1, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0),
    ]
    k, q = math.tan(math.pi * 38.13547087602444 / rate), 0.5003270373238773
    a0 = 1 + k / q + k * k
    return np.array([shelf, [1, -2, 1, 1, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]])


K_WEIGHTING = _k_weighting(RATE)


# ------------------------------------------------------------------------------------------------------------ the trace


def trace(energies: Floats, *, duration_s: float) -> Trace:
    """The drawing of a sound: bars of whole seconds, or of halves, quarters … where 120 would not fit otherwise.

    A bar is as high as its middle second is loud, and one shorter than that as loud as itself, from -40 to -10 LUFS; the
    power keeps loud and soft talk apart. A longer window would give levelled talk the outline of a fence (decision 0014).
    """
    bar_s = float(math.ceil(duration_s / 240)) if duration_s > 120 else _small_bar(duration_s)
    count = max(1, math.ceil(duration_s / bar_s)) if duration_s > 0 else 0
    total = np.concatenate([[0.0], np.cumsum(energies)])
    half = min(max(bar_s * 100, _MOMENTARY), 100) / 2
    middles = (np.arange(count) + 0.5) * bar_s * 100
    first = np.clip(np.floor(middles - half), 0, len(energies)).astype(int)
    last = np.clip(np.ceil(middles + half), 0, len(energies)).astype(int)
    power = (total[last] - total[first]) / np.maximum(1, last - first)
    heights = np.clip((lufs(power) + 40) / 30, 0, 1) ** 1.5
    return Trace(bar_s=bar_s, heights=tuple(round(float(height), 4) for height in heights))


def _small_bar(duration_s: float) -> float:
    bar_s = 1.0
    while duration_s / bar_s < 120 and bar_s > 2**-20:
        bar_s /= 2
    return bar_s
