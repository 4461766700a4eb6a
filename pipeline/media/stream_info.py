"""Probes an audio file: container, codec, channels, sample rate and declared duration."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import AudioError
from pipeline.media.process import build_command, build_input_arguments, summarise_messages

UNREADABLE = "not a readable audio file"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """What a file declares about its audio; only decoding proves it."""

    container: str  # as ffmpeg names it: wav, mp3, mov …
    codec: str  # pcm_s16le, aac …
    channel_layout: str  # mono, stereo, 5.1, 8 channels …
    channels: int  # of the layout; 0: the layout has a name that does not say
    sample_rate_hz: int
    declared_s: float | None  # None: unknown, or only estimated by ffmpeg
    audio_streams: int  # the first is used


def probe(path: str) -> StreamInfo:
    """Probe a file.

    Raises:
        AudioError: The file cannot be opened as audio, or has no audio stream.
    """
    # without an output ffmpeg prints what it finds and exits with an error: no ffprobe needed
    argv = build_command(build_input_arguments(path), log_level="info")
    completed = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return _parse_report(path, completed.stderr.decode(errors="replace").splitlines())


def _parse_report(path: str, lines: Sequence[str]) -> StreamInfo:
    # metadata are indented by four spaces, so a title cannot pass for a stream
    report = "\n".join(lines)
    container = re.search(r"^Input #0, (\w+)", report, re.MULTILINE)
    streams = re.findall(r"^  Stream #0:\d\S*: Audio: (\w+).*?, (\d+) Hz, ([^,\n]+)", report, re.MULTILINE)
    if container is None or not streams:
        raise AudioError(_explain_failure(path, lines, opened=container is not None), where=path)
    duration = re.search(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", report, re.MULTILINE)
    estimated = "Estimating duration from bitrate" in report
    codec, rate, layout = streams[0]
    declared_s = None
    if duration and not estimated:
        declared_s = int(duration[1]) * 3600 + int(duration[2]) * 60 + float(duration[3])
    return StreamInfo(
        container=container[1],
        codec=codec,
        channel_layout=layout.strip(),
        channels=_count_channels(layout.strip()),
        sample_rate_hz=int(rate),
        declared_s=declared_s,
        audio_streams=len(streams),
    )


def _count_channels(layout: str) -> int:
    if layout in ("mono", "stereo"):
        return 1 if layout == "mono" else 2
    if numbered := re.match(r"(\d+) channels", layout):
        return int(numbered[1])
    named = re.match(r"(\d)\.(\d)", layout)  # 5.1(side): five, and one for low frequencies
    return int(named[1]) + int(named[2]) if named else 0


def _explain_failure(path: str, lines: Sequence[str], *, opened: bool) -> str:
    if opened:
        return "no audio stream that can be decoded"
    reason = summarise_messages([line for line in lines if line.startswith(("file:", "["))], path)
    return f"{UNREADABLE} ({reason})" if reason else UNREADABLE
