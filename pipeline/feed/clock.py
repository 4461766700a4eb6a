"""Time in a feed: cuts put in order, and the way time is written."""

from collections.abc import Sequence

from pipeline.model import Cut


def joined(cuts: Sequence[Cut]) -> tuple[Cut, ...]:
    """All that ``cuts`` take out, in order, with no two that touch: what two of them take out is gone once."""
    result: list[Cut] = []
    for cut in sorted(cuts, key=lambda cut: (cut.from_ms, cut.to_ms)):
        if result and cut.from_ms <= result[-1].to_ms:
            result[-1] = Cut(from_ms=result[-1].from_ms, to_ms=max(result[-1].to_ms, cut.to_ms))
        else:
            result.append(cut)
    return tuple(result)


def stamp(at_ms: int, *, comma: str = ".") -> str:
    """``HH:MM:SS.mmm``, as WebVTT and Podlove's chapters write it; SubRip has a comma."""
    seconds, ms = divmod(at_ms, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}{comma}{ms:03}"
