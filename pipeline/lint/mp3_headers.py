"""What the headers of an MP3 state about the whole file, compared with its frames.

Apps read the first frame only, so a wrong one gives a wrong duration and wrong jumps.
Sources: ISO/IEC 11172-3, 2.4.2.3 and ISO/IEC 13818-3, 2.4.2.3 (frame header); gabriel-bouvigne.net, "VBR header and
LAME tag" (Xing); id3.org, ID3v2.4.0, 3.1.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import fill
from pipeline.lint.companion_files import FileProblem

_KBPS = (  # layer III: of MPEG 1, then of MPEG 2 and 2.5
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version bits
_MPEG1, _LAYER3, _MONO = 3, 1, 3
_VBRI_OFFSET = 36  # bytes from the start of the frame
_FRAMES_FLAG = 1
_TOLERANCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Mp3Frame:
    """The header of one frame of layer III."""

    size_bytes: int
    kbps: int
    rate_hz: int
    samples: int
    xing_offset: int  # bytes from the start of the frame to where a Xing header would be

    @property
    def duration_s(self) -> float:
        """The duration of its sound in seconds."""
        return self.samples / self.rate_hz


@dataclass(slots=True)
class Mp3Frames:
    """What the frames of a file contain, and what its first frame states."""

    duration_s: float = 0.0
    stated_s: float | None = None  # by a Xing or VBRI header; 0: it states no duration; ``None``: there is no header
    kbps: set[int] = field(default_factory=set)
    joins_s: list[float] = field(default_factory=list)  # where another file begins


def check_mp3_headers(file: Path) -> Iterator[FileProblem]:
    """Check that apps get the duration and the jumps right; of a file without frames nothing is known.

    Args:
        file: An MP3.

    Yields:
        The code, the message and the hint of each problem.
    """
    frames = read_mp3_frames(file)
    if frames.joins_s:
        places = ", ".join(_format_time(time_s) for time_s in frames.joins_s[:5])
        yield (
            "mp3-joined",
            fill("several MP3 files behind each other; the next ones begin at {places}", places=places),
            "",
        )
    elif frames.stated_s is None and len(frames.kbps) > 1:
        rates = fill("{low} to {high} kbit/s", low=min(frames.kbps), high=max(frames.kbps))
        yield "mp3-no-vbr-header", fill("variable bit rate ({rates}), but no Xing or VBRI header", rates=rates), ""
    elif frames.stated_s and abs(frames.stated_s - frames.duration_s) > _TOLERANCE_S:
        stated, actual = _format_time(frames.stated_s), _format_time(frames.duration_s)
        yield (
            "mp3-duration",
            fill("the Xing header states {stated}, but the frames last {actual}", stated=stated, actual=actual),
            "",
        )


def read_mp3_frames(file: Path) -> Mp3Frames:
    """Read the headers of all frames; the memory does not depend on the length of the file."""
    found = Mp3Frames()
    if not file.stat().st_size:
        return found
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        is_new_file, is_first = False, True
        for position, frame in _iter_frames(content):
            if frame is None:
                is_new_file = not is_first
                continue
            stated_s = _read_stated_duration(content, position, frame)
            if not is_first and (is_new_file or stated_s is not None):
                found.joins_s.append(found.duration_s)
            if is_first:
                found.stated_s = stated_s
            if stated_s is None:
                found.duration_s += frame.duration_s
                found.kbps.add(frame.kbps)
            is_new_file = is_first = False
    return found


def _iter_frames(content: mmap.mmap) -> Iterator[tuple[int, Mp3Frame | None]]:
    """Yield the position of each frame and its header, and ``None`` for an ID3v2 tag, with which a file begins."""
    position, end, is_in_sync = 0, len(content), False
    while position + 4 <= end:
        head = content[position : position + 10]
        frame = _parse_header(head)
        if frame and (is_in_sync or _has_frame(content, position + frame.size_bytes)):
            yield position, frame
            position, is_in_sync = position + frame.size_bytes, True
        elif head[:3] == b"ID3" and len(head) == 10:
            yield position, None
            position += 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        elif head[:3] == b"TAG":
            position += 128
        else:
            position, is_in_sync = _find_frame(content, position + 1), False


def _find_frame(content: mmap.mmap, position: int) -> int:
    """Find the next frame that another one follows, or the next ID3v2 tag; the length of the file if there is none."""
    end = len(content)
    tag = content.find(b"ID3", position)
    limit = tag if tag >= 0 else end
    while 0 <= (position := content.find(b"\xff", position)) < limit:
        frame = _parse_header(content[position : position + 4])
        if frame and _has_frame(content, position + frame.size_bytes):
            return position
        position += 1
    return limit


def _has_frame(content: mmap.mmap, position: int) -> bool:
    return _parse_header(content[position : position + 4]) is not None


def _parse_header(head: bytes) -> Mp3Frame | None:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if layer != _LAYER3 or version not in _RATES_HZ or rate == 3 or not 0 < bitrate < 15:
        return None
    is_mpeg1, is_mono = version == _MPEG1, head[3] >> 6 == _MONO
    kbps, rate_hz = _KBPS[not is_mpeg1][bitrate], _RATES_HZ[version][rate]
    side_info_bytes = (17 if is_mono else 32) if is_mpeg1 else (9 if is_mono else 17)
    return Mp3Frame(
        size_bytes=(144_000 if is_mpeg1 else 72_000) * kbps // rate_hz + padding,
        kbps=kbps,
        rate_hz=rate_hz,
        samples=1152 if is_mpeg1 else 576,
        xing_offset=4 + side_info_bytes,
    )


def _read_stated_duration(content: mmap.mmap, position: int, frame: Mp3Frame) -> float | None:
    """Read what a frame states about the file, in seconds; 0 if it states no duration, ``None`` if it is sound."""
    xing = position + frame.xing_offset
    if content[xing : xing + 4] in (b"Xing", b"Info"):
        flags, count = (int.from_bytes(content[at : at + 4]) for at in (xing + 4, xing + 8))
        return count * frame.duration_s if flags & _FRAMES_FLAG else 0.0
    vbri = position + _VBRI_OFFSET
    if content[vbri : vbri + 4] == b"VBRI":
        return int.from_bytes(content[vbri + 14 : vbri + 18]) * frame.duration_s
    return None


def _format_time(seconds: float) -> str:
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes:.0f}:{seconds:04.1f}"
