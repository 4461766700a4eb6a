"""Encodes teasers: parts of a master, each in its own file."""

import tempfile
from dataclasses import replace
from pathlib import Path

from pipeline.audio.encoding.encoder import encode_master
from pipeline.audio.processing import clips
from pipeline.audio.tagging import tag
from pipeline.audio.tasks import EncodeResult, EncodeTask, TeaserTask
from pipeline.media import ffmpeg
from pipeline.media.flac import read_flac_length

_FADE_IN_MS, _FADE_OUT_MS = 60, 600  # shorter than a breath at the first word, long enough not to break off at the last


def encode_teaser(task: TeaserTask) -> EncodeResult:
    """Cut a teaser out of the master, fade it, encode it at the episode's target, and tag it.

    Raises:
        AudioError: The master is shorter than that, or cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix=".teaser-", dir=Path(task.out).parent) as folder:
        part, faded, encoded = (str(Path(folder) / name) for name in ("part.flac", "faded.flac", "encoded.mp3"))
        start_s, stop_s = task.from_ms / 1000, task.to_ms / 1000
        ffmpeg.transcode(task.master, part, options=ffmpeg.TEMPORARY_FLAC_OPTIONS, start_s=start_s, stop_s=stop_s)
        channels = read_flac_length(part).channels
        clip = clips.load_clip(part, channels=channels, fade_in_ms=_FADE_IN_MS, fade_out_ms=_FADE_OUT_MS)
        ffmpeg.encode([clip], channels=channels, out=faded, options=ffmpeg.TEMPORARY_FLAC_OPTIONS)
        result = encode_master(EncodeTask(master=faded, format="mp3", target=task.target, out=encoded))
        duration_ms = round(result.duration_s * 1000)
        tag(replace(task.tags, source=encoded, out=task.out, format="mp3", duration_ms=duration_ms))
    return result
