"""Resamples audio with soxr, for other sample rates and for clocks that drift."""

import numpy as np
import soxr

from pipeline.media.samples import Float32Array


def resample(samples: Float32Array, *, from_hz: float, to_hz: float) -> Float32Array:
    """Resample one stretch of sound; the first sample keeps its time.

    Args:
        samples: Shape (samples,), float32.
        from_hz: Its sample rate.
        to_hz: The other sample rate.

    Returns:
        Shape (samples,), float32.
    """
    return ClockConverter(from_hz=from_hz, to_hz=to_hz).convert(samples, last=True)


class ClockConverter:
    """Converts a stream of one channel from the clock of a recorder to another."""

    def __init__(self, *, from_hz: float, to_hz: float) -> None:
        """Prepare the conversion between two rates, which need not be whole numbers."""
        self._stream = soxr.ResampleStream(from_hz, to_hz, 1, quality="HQ")

    def convert(self, samples: Float32Array, *, last: bool = False) -> Float32Array:
        """Convert the next block.

        Args:
            samples: Shape (samples,), float32.
            last: No block follows, so all of the result is returned.

        Returns:
            Shape (samples,), float32: what can be computed so far.
        """
        converted: Float32Array = self._stream.resample_chunk(np.ascontiguousarray(samples, np.float32), last=last)
        return converted
