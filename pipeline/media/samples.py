"""Sample arrays: the working sample rate, and the array types that all audio code uses.

Full scale is 1.0.
"""

import numpy as np
from numpy.typing import NDArray

RATE = 48_000  # Hz: the working rate; every processing stage runs at it

Block = NDArray[np.float32]  # shape (samples, channels)
PlanarBlock = NDArray[np.float32]  # shape (channels, samples)

Float64Array = NDArray[np.float64]
Float32Array = NDArray[np.float32]
Float16Array = NDArray[np.float16]
BoolArray = NDArray[np.bool_]

Span = tuple[int, int]  # samples, from and up to
