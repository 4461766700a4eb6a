"""Loads an optional library of the system."""

import ctypes


def open_shared_library(*names: str) -> ctypes.CDLL | None:
    """Load the first of these names that is installed."""
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None
