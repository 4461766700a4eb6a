"""True-peak limiter with look-ahead; it acts only around peaks above the ceiling."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.metering.sliding_window import compute_moving_mean, compute_moving_minimum
from pipeline.audio.metering.true_peak import REACH, compute_true_peaks_above
from pipeline.media.samples import RATE, Block, Float32Array, Float64Array
from pipeline.model import SoundTarget

LOOK_AHEAD = RATE // 200 | 1  # samples: 5 ms, odd
HEADROOM_DB = 0.5  # below the target's true peak: lossy encoders overshoot by up to 0.45

CONTEXT = 2 * LOOK_AHEAD + 2 * REACH  # samples to either side that the gain of one sample depends on


def compute_limiter_ceiling(target: SoundTarget) -> float:
    """Compute the ceiling in dBTP that keeps the encoded file under the target's true peak."""
    return target.true_peak_dbtp - HEADROOM_DB


def limit_block(block: Block, *, ceiling_dbtp: float) -> Block:
    """Limit the true peak of a range of a signal; the output is aligned with the input.

    Ranges that adjoin have no seam if each is limited with ``CONTEXT`` samples around it.

    Args:
        block: Shape (samples, channels), float32 at 48 kHz, full scale is 1.0.
        ceiling_dbtp: The highest true peak of the result.

    Returns:
        A block of the same shape; ``block`` itself if nothing is above the ceiling. All channels get
        the same gain.
    """
    ceiling = 10 ** (ceiling_dbtp / 20)
    peaks = compute_true_peaks_above(block, ceiling)
    over = np.flatnonzero(peaks > ceiling)
    if not len(over):
        return block
    limited = block.copy(order="K")
    for start, stop in _group(over, len(block)):
        limited[start:stop] *= _compute_gain(peaks[start:stop], ceiling).astype(np.float32)[:, np.newaxis]
    return limited


def _group(over: NDArray[np.intp], length: int) -> Iterator[tuple[int, int]]:
    """Yield ranges around peaks, wide enough that the gain is 1 at both ends."""
    reach = 3 * LOOK_AHEAD
    borders = np.flatnonzero(np.diff(over) > 2 * reach) + 1
    for group in np.split(over, borders):
        yield max(0, int(group[0]) - reach), min(length, int(group[-1]) + reach)


def _compute_gain(peaks: Float32Array, ceiling: float) -> Float64Array:
    """Compute one gain per sample: it falls before a peak, rises after it, and stays low enough."""
    allowed = np.minimum(1.0, ceiling / np.maximum(peaks.astype(np.float64), 1e-9))
    lowest = compute_moving_minimum(allowed, 2 * LOOK_AHEAD + 1)
    # the two means reach 2 · LOOK_AHEAD - 1 samples: less than the minimum, so they stay below it
    smooth = compute_moving_mean(compute_moving_mean(lowest, LOOK_AHEAD), LOOK_AHEAD)
    return np.asarray(np.minimum(smooth, 1.0))
