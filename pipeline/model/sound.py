"""Targets of mastering, and reports on audio: defects, waveform, processing."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTarget:
    """Targets of mastering and encoding; loudness and peak are those of the decoded enclosure."""

    loudness_lufs: float = -16.0
    true_peak_dbtp: float = -1.0
    channels: str = "stereo"  # stereo | mono
    bitrate_kbps: int = 128  # of the MP3
    formats: tuple[str, ...] = ("mp3",)  # mp3 | m4a | opus; the first is the enclosure of the feed
    high_pass_hz: int = 80  # 0: off
    hum: str = "auto"  # auto | off: removal of mains hum, where detected
    noise_reduction: str = "auto"  # auto | neural | off: where the noise floor requires it
    levelling: str = "auto"  # auto | off: bring speakers to one level
    intro_overlap_s: float = 0.0  # of the intro with the first words
    outro_overlap_s: float = 0.0  # of the outro with the last words


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A message that is translated when it is shown; ``str()`` returns English.

    ``text`` is a message of the catalogue with placeholders in braces. ``figures`` fill them; numbers have a decimal point.
    ``of`` is the file that it is about.
    """

    text: str
    figures: dict[str, str] = field(hash=False)  # a release must be hashable
    of: str = ""

    def __str__(self) -> str:
        """Format the message in English."""
        message = self.text.format_map(self.figures)
        return f"{self.of}: {message}" if self.of else message


def sentence(text: str, **figures: str | int) -> Sentence:
    """Create a translatable message; ``text`` must be a msgid of the catalogue."""
    return Sentence(text=text, figures={name: str(figure) for name, figure in figures.items()})


PROPOSED_CUT = "proposed-cut"  # code of a defect: murmur or silence before the talk or after it
TAKE_TRACKS = "take-tracks"  # code of a note for ``check``: the files are tracks of one take


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A defect of an audio file; ``at_s`` is its start in seconds (``None``: the whole file)."""

    code: str
    at_s: float | None = None
    message: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform:
    """The waveform that is drawn of an episode: 120 to 240 bars of ``bar_s`` seconds.

    Heights are 0 to 1; 0 is silence.
    """

    bar_s: float
    heights: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A place to compare recording and master at: where it is, and where its sound is in the files of excerpts."""

    kind: str  # loud | soft | applause | noise
    recording_s: float  # its start in the recording
    master_s: float  # … and in the master
    start_s: float  # … and in both files of excerpts
    length_s: float
    loudness_lufs: float  # of both sides in these files


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkTime:
    """Duration of speech in one class of loudness, before and after processing; a class ends where the next begins."""

    from_lufs: int
    before_s: float
    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingReport:
    """The measurements of a recording, and the processing of its master."""

    format: str
    channels: int
    sample_rate_hz: int
    duration_s: float
    integrated_lufs: float | None
    loudness_range_lu: float | None
    true_peak_dbtp: float | None
    gain_db: float
    steps: tuple[Sentence, ...] = ()
    skipped: tuple[Sentence, ...] = ()  # switched off, or not needed
    before_lufs: tuple[float, ...] = ()  # short-term loudness of the recording after its cuts, evenly sampled
    after_lufs: tuple[float, ...] = ()  # of the master, with intro and outro
    gains_low_db: tuple[float, ...] = ()  # of the leveller, over the same time as ``before_lufs``: lowest …
    gains_high_db: tuple[float, ...] = ()  # … and highest of each interval; both empty: not needed
    talk: tuple[TalkTime, ...] = ()  # by level, softest first; empty: no speech
