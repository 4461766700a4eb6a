"""Second-order filters computed in blocks: as exact as sample by sample, and many times faster.

A filter is a recurrence, and a recurrence computed sample by sample is slow. Here the output of a
row of 32 samples, and the state it leaves, are products with a small matrix. The states that the
rows of a group leave are another product; the states of groups are added up in steps that double.
"""

import numpy as np

from pipeline.media.samples import Float32Array, Float64Array, PlanarBlock

ROW_SAMPLES = 32
BATCH_ROWS = 30  # a signal is processed in whole batches

_PRODUCT_ROWS = 2 * BATCH_ROWS  # few enough that BLAS starts no threads, which would cost more than they gain
_GROUP_ROWS = 10  # rows whose states are one product; few enough for the same reason
_NEGLIGIBLE = 1e-12  # what remains of a state when it no longer matters


class BlockBiquad:
    """A chain of second-order sections, for one channel at a time; the caller holds the state."""

    def __init__(self, sections: Float64Array) -> None:
        """Prepare the matrices.

        Args:
            sections: Rows (b0, b1, b2, 1, a1, a2), as scipy has them, shape (sections, 6).
        """
        output, state = _balance(*_compute_responses(sections))
        self.state_count = state.shape[1]
        self._left = state[:ROW_SAMPLES].copy()  # samples → state after the row
        self._step = state[ROW_SAMPLES:].copy()  # state before → state after the row
        self._left_single = self._left.astype(np.float32)
        self._product = output.astype(np.float32)  # samples and state before → output of the row
        powers = [np.linalg.matrix_power(self._step, count) for count in range(_GROUP_ROWS + 1)]
        zero, rows = np.zeros_like(self._step), range(_GROUP_ROWS)
        self._within = np.block([[powers[row - left] if row >= left else zero for row in rows] for left in rows])
        self._onwards = np.concatenate(powers[1:], axis=1)
        self._powers = _compute_doublings(powers[_GROUP_ROWS])

    def compute_steady_state(self, sample: float) -> Float64Array:
        """Compute the state after a constant signal: a DC offset then causes no transient.

        Returns:
            Shape (state_count,), float64.
        """
        return np.asarray(np.linalg.solve(np.eye(self.state_count) - self._step.T, self._left.sum(axis=0) * sample))

    def warm_up(self, channel: Float32Array, state: Float64Array) -> None:
        """Update the state with a signal whose output is not needed.

        Args:
            channel: Whole batches of rows, shape (samples,), float32.
            state: Shape (state_count,), float64; updated in place.
        """
        state[:] = self._compute_states(_split_into_batches(channel), state)[-1]

    def filter_channel(
        self, channel: Float32Array, state: Float64Array, *, out: Float32Array | None = None
    ) -> Float32Array:
        """Filter one channel.

        Args:
            channel: Whole batches of rows, shape (samples,), float32.
            state: Shape (state_count,), float64; updated in place.
            out: Where to write, shape (samples,), contiguous.

        Returns:
            Shape (rows, ROW_SAMPLES), float32.
        """
        batches = _split_into_batches(channel)
        states = self._compute_states(batches, state)
        inputs = np.empty((*batches.shape[:2], ROW_SAMPLES + self.state_count), np.float32)
        inputs[:, :, :ROW_SAMPLES] = batches
        inputs[:, :, ROW_SAMPLES:] = states[:-1].reshape(*batches.shape[:2], self.state_count)
        state[:] = states[-1]
        filtered = np.matmul(inputs, self._product, out=None if out is None else out.reshape(batches.shape))
        return filtered.reshape(len(states) - 1, ROW_SAMPLES)

    def filter_channels(self, block: PlanarBlock, states: Float64Array) -> PlanarBlock:
        """Filter all channels.

        Args:
            block: Whole batches of rows, shape (channels, samples), float32.
            states: Shape (channels, state_count), float64; updated in place.

        Returns:
            Shape (channels, samples), float32.
        """
        out = np.empty_like(block)
        for channel, state, filtered in zip(block, states, out, strict=True):
            self.filter_channel(channel, state, out=filtered)
        return out

    def _compute_states(self, batches: Float32Array, state: Float64Array) -> Float64Array:
        """Compute the state before each row, and after the last.

        First within groups, then from group to group, then both together.

        In 64 bits: a DC offset makes large states of opposite sign.
        """
        left = np.matmul(batches, self._left_single).astype(np.float64)
        after = left.reshape(batches.size // (_GROUP_ROWS * ROW_SAMPLES), _GROUP_ROWS * self.state_count) @ self._within
        before = np.concatenate([state[np.newaxis], after[:, -self.state_count :]])
        reach = 1
        for power in self._powers:
            if reach >= len(before):
                break
            before[reach:] += before[:-reach] @ power
            reach *= 2
        after += before[:-1] @ self._onwards
        return np.concatenate([state[np.newaxis], after.reshape(batches.size // ROW_SAMPLES, self.state_count)])


def _split_into_batches(channel: Float32Array) -> Float32Array:
    rows = len(channel) // ROW_SAMPLES
    together = BATCH_ROWS if rows % _PRODUCT_ROWS else _PRODUCT_ROWS
    return channel.reshape(rows // together, together, ROW_SAMPLES)


def _compute_doublings(step: Float64Array) -> list[Float64Array]:
    """Compute the step matrix to the power 1, 2, 4 …, until it is negligible or spans a second."""
    powers = [step]
    while len(powers) < 12 and np.abs(powers[-1]).max(initial=0.0) > _NEGLIGIBLE:
        powers.append(powers[-1] @ powers[-1])
    return powers


def _balance(output: Float64Array, state: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Scale the state to what it adds to the output, so that 32 bits are precise enough."""
    rotated, sizes, added = np.linalg.svd(output[ROW_SAMPLES:], full_matrices=False)
    basis = rotated * sizes
    balanced = np.concatenate([state[:ROW_SAMPLES] @ basis, np.linalg.solve(basis, state[ROW_SAMPLES:] @ basis)])
    return np.concatenate([output[:ROW_SAMPLES], added]), balanced


def _compute_responses(sections: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Compute output and final state of a row for a 1 at each of its samples, then in each state.

    Returns:
        Outputs, shape (ROW_SAMPLES + states, ROW_SAMPLES); final states, shape (ROW_SAMPLES +
        states, states).
    """
    count = 2 * len(sections)
    states = np.concatenate([np.zeros((ROW_SAMPLES, count)), np.eye(count)])
    signal = np.concatenate([np.eye(ROW_SAMPLES), np.zeros((count, ROW_SAMPLES))])
    for sample in range(ROW_SAMPLES):
        for number, (b0, b1, b2, _, a1, a2) in enumerate(sections):
            value, near, far = signal[:, sample].copy(), states[:, 2 * number], states[:, 2 * number + 1]
            filtered = b0 * value + near
            states[:, 2 * number : 2 * number + 2] = np.stack(
                [b1 * value - a1 * filtered + far, b2 * value - a2 * filtered], axis=1
            )
            signal[:, sample] = filtered
    return signal, states
