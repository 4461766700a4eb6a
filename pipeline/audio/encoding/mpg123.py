"""Decodes bare MP3 frames with mpg123's library, without a process and its pipes.

ffmpeg depends on it in Debian and others. Where it is not installed, ffmpeg decodes; the two differ
by some millionths of full scale. Source: mpg123.h of mpg123 1.31.
"""

import ctypes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np

from pipeline.audio.encoding.shared_library import open_shared_library
from pipeline.errors import AudioError, fill
from pipeline.media.samples import RATE, Block

_NAMES = ("libmpg123.so.0", "libmpg123.0.dylib")
_BLOCK_SAMPLES = 42 * 1152  # samples: a second
_ADD_FLAGS, _REMOVE_FLAGS = 2, 12  # mpg123_parms
_FLOAT, _QUIET, _IGNORE_INFO, _GAPLESS = 0x400, 0x20, 0x4000, 0x40  # mpg123_param_flags
_DONE, _NEW_FORMAT, _NEED_MORE, _OK = -12, -11, -10, 0  # mpg123_errors


def is_available() -> bool:
    """Whether the library is installed."""
    return _load_library() is not None


def decode_frames(raw: Iterable[bytes], *, channels: int) -> Iterator[Block]:
    """Decode bare frames, encoder delay and padding included.

    Args:
        raw: Bytes of the stream, split anywhere.
        channels: Expected number of channels.

    Yields:
        Blocks of a second at most: shape (samples, channels), float32, full scale is 1.0.

    Raises:
        AudioError: It is not an MP3 at 48 kHz with that many channels.
    """
    library = _load_library()
    if library is None:
        raise ValueError("mpg123 is not installed")
    with _open_decoder(library) as state:
        for piece in raw:
            yield from _decode_piece(library, state, piece, channels)


@cache
def _load_library() -> ctypes.CDLL | None:
    library = open_shared_library(*_NAMES)
    if library is None or library.mpg123_init() != _OK:
        return None
    library.mpg123_new.restype = ctypes.c_void_p
    library.mpg123_param.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_long, ctypes.c_double]
    return library


@contextmanager
def _open_decoder(library: ctypes.CDLL) -> Iterator[ctypes.c_void_p]:
    state = ctypes.c_void_p(library.mpg123_new(None, None))
    try:
        if not state.value:
            raise AudioError("mpg123 could not start", hint="Check free memory.")
        library.mpg123_param(state, _ADD_FLAGS, _FLOAT | _QUIET | _IGNORE_INFO, 0.0)
        library.mpg123_param(state, _REMOVE_FLAGS, _GAPLESS, 0.0)
        if library.mpg123_open_feed(state) != _OK:
            raise AudioError("mpg123 could not start")
        yield state
    finally:
        library.mpg123_delete(state)


def _decode_piece(library: ctypes.CDLL, state: ctypes.c_void_p, raw: bytes, channels: int) -> Iterator[Block]:
    """Push bytes, and yield what can be decoded: shape (samples, channels)."""
    status = _OK
    while status not in (_NEED_MORE, _DONE):
        buffer, count = np.empty((_BLOCK_SAMPLES, channels), np.float32), ctypes.c_size_t()
        place, size = ctypes.c_void_p(buffer.ctypes.data), ctypes.c_size_t(buffer.nbytes)
        status = library.mpg123_decode(state, raw, ctypes.c_size_t(len(raw)), place, size, ctypes.byref(count))
        raw = b""
        if status == _NEW_FORMAT:
            _check_format(library, state, channels)
        elif status not in (_OK, _NEED_MORE, _DONE):
            raise AudioError(fill("the encoded file cannot be decoded (mpg123 error {status})", status=status))
        if count.value:
            yield buffer[: count.value // (4 * channels)]


def _check_format(library: ctypes.CDLL, state: ctypes.c_void_p, channels: int) -> None:
    rate, found, kind = ctypes.c_long(), ctypes.c_int(), ctypes.c_int()
    library.mpg123_getformat(state, ctypes.byref(rate), ctypes.byref(found), ctypes.byref(kind))
    if (rate.value, found.value) != (RATE, channels):
        raise AudioError(
            fill("the encoder wrote {channels} channels at {rate_hz} Hz", channels=found.value, rate_hz=rate.value)
        )
