"""Probes an audio file: container, codec, channels, sample rate and declared duration."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.errors import AudioError, fill, make_message
from pipeline.media.process import build_command, build_input_arguments, summarise_messages

UNREADABLE = "not a readable audio file"
UNSUPPORTED = "recordings in this format cannot be read"
_UNDECODABLE = re.compile(r"Audio: (?:none\b|\w+[^,]*\(apac / )")  # ffmpeg has no decoder: APAC of iPhones


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStream:
    """One audio stream of a file, as it declares it."""

    index: int  # among the audio streams
    codec: str  # pcm_s16le, aac …
    channel_layout: str  # mono, stereo, 5.1, 8 channels …
    channels: int  # of the layout; 0: the layout has a name that does not say
    sample_rate_hz: int
    is_default: bool = False  # players start with it
    language: str = ""  # ISO 639-2; empty: not declared


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """What a file declares about its audio; only decoding proves it."""

    container: str  # as ffmpeg names it: wav, mp3, mov …
    codec: str  # of the stream in use: pcm_s16le, aac …
    channel_layout: str  # mono, stereo, 5.1, 8 channels …
    channels: int  # of the layout; 0: the layout has a name that does not say
    sample_rate_hz: int
    declared_s: float | None  # None: unknown, or only estimated by ffmpeg
    audio_streams: int
    decodable: tuple[AudioStream, ...] = ()  # the audio streams that ffmpeg can decode
    start_s: float = 0.0  # the first time stamp of all streams
    has_picture: bool = False  # a video, not a cover


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
    streams = re.findall(r"^  Stream #0:\d.*?: Audio: .*", report, re.MULTILINE)
    decodable = [stream for number, line in enumerate(streams) if (stream := _parse_stream(number, line))]
    if container is None or not decodable:
        raise AudioError(_explain_failure(path, lines, opened=container is not None), where=path)
    duration = re.search(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", report, re.MULTILINE)
    start = re.search(r"^  Duration: .*?, start: (-?\d+\.\d+)", report, re.MULTILINE)
    estimated = "Estimating duration from bitrate" in report
    declared_s = None
    if duration and not estimated:
        declared_s = int(duration[1]) * 3600 + int(duration[2]) * 60 + float(duration[3])
    videos = re.findall(r"^  Stream #0:\d.*?: Video: .*", report, re.MULTILINE)
    info = build_stream_info(container[1], decodable, declared_s=declared_s)
    return replace(
        info,
        audio_streams=len(streams),
        start_s=float(start[1]) if start else 0.0,
        has_picture=any("(attached pic)" not in line for line in videos),
    )


def build_stream_info(container: str, streams: Sequence[AudioStream], *, declared_s: float | None) -> StreamInfo:
    """Describe a file of which the first stream is in use."""
    info = StreamInfo(
        container=container,
        codec="",
        channel_layout="",
        channels=0,
        sample_rate_hz=0,
        declared_s=declared_s,
        audio_streams=len(streams),
        decodable=tuple(streams),
    )
    return select_stream(info, streams[0])


def select_stream(info: StreamInfo, stream: AudioStream) -> StreamInfo:
    """Return ``info`` with one of its streams in use."""
    return replace(
        info,
        codec=stream.codec,
        channel_layout=stream.channel_layout,
        channels=stream.channels,
        sample_rate_hz=stream.sample_rate_hz,
    )


def _parse_stream(number: int, line: str) -> AudioStream | None:
    """Parse the line of an audio stream; ``None``: ffmpeg cannot decode it."""
    parsed = re.search(r": Audio: (\w+).*?, (\d+) Hz, ([^,\n]+)", line)
    if parsed is None or _UNDECODABLE.search(line):
        return None
    codec, rate, layout = parsed.groups()
    language = re.match(r"  Stream #0:[^(:]*\((\w+)\)", line)
    return AudioStream(
        index=number,
        codec=codec,
        channel_layout=layout.strip().removesuffix(" (default)"),
        channels=_count_channels(layout.strip()),
        sample_rate_hz=int(rate),
        is_default="(default)" in line,
        language=language[1] if language and language[1] != "und" else "",
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
    if refused := re.search(r"^\[(\w+)[^]]*\] Format not on whitelist", "\n".join(lines), re.MULTILINE):
        return fill("recordings in this format cannot be read: {format}", format=refused[1])
    reason = summarise_messages([line for line in lines if line.startswith(("file:", "["))], path)
    return fill("not a readable audio file ({reason})", reason=make_message(reason)) if reason else UNREADABLE
