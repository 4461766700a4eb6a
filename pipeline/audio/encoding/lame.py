"""Encodes MP3 with LAME's library: the bytes of ffmpeg, without a process and its pipes.

ffmpeg's MP3 encoder is this library, and it is configured here as in libavcodec/libmp3lame.c. Where
it is not installed, ffmpeg encodes.
"""

import ctypes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from pipeline.audio.encoding.shared_library import open_shared_library
from pipeline.errors import AudioError, fill
from pipeline.media import ffmpeg
from pipeline.media.samples import RATE, Block

_NAMES = ("libmp3lame.so.0", "libmp3lame.0.dylib")
_QUALITY = 5  # of 0, the slowest, to 9
_FULL_SCALE = np.float32(32768)  # of LAME's float input
_JOINT_STEREO, _MONO = 1, 3  # MPEG_mode, lame.h


def encode_frames(blocks: Iterable[Block], *, channels: int, kbps: int, out: str) -> None:
    """Encode as bare MP3 frames of constant bit rate, without bit reservoir.

    Args:
        blocks: Shape (samples, channels) each, float32 at 48 kHz, full scale is 1.0.
        channels: 1 or 2.
        kbps: A bit rate of layer III.
        out: The file to write.

    Raises:
        AudioError: The encoder failed.
        StorageError: The file cannot be written.
    """
    library = _load_library()
    if library is None:
        rate = ("-b:a", f"{kbps}k", "-compression_level", str(_QUALITY), "-reservoir", "0")
        bare = ("-write_xing", "0", "-id3v2_version", "0", "-f", "mp3")
        options = ("-c:a", "libmp3lame", "-sample_fmt", "fltp", *rate, *bare)
        ffmpeg.encode(blocks, channels=channels, out=out, options=options)
        return
    with (
        _open_encoder(library, channels=channels, kbps=kbps) as state,
        ffmpeg.write_atomically(out) as partial,
        Path(partial).open("wb") as file,
    ):
        file.writelines(_iter_encoded(library, state, blocks))


@cache
def _load_library() -> ctypes.CDLL | None:
    library = open_shared_library(*_NAMES)
    if library is not None:
        library.lame_init.restype = ctypes.c_void_p
    return library


@contextmanager
def _open_encoder(library: ctypes.CDLL, *, channels: int, kbps: int) -> Iterator[ctypes.c_void_p]:
    state = ctypes.c_void_p(library.lame_init())
    try:
        settings = {
            "in_samplerate": RATE,
            "out_samplerate": RATE,
            "num_channels": channels,
            "mode": _MONO if channels == 1 else _JOINT_STEREO,
            "quality": _QUALITY,
            "brate": kbps,
            "bWriteVbrTag": 0,
            "disable_reservoir": 1,
        }
        rejected = [name for name, value in settings.items() if getattr(library, f"lame_set_{name}")(state, value) < 0]
        if not state.value or rejected or library.lame_init_params(state) < 0:
            raise AudioError(fill("LAME rejected {kbps} kbit/s in {channels} channels", kbps=kbps, channels=channels))
        yield state
    finally:
        library.lame_close(state)


def _iter_encoded(library: ctypes.CDLL, state: ctypes.c_void_p, blocks: Iterable[Block]) -> Iterator[bytes]:
    """Yield the frames that each block completes, and then the rest."""
    for block in blocks:
        planes = np.ascontiguousarray(block.T, np.float32) * _FULL_SCALE
        left, right = (ctypes.c_void_p(plane.ctypes.data) for plane in (planes[0], planes[-1]))
        buffer = ctypes.create_string_buffer(len(block) * 5 // 4 + 7200)  # size required by lame.h
        size = library.lame_encode_buffer_float(state, left, right, len(block), buffer, len(buffer))
        yield _require_encoded(buffer, size)
    buffer = ctypes.create_string_buffer(7200)
    yield _require_encoded(buffer, library.lame_encode_flush(state, buffer, len(buffer)))


def _require_encoded(buffer: "ctypes.Array[ctypes.c_char]", size: int) -> bytes:
    if size < 0:
        raise AudioError(fill("MP3 encoding failed (LAME error {code})", code=size))
    return buffer.raw[:size]
