"""Voice vectors by the encoder of Resemblyzer, in numpy: the same voice gives vectors that are alike.

They are computed in memory and never stored: they could identify a person.

Source: Wan et al., Generalized end-to-end loss for speaker verification (2018);
github.com/resemble-ai/Resemblyzer 0.1.4.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from pipeline.errors import StorageError, fill
from pipeline.media.samples import Float32Array
from pipeline.speech.tasks import RATE_HZ

WINDOW_SAMPLES = 160 * RATE_HZ // 100  # 1.6 s, of one vector

_LAYERS, _HIDDEN = 3, 256
_FFT, _HOP, _MELS = 400, 160, 40
_LEVEL = 10 ** (-30 / 20)  # root mean square of each window
_BATCH = 64


class VoiceEncoder:
    """The network: three LSTM layers and a projection."""

    def __init__(self, path: Path) -> None:
        """Load the weights that ``weerslag models install speakers`` wrote.

        Raises:
            StorageError: The file cannot be read, or is another one.
        """
        try:
            with np.load(path) as stored:
                self._weights = {name: np.asarray(stored[name], np.float32) for name in stored.files}
            self._project = self._weights["linear.weight"].T, self._weights["linear.bias"]
        except (OSError, ValueError, KeyError) as error:
            hint = "weerslag models install speakers"
            raise StorageError(
                fill("not a model for speakers: {error}", error=error), where=str(path), hint=hint
            ) from error
        self._mel = _build_mel_filters()

    def encode(self, windows: Iterable[Float32Array]) -> Float32Array:
        """Compute the vector of each window.

        Args:
            windows: Shape (samples,) each, float32, at 16 kHz; one shorter than ``WINDOW_SAMPLES`` is
                repeated. A batch at a time is kept in memory.

        Returns:
            Shape (windows, 256), float32, of length 1.
        """
        remaining, found = iter(windows), [np.zeros((0, _HIDDEN), np.float32)]
        while batch := list(islice(remaining, _BATCH)):
            found.append(self._encode_batch(batch))
        return np.concatenate(found)

    def _encode_batch(self, windows: Sequence[Float32Array]) -> Float32Array:
        state = np.stack([self._compute_mels(window) for window in windows], axis=1)  # (frames, windows, mels)
        for layer in range(_LAYERS):
            state = self._run_layer(layer, state)
        vectors = np.maximum(state[-1] @ self._project[0] + self._project[1], 0)
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)

    def _compute_mels(self, window: Float32Array) -> Float32Array:
        """Compute mel energies, shape (160, 40)."""
        sound = np.resize(window, WINDOW_SAMPLES)
        sound = sound * np.float32(_LEVEL / max(float(np.sqrt(np.square(sound).mean())), 1e-6))
        padded = np.pad(sound, _FFT // 2)
        frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::_HOP][: WINDOW_SAMPLES // _HOP]
        power = np.square(np.abs(np.fft.rfft(frames * np.hanning(_FFT + 1)[:-1], axis=1)))
        return np.asarray(power @ self._mel, np.float32)

    def _run_layer(self, layer: int, inputs: Float32Array) -> Float32Array:
        """Run one LSTM layer over frames, shape (frames, windows, features)."""
        weights = [self._weights[f"lstm.{name}_l{layer}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        own = inputs @ weights[0].T + (weights[2] + weights[3])
        recurrent = np.ascontiguousarray(weights[1].T)
        hidden = cell = np.zeros((inputs.shape[1], _HIDDEN), np.float32)
        outputs = np.empty((len(inputs), inputs.shape[1], _HIDDEN), np.float32)
        for number, frame in enumerate(own):
            gates = frame + hidden @ recurrent
            entry, forget, exit_ = (_apply_sigmoid(gates[:, at : at + _HIDDEN]) for at in (0, _HIDDEN, 3 * _HIDDEN))
            cell = forget * cell + entry * np.tanh(gates[:, 2 * _HIDDEN : 3 * _HIDDEN])
            outputs[number] = hidden = exit_ * np.tanh(cell)
        return outputs


def _apply_sigmoid(values: Float32Array) -> Float32Array:
    return np.asarray(1 / (1 + np.exp(-values)), np.float32)


def _build_mel_filters() -> Float32Array:
    """Build triangular filters of equal area, shape (201, 40). Source: Slaney, Auditory Toolbox (1998)."""
    edges = _convert_mel(np.linspace(0, _convert_hz(RATE_HZ / 2), _MELS + 2))
    bins = np.linspace(0, RATE_HZ / 2, _FFT // 2 + 1)[:, np.newaxis]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2]), np.float32)


def _convert_hz(hz: float) -> float:
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * float(np.log(hz / 1000) / np.log(6.4))


def _convert_mel(mels: np.ndarray) -> np.ndarray:
    return np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * np.log(6.4) / 27))
