"""Encodes short samples of a master first, which show what an encoder will do to all of it.

An encoder takes some loudness away, and raises some peaks. Both depend on the format and on the
sound, so they are measured on this master.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import numpy as np

from pipeline.audio.encoding.decoded_measurement import PEAK_WINDOW, ExcessPeak, find_excess_peaks
from pipeline.audio.io.pcm import PcmReader
from pipeline.audio.metering.hop_buffer import HOP_SAMPLES
from pipeline.audio.metering.meter import Meter
from pipeline.audio.metering.true_peak import CONTEXT, compute_true_peaks_above
from pipeline.media.samples import RATE, Block, Float32Array, Span

MIN_SAMPLED = 120 * RATE  # of shorter files, all can be encoded again

_WINDOWS, _WINDOW = 60, RATE // 4  # which show what an encoder takes from the loudness
_HOPS = _WINDOW // HOP_SAMPLES  # of a window
_MORE_WINDOWS = 300  # which show what limiter and attenuation take: a minute of applause in twenty counts
_FADE = RATE // 100
_RAMP = np.sin(np.pi / 2 * (np.arange(_FADE) + 0.5) / _FADE)[:, np.newaxis].astype(np.float32)
_GOLDEN_RATIO = 0.6180339887
_WARM_UP, _COOL_DOWN = 3, 1  # peak windows before and after a place: an encoder remembers what was before
_LOWEST_DBTP = -8.0  # of a peak that is looked for
_MARGIN_DB = 0.9  # the gain rises after the prediction, by 0.2; and 2.5 standard errors of a peak of voices
_USUAL_CHANGES = 2.0  # root mean squares of the change of peaks, that one peak may get higher
_NEIGHBOURHOOD = RATE  # samples before and after a place, which show how much the encoder usually changes peaks there
_MAX_SHARE = 0.25  # of a master in places: where nearly all of it is hot, a sample of them is encoded

Read = Callable[[int, int], Block]
Encode = Callable[[Iterable[Block], str], None]
Decode = Callable[[str], AbstractContextManager[Iterable[Block]]]


def choose_windows(energies: Float32Array) -> tuple[int, ...]:
    """Choose windows of a master that each stand for an equal share of its energy.

    Evenly spread ones had a standard error of 0.08 dB: it depended on how many fell into applause.

    Args:
        energies: K-weighted, of hops of 10 ms, shape (hops,).

    Returns:
        Their first samples, in order; none for a master so short that all of it can be encoded again.
    """
    count = len(energies) // _HOPS
    if count * _WINDOW < MIN_SAMPLED:
        return ()
    total = np.cumsum(energies[: count * _HOPS].reshape(count, _HOPS).sum(axis=1, dtype=np.float64))
    shares = (np.arange(_WINDOWS) + 0.5) / _WINDOWS * total[-1]
    return tuple(int(number) * _WINDOW for number in np.searchsorted(total, shares))


def level_windows(read: Read, starts: Sequence[int]) -> dict[int, float]:
    """Compute the factors that bring windows to one energy, the median: each stands for the same share of the master.

    Args:
        read: Reads from one sample of the master up to another, shape (samples, channels).
        starts: First samples of the windows, as ``choose_windows`` chose them.

    Returns:
        The factors of the samples, by the first samples of the windows.
    """
    energies = [_sum_energy([_fade(read(start, start + _WINDOW))]) for start in starts]
    wanted = float(np.median(energies))
    return {
        start: math.sqrt(wanted / energy) if energy else 1.0 for start, energy in zip(starts, energies, strict=True)
    }


def estimate_loss(encode: Encode, decode: Decode, read: Read, path: str, *, factors: Mapping[int, float]) -> float:
    """Encode windows of a master, and compare their K-weighted energy before and after, in dB.

    Args:
        encode: Writes blocks of shape (samples, channels) to a file.
        decode: Opens that file for reading such blocks.
        read: Reads from one sample up to another, shape (samples, channels): from the master, or from
            what corrections make of it, where limited windows count less.
        path: A temporary file.
        factors: Of the master's windows, as ``level_windows`` computed them.
    """
    windows = [_fade(read(start, start + _WINDOW)) * np.float32(factor) for start, factor in factors.items()]
    with _delete_at_end(path):
        encode(windows, path)
        with decode(path) as blocks:
            after = _sum_energy(blocks)
    before = _sum_energy(windows)
    return 10 * math.log10(before / after) if before and after else 0.0


def sum_windows(read: Read, samples: int) -> float:
    """Sum the K-weighted energy of many windows of a master, or of what corrections make of it.

    Args:
        read: Reads from one sample up to another, shape (samples, channels).
        samples: Length of the master.

    Returns:
        The sum of the mean squares of hops of 10 ms; full scale is 1.0.
    """
    return _sum_energy(_sample_windows(read, samples, _MORE_WINDOWS))


def _sample_windows(read: Read, samples: int, count: int) -> Iterator[Block]:
    """Read short windows, spread evenly but not regularly, with fades."""
    step = (samples - _WINDOW) / count
    for number in range(count):
        start = int((number + number * _GOLDEN_RATIO % 1) * step)
        yield _fade(read(start, start + _WINDOW))


def _fade(window: Block) -> Block:
    """Fade a window in and out, in place."""
    window[:_FADE] *= _RAMP
    window[-_FADE:] *= _RAMP[::-1]
    return window


def _sum_energy(blocks: Iterable[Block]) -> float:
    meter: Meter | None = None
    for block in blocks:
        meter = meter or Meter(block.shape[1])
        meter.push(block)
    return float(meter.compute_energies().sum(dtype=np.float64)) if meter else 0.0


def find_loud_places(master: PcmReader, *, above_dbtp: float) -> dict[int, float]:
    """Find the windows of 40 ms with a true peak above that level.

    Returns:
        Their true peaks in dBTP by their first samples, in order.
    """
    threshold, found = 10 ** (above_dbtp / 20), {}
    for start in range(0, master.samples, RATE):
        begin = max(0, start - CONTEXT)
        peaks = compute_true_peaks_above(master.read_range(begin, start + RATE + CONTEXT), threshold)
        own = peaks[start - begin : start - begin + RATE]
        by_window = np.pad(own, (0, -len(own) % PEAK_WINDOW)).reshape(-1, PEAK_WINDOW).max(axis=1)
        for window in np.flatnonzero(by_window > threshold).tolist():
            found[start + window * PEAK_WINDOW] = 20 * math.log10(by_window[window])
    return found


def predict_excess_peaks(
    encode: Encode,
    read: Callable[[int, int], Iterator[Block]],
    places: Mapping[int, float],
    path: str,
    *,
    samples: int,
    true_peak_dbtp: float,
) -> tuple[ExcessPeak, ...]:
    """Encode only loud places and what is just before them, and predict where the whole file is too high.

    A peak of voices comes out nearly as in the sample. One of applause comes out anew each time: so
    the change that is usual around it is reckoned with. Spans begin on the borders of Opus frames,
    so the encoder sees the same frames as in the whole.

    Args:
        encode: Writes blocks of shape (samples, channels) to a file.
        read: Reads from one sample up to another, as the file will be encoded.
        places: True peaks in dBTP of windows of 40 ms, by their first samples, in order, as ``read``
            gives them.
        path: A temporary file.
        samples: Length of the master.
        true_peak_dbtp: What is above it, is too high.
    """
    spans = _join_places(list(places), samples)
    if not spans:
        return ()
    with _delete_at_end(path):
        encode((block for first, last in spans for block in read(first, last) if len(block)), path)
        found = find_excess_peaks(path, true_peak_dbtp=_LOWEST_DBTP)
    after = dict(_move_to_master(found, spans))
    sampled = [place for place in places if any(first <= place < last for first, last in spans)]
    changes = np.array([after.get(place, _LOWEST_DBTP) - places[place] for place in sampled])
    sums, starts = np.concatenate([[0.0], np.cumsum(changes**2)]), np.array(sampled)
    overall = math.sqrt(sums[-1] / len(changes)) if len(changes) else 0.0
    predicted = []
    for place in sorted({*places, *after}):  # an encoder also puts a peak beside a loud place
        highest = after.get(place, _LOWEST_DBTP) + _MARGIN_DB
        if place in places:
            low, high = np.searchsorted(starts, [place - _NEIGHBOURHOOD, place + _NEIGHBOURHOOD])
            usual = math.sqrt((sums[high] - sums[low]) / (high - low)) if high > low else overall
            highest = max(highest, places[place] + _USUAL_CHANGES * usual)
        if highest > true_peak_dbtp:
            predicted.append(ExcessPeak(start=place, excess_db=highest - true_peak_dbtp))
    return tuple(predicted)


def _join_places(places: Sequence[int], samples: int) -> list[Span]:
    """Join places to spans of a second at most; of many, choose a part that is spread evenly."""
    spans: list[Span] = []
    for place in places:
        first, last = max(0, place - _WARM_UP * PEAK_WINDOW), place + (1 + _COOL_DOWN) * PEAK_WINDOW
        if spans and first <= spans[-1][1]:
            first = spans.pop()[0] if last - spans[-1][0] <= RATE else spans[-1][1]
        spans.append((first, min(last, samples)))
    share = sum(last - first for first, last in spans) / (_MAX_SHARE * samples)
    return spans[:: math.ceil(share)] if share > 1 else spans


def _move_to_master(peaks: Iterable[ExcessPeak], spans: Sequence[Span]) -> Iterator[tuple[int, float]]:
    """Yield the places in the master of peaks in joined spans, and their levels in dBTP."""
    lengths = [last - first for first, last in spans]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    for peak in peaks:
        number = min(int(np.searchsorted(starts, peak.start, side="right")) - 1, len(spans) - 1)
        yield spans[number][0] + peak.start - int(starts[number]), _LOWEST_DBTP + peak.excess_db


@contextmanager
def _delete_at_end(path: str) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(OSError):
            Path(path).unlink()
