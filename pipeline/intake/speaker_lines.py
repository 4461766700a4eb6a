"""Drops the names of speakers from a transcript that Teams saved as a Word file."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pipeline.intake.document import ContentBlock

_SPEAKER_LINE = re.compile(r"[^\W\d_][^\d\n:]{1,80}?\s+((?:\d{1,2}:)?\d{1,2}:\d{2})\s*")
_TIME_AT_START = re.compile(r"(?:0?0:)?0?\d:\d{2}\Z")  # the first words of a transcript; in an agenda it would be night
_BREAK = "\\\n"


def drop_speaker_lines(blocks: Sequence[ContentBlock]) -> tuple[tuple[ContentBlock, ...], Counter[str]]:
    """Drop lines such as ``Karin de Boer   0:03``, if there are several and the first is at the start of a recording.

    Returns:
        The blocks, and the number of dropped names.
    """
    times = [time for block in blocks if (time := _find_time(block))]
    if len(times) < 2 or not _TIME_AT_START.match(times[0]):
        return tuple(blocks), Counter()
    kept = []
    for block in blocks:
        rest = block.text_md.partition(_BREAK)[2] if _find_time(block) else block.text_md
        if rest or block.kind != "paragraph":
            kept.append(replace(block, text_md=rest))
    return tuple(kept), Counter({"name of a speaker": len(times)})


def _find_time(block: ContentBlock) -> str:
    line = block.text_md.partition(_BREAK)[0].replace("*", "")
    found = _SPEAKER_LINE.fullmatch(line) if block.kind == "paragraph" and len(line) < 100 else None
    return found[1] if found else ""
