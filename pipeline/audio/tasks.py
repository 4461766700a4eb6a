"""The tasks of the audio package and their results; no library is imported here."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from pipeline import model
from pipeline.model.task import InputFile, InputFiles, Limits, NamedInputFiles, OutputFile, Task

FORMATS = ("mp3", "m4a", "opus", "flac")  # flac: the master itself

_TOOLS = ("ffmpeg", "mutagen", "numpy", "pydub")
_MEMORY_BYTES = 6 * 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFacts:
    """Measurements and defects of a recording.

    Loudness and true peak are those of what the cuts leave; ``None``: silence, or too short to
    measure. Channels, sample rate and format are those of the first part.
    """

    duration_s: float  # of the whole recording, cuts included: decoded samples, counted
    channels: int
    sample_rate_hz: int
    format: str  # container and codec: wav pcm_s24le; one word where both have the same name
    integrated_lufs: float | None
    true_peak_dbtp: float | None
    loudness_range_lu: float | None
    defects: tuple[model.Defect, ...] = ()
    curve_lufs: tuple[float, ...] = ()  # short-term loudness at evenly spaced times, at most 240
    channel_selection: str = "all"  # all | left | right: which of two channels to use


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureTask(Task[RecordingFacts]):
    """Measure a recording and find its defects."""

    VERB: ClassVar = "measured"
    RECIPE_VERSION: ClassVar = 7
    TOOLS: ClassVar = _TOOLS

    parts: NamedInputFiles  # in the order of the recording
    cuts: tuple[model.Cut, ...] = ()

    @property
    def limits(self) -> Limits:
        """Time that the slowest disk needs."""
        return Limits(memory_bytes=_MEMORY_BYTES, timeout_s=120 + _sum_sizes(self.parts) / 20_000)

    @property
    def weight(self) -> float:
        """Megabytes."""
        return _sum_sizes(self.parts) / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectResult:
    """Meter readings and defects of a file. ``None``: silence, or too short for that window."""

    path: str
    duration_s: float  # decoded samples, counted
    channels: int
    sample_rate_hz: int
    integrated_lufs: float | None
    loudness_range_lu: float | None
    momentary_max_lufs: float | None
    short_term_max_lufs: float | None
    true_peak_dbtp: float | None
    defects: tuple[model.Defect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectTask(Task[InspectResult]):
    """Measure any audio file as it is."""

    VERB: ClassVar = "inspected"
    RECIPE_VERSION: ClassVar = 5
    TOOLS: ClassVar = _TOOLS

    path: str
    dual_mono: bool = False  # measure one channel as two loudspeakers play it


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterResult:
    """Measurements of the master, and its processing. One channel is measured as dual mono."""

    duration_s: float
    offset_ms: int  # where the recording begins in the master: the length of the intro
    integrated_lufs: float
    true_peak_dbtp: float
    gain_db: float
    waveform: model.Waveform
    defects: tuple[model.Defect, ...] = ()  # found while mastering; those of the recording are in its facts
    steps: tuple[model.Sentence, ...] = ()  # processing stages that were applied, in order
    skipped: tuple[model.Sentence, ...] = ()  # stages that were not applied, and why
    curve_lufs: tuple[float, ...] = ()  # short-term loudness at evenly spaced times, at most 240
    gains_low_db: tuple[float, ...] = ()  # lowest leveller gain in each of at most 240 intervals of the talk …
    gains_high_db: tuple[float, ...] = ()  # … and the highest
    talk: tuple[model.TalkTime, ...] = ()  # talk time by level, before and after
    timed_jingles: tuple[model.TimedJingle, ...] = ()  # duration of each jingle, at its time in the recording

    def build_timeline(self, cuts: tuple[model.Cut, ...]) -> model.Timeline:
        """Build the mapping from times in the recording to times in this master."""
        return model.Timeline(cuts=cuts, offset_ms=self.offset_ms, timed_jingles=self.timed_jingles)


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterTask(Task[MasterResult]):
    """Master one recording: FLAC of 24 bits at 48 kHz."""

    VERB: ClassVar = "mastered"
    RECIPE_VERSION: ClassVar = 5
    TOOLS: ClassVar = _TOOLS

    parts: InputFiles  # in the order of the recording
    cuts: tuple[model.Cut, ...] = ()
    mutes: tuple[model.Cut, ...] = ()  # times in the recording, as for cuts
    bleeps: tuple[model.Cut, ...] = ()
    intro: InputFile = ""  # empty: none
    outro: InputFile = ""
    jingles: tuple[model.Jingle, ...] = ()  # between parts of the talk
    target: model.SoundTarget
    facts: RecordingFacts
    out: OutputFile = "master.flac"

    @property
    def limits(self) -> Limits:
        """Four times its duration."""
        return _limit_to_duration(self.facts.duration_s)

    @property
    def weight(self) -> float:
        """Seconds of audio."""
        return self.facts.duration_s


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeResult:
    """Measurements of the encoded file, decoded again. One channel is measured as dual mono."""

    format: str
    media_type: str
    duration_s: float
    integrated_lufs: float
    true_peak_dbtp: float
    bitrate_kbps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeTask(Task[EncodeResult]):
    """Encode a master in one format."""

    VERB: ClassVar = "encoded"
    RECIPE_VERSION: ClassVar = 4
    TOOLS: ClassVar = _TOOLS

    master: InputFile
    format: str  # mp3 | m4a | opus
    target: model.SoundTarget
    duration_s: float = 0.0  # of the master
    out: OutputFile

    @property
    def limits(self) -> Limits:
        """Four times its duration."""
        return _limit_to_duration(self.duration_s)

    @property
    def weight(self) -> float:
        """Seconds of audio."""
        return self.duration_s


@dataclass(frozen=True, slots=True, kw_only=True)
class TagResult:
    """The file was written, read back and found right; its audio is untouched."""

    chapters: int  # number written: those that begin after the end are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class TagTask(Task[TagResult]):
    """Write tags into a copy of an encoded file."""

    VERB: ClassVar = "tagged"
    RECIPE_VERSION: ClassVar = 2
    TOOLS: ClassVar = _TOOLS

    source: InputFile = ""  # empty: only the tags, of a teaser
    out: OutputFile = ""
    format: str = "mp3"  # mp3 | m4a | opus
    title: str
    album: str
    artist: str
    number: int
    date: str  # YYYY-MM-DD
    language: str  # ISO 639-1
    guid: str
    comment: str
    url: str
    genre: str = "Podcast"
    copyright: str
    chapters: tuple[model.Chapter, ...] = ()
    duration_ms: int = 0
    cover: InputFile = ""  # a JPEG; empty: none

    @property
    def limits(self) -> Limits:
        """Four times its duration."""
        return _limit_to_duration(self.duration_ms / 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeaserTask(Task[EncodeResult]):
    """Cut a teaser out of a master: an MP3 with fades, at the loudness of the episode, tagged."""

    LIMITS: ClassVar = Limits(memory_bytes=_MEMORY_BYTES, timeout_s=120)
    VERB: ClassVar = "teased"
    RECIPE_VERSION: ClassVar = 1
    TOOLS: ClassVar = _TOOLS

    master: InputFile
    from_ms: int  # time in the master
    to_ms: int
    target: model.SoundTarget
    tags: TagTask  # its source, output and duration are filled in
    out: OutputFile = "teaser.mp3"


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterFileResult:
    """Results of all three stages."""

    recording: RecordingFacts
    master: MasterResult
    encoded: EncodeResult


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterFileTask(Task[MasterFileResult]):
    """Measure, master and encode one audio file outside a programme; the result is not cached."""

    VERB: ClassVar = "mastered"

    source: str
    format: str  # mp3 | m4a | opus | flac: the master itself
    target: model.SoundTarget
    out: OutputFile  # temporary files are in the same folder, and are deleted at the end

    @property
    def limits(self) -> Limits:
        """Time that the slowest machine needs: an hour of MP3 is hardly smaller than 30 MB."""
        return Limits(memory_bytes=_MEMORY_BYTES, timeout_s=300 + _sum_sizes([self.source]) / 1000)


def select_master_settings(target: model.SoundTarget) -> model.SoundTarget:
    """Reset what cannot change a master: the formats and the bit rate of the encoded files."""
    return replace(target, formats=(), bitrate_kbps=model.SoundTarget().bitrate_kbps)


def build_processing_report(facts: RecordingFacts, master: MasterResult) -> model.ProcessingReport:
    """Combine the measurements of a recording and of its master."""
    return model.ProcessingReport(
        format=facts.format,
        channels=facts.channels,
        sample_rate_hz=facts.sample_rate_hz,
        duration_s=facts.duration_s,
        integrated_lufs=facts.integrated_lufs,
        loudness_range_lu=facts.loudness_range_lu,
        true_peak_dbtp=facts.true_peak_dbtp,
        gain_db=master.gain_db,
        steps=master.steps,
        skipped=master.skipped,
        before_lufs=facts.curve_lufs,
        after_lufs=master.curve_lufs,
        gains_low_db=master.gains_low_db,
        gains_high_db=master.gains_high_db,
        talk=master.talk,
    )


def _limit_to_duration(duration_s: float) -> Limits:
    return Limits(memory_bytes=_MEMORY_BYTES, timeout_s=max(60.0, 4 * duration_s))


def _sum_sizes(paths: Iterable[str]) -> int:
    """Sum the sizes of files in bytes; a missing one is reported by the function that opens it."""
    total = 0
    for path in paths:
        with suppress(OSError):
            total += Path(path).stat().st_size
    return total
