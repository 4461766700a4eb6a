"""Blocks: a recording is recognised in parts of at most five minutes, which begin and end in a pause.

Their size bounds memory, and is the unit of parallel work and of the cache. It does not depend on
the number of workers.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from pipeline.media.samples import Float32Array
from pipeline.speech import voice_activity
from pipeline.speech.sound_file import SpeechSoundFile, open_sound
from pipeline.speech.tasks import RATE_HZ, FindSpeechTask, SpeechBlock, SpeechPlan, SpeechStretch
from pipeline.speech.voice_activity import WINDOW_SAMPLES

_MAX_BLOCK = 300 * RATE_HZ
_SEARCHED = 120 * RATE_HZ  # before that end: the longest pause in it ends the block


def plan_blocks(task: FindSpeechTask) -> SpeechPlan:
    """Find speech in a recording, and divide it into blocks.

    Raises:
        StorageError: The sound cannot be read.
        DependencyError: faster-whisper is not installed.
    """
    with open_sound(task.sound) as sound:
        probabilities = voice_activity.compute_speech_probabilities(sound)
        phrases = voice_activity.find_phrases(probabilities, samples=sound.samples)
        stretches = voice_activity.find_stretches(probabilities, samples=sound.samples)
        edges = [0, *find_block_ends(phrases, probabilities, samples=sound.samples)]
        return SpeechPlan(phrases=tuple(phrases), blocks=tuple(_build_blocks(sound, edges, stretches)))


def find_block_ends(phrases: Sequence[SpeechStretch], probabilities: Float32Array, *, samples: int) -> list[int]:
    """Choose the ends of blocks: the middle of the longest pause in the last two of five minutes.

    Args:
        phrases: In order of time.
        probabilities: Of speech in each window, shape (windows,); where nobody pauses, the least
            probable window is the end.
        samples: Length of the recording.

    Returns:
        The samples after the end of each block; the last is ``samples``.
    """
    pauses = [(after.first - before.last, (before.last + after.first) // 2) for before, after in pairwise(phrases)]
    ends = [0]
    while samples - ends[-1] > _MAX_BLOCK:
        low, high = ends[-1] + _MAX_BLOCK - _SEARCHED, ends[-1] + _MAX_BLOCK
        inside = [pause for pause in pauses if low < pause[1] <= high]
        if inside:
            ends.append(max(inside)[1])
        else:
            window = low // WINDOW_SAMPLES + 1
            ends.append((window + int(np.argmin(probabilities[window : high // WINDOW_SAMPLES]))) * WINDOW_SAMPLES)
    return [*ends[1:], samples]


def _build_blocks(
    sound: SpeechSoundFile, edges: Sequence[int], stretches: Sequence[SpeechStretch]
) -> Iterator[SpeechBlock]:
    for first, last in pairwise(edges):
        inside = tuple(
            SpeechStretch(first=max(first, one.first) - first, last=min(last, one.last) - first)
            for one in stretches
            if one.first < last and one.last > first
        )
        if inside:
            digest = hashlib.sha256(sound.read_bytes(first, last)).hexdigest()
            yield SpeechBlock(first=first, last=last, stretches=inside, sha256=digest)
