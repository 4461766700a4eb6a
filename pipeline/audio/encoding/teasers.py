"""Teasers: a stretch of a master in a file of its own, to call attention with."""

import tempfile
from dataclasses import replace
from pathlib import Path

from pipeline.audio.encoding.encoder import encode
from pipeline.audio.processing import clips
from pipeline.audio.tagging import tag
from pipeline.audio.tasks import Encoded, EncodeJob, TeaserJob
from pipeline.media import ffmpeg

_FADE_IN_MS, _FADE_OUT_MS = 60, 600  # shorter than a breath at the first word, long enough not to break off at the last
_FLAC = ("-c:a", "flac", "-compression_level", "0", "-sample_fmt", "s32", "-bits_per_raw_sample", "24", "-f", "flac")


def make_teaser(job: TeaserJob) -> Encoded:
    """Cut it out of the master, fade it in and out, encode it at the target of the episode, and tag it.

    Its figures are those of the decoded file.

    Raises:
        AudioError: the master is not that long, or cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix=".teaser-", dir=Path(job.out).parent) as room:
        stretch, faded, sound = (str(Path(room) / name) for name in ("stretch.flac", "faded.flac", "sound.mp3"))
        ffmpeg.transcode(job.master, stretch, options=_FLAC, start_s=job.from_ms / 1000, stop_s=job.to_ms / 1000)
        width = ffmpeg.flac_length(stretch).channels
        clip = clips.load(stretch, width=width, fade_in_ms=_FADE_IN_MS, fade_out_ms=_FADE_OUT_MS)
        ffmpeg.encode([clip], channels=width, out=faded, options=_FLAC)
        made = encode(EncodeJob(master=faded, format="mp3", target=job.target, out=sound))
        tag(replace(job.tags, source=sound, out=job.out, format="mp3", duration_ms=round(made.duration_s * 1000)))
    return made
