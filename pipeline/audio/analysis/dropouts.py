"""Finds dropouts: a moment of digital zero that begins and ends in the middle of sound, as no gate and no pause does."""

import numpy as np
from numpy.typing import NDArray

_AROUND_S = 0.005  # to either side of a gap there is sound …
_LOUD = 1e-4  # … of this power, -40 dBFS: more than one step of 8 bits, which stand at zero by themselves
_SHORT_S, _LONG_S = 0.004, 2.0  # a gap lasts longer than one and shorter than the other: more is somebody's choice


class Gaps:
    """Looks for gaps in the power of short rows of a sound, fed in any number at once."""

    def __init__(self, channels: int, *, row_s: float) -> None:
        """``row_s``: how long a row lasts."""
        self._row_s = row_s
        self._around = round(_AROUND_S / row_s)
        self._short, self._long = round(_SHORT_S / row_s), round(_LONG_S / row_s)
        self._held = np.zeros((channels, 0), np.float32)  # the last rows: a gap may begin in them
        self._first = 0  # which row of the sound is the first of these
        self._found: dict[int, int] = {}  # where a gap begins, how many rows it lasts; in whichever channels

    def take(self, power: NDArray[np.float32]) -> None:
        """Take the power of the next rows; shape (channels, rows)."""
        known = self._held.shape[1]
        rows = np.concatenate([self._held, power], axis=1)
        if not rows.all():
            for channel in rows:
                self._look(channel, known)
        drop = max(0, rows.shape[1] - self._long - 2 * self._around)
        self._held, self._first = rows[:, drop:].copy(), self._first + drop

    def _look(self, rows: NDArray[np.float32], known: int) -> None:
        still = np.concatenate([[False], rows == 0, [False]])
        edges = np.flatnonzero(still[1:] != still[:-1])
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            judged = known < stop + self._around <= len(rows)  # now: not earlier, and not later
            if judged and start >= self._around and self._short <= stop - start <= self._long:
                before, after = rows[start - self._around : start], rows[stop : stop + self._around]
                if before.mean() > _LOUD and after.mean() > _LOUD:
                    self._found.setdefault(self._first + start, stop - start)

    def found(self) -> tuple[tuple[float, float], ...]:
        """Of each gap the second at which it begins and how many it lasts; those within 5 ms of each other are one."""
        apart: list[tuple[float, float]] = []
        for start in sorted(self._found):
            at_s = start * self._row_s
            if not apart or at_s - apart[-1][0] > _AROUND_S:
                apart.append((at_s, self._found[start] * self._row_s))
        return tuple(apart)
