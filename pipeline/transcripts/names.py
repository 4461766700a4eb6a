"""Recognise the names of speakers in transcripts: in front of what they say, or on a line of their own."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pipeline.transcripts.cue_source import SourceCue

_MAX_NAME_CHARACTERS = 60
_PARTICLES = {
    "de",
    "van",
    "der",
    "den",
    "ten",
    "ter",
    "te",
    "het",
    "in",
    "op",
    "la",
    "le",
    "von",
    "zu",
    "di",
    "al",
    "el",
}
_PARTICLES |= {"'t", "’t", "und", "en", "and", "y", "bin", "d'", "s'"}
_GENERIC = re.compile(
    r"(?:unknown |onbekende )?(?:speaker|spreker|stem|voice|interviewer|moderator|gespreksleider|gast|host)[ _-]?\d*",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?:[-–>]{1,2}\s*)?(?:\[([^\[\]:]{1,60})\]|([^\[\]:.?!]{1,60})):\s+(?=\S)")
_MIN_SHARE = 0.5  # of cues with a label, so that one that occurs once is a name too


def is_name(text: str) -> bool:
    """Whether a text looks like the name of a person: every word begins with a capital, except particles."""
    text = text.strip()
    words = re.sub(r"\([^()]*\)", "", text).replace(",", " ").split()
    if not words or len(text) > _MAX_NAME_CHARACTERS or len(words) > 7 or text[-1] in ".?!;":
        return False
    if _GENERIC.fullmatch(text):
        return True
    proper = [word for word in words if word.casefold() not in _PARTICLES]
    return bool(proper) and all(word[0].isupper() or word[0].isdigit() or word == "&" for word in proper)


def split_label(text: str) -> tuple[str, str]:
    """Split ``Jan de Vries: Goedemiddag`` into name and text; without a label the name is empty."""
    found = _LABEL.match(text)
    name = " ".join((found[1] or found[2]).split()) if found else ""
    return (name, text[found.end() :].strip()) if found and is_name(name) else ("", text)


def take_labels(cues: Sequence[SourceCue]) -> tuple[SourceCue, ...]:
    """Move the names in front of texts to the cues.

    A name counts if it occurs twice, or if more than half of the cues have one: "Let op: …" stays text.
    """
    labels = [split_label(cue.text) if not cue.speaker else ("", cue.text) for cue in cues]
    counts = Counter(name for name, _ in labels if name)
    is_usual = sum(counts.values()) > _MIN_SHARE * len(cues)
    return tuple(
        replace(cue, speaker=name, text=text) if name and (is_usual or counts[name] > 1) else cue
        for cue, (name, text) in zip(cues, labels, strict=True)
    )
