"""When a recording was started by the recorder's clock, to check the order of parts."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from pipeline.audio.io.mp4_boxes import read_mp4_creation_time
from pipeline.audio.io.riff import read_origination_time
from pipeline.model import Defect, sentence

_MIN_CONTRADICTION_S = 60.0  # copying writes files in any order within a minute


def read_creation_time(path: str) -> datetime | None:
    """Read the creation time in the header of a WAV (`bext` chunk) or MP4; never that of the file system.

    Returns:
        The time, aware (UTC) for an MP4, and without a zone for a WAV; ``None``: the file does not say.

    Raises:
        OSError: The file cannot be read.
    """
    file = Path(path)
    return read_origination_time(file) or read_mp4_creation_time(file)


def find_order_contradiction(paths: Sequence[str]) -> tuple[str, str] | None:
    """Find two neighbours of which the second was recorded before the first.

    Args:
        paths: The parts in the order of the recording.

    Returns:
        Both paths; ``None`` if the headers confirm the order, or do not say.

    Raises:
        OSError: A file cannot be read.
    """
    if len(paths) < 2:
        return None
    for first, second in pairwise([(path, read_creation_time(path)) for path in paths]):
        if first[1] is None or second[1] is None or first[1].tzinfo != second[1].tzinfo:
            continue  # a clock in UTC and one in local time
        if (first[1] - second[1]).total_seconds() >= _MIN_CONTRADICTION_S:
            return first[0], second[0]
    return None


def find_order_defects(paths: Sequence[str]) -> list[Defect]:
    """Describe a contradiction between the order of the parts and the times in their headers."""
    pair = find_order_contradiction(paths)
    if pair is None:
        return []
    first, second = (Path(path).name for path in pair)
    text = sentence(
        "{second} comes after {first} by its name, but its header says that it was recorded before",
        first=first,
        second=second,
    )
    return [Defect(code="part-order", message=text)]
