"""Opens a library of the system, where it is there: for doorways that do without it elsewhere."""

import ctypes


def opened(*names: str) -> ctypes.CDLL | None:
    """The first of these that can be opened."""
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None
