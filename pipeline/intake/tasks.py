"""The task that reads a file, and its result. Imports no reader."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from pipeline.intake.document import GroupNote
from pipeline.model.task import InputFile, Limits, Task, Unkeyed


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """The notes of a file, one per group."""

    notes: tuple[GroupNote, ...]
    images: tuple[str, ...]  # clean copies, indexed by ``ContentBlock.image``; empty: it cannot be read
    omissions: Mapping[str, int]  # what was not taken over, and how often
    mapping: str = ""  # the column mapping that was used for a form, as TOML


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTask(Task[ImportResult]):
    """Read a file that a group handed in."""

    VERB: ClassVar = "read"
    LIMITS: ClassVar = Limits(memory_bytes=1_500_000_000, timeout_s=60)

    file: InputFile
    image_folder: Unkeyed[str]  # clean copies of the images are written here
    mapping: str = ""  # the columns of a form, as TOML; empty: guessed
    group: str = ""  # the name of the group; empty: found in the text, or the name of the file
