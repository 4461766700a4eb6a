"""What a talk is like before anything is done to it: where voices are, what its noise sounds like, whether mains hum in it.

One pass, sums and samples only, so that any length fits; ``restoration`` and ``levelling`` decide by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from pipeline.audio.ffmpeg import RATE, Block

SPAN_S = 2.048  # of a spectrum fine enough to tell mains from a voice: bins of half a hertz
VOICE = RATE // 50  # one answer each 20 ms: is this a voice?

Singles = NDArray[np.float32]

_STRETCH = 8  # of 20 ms: the quietest of each second
_SLOW = 3  # decimation for voices: 16 kHz
_WINDOW, _LAGS = 640, slice(36, 200)  # 40 ms at 16 kHz, and pitches from 80 to 440 Hz in it
_BAND = slice(6, 141)  # 150 to 3500 Hz in bins of 25 Hz
_VOICED = 0.45  # of its own power, what comes back one pitch later
_HUM_STEP = 16  # decimation for mains: 3 kHz
_HUM_FRAME = 6144
_HUM_BINS = 2048  # up to 1 kHz

_VOICE_HANN: Singles = np.hanning(_WINDOW + 1)[:_WINDOW].astype(np.float32)
_VOICE_FADE: Singles = irfft(np.abs(rfft(_VOICE_HANN, 2 * _WINDOW)) ** 2)[_LAGS].astype(np.float32)
_VOICE_FADE /= float(np.square(_VOICE_HANN).sum())
_HUM_HANN: Singles = np.hanning(_HUM_FRAME).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """What the survey found. Of a long talk, rows stand for evenly spread seconds."""

    voiced: NDArray[np.bool_]  # one each 20 ms
    quiet: Singles  # the quietest 160 ms of seconds, one row each; no row: pauses are digital silence
    mains: Singles  # fine spectra, one row each 2 s, bins of ``1 / SPAN_S`` Hz


class Survey:
    """Takes a talk in blocks of any size, one channel or the mean of two."""

    def __init__(self) -> None:
        """Nothing heard yet."""
        self._seconds = _Regular(RATE)
        self._hum = _Regular(_HUM_FRAME * _HUM_STEP)
        self._slow: Singles = np.zeros((_WINDOW - VOICE // _SLOW) // 2, np.float32)
        self._voiced: list[NDArray[np.bool_]] = []
        self._quiet, self._mains = _Rows(), _Rows()

    def push(self, block: Block) -> None:
        """Take the next samples."""
        mono = block.mean(axis=1, dtype=np.float32) if block.shape[1] > 1 else block[:, 0]
        for second in self._seconds.push(mono):
            self._hear(second)
        for span in self._hum.push(mono):
            slow = span.reshape(_HUM_FRAME, _HUM_STEP).mean(axis=1, dtype=np.float32)
            self._mains.add(_power(rfft(slow * _HUM_HANN)[:_HUM_BINS]))

    def result(self) -> Surveyed:
        """What was found; call it once, when all has been heard."""
        rest = self._seconds.rest
        pad = -len(rest) % VOICE
        self._hear(np.pad(rest, (0, pad)))
        self._find_voices(np.zeros(_WINDOW, np.float32))
        return Surveyed(
            voiced=np.concatenate(self._voiced),
            quiet=self._quiet.all(_STRETCH * VOICE),
            mains=self._mains.all(_HUM_BINS),
        )

    def _hear(self, sound: Singles) -> None:
        self._find_voices(sound.reshape(-1, _SLOW).mean(axis=1, dtype=np.float32))
        if (quiet := quietest(sound, _STRETCH)) is not None:
            self._quiet.add(sound[quiet].copy())

    def _find_voices(self, sound: Singles) -> None:
        """A voice repeats itself one pitch later; noise, breath and applause do not."""
        self._slow = np.concatenate([self._slow, sound])
        step = VOICE // _SLOW
        count = (len(self._slow) - _WINDOW) // step + 1
        if count < 1:
            return
        frames = np.lib.stride_tricks.sliding_window_view(self._slow, _WINDOW)[::step][:count]
        self._slow = self._slow[count * step :]
        power = _power(rfft(frames * _VOICE_HANN, 2 * _WINDOW))[:, : 2 * _BAND.stop]
        power[:, : 2 * _BAND.start] = 0
        back = irfft(power, 2 * _WINDOW)
        again = (back[:, _LAGS] / np.maximum(_VOICE_FADE, 0.4)).max(axis=1)
        self._voiced.append(np.asarray(again > _VOICED * np.maximum(back[:, 0], 1e-12)))


def quietest(sound: Singles, count: int) -> slice | None:
    """Where the quietest ``count`` × 20 ms of ``sound`` lie, whole frames of it; ``None``: only where it is digital silence."""
    pieces = len(sound) // VOICE
    if pieces < count:
        return None
    power = np.square(sound[: pieces * VOICE].reshape(pieces, VOICE)).mean(axis=1, dtype=np.float64)
    power = np.where(power > 1e-14, power, np.inf)
    sums = np.lib.stride_tricks.sliding_window_view(power, count).sum(axis=1)
    best = int(sums.argmin())
    return slice(best * VOICE, (best + count) * VOICE) if np.isfinite(sums[best]) else None


def _power(spectrum: NDArray[np.complex64]) -> Singles:
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float32)


class _Regular:
    """Cuts blocks of any size into pieces of one size."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.rest: Singles = np.zeros(0, np.float32)

    def push(self, sound: Singles) -> Sequence[Singles]:
        whole = np.concatenate([self.rest, sound])
        count = len(whole) // self._size
        self.rest = whole[count * self._size :]
        return [whole[number * self._size : (number + 1) * self._size] for number in range(count)]


class _Rows:
    """At most so many rows, evenly spread over whatever came: each time it is full, every second one goes."""

    _MOST = 128  # some 5 MB

    def __init__(self) -> None:
        self._rows: list[Singles] = []
        self._came, self._stride = 0, 1

    def add(self, row: Singles) -> None:
        if self._came % self._stride == 0:
            self._rows.append(row)
        self._came += 1
        if len(self._rows) == self._MOST:
            self._rows, self._stride = self._rows[::2], self._stride * 2

    def all(self, width: int) -> Singles:
        return np.array(self._rows, np.float32).reshape(-1, width)
