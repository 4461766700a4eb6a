"""Time in a feed: the way it is written."""


def stamp(at_ms: int, *, comma: str = ".") -> str:
    """``HH:MM:SS.mmm``, as WebVTT and Podlove's chapters write it; SubRip has a comma."""
    seconds, ms = divmod(at_ms, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}{comma}{ms:03}"
