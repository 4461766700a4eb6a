"""The tasks of speech recognition and their results; no library is imported here."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.model import SpeakerSpan, SpokenWord
from pipeline.model.task import InputFile, InputFolder, Limits, Task, Unkeyed, UnkeyedInput

RATE_HZ = 16_000  # of all sound in this package

_MEMORY_BYTES = 16 * 2**30  # of address space, most of which is never used
_RESIDENT_BYTES = 3 * 2**30  # a large model, and what it works on


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStretch:
    """A stretch of sound in which somebody speaks."""

    first: int  # sample
    last: int  # the sample after its end


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechBlock:
    """A block that is recognised on its own: it begins and ends in a pause."""

    first: int  # sample
    last: int
    stretches: tuple[SpeechStretch, ...]  # in samples of the block, with some silence around the speech
    sha256: str  # of its samples


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechPlan:
    """Where somebody speaks, and the blocks."""

    phrases: tuple[SpeechStretch, ...]  # between pauses, without silence around them
    blocks: tuple[SpeechBlock, ...]  # in order; one without speech is left out


@dataclass(frozen=True, slots=True, kw_only=True)
class FindSpeechTask(Task[SpeechPlan]):
    """Find speech, and divide the sound into blocks of at most five minutes."""

    LIMITS: ClassVar = Limits(memory_bytes=_MEMORY_BYTES, timeout_s=3600)
    VERB: ClassVar = "divided"
    RECIPE_VERSION: ClassVar = 1
    TOOLS: ClassVar = ("faster-whisper", "onnxruntime")

    sound: InputFile  # WAV, 16 bits, one channel, ``RATE_HZ``


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniseTask(Task[tuple[SpokenWord, ...]]):
    """Recognise the words of one block; times count from its start."""

    VERB: ClassVar = "recognised"
    RECIPE_VERSION: ClassVar = 1
    TOOLS: ClassVar = ("ctranslate2", "faster-whisper")

    sound: UnkeyedInput  # the digest of the block is in the key: a change elsewhere changes nothing here
    first: Unkeyed[int]
    samples: int
    sha256: str
    stretches: tuple[SpeechStretch, ...]
    model: InputFolder
    language: str  # ISO 639-1
    vocabulary: tuple[str, ...] = ()  # offered to the recogniser
    threads: Unkeyed[int] = 1

    @property
    def limits(self) -> Limits:
        """Time for a large model on a slow machine."""
        return Limits(
            memory_bytes=_MEMORY_BYTES,
            timeout_s=600 + 20 * self.weight,
            threads=self.threads,
            resident_bytes=_RESIDENT_BYTES,
        )

    @property
    def weight(self) -> float:
        """Seconds of speech."""
        return sum(one.last - one.first for one in self.stretches) / RATE_HZ


@dataclass(frozen=True, slots=True, kw_only=True)
class FindSpeakersTask(Task[tuple[SpeakerSpan, ...]]):
    """Find out who speaks when, by voice: voice vectors exist only while it runs."""

    LIMITS: ClassVar = Limits(memory_bytes=_MEMORY_BYTES, timeout_s=7200, resident_bytes=_RESIDENT_BYTES)
    VERB: ClassVar = "diarised"
    RECIPE_VERSION: ClassVar = 3
    TOOLS: ClassVar = ("numpy",)

    sound: InputFile
    phrases: tuple[SpeechStretch, ...]
    model: InputFile
    speakers: int = 0  # their number; 0: unknown
