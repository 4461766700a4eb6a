"""What a talk is like before anything is done to it: where voices are, what its noise sounds like, whether mains hum in it.

One pass, sums and samples only, so that any length fits; ``restoration`` and ``levelling`` decide by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.fft import irfft, rfft
from numpy.typing import NDArray

from pipeline.audio.metering.block_biquad import Singles
from pipeline.audio.metering.hop_buffer import Ledger, Truths
from pipeline.media.ffmpeg import RATE, Block

MARGIN = RATE // 100  # samples before and after a stretch that its first and last answers look at
SPAN_S = 2.048  # of a spectrum fine enough to tell mains from a voice: bins of half a hertz
VOICE = RATE // 50  # one answer each 20 ms: is this a voice?

_STRETCH = 8  # of 20 ms: the quietest of each second
_SLOW = 3  # decimation for voices: 16 kHz
_WINDOW, _LAGS = 640, slice(36, 200)  # 40 ms at 16 kHz, and pitches from 80 to 440 Hz in it
_ROUND = 960  # samples of a spectrum in which a window, a pitch later, does not meet itself from behind
_BAND = slice(9, 211)  # 150 to 3500 Hz in its bins
_AT_ONCE = 50  # frames: they fit in a processor's own memory
_PRODUCT = 10  # of them: few enough that BLAS starts no threads
_VOICED = 0.45  # of its own power, what comes back one pitch later
_HUM_STEP = 16  # decimation for mains: 3 kHz
_HUM_FRAME = 6144
_HUM_BINS = 2048  # up to 1 kHz
_MOST = 128  # rows: some 5 MB

_VOICE_HANN: Singles = np.hanning(_WINDOW + 1)[:_WINDOW].astype(np.float32)
_HUM_HANN: Singles = np.hanning(_HUM_FRAME).astype(np.float32)


def _coming_back() -> Singles:
    """From the power in ``_BAND`` to that of the window itself, and to what comes back of it at each of ``_LAGS``.

    An inverse transform would give all lags, of which a sixth is asked for; what the window takes of a later one is made up for.
    """
    own = irfft(np.abs(rfft(_VOICE_HANN, _ROUND)) ** 2)[_LAGS] / float(np.square(_VOICE_HANN).sum())
    lags = np.concatenate([[0], np.arange(_ROUND)[_LAGS]])
    bins = np.arange(_ROUND // 2 + 1)[_BAND]
    cosines = np.cos(2 * np.pi / _ROUND * np.outer(bins, lags))
    cosines[:, 1:] /= np.maximum(own, 0.4)
    return cosines.astype(np.float32)


_BACK = _coming_back()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """What the survey found. Of a long talk, rows stand for evenly spread seconds."""

    voiced: Truths  # one each 20 ms
    quiet: Singles  # the quietest 160 ms of seconds, one row each; no row: pauses are digital silence
    mains: Singles  # fine spectra, one row each 2 s, bins of ``1 / SPAN_S`` Hz


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one stretch of a talk tells by itself."""

    voiced: Truths  # one each 20 ms
    quiet: tuple[Singles | None, ...]  # 160 ms of each second; none of digital silence, nor where nobody asked
    slow: Singles  # at 3 kHz


