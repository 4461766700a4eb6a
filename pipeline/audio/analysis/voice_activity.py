"""Voice activity, timbre, noise and mains spectra of a talk: what noise reduction and levelling decide by.

One pass, which keeps sums and samples only, so any length fits in memory.
"""

from dataclasses import dataclass

import numpy as np
from numpy.fft import irfft, rfft
from numpy.typing import NDArray

from pipeline.audio.metering.hop_buffer import HopBuffer
from pipeline.audio.metering.sliding_window import average_arrays
from pipeline.media.samples import RATE, Block, BoolArray, Float16Array, Float32Array

FRAME_SAMPLES = RATE // 50  # 20 ms: one voice decision each
MARGIN_SAMPLES = RATE // 100  # before and after a segment, which its first and last decisions need
SPECTRUM_S = 2.048  # duration of a spectrum fine enough to separate mains hum from a voice: bins of half a hertz
SPECTRUM_SAMPLES = 98_304

_QUIET_FRAMES = 8  # the quietest 160 ms of each second
_VOICE_STEP = 3  # decimation for voice activity: 16 kHz
_VOICE_WINDOW, _LAGS = 640, slice(36, 200)  # 40 ms at 16 kHz, and pitches from 80 to 440 Hz in it
_FFT_SIZE = 960  # large enough that a window shifted by one pitch does not wrap around
_BAND = slice(9, 211)  # 150 to 3500 Hz in bins of that spectrum
_BATCH_FRAMES = 50  # which fit in the processor's cache
_PRODUCT_FRAMES = 10  # few enough that BLAS starts no threads
_MIN_VOICED = 0.45  # autocorrelation at one pitch, of the power
TIMBRE_FRAMES = 10  # 200 ms: a row of ``SpeechProfile.timbre``
TIMBRE_BANDS = 16  # of equal width in octaves
_MAINS_STEP = 16  # decimation for mains: 3 kHz
_MAINS_WINDOW = 6144
_MAINS_BINS = 2048  # up to 1 kHz
_MAX_ROWS = 128  # some 5 MB

_VOICE_HANN: Float32Array = np.hanning(_VOICE_WINDOW + 1)[:_VOICE_WINDOW].astype(np.float32)
_VOICE_TAPER = _VOICE_HANN * np.float32(_FFT_SIZE)  # numpy transforms 32 bits in 32 bits only if it divides by the size
_MAINS_HANN: Float32Array = np.hanning(_MAINS_WINDOW).astype(np.float32)


