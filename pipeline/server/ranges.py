"""Which bytes of a file were asked for: RFC 9110, section 14, for one range; several at once get the whole file."""

import re

_ONE = re.compile(r"bytes=(\d*)-(\d*)")


class UnsatisfiableError(ValueError):
    """The range begins after the end of the file: 416."""


def range_of(header: str, size_bytes: int) -> tuple[int, int] | None:
    """First and last byte, both included; ``None`` where the whole file is the right answer.

    Raises:
        UnsatisfiableError: there is no byte in the range.
    """
    asked = _ONE.fullmatch(header.strip())
    if not asked or asked[1] + asked[2] == "" or len(header) > 60:
        return None
    if not asked[1]:
        first, last = size_bytes - int(asked[2]), size_bytes - 1  # the last so many
        if not int(asked[2]):
            raise UnsatisfiableError
        return (max(0, first), last) if size_bytes else _nothing()
    first, last = int(asked[1]), min(int(asked[2] or size_bytes - 1), size_bytes - 1)
    if asked[2] and int(asked[2]) < first:
        return None  # no range at all (14.1.1): ignored
    return (first, last) if first < size_bytes else _nothing()


def _nothing() -> tuple[int, int]:
    raise UnsatisfiableError