def stride_of(seconds: int) -> int:
    """Every how many seconds of so many a row stays, so that all rows are fewer than ``_MOST``; of the others nobody need know."""
    stride = 1
    while -(-seconds // stride) >= _MOST:
        stride *= 2
    return stride


def look(mono: Singles, *, second: int = 0, stride: int = 1) -> Look:
    """Look at a stretch of one channel, with ``MARGIN`` samples more before and after it: whole frames of 20 ms.

    All stretches but the last hold whole seconds, the first of which has the number ``second``. What is quiet is sought only
    in those whose number ``stride`` divides: see ``stride_of``.
    """
    own = mono[MARGIN:-MARGIN]
    seconds = enumerate(range(0, len(own), RATE), second)
    whole = len(own) // _HUM_STEP * _HUM_STEP
    return Look(
        voiced=_voices(_thinned(mono, _SLOW)),
        quiet=tuple(None if number % stride else _quiet(own[at : at + RATE]) for number, at in seconds),
        slow=_thinned(own[:whole], _HUM_STEP),
    )


def _quiet(second: Singles) -> Singles | None:
    place = quietest(second, _STRETCH)
    return None if place is None else second[place].copy()


def _thinned(sound: Singles, step: int) -> Singles:
    """The mean of each ``step`` samples."""
    rows = sound.reshape(-1, step)
    total = rows[:, 0] + rows[:, 1]
    for place in range(2, step):
        total += rows[:, place]
    total *= np.float32(1 / step)
    return np.asarray(total)


def _voices(sound: Singles) -> Truths:
    """A voice repeats itself one pitch later; noise, breath and applause do not."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[:: VOICE // _SLOW]
    told = [_voiced(frames[start : start + _AT_ONCE]) for start in range(0, len(frames), _AT_ONCE)]
    return np.concatenate([np.zeros(0, bool), *told])


def _voiced(frames: Singles) -> Truths:
    wide = np.zeros((len(frames), _ROUND), np.float32)
    np.multiply(frames, _VOICE_HANN, out=wide[:, :_WINDOW])
    power = power_of(rfft(wide)[:, _BAND])
    back = np.concatenate([power[at : at + _PRODUCT] @ _BACK for at in range(0, len(power), _PRODUCT)])
    return np.asarray(back[:, 1:].max(axis=1) > _VOICED * np.maximum(back[:, 0], 5e-10))


class Survey:
    """Takes a talk in blocks of any size, one channel or the mean of two; or what was seen in stretches of it, in order."""

    def __init__(self) -> None:
        """Nothing heard yet."""
        self._waiting: Singles = np.zeros(MARGIN, np.float32)
        self._hum = _Regular(_HUM_FRAME)
        self._voiced = Ledger(np.bool_)
        self._quiet, self._mains = _Rows(), _Rows()

    def push(self, block: Block) -> None:
        """Take the next samples."""
        mono = block.mean(axis=1, dtype=np.float32) if block.shape[1] > 1 else block[:, 0]
        self._waiting = np.concatenate([self._waiting, mono])
        count = (len(self._waiting) - 2 * MARGIN) // RATE * RATE
        if count > 0:
            self.take(look(self._waiting[: count + 2 * MARGIN]))
            self._waiting = self._waiting[count:]

    def take(self, seen: Look) -> None:
        """Take what was seen in the next stretch."""
        self._voiced.add(seen.voiced)
        for row in seen.quiet:
            self._quiet.add(row)
        for span in self._hum.push(seen.slow):
            self._mains.add(power_of(rfft(span * _HUM_HANN)[:_HUM_BINS]) if self._mains.keeps_next else None)

    def result(self) -> Surveyed:
        """What was found; call it once, when all has been heard."""
        rest = len(self._waiting) - MARGIN
        if rest:
            self.take(look(np.pad(self._waiting, (0, MARGIN + -rest % VOICE))))
        return Surveyed(
            voiced=self._voiced.all(),
            quiet=self._quiet.all(_STRETCH * VOICE),
            mains=self._mains.all(_HUM_BINS),
        )


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


def power_of(spectrum: NDArray[np.complexfloating]) -> Singles:
    """The power of each bin."""
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
    """Fewer than ``_MOST`` rows, evenly spread over whatever came: each time it is full, every second one goes."""

    def __init__(self) -> None:
        self._rows: list[Singles | None] = []
        self._came, self._stride = 0, 1

    @property
    def keeps_next(self) -> bool:
        """Whether the next one stays, at least for now."""
        return self._came % self._stride == 0

    def add(self, row: Singles | None) -> None:
        """Take the next one, or know that there is none."""
        if self.keeps_next:
            self._rows.append(row)
        self._came += 1
        if (stride := stride_of(self._came)) > self._stride:
            self._rows, self._stride = self._rows[::2], stride

    def all(self, width: int) -> Singles:
        return np.array([row for row in self._rows if row is not None], np.float32).reshape(-1, width)
