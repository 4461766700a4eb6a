"""The task that aligns a text with a recording, and its result; no library is imported here."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.model import Cue, SpokenWord
from pipeline.model.task import InputFile, Limits, Task, Unkeyed

_MEMORY_BYTES = 16 * 2**30  # of address space, most of which is never used


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLine:
    """A line of the text."""

    line: int  # from 1
    speaker: str  # may be empty
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnheardSentence:
    """A sentence of the text that is not in the recording."""

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnwrittenSpeech:
    """Speech in the recording that is not in the text, as it was recognised."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedText:
    """A text with times, and what of it and of the recording has no counterpart."""

    match: float  # share of the recognised words; without a model, see ``AcousticAlignment``
    is_accepted: bool  # False: the text is probably that of another recording
    cues: tuple[Cue, ...] = ()
    unheard: tuple[UnheardSentence, ...] = ()
    unwritten: tuple[UnwrittenSpeech, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignTextTask(Task[AlignedText]):
    """Find the times of a text."""

    VERB: ClassVar = "aligned"
    RECIPE_VERSION: ClassVar = 3
    TOOLS: ClassVar = ("espeak-ng", "numpy")

    sound: InputFile  # WAV, 16 bits, one channel, 16 kHz
    lines: tuple[WrittenLine, ...]
    language: str  # ISO 639-1
    words: tuple[SpokenWord, ...] = ()  # recognised; empty: the sound is compared with synthetic speech
    threads: Unkeyed[int] = 1

    @property
    def limits(self) -> Limits:
        """As many processes of espeak-ng as it has threads."""
        return Limits(memory_bytes=_MEMORY_BYTES, timeout_s=7200, threads=self.threads)
