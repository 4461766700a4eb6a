"""Writes cues as WebVTT, and identifies them by a digest."""

import hashlib
import html
from collections.abc import Sequence

from pipeline.model import Cue
from pipeline.model.time_codes import format_timestamp
from pipeline.transcripts.line_breaks import break_lines

_SHOWN_DIGITS = 16  # of the digest of a cue


def format_vtt(cues: Sequence[Cue]) -> str:
    """Format cues as WebVTT, with lines of at most 42 characters; every cue names its speaker."""
    return "\n\n".join(["WEBVTT", *map(format_cue, cues)]) + "\n"


def format_cue(cue: Cue) -> str:
    """Format the block of one cue, without a line break at its end."""
    voice = f"<v {html.escape(cue.speaker, quote=False)}>" if cue.speaker else ""
    lines = html.escape("\n".join(break_lines(cue.text)), quote=False)
    return f"{format_timestamp(cue.start_ms)} --> {format_timestamp(cue.end_ms)}\n{voice}{lines}"


def digest_cue(cue: Cue) -> str:
    """Compute the digest of the times and words of a cue; who speaks does not count."""
    words = " ".join(cue.text.split())
    return hashlib.sha256(f"{cue.start_ms} {cue.end_ms} {words}".encode()).hexdigest()[:_SHOWN_DIGITS]
