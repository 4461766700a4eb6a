"""Filters of second order in the form of rows: as exact as one sample after the other, and many times quicker.

A filter is a recurrence, and a recurrence asked sample by sample is slow. Here a row of 32 samples is one product with a small
matrix: what the row alone would give, and what it leaves behind. What earlier rows of a group left behind is one product too,
and what earlier groups did is added in steps that double.
Several chains of filters that hear the same sound share one product.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Halves = NDArray[np.float16]
Sound = NDArray[np.float32]  # shape (channels, samples)

ROW = 32  # samples
BATCH = 30  # rows: a sound comes in whole batches

_AT_ONCE = 2 * BATCH  # rows a product: few enough that BLAS starts no threads, which would cost more than they bring
_GROUP = 10  # rows whose states are one product; few enough for the same reason
_FADED = 1e-12  # what is left of a row's state when nobody can hear it any more


class Rows:
    """Chains of filters side by side, for one channel at a time; whoever calls holds the state."""

    def __init__(self, *chains: Floats) -> None:
        """Each chain: second-order sections one after the other, as scipy has them, shape (sections, 6)."""
        tried = [_well_scaled(*_tried(chain)) for chain in chains]
        sizes = [left.shape[1] for _, left in tried]
        self.states = sum(sizes)
        self._left = np.zeros((ROW, self.states))
        self._step = np.zeros((self.states, self.states))
        self._product = np.zeros((ROW + self.states, ROW * len(chains)), np.float32)
        at = 0
        for number, ((came, left), size) in enumerate(zip(tried, sizes, strict=True)):
            own, out = slice(at, at + size), slice(number * ROW, (number + 1) * ROW)
            self._left[:, own], self._step[own, own] = left[:ROW], left[ROW:]
            self._product[:ROW, out], self._product[ROW + at : ROW + at + size, out] = came[:ROW], came[ROW:]
            at += size
        self._leaving = self._left.astype(np.float32)
        powers = [np.linalg.matrix_power(self._step, count) for count in range(_GROUP + 1)]
        none = np.zeros_like(self._step)
        within = [[powers[row - left] if row >= left else none for row in range(_GROUP)] for left in range(_GROUP)]
        self._within = np.block(within)
        self._onwards = np.concatenate(powers[1:], axis=1)
        self._powers = _doubled(powers[_GROUP])

    def at_rest(self, sample: float) -> Floats:
        """The state as if that sample had always been there: no thump at the beginning."""
        return np.asarray(np.linalg.solve(np.eye(self.states) - self._step.T, self._left.sum(axis=0) * sample))

    def warm(self, channel: Singles, state: Floats) -> None:
        """Bring ``state`` up to date with a sound whose filtered form nobody wants."""
        state[:] = self._around(_batched(channel), state)[-1]

    def through(self, channel: Singles, state: Floats, *, out: Singles | None = None) -> Singles:
        """What each chain makes of the sound, a row after the other: shape (rows, chains · ROW).

        ``channel`` has whole batches of rows; ``state`` is what was left before, and is brought up to date; ``out``: a place
        for so many samples, in one piece.
        """
        batches = _batched(channel)
        states = self._around(batches, state)
        heard = np.empty((*batches.shape[:2], ROW + self.states), np.float32)
        heard[:, :, :ROW] = batches
        heard[:, :, ROW:] = states[:-1].reshape(*batches.shape[:2], self.states)
        state[:] = states[-1]
        shape = (*batches.shape[:2], self._product.shape[1])
        filtered = np.matmul(heard, self._product, out=None if out is None else out.reshape(shape))
        return filtered.reshape(len(states) - 1, self._product.shape[1])

    def all_through(self, sound: Sound, states: Floats) -> Sound:
        """What a single chain makes of each channel; ``states``: one of each, brought up to date."""
        out = np.empty_like(sound)
        for channel, state, filtered in zip(sound, states, out, strict=True):
            self.through(channel, state, out=filtered)
        return out

    def _around(self, batches: Singles, state: Floats) -> Floats:
        """The state before each row, and after the last: within groups, from group to group, and then both together.

        In 64 bits: what stands still in a sound makes large states of opposite sign.
        """
        left = np.matmul(batches, self._leaving).astype(np.float64)
        after = left.reshape(batches.size // (_GROUP * ROW), _GROUP * self.states) @ self._within
        before = np.concatenate([state[np.newaxis], after[:, -self.states :]])
        reach = 1
        for power in self._powers:
            if reach >= len(before):
                break
            before[reach:] += before[:-reach] @ power
            reach *= 2
        after += before[:-1] @ self._onwards
        return np.concatenate([state[np.newaxis], after.reshape(batches.size // ROW, self.states)])


def _batched(channel: Singles) -> Singles:
    rows = len(channel) // ROW
    together = BATCH if rows % _AT_ONCE else _AT_ONCE
    return channel.reshape(rows // together, together, ROW)


def _doubled(step: Floats) -> list[Floats]:
    """What becomes of a state after 1, 2, 4 … steps, until nothing is left of it, or it is a second ago."""
    powers = [step]
    while len(powers) < 12 and np.abs(powers[-1]).max(initial=0.0) > _FADED:
        powers.append(powers[-1] @ powers[-1])
    return powers


def _well_scaled(came: Floats, left: Floats) -> tuple[Floats, Floats]:
    """The same with other numbers for the state: as large as what they add to the row, so that 32 bits can hold them."""
    turned, sizes, added = np.linalg.svd(came[ROW:], full_matrices=False)
    scale = turned * sizes
    after = np.concatenate([left[:ROW] @ scale, np.linalg.solve(scale, left[ROW:] @ scale)])
    return np.concatenate([came[:ROW], added]), after


def _tried(sections: Floats) -> tuple[Floats, Floats]:
    """What comes out of a row, and what it leaves behind: tried with a 1 at each of its places, then in each state."""
    count = 2 * len(sections)
    states = np.concatenate([np.zeros((ROW, count)), np.eye(count)])
    came = np.concatenate([np.eye(ROW), np.zeros((count, ROW))])
    for place in range(ROW):
        for number, (b0, b1, b2, _, a1, a2) in enumerate(sections):
            sample, near, far = came[:, place].copy(), states[:, 2 * number], states[:, 2 * number + 1]
            out = b0 * sample + near
            states[:, 2 * number : 2 * number + 2] = np.stack(
                [b1 * sample - a1 * out + far, b2 * sample - a2 * out], axis=1
            )
            came[:, place] = out
    return came, states
