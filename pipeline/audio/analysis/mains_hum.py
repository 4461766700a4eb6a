"""Finds mains hum: lines at 50 or 60 Hz and their multiples that stand clear above what lies beside them, in the pauses too."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.metering.block_biquad import Floats
from pipeline.audio.metering.hop_buffer import Ledger

_WINDOW_S = 4.0  # resolves a quarter of a hertz
_MULTIPLES = 6
_CLEAR_DB = 15.0  # above the floor beside it; noise reaches 8
_ALONE_DB = 25.0  # the first line may come without its multiples if it stands this clear
_AUDIBLE = 10 ** (-80 / 10)  # of full scale; softer hum is not worth a word
_OFTEN = 0.6  # of the quiet windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Hum:
    """Mains hum, and where it is heard first."""

    mains_hz: int
    level_dbfs: float
    at_s: float


class HumSeeker:
    """Looks at a sound of some 1500 samples a second, one channel, in windows of 4 s; keeps a few numbers of each."""

    def __init__(self, rate: float) -> None:
        """``rate``: samples a second."""
        self._rate = rate
        self._size = round(_WINDOW_S * rate)
        self._shape = np.hanning(self._size + 1)[:-1]
        step = rate / self._size
        lines = np.array([[round(line / step)] for line in _LINES])
        near, far, edge = round(0.75 / step), round(2.5 / step), round(9 / step)
        self._near = lines + np.arange(-near, near + 1)
        self._beside = lines + np.concatenate([np.arange(-edge, -far), np.arange(far + 1, edge + 1)])
        self._waiting = np.zeros(0)
        self._windows = Ledger(np.float32)  # of each, power of all; then of each line and of the floor beside it

    def take(self, sound: Floats) -> None:
        """Take the next samples."""
        waiting = np.concatenate([self._waiting, sound])
        while len(waiting) >= self._size:
            self._windows.add(self._looked_at(waiting[: self._size]).astype(np.float32))
            waiting = waiting[self._size :]
        self._waiting = waiting

    def _looked_at(self, sound: Floats) -> Floats:
        power = np.abs(np.fft.rfft((sound - sound.mean()) * self._shape)) ** 2 / (self._shape.sum() ** 2 / 2)
        told = np.empty(1 + 2 * len(_LINES))
        told[0] = power.sum()
        told[1::2] = power[self._near].max(axis=1)
        beside = power[self._beside]
        told[2::2] = np.partition(beside, beside.shape[1] // 2, axis=1)[:, beside.shape[1] // 2]
        return told

    def found(self) -> Hum | None:
        """The hum that most of the quiet windows have; ``None``: there is none, or too little sound to tell."""
        looked_at = self._windows.all().reshape(-1, 1 + 2 * len(_LINES)).astype(np.float64)
        windows = looked_at[looked_at[:, 0] > 0]
        if len(windows) < 2:
            return None
        quiet = windows[:, 0] <= np.quantile(windows[:, 0], 0.4)
        lines = windows[:, 1::2].reshape(-1, 2, _MULTIPLES)
        clear_db = 10 * np.log10(np.maximum(lines, 1e-20) / np.maximum(windows[:, 2::2].reshape(lines.shape), 1e-20))
        stands = _stands(clear_db, lines)
        shares = stands[quiet].mean(axis=0)
        mains = int(shares.argmax())
        if shares[mains] < _OFTEN:
            return None
        level = float(np.median(lines[quiet & stands[:, mains], mains].max(axis=1)))
        sounding = np.flatnonzero(looked_at[:, 0] > 0)
        first = int(sounding[np.flatnonzero(stands[:, mains])[0]])
        return Hum(mains_hz=(50, 60)[mains], level_dbfs=10 * np.log10(level), at_s=first * _WINDOW_S)


def _stands(clear_db: Floats, lines: Floats) -> NDArray[np.bool_]:
    """Which windows have hum, for both kinds of mains; shape (windows, 2)."""
    clear = (clear_db > _CLEAR_DB) & (lines > _AUDIBLE / 100)
    comb = clear.sum(axis=2) >= 3
    alone = clear_db[:, :, 0] > _ALONE_DB
    return np.asarray((comb | alone) & (lines.max(axis=2) > _AUDIBLE))


_LINES = tuple(mains * multiple for mains in (50, 60) for multiple in range(1, _MULTIPLES + 1))
