"""Voice activity: where somebody speaks, by the Silero network that comes with faster-whisper.

Whisper writes invented text where nobody speaks, so it gets nothing else than speech.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.media.samples import Float32Array
from pipeline.speech.engine import load_voice_activity_session
from pipeline.speech.sound_file import SpeechSoundFile
from pipeline.speech.tasks import RATE_HZ, SpeechStretch

WINDOW_SAMPLES = 512  # of one probability

_CONTEXT_SAMPLES = 64  # of the window before
_WINDOWS_AT_ONCE = 2000  # about a minute
_THRESHOLD, _END_THRESHOLD = 0.5, 0.35  # Silero's defaults: others gave invented text
_MIN_SILENCE_S, _PADDING_S = 2.0, 0.4  # likewise, as faster-whisper has them
_MIN_SPEECH_S = 0.25  # alone in silence; shorter ones were notes of music
_MIN_PAUSE_S = 0.1  # between phrases


def compute_speech_probabilities(sound: SpeechSoundFile) -> Float32Array:
    """Compute how probable speech is in each window of 32 ms.

    The sound is read in pieces, and the state of the network continues: the result is that of the whole.

    Returns:
        Shape (windows,), float32, 0 to 1.
    """
    session = load_voice_activity_session()
    state: list[NDArray[np.float32]] = [np.zeros((1, 1, 128), np.float32), np.zeros((1, 1, 128), np.float32)]
    before = np.zeros((1, _CONTEXT_SAMPLES), np.float32)
    found = []
    for first in range(0, sound.samples, _WINDOWS_AT_ONCE * WINDOW_SAMPLES):
        piece = sound.read_range(first, first + _WINDOWS_AT_ONCE * WINDOW_SAMPLES)
        windows = np.pad(piece, (0, -len(piece) % WINDOW_SAMPLES)).reshape(-1, WINDOW_SAMPLES)
        ends = windows[:, -_CONTEXT_SAMPLES:]
        framed = np.concatenate([np.concatenate([before, ends[:-1]]), windows], axis=1)
        probabilities, *state = session.run(None, {"input": framed, "h": state[0], "c": state[1]})
        before = ends[-1:].copy()
        found.append(np.asarray(probabilities, np.float32).ravel())
    return np.concatenate(found) if found else np.zeros(0, np.float32)


def find_stretches(probabilities: Float32Array, *, samples: int) -> list[SpeechStretch]:
    """Find stretches of speech for the recogniser: joined over pauses of less than 2 s, with 0.4 s around them."""
    runs = _find_runs(probabilities, min_silence=-(-round(_MIN_SILENCE_S * RATE_HZ) // WINDOW_SAMPLES))
    padding, stretches = round(_PADDING_S * RATE_HZ), list[SpeechStretch]()
    for first, last in runs:
        if (last - first) * WINDOW_SAMPLES < _MIN_SPEECH_S * RATE_HZ:
            continue
        start, end = max(0, first * WINDOW_SAMPLES - padding), min(samples, last * WINDOW_SAMPLES + padding)
        stretches.append(SpeechStretch(first=start, last=end))
    return stretches


def find_phrases(probabilities: Float32Array, *, samples: int) -> list[SpeechStretch]:
    """Find stretches of speech between pauses of at least 0.1 s, without silence around them."""
    runs = _find_runs(probabilities, min_silence=-(-round(_MIN_PAUSE_S * RATE_HZ) // WINDOW_SAMPLES))
    return [
        SpeechStretch(first=first * WINDOW_SAMPLES, last=min(samples, last * WINDOW_SAMPLES)) for first, last in runs
    ]


def _find_runs(probabilities: Float32Array, *, min_silence: int) -> Sequence[tuple[int, int]]:
    """Find runs of windows that begin at ``_THRESHOLD`` and end before ``min_silence`` windows below the other."""
    runs: list[tuple[int, int]] = []
    start = end = -1  # of the current run; ``end``: where its silence began
    for number, probability in enumerate(map(float, probabilities)):
        if probability >= _THRESHOLD:
            start, end = (number if start < 0 else start), -1
        elif start >= 0 and probability < _END_THRESHOLD:
            end = number if end < 0 else end
            if number - end >= min_silence:
                runs.append((start, end))
                start = end = -1
    if start >= 0:
        runs.append((start, len(probabilities) if end < 0 else end))
    return runs
