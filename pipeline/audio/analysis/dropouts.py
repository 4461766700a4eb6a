"""Finds dropouts: short digital silence in the middle of a signal, unlike gates and pauses."""

import numpy as np

from pipeline.audio.metering.sliding_window import find_runs
from pipeline.media.samples import Float32Array

_CONTEXT_S = 0.005  # to either side of a dropout there is signal …
_CONTEXT_POWER = 1e-4  # … of -40 dBFS: more than one step of 8 bits, whose samples are often zero anyway
_MIN_S, _MAX_S = 0.004, 2.0  # longer silence is intended


class DropoutDetector:
    """Finds dropouts in the power of short rows of a signal."""

    def __init__(self, channels: int, *, row_s: float) -> None:
        """Start with no rows; ``row_s`` is the duration of a row in seconds."""
        self._row_s = row_s
        self._context = round(_CONTEXT_S / row_s)
        self._min_rows, self._max_rows = round(_MIN_S / row_s), round(_MAX_S / row_s)
        self._held = np.zeros((channels, 0), np.float32)  # the last rows: a dropout may begin in them
        self._first = 0  # number of the first held row
        self._found: dict[int, int] = {}  # first row of a dropout in any channel → its length in rows

    def process(self, power: Float32Array) -> None:
        """Process the next rows.

        Args:
            power: Mean square of each row, shape (channels, rows), float32; full scale is 1.0.
        """
        known = self._held.shape[1]
        rows = np.concatenate([self._held, power], axis=1)
        if not rows.all():
            for channel in rows:
                self._search(channel, known)
        drop = max(0, rows.shape[1] - self._max_rows - 2 * self._context)
        self._held, self._first = rows[:, drop:].copy(), self._first + drop

    def _search(self, rows: Float32Array, known: int) -> None:
        """Search one channel, whose first ``known`` rows were searched before."""
        for start, stop in find_runs(rows == 0):
            is_due = known < stop + self._context <= len(rows)  # neither earlier nor later
            if is_due and start >= self._context and self._min_rows <= stop - start <= self._max_rows:
                before, after = rows[start - self._context : start], rows[stop : stop + self._context]
                if before.mean() > _CONTEXT_POWER and after.mean() > _CONTEXT_POWER:
                    self._found.setdefault(self._first + start, stop - start)

    def get_dropouts(self) -> tuple[tuple[float, float], ...]:
        """Return start and duration of each dropout in seconds.

        Those within 5 ms of each other are one.
        """
        dropouts: list[tuple[float, float]] = []
        for start in sorted(self._found):
            at_s = start * self._row_s
            if not dropouts or at_s - dropouts[-1][0] > _CONTEXT_S:
                dropouts.append((at_s, self._found[start] * self._row_s))
        return tuple(dropouts)