def _build_autocorrelation() -> Float32Array:
    """Build the matrix from power in ``_BAND`` to window power and autocorrelation at ``_LAGS``.

    An inverse transform would compute all lags, of which a sixth is needed. The loss by the window
    at later lags is compensated.
    """
    own = irfft(np.abs(rfft(_VOICE_HANN, _FFT_SIZE)) ** 2)[_LAGS] / float(np.square(_VOICE_HANN).sum())
    lags = np.concatenate([[0], np.arange(_FFT_SIZE)[_LAGS]])
    bins = np.arange(_FFT_SIZE // 2 + 1)[_BAND]
    cosines = np.cos(2 * np.pi / _FFT_SIZE * np.outer(bins, lags))
    cosines[:, 1:] /= np.maximum(own, 0.4)
    return cosines.astype(np.float32)


def _build_bands() -> Float32Array:
    """Build the matrix from power in ``_BAND`` to power in bands, which overlap as triangles."""
    octaves = np.log2(np.arange(_FFT_SIZE // 2 + 1)[_BAND])
    middles = np.linspace(octaves[0], octaves[-1], TIMBRE_BANDS + 2)
    distances = np.abs(octaves[:, np.newaxis] - middles[1:-1]) / (middles[1] - middles[0])
    weights = np.maximum(0, 1 - distances)
    return np.asarray(weights / weights.sum(axis=0), np.float32)


_AUTOCORRELATION, _BANDS = _build_autocorrelation(), _build_bands()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechProfile:
    """Voice activity and noise of a talk. In a long talk, rows are evenly spaced seconds."""

    lags: NDArray[np.uint8]  # pitch period in samples at 16 kHz, one per 20 ms, shape (frames,); 0: no voice
    timbre: Float16Array  # power of the voiced frames of each 200 ms, in dB, shape (blocks, TIMBRE_BANDS)
    # the quietest 160 ms of a second per row, shape (rows, samples); none: pauses are digital silence
    quiet: Float32Array

    @property
    def voiced(self) -> BoolArray:
        """Whether there is a voice, one per 20 ms, shape (frames,)."""
        return np.asarray(self.lags > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentProfile:
    """The contribution of one segment."""

    lags: NDArray[np.uint8]  # one per 20 ms; see ``SpeechProfile``
    timbre: Float16Array  # one row per 200 ms; see ``SpeechProfile``
    quiet: tuple[Float32Array | None, ...]  # 160 ms per second; None: digital silence, or not needed


def choose_stride(seconds: int) -> int:
    """Choose every how many seconds a row is kept, so that there are fewer than ``_MAX_ROWS``."""
    stride = 1
    while -(-seconds // stride) >= _MAX_ROWS:
        stride *= 2
    return stride


def profile_segment(mono: Float32Array, *, second: int = 0, stride: int = 1) -> SegmentProfile:
    """Profile a segment of one channel.

    Args:
        mono: Whole frames of 20 ms, with ``MARGIN_SAMPLES`` before and after them, shape
            (samples,), float32, full scale is 1.0. All segments but the last hold whole seconds.
        second: Number of the first second.
        stride: Noise is sampled only every ``stride`` seconds; see ``choose_stride``.
    """
    own = mono[MARGIN_SAMPLES:-MARGIN_SAMPLES]
    seconds = enumerate(range(0, len(own), RATE), second)
    lags, timbre = _detect_voice(_decimate(mono, _VOICE_STEP))
    return SegmentProfile(
        lags=lags,
        timbre=timbre,
        quiet=tuple(None if number % stride else _copy_quietest(own[at : at + RATE]) for number, at in seconds),
    )


def _copy_quietest(second: Float32Array) -> Float32Array | None:
    place = find_quietest(second, _QUIET_FRAMES)
    return None if place is None else second[place].copy()


def _decimate(samples: Float32Array, step: int) -> Float32Array:
    """Compute the mean of each ``step`` samples."""
    return average_arrays(list(samples.reshape(-1, step).T))


def _detect_voice(samples: Float32Array) -> tuple[NDArray[np.uint8], Float16Array]:
    """Detect voiced frames, and measure their timbre: a voice repeats itself after one pitch period.

    Noise, breath and applause do not.
    """
    frames = np.lib.stride_tricks.sliding_window_view(samples, _VOICE_WINDOW)[:: FRAME_SAMPLES // _VOICE_STEP]
    count = -(-len(frames) // TIMBRE_FRAMES) * TIMBRE_FRAMES
    lags, spectra = np.zeros(count, np.uint8), np.zeros((count // TIMBRE_FRAMES, 1, len(_BANDS)), np.float32)
    for start in range(0, count, _BATCH_FRAMES):
        power = _compute_frame_power(frames[start : start + _BATCH_FRAMES])
        own = lags[start : start + len(power)]
        own[:] = _find_lags(power)
        shares = (own > 0).astype(np.float32).reshape(-1, 1, TIMBRE_FRAMES)
        blocks = slice(start // TIMBRE_FRAMES, (start + len(power)) // TIMBRE_FRAMES)
        np.matmul(shares, power.reshape(-1, TIMBRE_FRAMES, len(_BANDS)), out=spectra[blocks])
    timbre = 10 * np.log10(np.maximum(spectra[:, 0] @ _BANDS, 1e-20))
    return lags[: len(frames)], timbre.astype(np.float16)


def _compute_frame_power(frames: Float32Array) -> Float32Array:
    """Compute the power of each bin in ``_BAND``; silent frames complete the last row of timbre."""
    padded = np.zeros((len(frames) + -len(frames) % TIMBRE_FRAMES, _FFT_SIZE), np.float32)
    np.multiply(frames, _VOICE_TAPER, out=padded[: len(frames), :_VOICE_WINDOW])
    return compute_power(rfft(padded, norm="forward")[:, _BAND])


def _find_lags(power: Float32Array) -> NDArray[np.uint8]:
    """Find the pitch period of each frame, in samples; 0: no voice."""
    products = [power[at : at + _PRODUCT_FRAMES] @ _AUTOCORRELATION for at in range(0, len(power), _PRODUCT_FRAMES)]
    correlation = np.concatenate(products)
    best = correlation[:, 1:].argmax(axis=1)
    highest = correlation[np.arange(len(best)), best + 1]
    voiced = highest > _MIN_VOICED * np.maximum(correlation[:, 0], 5e-10)
    return np.where(voiced, best + _LAGS.start, 0).astype(np.uint8)


class SpeechProfiler:
    """Builds the profile of a talk from the profiles of its segments."""

    def __init__(self) -> None:
        """Start with no segments."""
        self._lags, self._timbre = HopBuffer(np.uint8), HopBuffer(np.float16)
        self._quiet = RowSampler()

    def add(self, segment: SegmentProfile) -> None:
        """Add the next segment."""
        self._lags.append(segment.lags)
        self._timbre.append(segment.timbre.ravel())
        for row in segment.quiet:
            self._quiet.add(row)

    def finish(self) -> SpeechProfile:
        """Return the profile."""
        return SpeechProfile(
            lags=self._lags.view(),
            timbre=self._timbre.view().reshape(-1, TIMBRE_BANDS),
            quiet=self._quiet.to_array(_QUIET_FRAMES * FRAME_SAMPLES),
        )


def find_quietest(samples: Float32Array, count: int) -> slice | None:
    """Find the quietest ``count`` consecutive frames of 20 ms.

    Args:
        samples: One channel, shape (samples,), float32.
        count: Number of frames.

    Returns:
        Their samples; ``None`` if there are too few frames, or only digital silence.
    """
    frames = len(samples) // FRAME_SAMPLES
    if frames < count:
        return None
    power = np.square(samples[: frames * FRAME_SAMPLES].reshape(frames, FRAME_SAMPLES)).mean(axis=1, dtype=np.float64)
    power = np.where(power > 1e-14, power, np.inf)
    sums = np.lib.stride_tricks.sliding_window_view(power, count).sum(axis=1)
    best = int(sums.argmin())
    return slice(best * FRAME_SAMPLES, (best + count) * FRAME_SAMPLES) if np.isfinite(sums[best]) else None


def compute_mains_spectrum(block: Block) -> Float32Array:
    """Compute a spectrum up to 1 kHz, fine enough to separate mains hum from a voice.

    Args:
        block: ``SPECTRUM_SAMPLES`` samples, shape (samples, channels), float32.

    Returns:
        Power per bin of ``1 / SPECTRUM_S`` Hz, shape (bins,), float32.
    """
    mono = average_arrays(list(block.T)) if block.shape[1] > 1 else np.ascontiguousarray(block[:, 0])
    return compute_power(rfft(_decimate(mono, _MAINS_STEP) * _MAINS_HANN)[:_MAINS_BINS])


def compute_power(spectrum: NDArray[np.complexfloating]) -> Float32Array:
    """Compute the power of each bin.

    Args:
        spectrum: Any shape (…, bins).

    Returns:
        The same shape (…, bins), float32.
    """
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float32)


class RowSampler:
    """Keeps fewer than ``_MAX_ROWS`` rows, evenly spaced: when full, it drops every second one."""

    def __init__(self) -> None:
        """Start with no rows."""
        self._rows: list[Float32Array | None] = []
        self._count, self._stride = 0, 1

    @property
    def keeps_next(self) -> bool:
        """Whether the next row is kept, at least for now."""
        return self._count % self._stride == 0

    def add(self, row: Float32Array | None) -> None:
        """Add the next row, shape (width,), or ``None`` if there is none."""
        if self.keeps_next:
            self._rows.append(row)
        self._count += 1
        if (stride := choose_stride(self._count)) > self._stride:
            self._rows, self._stride = self._rows[::2], stride

    def to_array(self, width: int) -> Float32Array:
        """Return all rows, shape (rows, width), float32."""
        return np.array([row for row in self._rows if row is not None], np.float32).reshape(-1, width)
