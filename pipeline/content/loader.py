"""From a folder to a programme: read, check, compare, and only then make values."""

import os
from pathlib import Path

from pipeline.content.cross_checks import broken
from pipeline.content.dates import parse_clock
from pipeline.content.discovery import Pages, gather, head_of
from pipeline.content.files import Folder
from pipeline.content.model_builder import programme_of
from pipeline.errors import ContentError, Fault, Place
from pipeline.model import Programme


def load_programme(root: Path, *, without: str = "") -> Programme:
    """The programme in the folder ``root``. Writes nothing; the same files give the same value.

    ``without``: an episode that is not looked at, for it is still to be written.

    Raises:
        ContentError: something needs mending; it holds all faults, none of them twice, with places relative to ``root``.
    """
    return programme_of(sound_pages(root, without=without))


def sound_pages(root: Path, *, without: str = "") -> Pages:
    """All that stands in the folder, with no fault in it; ``without`` as in ``load_programme``.

    Raises:
        ContentError: as ``load_programme``.
    """
    faults: list[Fault] = []
    pages = gather(Folder(root=Path(os.path.realpath(root))), faults, without=without)
    faults += broken(pages)
    if faults:
        raise ContentError(faults=tuple(faults))
    return pages


def place_in_episode(root: Path, slug: str, key: str, *, field: str, at_ms: int) -> Place:
    """Where in the head of an episode a time stands, for whoever finds out later that the sound is not that long.

    It is the ``field`` of an item of the list ``key``: ``cuts``, ``from``.
    """
    marked = head_of(Folder(root=Path(os.path.realpath(root))), slug)
    found = marked.find(key, None, field) if marked else ()
    same = (marked.place(loc) for loc, value in found if marked and parse_clock(str(value).strip()) == at_ms)
    return Place(f"episodes/{slug}/episode.md", *next(same, (0, 0)))
