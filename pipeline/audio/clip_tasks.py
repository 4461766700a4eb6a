"""The task that makes a clip of a teaser; no library is imported here."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.model import Cue
from pipeline.model.task import InputFile, InputFolder, Limits, OutputFile, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipTask(Task[float]):
    """Make a video of a teaser: its waveform, and captions in the picture; the result is its duration in seconds."""

    LIMITS: ClassVar = Limits(memory_bytes=4 * 2**30, timeout_s=300)
    VERB: ClassVar = "filmed"
    RECIPE_VERSION: ClassVar = 2
    TOOLS: ClassVar = ("ffmpeg", "numpy", "pillow")

    sound: InputFile  # the file of the teaser
    shape: str  # 1x1 | 9x16
    title: str
    label: str
    colour: int  # the number of the event colour
    cues: tuple[Cue, ...]  # reviewed; from the start of the sound
    fonts: InputFolder  # templates/fonts
    out: OutputFile = "clip.mp4"
