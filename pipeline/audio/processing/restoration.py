"""Restoration: hum detection, high-pass filter, spectral noise reduction."""

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from numpy.fft import irfft, rfft

from pipeline.audio.analysis.voice_activity import (
    SPECTRUM_S,
    SPECTRUM_SAMPLES,
    SpeechProfile,
    choose_stride,
    compute_mains_spectrum,
    compute_power,
)
from pipeline.audio.io.recording_reader import RangeReader
from pipeline.audio.metering.block_biquad import BATCH_ROWS, ROW_SAMPLES, BlockBiquad
from pipeline.audio.metering.chunk_buffer import CHUNK_SAMPLES, iter_with_context
from pipeline.audio.metering.filter_design import build_high_pass
from pipeline.audio.metering.sliding_window import average_arrays, compute_moving_maximum, compute_short_moving_mean
from pipeline.audio.processing.hum_removal import HIGHEST_HZ, HumComb, remove_hum
from pipeline.media.samples import RATE, Block, Float32Array, Float64Array, PlanarBlock

FRAME_SAMPLES = 1024  # of the noise spectrum: 21 ms

_HALF = FRAME_SAMPLES // 2
_NOISE_RANGE_DB = 3.0  # above the quietest tenth: segments that quiet hold only noise
_STEADY_DB = 5.5  # mean power over mean of its logarithm: 2.5 for steady noise, 4 to 5 for babble, 6 to 16 for music
_STEADY_BINS = slice(4, 86)  # 190 to 4000 Hz
_CLEAR_DB = 10.0  # a hum line above its surroundings
_SILENCE = 1e-4  # power in the fine spectrum: surroundings at -100 dBFS or less count as nothing
_OVER_SUBTRACTION = 2.0  # of the mean noise power, so that peaks of the noise are reduced too
_SMOOTHING = 5  # frames and bins: noise is reduced evenly, without musical noise
_BATCH = 2 * RATE // _HALF * _HALF  # samples processed at once
CONTEXT = FRAME_SAMPLES * 4  # samples that the gain of a frame depends on, to either side

_WINDOW: Float32Array = np.sqrt(np.hanning(FRAME_SAMPLES + 1)[:FRAME_SAMPLES]).astype(np.float32)
_TAPER = _WINDOW * np.float32(FRAME_SAMPLES)  # numpy transforms 32 bits in 32 bits only if it divides by the size


# Detection


def sample_mains(talk: RangeReader) -> Float32Array:
    """Compute spectra fine enough to separate hum from voices, of seconds that are evenly spaced.

    Returns:
        Power, shape (rows, bins), fewer than 128 rows; a bin has ``1 / SPECTRUM_S`` Hz.
    """
    count = talk.samples // SPECTRUM_SAMPLES
    firsts = (number * SPECTRUM_SAMPLES for number in range(0, count, choose_stride(count)))
    spectra = [compute_mains_spectrum(talk.read_range(first, first + SPECTRUM_SAMPLES)) for first in firsts]
    return np.array(spectra, np.float32)


def estimate_hum(mains: Float32Array) -> HumComb | None:
    """Estimate the mains hum to remove: 50 or 60 Hz, all through the recording; ``None``: no hum.

    ``analysis.mains_hum`` reports hum as a defect, with stricter thresholds.

    Args:
        mains: What ``sample_mains`` returns.
    """
    if len(mains) < 3:
        return None
    steady = np.quantile(mains, 0.3, axis=0).astype(np.float32)  # present in pauses too
    found = [_fit_comb(steady, hz) for hz in (50, 60)]
    return max((hum for hum in found if hum), key=lambda hum: len(hum.harmonics), default=None)


