"""Reads the tensors of a file that torch saved, without torch and without running any code in it.

Source: torch/serialization.py, ``_legacy_save``: five pickles, then the storages.
"""

import collections
import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from pipeline.media.samples import Float32Array

_MAGIC = 0x1950A86A20F9469CFC6C


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTensor:
    """A tensor whose numbers follow later in the file."""

    key: str  # of its storage
    offset: int
    shape: tuple[int, ...]


def read_tensors(content: bytes, name: str) -> dict[str, Float32Array]:
    """Read the float32 tensors of the dictionary ``name`` in a saved checkpoint.

    Returns:
        Arrays by name.

    Raises:
        ValueError: The file has another format, or refers to anything else than tensors.
    """
    file = io.BytesIO(content)
    try:
        magic = _load(file)
        _load(file), _load(file)  # version of the format, and sizes of C types
        checkpoint = _load(file)
        storages = {key: _read_storage(file) for key in _load(file)}
    except (pickle.UnpicklingError, EOFError, IndexError, KeyError, TypeError) as error:
        raise ValueError(f"not a checkpoint of torch: {error}") from error
    if magic != _MAGIC:
        raise ValueError("not a checkpoint of torch")
    return {label: _build_array(tensor, storages[tensor.key]) for label, tensor in checkpoint[name].items()}


class _TensorUnpickler(pickle.Unpickler):  # noqa: S301  # it knows nothing but tensors
    """Knows tensors, ordered dictionaries and plain values; refuses anything else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name stands for."""
        known: dict[tuple[str, str], Callable[..., Any]] = {
            ("collections", "OrderedDict"): collections.OrderedDict,
            ("torch", "FloatStorage"): str,  # only a name
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"refers to {module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> str:
        """Return the key of a storage."""
        kind, _, key, *_ = pid
        if kind != "storage":
            raise pickle.UnpicklingError(f"refers to a {kind}")
        return str(key)


def _rebuild_tensor(key: str, offset: int, shape: tuple[int, ...], *_: Any) -> StoredTensor:
    return StoredTensor(key=key, offset=offset, shape=shape)


def _load(file: IO[bytes]) -> Any:
    return _TensorUnpickler(file).load()  # it finds tensors only


def _read_storage(file: IO[bytes]) -> Float32Array:
    (count,) = np.frombuffer(file.read(8), "<i8")
    return np.frombuffer(file.read(4 * int(count)), "<f4")


def _build_array(tensor: StoredTensor, storage: Float32Array) -> Float32Array:
    size = int(np.prod(tensor.shape))
    return np.ascontiguousarray(storage[tensor.offset : tensor.offset + size].reshape(tensor.shape), np.float32)
