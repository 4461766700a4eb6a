"""Find cues that lie after the end of a recording, and the shift of all cues that mends it."""

from collections.abc import Sequence
from dataclasses import dataclass

_HOUR_MS = 3_600_000
_TOLERANCE_MS = 2_000  # a last cue may end a little later than the sound
_MIN_FITTING = 0.9  # of the cues, after a shift by hours: the end of a recording is often cut off


@dataclass(frozen=True, slots=True, kw_only=True)
class LateCues:
    """Cues that begin after the end of the recording."""

    indices: tuple[int, ...]
    shift_ms: int  # of all cues, so that all are within, or nearly all; 0: there is none


def find_late_cues(times_ms: Sequence[tuple[int, int]], *, duration_ms: int) -> LateCues:
    """Find cues that begin after the end of a recording.

    Args:
        times_ms: Start and end of each cue, in milliseconds.
        duration_ms: The duration of the recording.

    Returns:
        Their indices. The shift is a number of whole hours (a camera or an editing program counts
        from 1:00:00), or else, if the cues begin after the end (times of the clock on the wall), one
        that puts the first cue at the beginning.
    """
    late = tuple(index for index, (start_ms, _) in enumerate(times_ms) if start_ms >= duration_ms)
    if not late:
        return LateCues(indices=(), shift_ms=0)
    first_ms = min(start_ms for start_ms, _ in times_ms)
    last_ms = max(end_ms for _, end_ms in times_ms)
    hours_ms = first_ms // _HOUR_MS * _HOUR_MS
    fitting = sum(start_ms - hours_ms < duration_ms for start_ms, _ in times_ms)
    if hours_ms and fitting >= _MIN_FITTING * len(times_ms):
        return LateCues(indices=late, shift_ms=-hours_ms)
    is_all = len(late) == len(times_ms)
    fits = is_all and last_ms - first_ms <= duration_ms + _TOLERANCE_MS
    return LateCues(indices=late, shift_ms=-first_ms if fits else 0)
