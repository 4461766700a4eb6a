"""The sound that speech recognition reads: one channel of 16 bits at 16 kHz, at one level, without what is removed."""

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.audio.io.probe import open_part
from pipeline.audio.io.recording_reader import read_mixed
from pipeline.audio.processing.redaction import replace_with_room_tone
from pipeline.audio.speech_tasks import SPEECH_RATE_HZ, SpeechSoundTask
from pipeline.audio.tracks.resampling import ClockConverter
from pipeline.errors import StorageError, fill
from pipeline.media.samples import RATE, Float32Array

_TARGET_LUFS = -23.0  # voice activity detection misses quieter speech; peaks still fit
_MAX_GAIN_DB = 40.0  # of a recording that is all but silent


def convert_for_speech(task: SpeechSoundTask) -> float:
    """Write the sound of a recording for speech recognition.

    Cuts, mutes and bleeps are silence, so no removed word reaches a transcript; nothing moves.

    Returns:
        Its duration in seconds.

    Raises:
        AudioError: A part cannot be read.
        StorageError: The disk is full.
    """
    gain_db = 0.0 if task.integrated_lufs is None else min(_TARGET_LUFS - task.integrated_lufs, _MAX_GAIN_DB)
    gain = np.float32(32767 * 10 ** (gain_db / 20))
    samples = 0
    try:
        with Path(task.out).open("wb") as file, wave.open(file, "wb") as out:
            out.setparams((1, 2, SPEECH_RATE_HZ, 0, "NONE", ""))
            for sound in _read_resampled(task):
                samples += len(sound)
                out.writeframes(np.clip(np.rint(sound * gain), -32768, 32767).astype("<i2").tobytes())
    except OSError as error:
        raise StorageError(fill("cannot be written: {strerror}", strerror=error.strerror), where=task.out) from error
    return samples / SPEECH_RATE_HZ


def _read_resampled(task: SpeechSoundTask) -> Iterator[Float32Array]:
    parts = tuple(open_part(path) for path in task.parts)
    blocks = read_mixed(parts, task.channel_plan.reduce_to_mono())
    converter = ClockConverter(from_hz=RATE, to_hz=SPEECH_RATE_HZ)
    for block in replace_with_room_tone(blocks, (*task.cuts, *task.mutes, *task.bleeps), None):
        yield converter.convert(block[:, 0])
    yield converter.convert(np.zeros(0, np.float32), last=True)
