"""Episodes as people write them, and releases: episodes whose audio exists."""

from dataclasses import dataclass
from datetime import date, datetime

from pipeline.model.events import Person
from pipeline.model.podcast import PodcastTxt
from pipeline.model.review import ReviewRecord
from pipeline.model.sound import Defect, ProcessingReport, Waveform
from pipeline.model.takes import Take, Track
from pipeline.model.timeline import Cut, Jingle, TimedJingle, Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A part of an episode, up to the next chapter."""

    start_ms: int
    title: str
    image: str = ""  # of an episode a path in the programme, of a release one in public/; empty: none


_TOLERANCE_MS = 250  # a shorter overlap with a cue affects no word


@dataclass(frozen=True, slots=True, kw_only=True)
class Teaser:
    """An excerpt that promotes an episode; without a title, it has that of the episode."""

    from_ms: int
    to_ms: int
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """A cue of the transcript; ``speaker`` may be empty."""

    start_ms: int
    end_ms: int
    speaker: str
    text: str


def classify_overlap(cue: Cue, cut: Cut) -> str:
    """Return how much of a cue a cut hides: ``none``, ``some`` or ``all``, within a tolerance."""
    both_ms = min(cue.end_ms, cut.to_ms) - max(cue.start_ms, cut.from_ms)
    tolerance_ms = min(_TOLERANCE_MS, (cue.end_ms - cue.start_ms) // 2)
    if both_ms <= min(tolerance_ms, (cut.to_ms - cut.from_ms) // 2):
        return "none"
    return "all" if cue.end_ms - cue.start_ms - both_ms <= tolerance_ms else "some"


def is_within_words(at_ms: int, cue: Cue) -> bool:
    """Check whether a sound inserted at ``at_ms`` would separate the words of a cue."""
    tolerance_ms = min(_TOLERANCE_MS, (cue.end_ms - cue.start_ms) // 4)
    return cue.start_ms + tolerance_ms < at_ms < cue.end_ms - tolerance_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """An episode as people write it; a ``Release`` is one whose audio exists.

    Chapters, cues, cuts, mutes, bleeps, jingles and teasers have times in the recording.
    """

    slug: str
    guid: str
    number: int
    event: str  # the id of an Event, or empty
    title: str
    summary: str
    published: datetime  # aware
    guid_is_permalink: bool = False
    kind: str = "full"  # full | trailer | bonus
    season: int = 0  # 0: none
    explicit: bool = False
    cover: str = ""  # relative to the programme; empty: drawn from the waveform
    master: bool = True  # see ``is_passthrough``
    media_type: str = ""  # of audio that is published as it is; empty: by its extension
    people: tuple[Person, ...] = ()
    txt: tuple[PodcastTxt, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    cuts: tuple[Cut, ...] = ()
    mutes: tuple[Cut, ...] = ()  # replaced by room tone
    bleeps: tuple[Cut, ...] = ()  # replaced by a tone
    jingles: tuple[Jingle, ...] = ()  # in order
    teasers: tuple[Teaser, ...] = ()  # in the order of the file
    notes_md: str = ""
    recording: tuple[str, ...] = ()  # relative to the programme, in name order
    tracks: tuple[Track, ...] | None = None  # in the folder of the episode; ``None``: found by sound; none: parts
    input_channels: str = "auto"  # auto | stereo | mono | left | right: what the recorder gave
    transcript: tuple[Cue, ...] = ()  # empty: there is none
    transcript_reviewed: date | None = None  # when a person compared it with the audio
    review: tuple[ReviewRecord, ...] = ()  # of the transcript, as `weerslag review` records it

    @property
    def is_passthrough(self) -> bool:
        """Whether its one file is published as it is, byte for byte; any edit of the sound needs mastering."""
        return not (self.master or self.cuts or self.mutes or self.bleeps or self.jingles or self.teasers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """An encoded, tagged file, and the measurements of its decoded audio."""

    format: str  # mp3 | m4a | opus
    media_type: str  # audio/mpeg, audio/mp4, audio/ogg
    path: str  # relative to public/
    sha256: str
    size_bytes: int
    duration_s: float  # decoded samples, counted
    integrated_lufs: float
    true_peak_dbtp: float
    bitrate_kbps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An episode whose audio exists: only these are in the feed.

    ``chapters``, ``transcript`` and ``teasers`` have times in the enclosure, after cuts and with music.
    """

    episode: Episode
    enclosures: tuple[Enclosure, ...]  # the first is that of the feed
    duration_s: float
    chapters: tuple[Chapter, ...]
    transcript: tuple[Cue, ...]
    waveform: Waveform
    cover: str  # of this episode, relative to public/
    offset_ms: int = 0  # where the recording begins in the enclosure, after the intro
    timed_jingles: tuple[TimedJingle, ...] = ()  # jingles, with times in the recording
    processing: ProcessingReport | None = None
    defects: tuple[Defect, ...] = ()
    teasers: tuple[Teaser, ...] = ()
    take: Take | None = None  # how several tracks became one recording

    def map_ms(self, recording_ms: int) -> int:
        """Map a time in the recording to the enclosure."""
        return self.timeline.map_ms(recording_ms)

    @property
    def timeline(self) -> Timeline:
        """From the recording to the enclosure."""
        return Timeline(cuts=self.episode.cuts, offset_ms=self.offset_ms, timed_jingles=self.timed_jingles)
