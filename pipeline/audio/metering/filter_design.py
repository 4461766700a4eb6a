"""Second-order sections of the high-pass, and of the K-weighting of ITU-R BS.1770.

A section is a row (b0, b1, b2, 1, a1, a2), as scipy has them.
"""

import math

import numpy as np

from pipeline.media.samples import RATE, Float64Array


def build_high_pass(hz: float) -> Float64Array:
    """Build a Butterworth high-pass of second order (12 dB per octave) by the bilinear transform.

    Args:
        hz: Cut-off frequency; 0 for no filter.

    Returns:
        Sections for 48 kHz, shape (1, 6); shape (0, 6) for no filter.
    """
    if not hz:
        return np.zeros((0, 6))
    k = math.tan(math.pi * hz / RATE)
    a0 = 1 + k * math.sqrt(2) + k * k
    return np.array([[1 / a0, -2 / a0, 1 / a0, 1, 2 * (k * k - 1) / a0, (1 - k * math.sqrt(2) + k * k) / a0]])


def build_k_weighting(sample_rate_hz: int) -> Float64Array:
    """Build the two filters of BS.1770 for any sample rate; at 48 kHz they are those of its tables.

    Returns:
        Sections, shape (2, 6).

    Source: ITU-R BS.1770-5, annex 1.
    """
    k, q = math.tan(math.pi * 1681.974450955533 / sample_rate_hz), 0.7071752369554196
    gain = 10 ** (3.999843853973347 / 20)
    band = gain**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [
        *((gain + band * k / q + k * k) / a0, 2 * (k * k - gain) / a0, (gain - band * k / q + k * k) / a0),
        *(1, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0),
    ]
    k, q = math.tan(math.pi * 38.13547087602444 / sample_rate_hz), 0.5003270373238773
    a0 = 1 + k / q + k * k
    return np.array([shelf, [1, -2, 1, 1, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]])
