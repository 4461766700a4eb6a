"""The heights of a waveform, for the transcript editor."""

import numpy as np

from pipeline.speech.sound_file import open_sound
from pipeline.speech.tasks import RATE_HZ

PEAKS_PER_S = 50

_BLOCK_S = 60


def compute_peaks(path: str) -> bytes:
    """Compute the highest absolute sample of each 20 ms of a sound for speech recognition.

    Returns:
        One byte per 20 ms, 0 to 255, as the square root of the amplitude, so that soft speech is visible.

    Raises:
        StorageError: The sound cannot be read.
    """
    hop = RATE_HZ // PEAKS_PER_S
    heights = bytearray()
    with open_sound(path) as sound:
        for first in range(0, sound.samples, _BLOCK_S * RATE_HZ):
            block = np.abs(sound.read_range(first, first + _BLOCK_S * RATE_HZ))
            padded = np.pad(block, (0, -len(block) % hop)).reshape(-1, hop)
            heights += np.rint(255 * np.sqrt(np.minimum(padded.max(axis=1), 1))).astype(np.uint8).tobytes()
    return bytes(heights)
