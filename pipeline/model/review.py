"""The review of a transcript: what a person heard or signed, and what of it is still valid."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRecord:
    """A person heard a cue to its end, or signed it."""

    cue: str  # digest of its times and words
    start_ms: int
    end_ms: int
    kind: str  # heard | signed
    by: str  # initials
    at: str  # ISO 8601
    sound: str  # digest of the recording
    edits: str = ""  # cuts, mutes and bleeps that touched the cue


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedCue:
    """What the records say of one cue."""

    start_ms: int
    end_ms: int
    state: str  # reviewed | hidden (nobody will read it) | missing | edited | sound | cut: why it is not reviewed


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptReview:
    """The review of one transcript: one item per cue, in its order."""

    cues: tuple[ReviewedCue, ...] = ()

    @property
    def open_cues(self) -> tuple[ReviewedCue, ...]:
        """The cues that a person must still hear or sign."""
        return tuple(cue for cue in self.cues if cue.state not in {"reviewed", "hidden"})

    @property
    def open_ms(self) -> int:
        """The duration of these."""
        return sum(cue.end_ms - cue.start_ms for cue in self.open_cues)
