"""The tasks that convert recordings and tracks for speech recognition; no library is imported here."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline import model
from pipeline.audio.io.channel_plan import ChannelPlan
from pipeline.model.task import InputFiles, Limits, OutputFile, Task, Unkeyed

SPEECH_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSoundTask(Task[float]):
    """Convert a recording to a WAV of 16 bits and one channel at ``SPEECH_RATE_HZ``; the result is its duration."""

    VERB: ClassVar = "converted"
    RECIPE_VERSION: ClassVar = 1
    TOOLS: ClassVar = ("ffmpeg", "numpy", "pydub", "soxr")

    parts: InputFiles  # in the order of the recording
    cuts: tuple[model.Cut, ...] = ()  # silent, as mutes and bleeps are; nothing moves
    mutes: tuple[model.Cut, ...] = ()
    bleeps: tuple[model.Cut, ...] = ()
    channel_plan: ChannelPlan = ChannelPlan()  # noqa: RUF009  # it is frozen
    integrated_lufs: float | None = None  # of the recording; ``None``: its level is kept
    duration_s: Unkeyed[float] = 0.0
    out: OutputFile = "speech.wav"

    @property
    def limits(self) -> Limits:
        """Twice its duration."""
        return Limits(memory_bytes=6 * 2**30, timeout_s=120 + 2 * self.duration_s)

    @property
    def weight(self) -> float:
        """Seconds of audio."""
        return self.duration_s


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSoundTask(Task[float]):
    """Convert one track of a take, on the clock of the take; it is silent where only others speak."""

    VERB: ClassVar = "converted"
    RECIPE_VERSION: ClassVar = 1
    TOOLS: ClassVar = ("ffmpeg", "numpy", "pydub", "soxr")

    files: InputFiles  # of this track, in order of time
    track: model.TrackAlignment  # its files are numbers in ``files``
    speaker: str  # as its spans name it
    spans: tuple[model.SpeakerSpan, ...]  # of all tracks …
    simultaneous: tuple[model.SpeakerSpan, ...]  # … and talk while another has the turn
    samples: int  # of the take, at 48 kHz
    gain_db: float  # of the track in the mix
    integrated_lufs: float | None  # of the mix
    silenced: tuple[model.Cut, ...] = ()  # cuts, mutes and bleeps
    out: OutputFile = "speech.wav"

    @property
    def limits(self) -> Limits:
        """Twice its duration."""
        return Limits(memory_bytes=6 * 2**30, timeout_s=120 + 2 * self.weight)

    @property
    def weight(self) -> float:
        """Seconds of audio."""
        return self.samples / 48_000
