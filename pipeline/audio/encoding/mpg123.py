"""The doorway to mpg123's library, where the system has it: bare frames of MP3 become sound without a process and two pipes.

It comes with ffmpeg on Debian and many others. Where it cannot be opened, ffmpeg decodes; the two differ by some millionths of
full scale. Source: mpg123.h of mpg123 1.31.
"""

import ctypes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np

from pipeline.audio.encoding.shared_library import opened
from pipeline.errors import AudioError
from pipeline.media.ffmpeg import RATE, Block

_NAMES = ("libmpg123.so.0", "libmpg123.0.dylib")
_AT_ONCE = 42 * 1152  # samples: a second
_ADD_FLAGS, _REMOVE_FLAGS = 2, 12  # mpg123_parms
_FLOAT, _QUIET, _IGNORE_INFO, _GAPLESS = 0x400, 0x20, 0x4000, 0x40  # mpg123_param_flags
_DONE, _NEW_FORMAT, _NEED_MORE, _OK = -12, -11, -10, 0  # mpg123_errors


def is_there() -> bool:
    """Whether the library can be opened."""
    return _library() is not None


def decoded(raw: Iterable[bytes], *, channels: int) -> Iterator[Block]:
    """Every sample that comes out of the decoder, from the first frame on, in blocks of a second at most.

    Raises:
        AudioError: it is no MP3 at 48 kHz in so many channels.
    """
    library = _library()
    if library is None:
        raise ValueError("asked of a library that is not there")
    with _opened(library) as decoder:
        for some in raw:
            yield from decoder.blocks(some, channels)


@cache
def _library() -> ctypes.CDLL | None:
    library = opened(*_NAMES)
    if library is None or library.mpg123_init() != _OK:
        return None
    library.mpg123_new.restype = ctypes.c_void_p
    library.mpg123_param.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_long, ctypes.c_double]
    return library


@contextmanager
def _opened(library: ctypes.CDLL) -> Iterator["_Decoder"]:
    state = ctypes.c_void_p(library.mpg123_new(None, None))
    try:
        if not state.value:
            raise AudioError("mpg123 does not begin", hint="Is there memory enough?")
        library.mpg123_param(state, _ADD_FLAGS, _FLOAT | _QUIET | _IGNORE_INFO, 0.0)
        library.mpg123_param(state, _REMOVE_FLAGS, _GAPLESS, 0.0)
        if library.mpg123_open_feed(state) != _OK:
            raise AudioError("mpg123 does not begin")
        yield _Decoder(library, state)
    finally:
        library.mpg123_delete(state)


class _Decoder:
    """One stream."""

    def __init__(self, library: ctypes.CDLL, state: ctypes.c_void_p) -> None:
        self._library, self._state = library, state

    def blocks(self, raw: bytes, channels: int) -> Iterator[Block]:
        """What comes out when that is put in."""
        given, size = raw, len(raw)
        while True:
            room, count = np.empty((_AT_ONCE, channels), np.float32), ctypes.c_size_t()
            place = ctypes.c_void_p(room.ctypes.data)
            told = self._library.mpg123_decode(
                self._state, given, ctypes.c_size_t(size), place, ctypes.c_size_t(room.nbytes), ctypes.byref(count)
            )
            given, size = b"", 0
            if told == _NEW_FORMAT:
                self._expect(channels)
            elif told not in (_OK, _NEED_MORE, _DONE):
                raise AudioError(f"what the encoder wrote cannot be decoded (mpg123 says {told})")
            if count.value:
                yield room[: count.value // (4 * channels)]
            if told in (_NEED_MORE, _DONE):
                return

    def _expect(self, channels: int) -> None:
        rate, found, kind = ctypes.c_long(), ctypes.c_int(), ctypes.c_int()
        self._library.mpg123_getformat(self._state, ctypes.byref(rate), ctypes.byref(found), ctypes.byref(kind))
        if (rate.value, found.value) != (RATE, channels):
            raise AudioError(f"the encoder wrote {found.value} channels at {rate.value} Hz")
