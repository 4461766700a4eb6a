"""What is told of a sound: what is wrong with it, what was done to it, how it is drawn."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What is told to people, and said in their language by ``typeset.said``; as a string, it is English.

    ``text`` is a message of the catalogue, with the names of its figures in braces; figures are text, with a decimal point.
    ``of`` is the file it is about, told before it.
    """

    text: str
    figures: dict[str, str] = field(hash=False)  # what stands in a release must be hashable
    of: str = ""

    def __str__(self) -> str:
        """In English."""
        told = self.text.format_map(self.figures)
        return f"{self.of}: {told}" if self.of else told


def sentence(text: str, **figures: str | int) -> Sentence:
    """A sentence with its figures; the catalogue is asked for every ``text`` that stands here."""
    return Sentence(text=text, figures={name: str(figure) for name, figure in figures.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """Something wrong with a sound file, with the second at which it begins (``None``: the whole file)."""

    code: str
    at_s: float | None = None
    message: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The drawing that an episode leaves behind: one bar per ``bar_s`` seconds.

    Heights lie in 0…1 and 0.0 is silence. 120 to 240 bars, whatever the length of the episode.
    """

    bar_s: float
    heights: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkTime:
    """For how long somebody spoke at a level, before and after: from ``from_lufs`` up to the next class."""

    from_lufs: int
    before_s: float
    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What came out of the recorder, and what mastering did to it."""

    format: str
    channels: int
    sample_rate_hz: int
    duration_s: float
    integrated_lufs: float | None
    loudness_range_lu: float | None
    true_peak_dbtp: float | None
    gain_db: float
    steps: tuple[Sentence, ...] = ()
    left_alone: tuple[Sentence, ...] = ()  # what was switched off, or not needed
    before_lufs: tuple[float, ...] = ()  # short-term loudness of the recording as the cuts leave it, evenly spread
    after_lufs: tuple[float, ...] = ()  # and of the master, intro and outro included
    gains_low_db: tuple[float, ...] = ()  # of the leveller, over the same stretch as ``before_lufs``: its lowest …
    gains_high_db: tuple[float, ...] = ()  # … and its highest in each; both empty: it had nothing to do
    talk: tuple[TalkTime, ...] = ()  # by level, softest first; empty: nobody speaks
