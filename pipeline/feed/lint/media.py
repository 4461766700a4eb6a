"""What a feed names, and whether that is as the feed says."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.feed.lint.reading import Element
from pipeline.feed.lint.telling import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A file that the feed names, and what it says of it."""

    role: str  # enclosure | other sound | transcript | chapters | artwork
    address: str
    place: Place
    media_type: str = ""
    size_bytes: int = 0  # 0: not said
    duration_s: int = 0  # of its episode; 0: not said


def named_in(_element: Element) -> Iterator[Named]:
    """Everything a channel or an item names."""
    return iter(())
