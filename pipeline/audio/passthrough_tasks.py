"""The task that copies and measures audio that is published as it is; no library is imported here."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pipeline import model
from pipeline.model.task import InputFile, Limits, OutputFile, Task

_MEMORY_BYTES = 6 * 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class PassthroughResult:
    """Measurements of a file that is published as it is, decoded. One channel is measured as dual mono."""

    duration_s: float
    integrated_lufs: float
    true_peak_dbtp: float
    waveform: model.Waveform


@dataclass(frozen=True, slots=True, kw_only=True)
class PassthroughTask(Task[PassthroughResult]):
    """Copy a file that is published as it is, and measure it."""

    VERB: ClassVar = "copied"
    TOOLS: ClassVar = ("ffmpeg", "numpy", "pydub")

    file: InputFile
    out: OutputFile = "sound"

    @property
    def limits(self) -> Limits:
        """Time that the slowest disk needs."""
        return Limits(memory_bytes=_MEMORY_BYTES, timeout_s=120 + self._size_bytes / 20_000)

    @property
    def weight(self) -> float:
        """Megabytes."""
        return self._size_bytes / 1e6

    @property
    def _size_bytes(self) -> int:
        with suppress(OSError):  # a missing file is reported by the function that opens it
            return Path(self.file).stat().st_size
        return 0
