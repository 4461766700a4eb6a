"""What may be asked of the sound room, and what it answers: no library stands behind these, so that asking is cheap.

Each job names its maker, and carries the maker's recipe: raised by hand when the same input should give something else.
"""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.model import (
    Chapter,
    Clock,
    Cut,
    Defect,
    Interlude,
    Jingle,
    Sentence,
    SoundTarget,
    TalkTime,
    Trace,
    Treatment,
)

FORMATS = ("mp3", "m4a", "opus", "flac")  # flac: the master itself


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureJob:
    """A recording to look at: its files in name order, and what will be cut out of it."""

    MAKER: ClassVar = "pipeline.audio.analysis.recording:measure"
    RECIPE: ClassVar = 7

    parts: tuple[str, ...]
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFacts:
    """What was found in a recording. Loudness and true peak are those of what the cuts leave; ``None``: too quiet or short.

    Channels, rate and format are those of the first part, as the recorder wrote it.
    """

    duration_s: float  # of the whole recording, cuts and all: samples that come out of the decoder, counted
    channels: int
    sample_rate_hz: int
    format: str  # container and codec: wav pcm_s24le; one word where both are called the same
    integrated_lufs: float | None
    true_peak_dbtp: float | None
    loudness_range_lu: float | None
    defects: tuple[Defect, ...] = ()
    curve_lufs: tuple[float, ...] = ()  # short-term loudness from beginning to end, evenly spread, at most 240
    take: str = "all"  # all | left | right: which of two channels carry the sound


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectJob:
    """A sound file of anybody's, to be measured as it is."""

    MAKER: ClassVar = "pipeline.audio.analysis.recording:inspect"
    RECIPE: ClassVar = 5

    path: str
    dual_mono: bool = False  # one channel is measured as two loudspeakers play it


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What a meter shows for a file, and what is wrong with it. ``None``: silence, or too short for that window."""

    path: str
    duration_s: float  # samples that come out of the decoder, counted
    channels: int
    sample_rate_hz: int
    integrated_lufs: float | None
    loudness_range_lu: float | None
    momentary_max_lufs: float | None
    short_term_max_lufs: float | None
    true_peak_dbtp: float | None
    defects: tuple[Defect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterJob:
    """All that a worker, here or far away, needs in order to master one recording."""

    MAKER: ClassVar = "pipeline.audio.processing.mastering:master"
    RECIPE: ClassVar = 5

    parts: tuple[str, ...]  # in name order
    cuts: tuple[Cut, ...] = ()
    mutes: tuple[Cut, ...] = ()  # on the clock of the recording, as the cuts are
    bleeps: tuple[Cut, ...] = ()
    intro: str = ""  # a sound file; empty: none
    outro: str = ""
    jingles: tuple[Jingle, ...] = ()  # between parts of the talk, each with its sound file
    target: SoundTarget
    facts: RecordingFacts
    out: str  # the master goes here, FLAC of 24 bits at 48 kHz; nothing else is written


@dataclass(frozen=True, slots=True, kw_only=True)
class Mastered:
    """What the master measures. One channel counts as two (dual mono): that is how it is heard."""

    duration_s: float
    offset_ms: int  # where in the master the recording begins: the length of the intro
    integrated_lufs: float
    true_peak_dbtp: float
    gain_db: float
    trace: Trace
    defects: tuple[Defect, ...] = ()  # found here; those of the recording stand in its facts
    steps: tuple[Sentence, ...] = ()  # what was done, in order, for the report
    left_alone: tuple[Sentence, ...] = ()  # which steps did nothing, and why
    curve_lufs: tuple[float, ...] = ()  # short-term loudness from beginning to end, evenly spread, at most 240
    gains_low_db: tuple[float, ...] = ()  # of the leveller, over the talk alone, likewise: its lowest in each stretch …
    gains_high_db: tuple[float, ...] = ()  # … and its highest
    talk: tuple[TalkTime, ...] = ()  # how long somebody spoke at which level, before and after
    interludes: tuple[Interlude, ...] = ()  # how long each jingle is, on the clock of the recording

    def clock(self, cuts: tuple[Cut, ...]) -> Clock:
        """From a recording with those cuts to this master."""
        return Clock(cuts=cuts, offset_ms=self.offset_ms, interludes=self.interludes)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeJob:
    """One master, one format."""

    MAKER: ClassVar = "pipeline.audio.encoding.encoder:encode"
    RECIPE: ClassVar = 4

    master: str
    format: str  # mp3 | m4a | opus
    target: SoundTarget
    out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """The file as delivered: all figures come from its decoded sound. One channel counts as two (dual mono)."""

    format: str
    media_type: str
    duration_s: float
    integrated_lufs: float
    true_peak_dbtp: float
    bitrate_kbps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TeaserJob:
    """A stretch of a master that becomes a file of its own: an MP3 with fades, as loud as an episode, tagged."""

    MAKER: ClassVar = "pipeline.audio.encoding.teasers:make_teaser"
    RECIPE: ClassVar = 1

    master: str
    from_ms: int  # on the clock of the master
    to_ms: int
    target: SoundTarget
    tags: "TagJob"  # its source, its output and its length are filled in
    out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverJob:
    """One sound file on its own, from the recording to the encoded file: measured, mastered and encoded in one go."""

    MAKER: ClassVar = "pipeline.audio.delivery:deliver"
    RECIPE: ClassVar = 3

    source: str
    format: str  # mp3 | m4a | opus | flac: the master itself
    target: SoundTarget
    out: str  # what is needed on the way stands beside it, and is gone at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What three jobs would have told."""

    recording: RecordingFacts
    mastered: Mastered
    encoded: Encoded


@dataclass(frozen=True, slots=True, kw_only=True)
class TagJob:
    """An encoded file, and what shall stand in it."""

    MAKER: ClassVar = "pipeline.audio.tagging:tag"
    RECIPE: ClassVar = 2

    source: str
    out: str
    format: str  # mp3 | m4a | opus
    title: str
    album: str
    artist: str
    number: int
    date: str  # YYYY-MM-DD
    language: str  # ISO 639-1
    guid: str
    comment: str
    url: str
    genre: str
    copyright: str
    chapters: tuple[Chapter, ...]
    duration_ms: int
    cover: str  # a JPEG; empty: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """It was written, read back and found right; its sound is untouched."""

    chapters: int  # how many: those that begin after the end are left out


def treatment_of(facts: RecordingFacts, master: Mastered) -> Treatment:
    """What the report tells of a recording and of what was done to it."""
    return Treatment(
        format=facts.format,
        channels=facts.channels,
        sample_rate_hz=facts.sample_rate_hz,
        duration_s=facts.duration_s,
        integrated_lufs=facts.integrated_lufs,
        loudness_range_lu=facts.loudness_range_lu,
        true_peak_dbtp=facts.true_peak_dbtp,
        gain_db=master.gain_db,
        steps=master.steps,
        left_alone=master.left_alone,
        before_lufs=facts.curve_lufs,
        after_lufs=master.curve_lufs,
        gains_low_db=master.gains_low_db,
        gains_high_db=master.gains_high_db,
        talk=master.talk,
    )
