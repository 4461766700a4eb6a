"""Bare MP3 frames at 48 kHz, and the Info frame, which declares encoder delay and padding.

Source: ISO/IEC 11172-3, 2.4.1 (frame header); the Mp3 Info Tag, revision 1.
"""

import struct
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import AudioError

SAMPLES_PER_FRAME = 1152  # in a frame of MPEG-1 layer III
KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # all that layer III has
DELAY = 576  # samples that LAME inserts before the audio
LATENCY = 529  # samples that every decoder adds to that: half its filter bank, and one

_PER_KBPS = 3  # bytes: 144 · kbit/s ÷ 48 kHz, so that no frame of constant bit rate is ever padded
_TAG = 156  # bytes from its name to its last checksum
_LANE = 256  # bytes, a power of two


def compute_frame_size(kbps: int) -> int:
    """Compute the size in bytes of a frame of that bit rate."""
    return kbps * _PER_KBPS


def find_nearest_bitrate(kbps: int) -> int:
    """Find the nearest bit rate that layer III has."""
    return min(KBPS, key=lambda one: abs(one - kbps))


def parse_frames(raw: bytes, *, kbps: int, where: str) -> NDArray[np.uint8]:
    """Split a bare stream of constant bit rate into frames.

    Returns:
        Shape (frames, bytes per frame), uint8.

    Raises:
        AudioError: ``raw`` is not whole frames of that bit rate.
    """
    size = compute_frame_size(kbps)
    data = np.frombuffer(raw, np.uint8)
    if len(data) % size or not len(data):
        raise AudioError("the encoder wrote incomplete frames", where=where, hint="Check disk space, then build again.")
    frames = data.reshape(-1, size)
    if not (frames[:, :3] == (0xFF, 0xFB, KBPS.index(kbps) + 1 << 4 | 1 << 2)).all():
        raise AudioError("the encoder wrote frames of another format", where=where)
    return frames


def build_info_frame(*, kbps: int, channels: int, frames: int, samples: int, crc: int) -> bytes:
    """Build a silent frame with the Info tag: counts, an even table of contents, delay and padding.

    It has the bit rate of the other frames, or the lowest in which the tag fits.

    Args:
        kbps: Bit rate of the other frames.
        channels: 1 or 2.
        frames: Number of the other frames.
        samples: Expected decoded samples, encoder delay and padding removed.
        crc: CRC-16 of the other frames.

    Source: the Mp3 Info Tag, revision 1.
    """
    side, body = _count_side_info(channels), bytearray(compute_info_frame_size(kbps, channels=channels))
    mode = 0xC0 if channels == 1 else 0x40  # single channel; joint stereo
    body[:4] = 0xFF, 0xFB, KBPS.index(len(body) // _PER_KBPS) + 1 << 4 | 1 << 2, mode
    total = len(body) + frames * compute_frame_size(kbps)
    info = b"".join(
        (
            b"Info" + struct.pack(">III", 15, frames, total),
            bytes(256 * (len(body) + frames * percent // 100 * compute_frame_size(kbps)) // total
                  for percent in range(100)),
            struct.pack(">I9s", 50, b"LAME3.100"),  # players only honour delay/padding after the LAME tag
            bytes((1, 0)) + bytes(8) + bytes((3, min(255, kbps))),  # constant bit rate; no lowpass, no ReplayGain
            (DELAY << 12 | compute_padding(frames, samples)).to_bytes(3, "big"),
            bytes(4) + struct.pack(">IH", total, crc),
        )
    )  # fmt: skip
    body[4 + side : 4 + side + len(info)] = info
    checked = bytes(body[: 4 + side + len(info)])
    body[len(checked) : len(checked) + 2] = struct.pack(">H", compute_crc16(checked))
    return bytes(body)


def compute_info_frame_size(kbps: int, *, channels: int) -> int:
    """Compute the size in bytes of the Info frame before frames of that bit rate."""
    return next(
        compute_frame_size(one)
        for one in KBPS
        if one >= kbps and compute_frame_size(one) >= 4 + _count_side_info(channels) + _TAG
    )


def _count_side_info(channels: int) -> int:
    return 17 if channels == 1 else 32


def compute_padding(frames: int, samples: int) -> int:
    """Compute the padding in samples, which a decoder must remove at the end.

    Raises:
        AudioError: There are too few frames for so many samples, or more than any encoder adds.
    """
    padding = frames * SAMPLES_PER_FRAME - samples - DELAY
    if not LATENCY <= padding < 4096:
        raise AudioError("the encoder lost samples", hint="Check disk space, then build again.")
    return padding


# Checksums


def compute_crc16(raw: bytes, *, before: int = 0) -> int:
    """Compute the CRC-16 of the Info tag: polynomial 0x8005, reflected.

    The bytes are split into lanes that numpy processes in parallel. The CRC of two parts is that of
    the first, advanced by as many zero bytes as the second has, exclusive-or that of the second.

    Args:
        raw: The bytes.
        before: CRC of the bytes before ``raw``.
    """
    if not raw:
        return before
    lanes = 1 << max(0, -(-len(raw) // _LANE) - 1).bit_length()
    padded = np.zeros(lanes * _LANE, np.uint8)  # leading zeros have no effect
    padded[-len(raw) :] = np.frombuffer(raw, np.uint8)
    crcs = np.zeros(lanes, np.uint16)
    for column in padded.view("<u2").reshape(lanes, _LANE // 2).T:
        crcs = _build_advance_table(2)[crcs ^ column]
    count = _LANE
    while len(crcs) > 1:
        crcs = _build_advance_table(count)[crcs[::2]] ^ crcs[1::2]
        count *= 2
    for power in range(len(raw).bit_length()):
        if len(raw) >> power & 1:
            before = int(_build_advance_table(1 << power)[before])
    return int(crcs[0]) ^ before


@cache
def _build_advance_table(count: int) -> NDArray[np.uint16]:
    """Build the table that advances a CRC by ``count`` zero bytes, a power of two."""
    if count > 1:
        half = _build_advance_table(count // 2)
        return half[half]
    crcs = np.arange(65536, dtype=np.uint16)
    for _ in range(8):
        crcs = np.where(crcs & 1, crcs >> 1 ^ 0xA001, crcs >> 1).astype(np.uint16)
    return crcs
