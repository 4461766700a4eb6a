"""A task that does nothing but write a small file, to measure what a task costs besides its work."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pipeline.model.task import OutputFile, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoResult:
    """What the task was given."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoTask(Task[EchoResult]):
    """Write a number to a file."""

    VERB: ClassVar = "echoed"

    number: int
    out: OutputFile = "number.txt"


def run_echo(task: EchoTask) -> EchoResult:
    """Write the number."""
    Path(task.out).write_text(str(task.number))
    return EchoResult(number=task.number)
