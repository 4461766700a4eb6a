"""The doorway to LAME's own library, where the system has it: the bytes that ffmpeg gives, without a pipe on the way to them.

ffmpeg's encoder of MP3 is this same library, and here it is set up as ffmpeg does (libavcodec/libmp3lame.c). Where it cannot be
opened, ffmpeg does the work.
"""

import ctypes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from pipeline.audio.encoding.shared_library import opened
from pipeline.errors import AudioError, StoreError
from pipeline.media import ffmpeg
from pipeline.media.ffmpeg import RATE, Block

_NAMES = ("libmp3lame.so.0", "libmp3lame.0.dylib")
_QUALITY = 5  # of 0, the slowest, to 9
_FULL = np.float32(32768)  # what LAME calls full scale
_JOINT_STEREO, _MONO = 1, 3  # MPEG_mode, lame.h


def encode(blocks: Iterable[Block], *, channels: int, kbps: int, out: str) -> None:
    """Write ``blocks`` to ``out`` as bare frames of MP3, each of which holds all of itself; the same blocks give the same bytes.

    Raises:
        AudioError: the encoder gave up.
        StoreError: it cannot be written.
    """
    library = _library()
    if library is None:
        rate = ("-b:a", f"{kbps}k", "-compression_level", str(_QUALITY), "-reservoir", "0")
        bare = ("-write_xing", "0", "-id3v2_version", "0", "-f", "mp3")
        options = ("-c:a", "libmp3lame", "-sample_fmt", "fltp", *rate, *bare)
        ffmpeg.encode(blocks, channels=channels, out=out, options=options)
        return
    with _opened(library, channels=channels, kbps=kbps) as encoder, ffmpeg.replacing(out) as partial:
        try:
            with Path(partial).open("wb") as file:
                file.writelines(encoder.encoded(block) for block in blocks)
                file.write(encoder.rest())
        except OSError as error:
            raise StoreError(f"it cannot be written: {error.strerror}", where=out) from error


@cache
def _library() -> ctypes.CDLL | None:
    library = opened(*_NAMES)
    if library is not None:
        library.lame_init.restype = ctypes.c_void_p
    return library


@contextmanager
def _opened(library: ctypes.CDLL, *, channels: int, kbps: int) -> Iterator["_Encoder"]:
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
        refused = [name for name, value in settings.items() if getattr(library, f"lame_set_{name}")(state, value) < 0]
        if not state.value or refused or library.lame_init_params(state) < 0:
            raise AudioError(f"LAME does not take {kbps} kbit/s in {channels} channels")
        yield _Encoder(library, state)
    finally:
        library.lame_close(state)


class _Encoder:
    """One stream; each call gives the frames that are done."""

    def __init__(self, library: ctypes.CDLL, state: ctypes.c_void_p) -> None:
        self._library, self._state = library, state

    def encoded(self, block: Block) -> bytes:
        planes = np.ascontiguousarray(block.T, np.float32) * _FULL
        left, right = planes[0], planes[-1]
        room = ctypes.create_string_buffer(len(block) * 5 // 4 + 7200)  # as lame.h asks
        size = self._library.lame_encode_buffer_float(
            self._state, _place(left), _place(right), len(block), room, len(room)
        )
        return self._taken(room, size)

    def rest(self) -> bytes:
        room = ctypes.create_string_buffer(7200)
        return self._taken(room, self._library.lame_encode_flush(self._state, room, len(room)))

    def _taken(self, room: "ctypes.Array[ctypes.c_char]", size: int) -> bytes:
        if size < 0:
            raise AudioError(f"it cannot be encoded (LAME says {size})")
        return room.raw[:size]


def _place(plane: Block) -> ctypes.c_void_p:
    return ctypes.c_void_p(plane.ctypes.data)
