"""From a folder to a programme: read, check, compare, and only then make values."""

import os
from pathlib import Path

from pipeline.content.files import Folder
from pipeline.content.gathering import gather
from pipeline.content.rules import broken
from pipeline.content.values import programme_of
from pipeline.errors import ContentError, Fault
from pipeline.model import Programme


def load_programme(root: Path) -> Programme:
    """The programme in the folder ``root``. Writes nothing; the same files give the same value.

    Raises:
        ContentError: something needs mending; it holds all faults, none of them twice, with places relative to ``root``.
    """
    folder = Folder(root=Path(os.path.realpath(root)))
    faults: list[Fault] = []
    pages = gather(folder, faults)
    faults += broken(pages)
    if faults:
        raise ContentError(faults=tuple(faults))
    return programme_of(pages)
