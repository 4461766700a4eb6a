"""Encodes teasers: parts of a master, each in its own file."""

import tempfile
from dataclasses import replace
from pathlib import Path

from pipeline.audio.encoding.encoder import encode_master, open_master
from pipeline.audio.io.wav_file import WavFile
from pipeline.audio.processing import clips
from pipeline.audio.tagging import tag
from pipeline.audio.tasks import EncodeResult, EncodeTask, TeaserTask
from pipeline.media.samples import RATE

_FADE_IN_MS, _FADE_OUT_MS = 60, 600  # shorter than a breath at the first word, long enough not to break off at the last


def encode_teaser(task: TeaserTask) -> EncodeResult:
    """Cut a teaser out of the master, fade it, encode it at the episode's target, and tag it.

    Raises:
        AudioError: The master is shorter than that, or cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix=".teaser-", dir=Path(task.out).parent) as folder:
        faded, encoded = (str(Path(folder) / name) for name in ("faded.wav", "encoded.mp3"))
        first, last = task.from_ms * RATE // 1000, task.to_ms * RATE // 1000
        sound = open_master(task.master).read_range(first, last)
        clip = clips.fade_clip(sound, fade_in_ms=_FADE_IN_MS, fade_out_ms=_FADE_OUT_MS)
        file = WavFile(faded, channels=clip.shape[1], samples=len(clip))
        file.create()
        file.write(clip, 0)
        result = encode_master(EncodeTask(master=faded, format="mp3", target=task.target, out=encoded))
        duration_ms = round(result.duration_s * 1000)
        tag(replace(task.tags, source=encoded, out=task.out, format="mp3", duration_ms=duration_ms))
    return result
