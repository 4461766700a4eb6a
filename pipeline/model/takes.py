"""Takes: several tracks (microphones) of one talk, how they are aligned, and who speaks when.

The clock of a take counts seconds from the earliest sample of the take.
"""

from dataclasses import dataclass

from pipeline.model.sound import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One microphone of a talk, as ``episode.md`` names it."""

    file: str  # relative to the episode, or a path
    speaker: str = ""  # empty: the track is named after its file
    offset_s: float | None = None  # where it starts, after the start of the first track; ``None``: found by sound


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackGap:
    """Time that a recorder lost."""

    at_s: float  # on the clock of the take
    length_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSegment:
    """A part of a track that was recorded without interruption."""

    first: int  # sample at 48 kHz on the clock of the take
    last: int  # the sample after its end
    track_s: float  # time in the track at ``first``
    rate: float  # seconds of the track in a second of the take


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackAlignment:
    """Where one track is on the clock of its take."""

    name: str  # of its first file, without folder
    files: tuple[int, ...]  # their numbers in the list of files, in order of time
    channel: int = -1  # of the files; -1: the mean of all
    speaker: str = ""
    role: str = "microphone"  # microphone | mix | backup | room | left-out
    reason: Sentence | None = None  # of another role than microphone
    offset_s: float = 0.0  # where it starts on the clock of the take
    drift_ppm: float = 0.0  # its clock against that of the reference; positive: it runs fast
    confidence: float = 1.0  # 0 to 1
    polarity: int = 1  # -1: inverted against the reference; corrected when the track is read
    gaps: tuple[TrackGap, ...] = ()
    segments: tuple[TrackSegment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeAlignment:
    """The tracks of a take on one clock; or no tracks: the files are parts, one after the other."""

    samples: int = 0  # at 48 kHz
    reference: int = 0  # number of the track whose clock is that of the take
    tracks: tuple[TrackAlignment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerSpan:
    """Someone speaks, on the clock of the recording."""

    start_s: float
    end_s: float
    speaker: str
    confidence: float  # 0 to 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedTrack:
    """What the mix did with one track."""

    alignment: TrackAlignment
    gain_db: float | None = None  # to equal loudness of own speech; ``None``: not in the mix, or nobody spoke
    talk_s: float = 0.0  # duration of own speech
    activity: tuple[float, ...] = ()  # share of own speech in evenly spaced intervals, at most 240
    notes: tuple[Sentence, ...] = ()  # about its alignment and its share in the mix


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """The mix of a take: what each track contributed, and who speaks when."""

    duration_s: float
    reference: int
    tracks: tuple[MixedTrack, ...]
    spans: tuple[SpeakerSpan, ...] = ()  # who has the turn: one speaker in each moment
    simultaneous: tuple[SpeakerSpan, ...] = ()  # who speaks while another has the turn
