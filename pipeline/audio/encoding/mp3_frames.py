"""Bare MP3 frames at 48 kHz, and the Info frame that tells players how much silence stands before and after the sound.

Source: ISO/IEC 11172-3, 2.4.1 (frame header); the Mp3 Info Tag, revision 1.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import AudioError

SAMPLES = 1152  # in a frame of MPEG-1 layer III
KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # layer III has these and no other
DELAY = 576  # samples that LAME puts before the sound
LATENCY = 529  # samples that every decoder adds to that: half its filter bank, and one

_PER_KBPS = 3  # bytes: 144 · kbit/s ÷ 48 kHz, so that no frame of constant bit rate is ever padded
_TAG = 156  # bytes from its name to its last checksum
_LANE = 256  # bytes, a power of two


def size_of(kbps: int) -> int:
    """Bytes of one frame of that bit rate."""
    return kbps * _PER_KBPS


def kbps_near(wanted: int) -> int:
    """The bit rate of layer III that is nearest."""
    return min(KBPS, key=lambda kbps: abs(kbps - wanted))


def frames_in(raw: bytes, *, kbps: int, where: str) -> NDArray[np.uint8]:
    """The frames of a bare stream of constant bit rate; shape (frames, bytes in a frame).

    Raises:
        AudioError: it is something else.
    """
    size = size_of(kbps)
    whole = np.frombuffer(raw, np.uint8)
    if len(whole) % size or not len(whole):
        raise AudioError("the encoder wrote no whole frames", where=where, hint="Is the disk full? Build again.")
    frames = whole.reshape(-1, size)
    if not (frames[:, :3] == (0xFF, 0xFB, KBPS.index(kbps) + 1 << 4 | 1 << 2)).all():
        raise AudioError("the encoder wrote frames of another kind", where=where)
    return frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """What the Info frame tells of the frames that follow it."""

    kbps: int
    channels: int
    frames: int
    samples: int  # of sound: what a decoder shall give, no more and no less
    crc: int  # of all frames


def info_frame(stream: Stream) -> bytes:
    """A frame of silence whose body is the Info tag: counts, an even table of contents, delay and padding.

    It has the stream's own bit rate, or the lowest in which the tag finds room.
    """
    side, size = _side(stream.channels), info_size(stream.kbps, channels=stream.channels)
    kbps, body = size // _PER_KBPS, bytearray(size)
    mode = 0xC0 if stream.channels == 1 else 0x40  # single channel; joint stereo
    body[:4] = 0xFF, 0xFB, KBPS.index(kbps) + 1 << 4 | 1 << 2, mode
    total = len(body) + stream.frames * size_of(stream.kbps)
    tag = b"".join(
        (
            b"Info" + struct.pack(">III", 15, stream.frames, total),
            bytes(256 * (len(body) + stream.frames * percent // 100 * size_of(stream.kbps)) // total
                  for percent in range(100)),
            struct.pack(">I9s", 50, b"LAME3.100"),  # quality as level 5 has it; players look for LAME to trust the rest
            bytes((1, 0)) + bytes(8) + bytes((3, min(255, stream.kbps))),  # constant bit rate; no lowpass, no ReplayGain
            (DELAY << 12 | padding_of(stream.frames, stream.samples)).to_bytes(3, "big"),
            bytes(4) + struct.pack(">IH", total, stream.crc),
        )
    )  # fmt: skip
    body[4 + side : 4 + side + len(tag)] = tag
    checked = bytes(body[: 4 + side + len(tag)])
    body[len(checked) : len(checked) + 2] = struct.pack(">H", crc16(checked))
    return bytes(body)


def info_size(kbps: int, *, channels: int) -> int:
    """Bytes of the Info frame before frames of that bit rate."""
    return next(size_of(one) for one in KBPS if one >= kbps and size_of(one) >= 4 + _side(channels) + _TAG)


def _side(channels: int) -> int:
    return 17 if channels == 1 else 32


def padding_of(frames: int, samples: int) -> int:
    """The samples after the sound that a decoder shall not give.

    Raises:
        AudioError: there are too few frames for so much sound, or more than any encoder adds.
    """
    padding = frames * SAMPLES - samples - DELAY
    if not LATENCY <= padding < 4096:
        raise AudioError("the encoder lost some of the sound", hint="Is the disk full? Build again.")
    return padding


# ------------------------------------------------------------------------------------------------------------- checksums


def crc16(raw: bytes, *, before: int = 0) -> int:
    """CRC-16 of the Info tag: polynomial 0x8005, reflected; ``before`` is that of what came before ``raw``.

    The bytes are laid in lanes that are worked on side by side; a checksum of two parts is that of the first, moved
    along by the zeros that would stand for the second, and that of the second.
    """
    if not raw:
        return before
    lanes = 1 << max(0, -(-len(raw) // _LANE) - 1).bit_length()
    padded = np.zeros(lanes * _LANE, np.uint8)  # zeros in front change nothing
    padded[-len(raw) :] = np.frombuffer(raw, np.uint8)
    crcs = np.zeros(lanes, np.uint16)
    two = _zeros(2)
    for column in padded.view("<u2").reshape(lanes, _LANE // 2).T:
        crcs = two[crcs ^ column]
    for moved in _doubled(_LANE, upto=lanes * _LANE):
        if len(crcs) == 1:
            break
        crcs = moved[crcs[::2]] ^ crcs[1::2]
    return int(crcs[0]) ^ _moved_by(before, len(raw))


def _moved_by(crc: int, count: int) -> int:
    """``crc`` after ``count`` bytes of zero."""
    for power, moved in enumerate(_doubled(1, upto=2 << count.bit_length())):
        if count >> power & 1:
            crc = int(moved[crc])
    return crc


@cache
def _bytewise() -> NDArray[np.uint16]:
    crcs = np.arange(256, dtype=np.uint16)
    for _ in range(8):
        crcs = np.where(crcs & 1, crcs >> 1 ^ 0xA001, crcs >> 1).astype(np.uint16)
    return crcs


def _doubled(first: int, *, upto: int) -> Iterable[NDArray[np.uint16]]:
    """What each checksum becomes after ``first`` bytes of zero, twice as many, and so on up to ``upto``."""
    count = first
    while count <= upto:
        yield _zeros(count)
        count *= 2


@cache
def _zeros(count: int) -> NDArray[np.uint16]:
    if count == 1:
        crcs = np.arange(65536, dtype=np.uint16)
        return np.asarray(crcs >> 8 ^ _bytewise()[crcs & 0xFF])
    half = _zeros(count // 2)
    return half[half]
