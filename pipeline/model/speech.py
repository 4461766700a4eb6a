"""Recognised speech: words with times."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """A word that a recogniser found, with the punctuation after it; its confidence misleads, so no word counts as right."""

    word: str  # without spaces
    start_s: float
    end_s: float
    confidence: float  # 0 to 1
    speaker: str = ""
    recognised: str = ""  # what the recogniser had, if the vocabulary corrected it
