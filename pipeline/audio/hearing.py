"""What an ear would notice in a recording besides its loudness: dead or opposed channels, clipping, values that are no sound."""

from collections.abc import Iterable, Sequence

import numpy as np

from pipeline.audio.ffmpeg import RATE, Block
from pipeline.model import Defect

_FULL = 0.9985  # of full scale: clipped samples stand still here
_STILL = 4  # so many equal samples in a row …
_OFTEN = 10  # … and so often


class Ear:
    """Takes note of one part while it passes; sums only, so any length fits."""

    def __init__(self) -> None:
        """Nothing heard yet."""
        self.samples = 0
        self.channels = 0
        self.peak = 0.0
        self.sums = np.zeros(0)
        self.products = np.zeros((0, 0))
        self._bad = 0
        self._bad_at_s: float | None = None

    def listen(self, block: Block, sane: Block) -> None:
        """Take the next block, as it was and as it was repaired."""
        if not self.samples:
            self.channels = block.shape[1]
            self.sums, self.products = np.zeros(self.channels), np.zeros((self.channels, self.channels))
        if sane is not block:
            bad = (~(np.abs(block) < 1e6)).any(axis=1)
            self._bad += int(bad.sum())
            if self._bad_at_s is None:
                self._bad_at_s = (self.samples + int(bad.argmax())) / RATE
        exact = np.ascontiguousarray(sane.T, np.float64)
        self.sums += exact.sum(axis=1)
        self.products += np.einsum("cs,ds->cd", exact, exact)  # no BLAS: its sums depend on how many threads it takes
        self.peak = max(self.peak, float(np.abs(sane).max(initial=0.0)))
        self.samples += len(block)

    def defects(self, start_s: float) -> list[Defect]:
        """What this part alone tells."""
        defects = []
        if self._bad_at_s is not None:
            told = f"{self._bad} samples are no number that sound could have; they were silenced"
            defects.append(Defect(code="not-a-number", at_s=round(start_s + self._bad_at_s, 2), message=told))
        offset = float(np.abs(self.sums / max(1, self.samples)).max(initial=0.0))
        if offset > 0.01:
            told = f"the sound stands off the middle by {100 * offset:.0f} % of full scale; mastering takes that out"
            defects.append(Defect(code="dc-offset", message=told))
        return defects


def defects_heard(ears: Sequence[Ear], *, mixed: bool) -> list[Defect]:
    """What the parts together tell about their channels; ``mixed``: and what mastering makes of that."""
    defects = []
    if dead := _dead(ears):
        names = (
            ("left", "right")
            if _channels(ears) == 2
            else tuple(str(number) for number in range(1, 1 + ears[0].channels))
        )
        told = ", ".join(names[number] for number in dead)
        defects.append(
            Defect(code="dead-channel", message=f"silent {'channel' if len(dead) == 1 else 'channels'}: {told}")
        )
    if _opposed(ears):
        told = "left and right are each other's opposite: together they would be silence"
        defects.append(Defect(code="anti-phase", message=f"{told}; one of them is used" if mixed else told))
    return defects


def take_of(ears: Sequence[Ear]) -> str:
    """Which of two channels to use: ``all``, or the one that lives, or the louder of two that cancel out."""
    if _channels(ears) != 2:
        return "all"
    dead = _dead(ears)
    if dead:
        return "right" if dead[0] == 0 else "left"
    power = np.diag(_moments(ears))
    return "all" if not _opposed(ears) else "left" if power[0] >= power[1] else "right"


def clipped_at(blocks: Iterable[Block], *, rate: int) -> float | None:
    """The second at which clipping begins, if the sound stands still at full scale often enough to be clipping."""
    begin: float | None = None
    runs = start = 0
    for block in blocks:
        for channel in np.abs(block.T):
            if channel.max(initial=0.0) >= _FULL:
                still = (channel[1:] >= _FULL) & (np.abs(np.diff(channel)) < 1e-6)
                edges = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]])))
                starts, lengths = edges[::2], np.diff(edges)[::2]
                long = starts[lengths >= _STILL - 1]
                runs += len(long)
                if len(long) and begin is None:
                    begin = (start + int(long[0])) / rate
        start += len(block)
    return begin if runs >= _OFTEN else None


def _channels(ears: Sequence[Ear]) -> int:
    """How many channels all parts have; 0: they differ."""
    numbers = {ear.channels for ear in ears}
    return numbers.pop() if len(numbers) == 1 else 0


def _moments(ears: Sequence[Ear]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Power of each channel and between them, without what stands still."""
    samples = max(1, sum(ear.samples for ear in ears))
    means = np.sum([ear.sums for ear in ears], axis=0) / samples
    return np.asarray(np.sum([ear.products for ear in ears], axis=0) / samples - np.outer(means, means))


def _dead(ears: Sequence[Ear]) -> list[int]:
    """Channels below -80 dB, while another is above -60."""
    if _channels(ears) < 2:
        return []
    power = np.diag(_moments(ears))
    return [int(number) for number in np.flatnonzero(power < 1e-8)] if power.max() > 1e-6 else []


def _opposed(ears: Sequence[Ear]) -> bool:
    if _channels(ears) != 2 or _dead(ears):
        return False
    moments = _moments(ears)
    scale = float(np.sqrt(moments[0, 0] * moments[1, 1]))
    return scale > 1e-9 and float(moments[0, 1]) / scale < -0.9
