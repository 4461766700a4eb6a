"""The task that makes the excerpts of an episode; no library is imported here."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline import model
from pipeline.model.task import InputFile, InputFiles, Limits, OutputFile, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcerptTask(Task[tuple[model.Excerpt, ...]]):
    """Write excerpts of a recording and of its master at the same places, at equal loudness, for the processing report."""

    VERB: ClassVar = "excerpted"
    RECIPE_VERSION: ClassVar = 1
    TOOLS: ClassVar = ("ffmpeg", "numpy")

    parts: InputFiles  # in the order of the recording
    master: InputFile
    duration_s: float  # of the recording
    cuts: tuple[model.Cut, ...] = ()  # times in the recording
    mutes: tuple[model.Cut, ...] = ()
    bleeps: tuple[model.Cut, ...] = ()
    offset_ms: int = 0  # where the recording begins in the master
    timed_jingles: tuple[model.TimedJingle, ...] = ()
    curve_lufs: tuple[float, ...] = ()  # short-term loudness of the recording after its cuts, evenly sampled
    gains_low_db: tuple[float, ...] = ()  # lowest leveller gain over the same time
    recording_out: OutputFile = "recording.mp3"
    master_out: OutputFile = "master.mp3"

    @property
    def limits(self) -> Limits:
        """Its duration: it is decoded once."""
        return Limits(memory_bytes=6 * 2**30, timeout_s=max(60.0, self.duration_s))

    @property
    def weight(self) -> float:
        """Seconds of audio."""
        return self.duration_s
