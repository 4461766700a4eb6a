"""The sound that speech recognition reads: one channel of 16 bits at 16 kHz, at one level, without what is removed."""

import tempfile
import wave
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from pipeline.audio.io.probe import open_part
from pipeline.audio.io.recording_reader import read_mixed
from pipeline.audio.processing.redaction import replace_with_room_tone
from pipeline.audio.speech_tasks import SPEECH_RATE_HZ, SpeechSoundTask, TrackSoundTask
from pipeline.audio.tracks.corrected_tracks import open_take
from pipeline.audio.tracks.own_sound import find_own_sound, read_own_sound
from pipeline.audio.tracks.resampling import ClockConverter
from pipeline.errors import StorageError, fill
from pipeline.media.samples import RATE, Block, Float32Array
from pipeline.model import Cut, TakeAlignment

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
    parts = tuple(open_part(path) for path in task.parts)
    blocks = read_mixed(parts, task.channel_plan.reduce_to_mono())
    return _write_sound(
        blocks, (*task.cuts, *task.mutes, *task.bleeps), _compute_gain_db(task.integrated_lufs), task.out
    )


def convert_track(task: TrackSoundTask) -> float:
    """Write the sound of one track of a take for speech recognition; it is silent where only others speak.

    Returns:
        Its duration in seconds.

    Raises:
        AudioError: A file cannot be read.
        StorageError: The disk is full.
    """
    alignment = TakeAlignment(samples=task.samples, tracks=(task.track,))
    with (
        tempfile.TemporaryDirectory(prefix="track-", dir=Path(task.out).parent) as scratch,
        open_take(alignment, task.files, scratch, workers=1) as take,
    ):
        own = find_own_sound(task.spans, task.simultaneous, task.speaker, samples=task.samples)
        gain_db = task.gain_db + _compute_gain_db(task.integrated_lufs)
        return _write_sound(read_own_sound(take, task.samples, own), task.silenced, gain_db, task.out)


def _compute_gain_db(integrated_lufs: float | None) -> float:
    return 0.0 if integrated_lufs is None else min(_TARGET_LUFS - integrated_lufs, _MAX_GAIN_DB)


def _write_sound(blocks: Iterable[Block], silenced: tuple[Cut, ...], gain_db: float, out_path: str) -> float:
    """Write blocks of one channel at 48 kHz, silent where something is removed; return their duration in seconds."""
    gain = np.float32(32767 * 10 ** (gain_db / 20))
    samples = 0
    try:
        with Path(out_path).open("wb") as file, wave.open(file, "wb") as out:
            out.setparams((1, 2, SPEECH_RATE_HZ, 0, "NONE", ""))
            for sound in _resample(replace_with_room_tone(iter(blocks), silenced, None)):
                samples += len(sound)
                out.writeframes(np.clip(np.rint(sound * gain), -32768, 32767).astype("<i2").tobytes())
    except OSError as error:
        raise StorageError(fill("cannot be written: {strerror}", strerror=error.strerror), where=out_path) from error
    return samples / SPEECH_RATE_HZ


def _resample(blocks: Iterable[Block]) -> Iterator[Float32Array]:
    converter = ClockConverter(from_hz=RATE, to_hz=SPEECH_RATE_HZ)
    for block in blocks:
        yield converter.convert(block[:, 0])
    yield converter.convert(np.zeros(0, np.float32), last=True)