def _fit_comb(steady: Float32Array, hz: int) -> HumComb | None:
    """Look for multiples of ``hz`` in a spectrum with bins of ``1 / SPECTRUM_S`` Hz."""
    lines = {}
    for number in range(1, HIGHEST_HZ // hz + 1):
        middle = round(number * hz * SPECTRUM_S)
        reach = 1 + round(number * 0.1 * SPECTRUM_S)  # the mains frequency is within 0.1 Hz
        near = steady[middle - reach : middle + reach + 1]
        peak = middle - reach + int(near.argmax())
        surroundings = np.concatenate([steady[peak - 40 : peak - 6], steady[peak + 7 : peak + 41]])
        prominence = 10 * math.log10(float(near.max()) / max(float(np.median(surroundings)), _SILENCE) + 1e-9)
        lines[number] = (prominence, _interpolate_peak(steady, peak) / SPECTRUM_S / number)
    strong = [number for number, (prominence, _) in lines.items() if prominence >= _CLEAR_DB and number <= 8]
    low = max(lines[1][0], lines[2][0])  # hum is always at one of these; a higher tone is music
    if low < _CLEAR_DB or (len(strong) < 3 and low < 2 * _CLEAR_DB):
        return None
    exact = float(np.median([lines[number][1] for number in strong]))
    present = tuple(number for number, (prominence, _) in lines.items() if prominence >= _CLEAR_DB)
    return HumComb(hz=exact, harmonics=present, prominence_db=max(lines[number][0] for number in present))


def _interpolate_peak(steady: Float32Array, peak: int) -> float:
    """Interpolate the position of a peak between bins: a parabola through the logarithms."""
    left, top, right = np.log(np.maximum(steady[peak - 1 : peak + 2], 1e-30))
    bend = left - 2 * top + right
    return peak + (0.5 * float((left - right) / bend) if bend < 0 else 0.0)


def estimate_noise_spectrum(profile: SpeechProfile) -> Float64Array | None:
    """Estimate the noise spectrum from the quietest segments between words.

    Music, and words in a talk without pauses, change from one segment to the next. They are no noise.

    Returns:
        Mean power per bin of an FFT over ``FRAME_SAMPLES``, shape (FRAME_SAMPLES // 2 + 1,);
        ``None``: the pauses are digital silence, or what they hold is not steady.
    """
    if not len(profile.quiet):
        return None
    levels = 10 * np.log10(np.square(profile.quiet).mean(axis=1, dtype=np.float64) + 1e-20)
    quiet = profile.quiet[levels <= np.quantile(levels, 0.1) + _NOISE_RANGE_DB]
    spectra = rfft(np.lib.stride_tricks.sliding_window_view(quiet, FRAME_SAMPLES, axis=1)[:, ::_HALF] * _WINDOW)
    power = compute_power(spectra).astype(np.float64)
    mean = power.mean(axis=(0, 1))
    changes = np.log10(mean + 1e-20) - np.log10(power + 1e-20).mean(axis=(0, 1))
    return mean if 10 * changes[_STEADY_BINS].mean() < _STEADY_DB else None


# Processing


def apply_filters(blocks: Iterable[Block], *, high_pass_hz: int, hum: HumComb | None) -> Iterator[Block]:
    """Remove hum and apply the high-pass filter.

    Args:
        blocks: Shape (samples, channels) each, at 48 kHz.
        high_pass_hz: Corner frequency; 0: no high-pass filter.
        hum: The hum to remove.

    Yields:
        Blocks of the same total length, float32; filter state is carried from block to block.
    """
    if hum:
        blocks = remove_hum(blocks, hum)
    if high_pass_hz:
        blocks = _filter(blocks, _build_filter(high_pass_hz))
    yield from blocks


@lru_cache(maxsize=4)
def _build_filter(high_pass_hz: int) -> BlockBiquad:
    return BlockBiquad(build_high_pass(high_pass_hz))


def _filter(blocks: Iterable[Block], biquad: BlockBiquad) -> Iterator[Block]:
    states = np.zeros((0, 0))
    for sound, _, count in iter_with_context(blocks, CHUNK_SAMPLES, before=0, after=0):
        if not states.size:
            states = np.stack([biquad.compute_steady_state(float(channel[0])) for channel in sound])
        missing = -count % (ROW_SAMPLES * BATCH_ROWS)  # at the end
        whole = np.pad(sound, ((0, 0), (0, missing))) if missing else sound
        yield biquad.filter_channels(whole, states)[:, :count].T


def reduce_noise(blocks: Iterable[Block], spectrum: Float64Array, *, by_db: float) -> Iterator[Block]:
    """Reduce noise by spectral subtraction with a floor, without latency.

    The gain of a bin depends on the power around it in time and frequency, so what is above the
    noise stays as it was.

    Args:
        blocks: Shape (samples, channels) each, float32 at 48 kHz.
        spectrum: Noise power per bin; see ``estimate_noise_spectrum``.
        by_db: Reduction where there is only noise.

    Yields:
        Blocks of the same total length.
    """
    noise = np.maximum(spectrum * _OVER_SUBTRACTION, 1e-20).astype(np.float32)
    floor = np.float32(10 ** (-by_db / 20))
    for sound, first, last in iter_with_context(blocks, _BATCH, before=CONTEXT, after=CONTEXT):
        start, end = CONTEXT - first, CONTEXT + last - sound.shape[1]  # silence around the signal
        padded = np.pad(sound, ((0, 0), (start, end + -(start + sound.shape[1]) % _HALF)))
        yield _reduce_block(padded, noise, floor)[:, CONTEXT : CONTEXT + last - first].T


def _reduce_block(sound: PlanarBlock, noise: Float32Array, floor: np.float32) -> PlanarBlock:
    """Apply one gain per frame and bin to all channels, so that each voice stays in its place."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME_SAMPLES, axis=1)[:, ::_HALF]
    spectra = [rfft(channel * _TAPER, norm="forward") for channel in frames]
    power = [compute_power(spectrum) for spectrum in spectra]
    gains = _compute_gains(power[0] if len(power) == 1 else average_arrays(power), noise, floor)
    out = np.zeros(sound.shape, np.float32)
    for spectrum, channel in zip(spectra, out, strict=True):
        back = irfft(spectrum * gains)
        back *= _WINDOW
        channel[: len(back) * _HALF] += back[:, :_HALF].ravel()
        channel[_HALF : (len(back) + 1) * _HALF] += back[:, _HALF:].ravel()
    return out


def _compute_gains(power: Float32Array, noise: Float32Array, floor: np.float32) -> Float32Array:
    near = compute_short_moving_mean(power.T, _SMOOTHING)
    sudden = compute_short_moving_mean(near, _SMOOTHING) / 2  # a consonant is shorter than the smoothing
    around = np.maximum(compute_short_moving_mean(near.T, _SMOOTHING), sudden.T)
    gain = np.sqrt(np.maximum(1 - noise / np.maximum(around, np.float32(1e-20)), floor**2))
    return compute_short_moving_mean(compute_moving_maximum(gain, 3), 3)
