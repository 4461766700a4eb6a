"""How loud a sound is: energies each 10 ms, and all that follows from them; and its true peak.

Source: ITU-R BS.1770-5; EBU Tech 3341 (momentary, short-term, integrated) and 3342 (range).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.metering.block_biquad import Floats, Singles, Sound
from pipeline.audio.metering.hop_buffer import means_between, stretches, sums, tenths
from pipeline.audio.metering.k_weighting import Chunks, Weighting
from pipeline.media import ffmpeg
from pipeline.media.ffmpeg import RATE, Block
from pipeline.model import Cut, Trace

RECIPE = 1
Channel = NDArray[np.float32]

DUAL_MONO_LU = 10 * math.log10(2)  # one channel heard over two loudspeakers

HOP = RATE // 100  # samples in 10 ms
USUAL_RATES = range(8_000, 384_001)  # a meter works at these; a header may say anything
_MOMENTARY, _SHORT_TERM = 40, 300  # 400 ms and 3 s, in hops

# The interpolator for true peak, 4 times. A block whose sample peak times BOUND is no higher than x has no true peak above x,
# nor one whose squares, summed over what the interpolator sees, times POWER_BOUND are no higher than x²; nor one where what the
# middle taps can make of its peak, and the others of that power, is no higher than x.
OVER = 4
REACH = 12  # samples that the interpolator looks to either side
_PLACES = np.arange(-OVER * REACH, OVER * REACH + 1)
FIR: Floats = np.sinc(_PLACES * 0.98 / OVER) * np.kaiser(len(_PLACES), 7)
FIR *= OVER / FIR.sum()
BOUND = float(max(np.abs(FIR[phase::OVER]).sum() for phase in range(OVER)))
_POWER_BOUND = max(1.0, *((FIR[phase::OVER] ** 2).sum() for phase in range(OVER)))  # Cauchy and Schwarz
_MIDDLE = 3  # samples to either side of a place: three quarters of what comes out at it
_TAPS = np.abs(_PLACES) <= _MIDDLE * OVER
_PEAK_BOUND = float(max(1.0, *(np.abs(FIR * _TAPS)[phase::OVER].sum() for phase in range(OVER))))
_REST_BOUND = float(max(np.sqrt(((FIR * ~_TAPS)[phase::OVER] ** 2).sum()) for phase in range(OVER)))
_ROW = 16  # samples of which true peak is sought, or not, together
_STRETCH = 30 * _ROW  # looked at together first, by their highest sample
_SEAM = 3 * _ROW  # samples kept: more than a chunk leaves out at its end
_MANY = 96  # rows oversampled at once: few enough that BLAS starts no threads

_SEEN = _ROW + 2 * REACH
# from what a row sees to its 4 phases: column OVER·sample + phase
_FINE = np.array([
    [FIR[at] if 0 <= (at := OVER * (2 * REACH + sample - seen) + phase) < len(FIR) else 0.0
     for sample in range(_ROW) for phase in range(OVER)]
    for seen in range(_SEEN)
]).astype(np.float32)  # fmt: skip

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
    own = None if seen.sample_rate_hz in USUAL_RATES else RATE
    with ffmpeg.Decoding(path, sample_rate_hz=own) as blocks:
        rate = blocks.sample_rate_hz or RATE
        meter = Meter(max(1, blocks.channels), weights=weights_of(seen.layout), sample_rate_hz=rate)
        for block in blocks:
            meter.push(finite(block))
    return meter.reading(channels=blocks.channels, sample_rate_hz=seen.sample_rate_hz)


def weights_of(layout: str) -> tuple[float, ...] | None:
    """The weights of a layout as ffmpeg names it; ``None``: each channel counts 1."""
    return _WEIGHTS.get(layout)


def finite(block: Block) -> Block:
    """``block`` with 0 where there is no number, or none that sound could have: one NaN poisons a filter for good."""
    flat = block.ravel(order="K")
    if np.einsum("s,s->", flat, flat) < 1e12:  # then each is below a million; and nothing is less than NaN
        return block
    bad = ~(np.abs(block) < 1e6)
    return np.where(bad, np.float32(0), block) if bad.any() else block


class Meter:
    """A meter fed in blocks of any size; its state is carried, so the size makes no difference."""

    def __init__(self, channels: int, *, weights: Sequence[float] | None = None, sample_rate_hz: int = RATE) -> None:
        """``weights`` of BS.1770, one a channel; all 1 unless told."""
        self.samples = 0
        self._rate = sample_rate_hz
        self._chunks = Chunks(channels)
        self._weighting = Weighting(weights or [1.0] * channels, sample_rate_hz=sample_rate_hz)
        self._peak = TruePeak(channels)

    def push(self, block: Block) -> None:
        """Take the next samples; shape (samples, channels)."""
        for chunk in self.chunks(block):
            self.find_peak(chunk)
            self.weigh(chunk)

    def chunks(self, block: Block) -> Iterator[Sound]:
        """For those who work side by side: the chunks that ``block`` completes; both of the next two must take each."""
        self.samples += len(block)
        return self._chunks.push(np.ascontiguousarray(block.T, np.float32))

    def find_peak(self, chunk: Sound) -> None:
        """Take the next chunk."""
        self._peak.take(chunk)

    def weigh(self, chunk: Sound) -> None:
        """Take the next chunk."""
        self._weighting.take(chunk)

    def energies(self) -> Singles:
        """Mean square of the K-weighted sound in hops of 10 ms, channels weighed and summed; full scale is 1.0.

        They add up: see ``joined`` and ``without``.
        """
        return self._weighting.energies(self._chunks.rest())

    def true_peak_dbtp(self) -> float | None:
        """The highest true peak so far; ``None`` for silence."""
        return self._peak.dbtp(self._chunks.rest())

    def reading(self, *, channels: int, sample_rate_hz: int) -> MeterReading:
        """All of it at once; channels and rate as the file has them."""
        energies = self.energies()
        return MeterReading(
            duration_s=self.samples / self._rate,
            channels=channels,
            sample_rate_hz=sample_rate_hz,
            integrated_lufs=integrated_lufs(energies),
            loudness_range_lu=loudness_range_lu(energies),
            momentary_max_lufs=_highest(energies, _MOMENTARY),
            short_term_max_lufs=_highest(energies, _SHORT_TERM),
            true_peak_dbtp=self.true_peak_dbtp(),
        )


class TruePeak:
    """The highest true peak of a sound fed in chunks; a row that cannot beat it is not oversampled."""

    def __init__(self, channels: int) -> None:
        """Starts with silence before the first sample."""
        self._before = np.zeros((channels, _SEAM), np.float32)
        self._highest = 0.0

    def take(self, chunk: Sound) -> None:
        """Take the next samples, no fewer than ``_SEAM``."""
        seam = np.concatenate([self._before, chunk[:, : 2 * REACH]], axis=1)
        for part in (seam, chunk):  # what is seen across the border, and what stands in one piece
            if max(float(part.max()), -float(part.min())) * BOUND > self._highest:
                for channel in part:
                    self._highest = _true_peak(channel, self._highest)
        self._before = chunk[:, -_SEAM:].copy()

    def dbtp(self, rest: Sound) -> float | None:
        """In dB to full scale; ``rest``: what comes after the chunks, and is followed by silence."""
        highest = self._highest
        for channel in np.concatenate([self._before, rest, np.zeros_like(self._before)], axis=1):
            highest = _true_peak(channel, highest)
        return dbtp(highest)


def dbtp(highest: float) -> float | None:
    """An amplitude in dB to full scale; ``None`` for silence."""
    return 20 * math.log10(highest) if highest > 0 else None


def true_peak(channel: Channel) -> float:
    """The highest true peak from sample REACH to sample -REACH of one channel; always the same, whatever was heard before."""
    return _true_peak(np.concatenate([channel, np.zeros(-(len(channel) - 2 * REACH) % _ROW, np.float32)]), 0.0)


def _true_peak(channel: Channel, highest: float) -> float:
    """The true peak of one channel in whole rows from sample REACH to sample -REACH, or ``highest`` if that is higher."""
    own = channel[REACH:-REACH]
    highest = max(highest, float(own.max(initial=0.0)), -float(own.min(initial=0.0)))
    seen, bounds = _promising(channel, highest)
    order = np.argsort(-bounds, kind="stable")  # the most promising first: it spares most
    for start in range(0, len(order), _MANY):
        some = order[start : start + _MANY]
        some = some[bounds[some] > highest]
        if not len(some):
            break
        highest = max(highest, float(np.abs(seen[some] @ _FINE).max()))
    return highest


def _promising(channel: Channel, highest: float) -> tuple[Channel, Channel]:
    """What is seen of each row in which something may stand above ``highest``, by three questions, the cheapest first; and how high at most."""
    loud = _loud(channel, highest)
    seen = _seen(channel)[loud]
    power = np.einsum("rs,rs->r", seen, seen)
    able = np.flatnonzero(power * (1.001 * _POWER_BOUND) > highest**2)
    peaks = np.abs(seen[able, REACH - _MIDDLE : REACH + _ROW + _MIDDLE + 1]).max(axis=1, initial=0.0)
    bounds = np.asarray(1.001 * (_PEAK_BOUND * peaks + _REST_BOUND * np.sqrt(power[able])), np.float32)
    promising = np.flatnonzero(bounds > highest)
    return seen[able[promising]], bounds[promising]


def _loud(channel: Channel, highest: float) -> NDArray[np.intp]:
    """The rows in sight of a sample so high that something beside it may stand above ``highest``."""
    stretches, by = len(channel) // _STRETCH, _STRETCH // _ROW
    whole, rest = channel[: stretches * _STRETCH].reshape(stretches, _STRETCH), channel[stretches * _STRETCH :]
    tops = np.zeros(stretches + 2, np.float32)
    tops[:-2] = np.maximum(whole.max(axis=1), -whole.min(axis=1))
    tops[-2] = max(rest.max(initial=0.0), -rest.min(initial=0.0))
    loud = np.flatnonzero(np.maximum(tops[:-1], tops[1:]) * BOUND > highest)  # a row sees into the next stretch
    rows = (loud[:, np.newaxis] * by + np.arange(by)).ravel()
    return rows[rows < (len(channel) - 2 * REACH) // _ROW]


def _seen(channel: Channel) -> Channel:
    """What the interpolator sees of each row of a channel, which ends in whole rows and what they see."""
    count, step = max(0, len(channel) - 2 * REACH) // _ROW, channel.strides[0]
    return np.lib.stride_tricks.as_strided(channel, (count, _SEEN), (_ROW * step, step), writeable=False)


def finely_above(sound: Block, ceiling: float) -> Channel:
    """The true peak around each sample, all channels together, wherever it may stand above ``ceiling``; else the sample's own.

    Around a sample: from the one before it to the one after.
    """
    peaks = _loudest(sound)
    if peaks.max(initial=0.0) * BOUND <= ceiling:
        return peaks
    fine = np.zeros(len(peaks) + _ROW + 1, np.float32)  # between samples, beginning before the first
    by_row = fine[1 : 1 + -(-len(peaks) // _ROW) * _ROW].reshape(-1, _ROW)
    near = _in_sight(peaks, ceiling)
    before, after = np.zeros(REACH, np.float32), np.zeros(REACH + -len(peaks) % _ROW, np.float32)
    for channel in sound.T:
        seen = _seen(np.concatenate([before, channel, after]))
        for start in range(0, len(near), _MANY):
            _raise(by_row, near[start : start + _MANY], seen, ceiling)
    return np.maximum(peaks, np.maximum(fine[:-1], fine[1:])[: len(peaks)])


def _in_sight(peaks: Channel, ceiling: float) -> NDArray[np.intp]:
    """The rows in sight of a sample so high that something beside it may stand above ``ceiling``."""
    tops = np.concatenate([np.zeros(1, np.float32), _tops(peaks), np.zeros(1, np.float32)])
    return np.flatnonzero(np.maximum(np.maximum(tops[:-2], tops[1:-1]), tops[2:]) * BOUND > ceiling)


def _tops(peaks: Channel) -> Channel:
    """The highest of each row, by what is highest from each sample on: numpy is slow where it has to begin at many short rows."""
    tops, width = np.concatenate([peaks, np.zeros(-len(peaks) % _ROW, np.float32)]), 1
    while width < _ROW:
        tops = np.maximum(tops[:-width], tops[width:])
        width *= 2
    return tops[::_ROW]


def _raise(by_row: Channel, rows: NDArray[np.intp], seen: Channel, ceiling: float) -> None:
    """Write the true peaks of these rows of one channel into ``by_row``, if any of them may be too high by its power."""
    near = seen[rows]
    able = np.einsum("rs,rs->r", near, near) * (1.001 * _POWER_BOUND) > ceiling**2
    fine = _highest_of_four(np.abs(near[able] @ _FINE))
    by_row[rows[able]] = np.maximum(by_row[rows[able]], fine)


def _highest_of_four(fine: Channel) -> Channel:
    """Of the phases of each sample."""
    return np.asarray(np.maximum(np.maximum(fine[:, 0::4], fine[:, 1::4]), np.maximum(fine[:, 2::4], fine[:, 3::4])))


def _loudest(sound: Block) -> Channel:
    """The magnitude of each sample, of whichever channel is loudest."""
    loudest = np.abs(sound[:, 0])
    for channel in sound.T[1:]:
        np.maximum(loudest, np.abs(channel), out=loudest)
    return np.asarray(loudest, np.float32)


def interpolated(sound: Block) -> Floats:
    """The magnitude at 4 times the rate, channels and the four phases taken together; shape (samples - 2·REACH,).

    The first value belongs to sample REACH of ``sound`` and what lies between it and the next.
    """
    whole = np.pad(np.ascontiguousarray(sound.T, np.float32), ((0, 0), (0, -(len(sound) - 2 * REACH) % _ROW)))
    fine = [np.abs(_seen(channel) @ _FINE) for channel in whole]
    highest = np.max(fine, axis=0).reshape(-1, OVER).max(axis=1)
    return np.asarray(highest[: len(sound) - 2 * REACH], np.float64)


# ------------------------------------------------------------------------------------------------- from energies to LUFS


def integrated_lufs(energies: Floats | Singles) -> float | None:
    """Loudness of the whole, gated at -70 LUFS and 10 LU below itself; ``None``: nothing above the gate.

    Source: BS.1770-5, annex 1; blocks of 400 ms, one each 100 ms, an incomplete last one dropped.
    """
    return gated_lufs(tenths(energies))


def gated_lufs(by_tenth: Floats) -> float | None:
    """The same from what ``tenths`` gives of the energies."""
    blocks = sums(by_tenth, _MOMENTARY // 10) / _MOMENTARY
    loud = blocks[lufs(blocks) > -70]
    if not len(loud):
        return None
    gated = loud[lufs(loud) > lufs(loud.mean()) - 10]
    return float(lufs(gated.mean()))


def loudness_range_lu(energies: Floats | Singles) -> float | None:
    """From the 10th to the 95th percentile of short-term loudness, gated at -70 LUFS and 20 LU below the mean.

    Source: EBU Tech 3342.
    """
    return gated_range_lu(tenths(energies))


def gated_range_lu(by_tenth: Floats) -> float | None:
    """The same from what ``tenths`` gives of the energies."""
    blocks = sums(by_tenth, _SHORT_TERM // 10) / _SHORT_TERM
    loud = blocks[lufs(blocks) > -70]
    if not len(loud):
        return None
    values = np.sort(lufs(loud[lufs(loud) > lufs(loud.mean()) - 20]))
    last = len(values) - 1
    return float(values[round(last * 0.95)] - values[round(last * 0.10)])


def momentary_lufs(energies: Floats | Singles) -> Floats:
    """Loudness over 400 ms, one value each 10 ms; silence is -200.7.

    Source: EBU Tech 3341, 2.2; nothing is gated.
    """
    return lufs(sums(energies.astype(np.float64), _MOMENTARY) / _MOMENTARY)


def short_term_lufs(energies: Floats | Singles) -> Floats:
    """Loudness over 3 s, one value each 10 ms; silence is -200.7.

    Source: EBU Tech 3341, 2.2; nothing is gated.
    """
    return lufs(sums(energies.astype(np.float64), _SHORT_TERM) / _SHORT_TERM)


def lufs(power: Floats | float) -> Floats:
    """Loudness of K-weighted power; silence is -200.7 here, and ``None`` at the edge of this module."""
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-20)))


def _highest(energies: Floats | Singles, hops: int) -> float | None:
    count = max(0, len(energies) - hops + 1)
    windows = (energies[part.start : part.stop + hops - 1].astype(np.float64) for part in stretches(count))
    power = max((float(sums(window, hops).max()) / hops for window in windows), default=0.0)
    return float(lufs(power)) if power > 1e-15 else None


def joined(*parts: Singles) -> Singles:
    """The energies of sounds played one after the other, to 10 ms; nothing is decoded again."""
    return np.concatenate([np.zeros(0, np.float32), *parts])


def without(energies: Singles, cuts: Sequence[Cut]) -> Singles:
    """The energies of a sound without what is cut, to 10 ms; nothing is decoded again."""
    kept = np.ones(len(energies), bool)
    for cut in cuts:
        kept[round(cut.from_ms / 10) : round(cut.to_ms / 10)] = False
    return energies[kept]


# ------------------------------------------------------------------------------------------------------------ the trace


def trace(energies: Floats | Singles, *, duration_s: float) -> Trace:
    """The drawing of a sound: bars of whole seconds, or of halves, quarters … where 120 would not fit otherwise.

    A bar is as high as its middle second is loud, and one shorter than that as loud as itself, from -40 to -10 LUFS; the
    power keeps loud and soft talk apart. A longer window would give levelled talk the outline of a fence (decision 0014).
    """
    bar_s = float(math.ceil(duration_s / 240)) if duration_s > 120 else _small_bar(duration_s)
    count = max(1, math.ceil(duration_s / bar_s)) if duration_s > 0 else 0
    half = min(max(bar_s * 100, _MOMENTARY), 100) / 2
    middles = (np.arange(count) + 0.5) * bar_s * 100
    first = np.clip(np.floor(middles - half), 0, len(energies)).astype(int)
    last = np.clip(np.ceil(middles + half), 0, len(energies)).astype(int)
    power = means_between(energies, first, last)
    heights = np.clip((lufs(power) + 40) / 30, 0, 1) ** 1.5
    return Trace(bar_s=bar_s, heights=tuple(round(float(height), 4) for height in heights))


def _small_bar(duration_s: float) -> float:
    bar_s = 1.0
    while duration_s / bar_s < 120 and bar_s > 2**-20:
        bar_s /= 2
    return bar_s
