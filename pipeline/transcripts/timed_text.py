"""Text with a time and often a name above or before each turn: Teams, Zoom, Otter, Google Meet, whisper on a terminal.

One file has one way of writing; the way that most lines with a time follow is taken.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.errors import fill
from pipeline.transcripts.cue_source import CueFinding, SourceCue, SourceTranscript, SpokenLine
from pipeline.transcripts.names import is_name, split_label
from pipeline.transcripts.timestamps import CLOCK, parse_clock

_WAYS = {
    "range": re.compile(rf"[\[(]?(?P<at>{CLOCK})\s*(?:-->|–|-|to|tot)\s*(?P<end>{CLOCK})[\])]?:?\s*(?P<rest>.*)"),
    "time in brackets": re.compile(rf"[\[(](?P<at>{CLOCK})[\])]\s*(?:[-–:]\s+)?(?P<rest>.*)"),
    "time": re.compile(rf"(?P<at>{CLOCK})(?:\s+[-–]\s+|\s+|:\s+|$)(?P<rest>.*)"),
    "name, time in brackets": re.compile(
        rf"(?P<name>[^\[\]()]{{1,60}}?)[ ,]{{0,4}}[\[(](?P<at>{CLOCK})[\])]:?\s*(?P<rest>.*)"
    ),
    "name in brackets, time": re.compile(rf"\[(?P<name>[^\[\]]{{1,60}})\]\s{{1,8}}(?P<at>{CLOCK})(?P<rest>)\s*"),
    "name, time": re.compile(rf"(?P<name>\S.{{0,60}}?)[\s,:|-]{{1,8}}(?P<at>{CLOCK})(?P<rest>)\s*"),
}
_NOISE = re.compile(
    r"(?:transcribed by https?://otter\.ai"
    r"|.{1,80} (?:started|stopped) transcription"
    r"|.{1,80} heeft (?:de )?transcriptie (?:gestart|gestopt|beëindigd))\s*\.?",
    re.IGNORECASE,
)
_MIN_HEADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """A line with the time of a turn."""

    index: int
    way: str
    at_ms: int
    end_ms: int | None
    name: str
    rest: str


def parse_text(text: str) -> SourceTranscript:
    """Parse text: turns with a time become cues; a text without times becomes lines."""
    lines = [line.strip() for line in text.split("\n")]
    heads = _choose_way([head for index, line in enumerate(lines) for head in _find_heads(index, line)])
    if len(heads) < _MIN_HEADS:
        return SourceTranscript(format="plain text", lines=tuple(_split_spoken_lines(lines)))
    findings: list[CueFinding] = []
    if skipped := [index for index in range(heads[0].index) if lines[index] and not _NOISE.fullmatch(lines[index])]:
        message = fill(
            "{count} lines before the first time are left out: `{lines}`",
            count=len(skipped),
            lines=lines[skipped[0]][:40],
        )
        findings.append(CueFinding(line=skipped[0] + 1, column=1, message=message, severity="warning"))
    cues = tuple(_build_cues(lines, heads))
    return SourceTranscript(format="text with times", cues=cues, findings=tuple(findings))


def _find_heads(index: int, line: str) -> Iterator[_Head]:
    """Yield how a line can be read as the head of a turn: at most one reading per way."""
    for way, pattern in _WAYS.items():
        found = pattern.fullmatch(line) if len(line) < 10_000 else None
        if found is None or (at_ms := parse_clock(found["at"])) is None:
            continue
        groups = found.groupdict()
        name = " ".join((groups.get("name") or "").rstrip(":").split())
        if name and not is_name(name):
            continue
        end_ms = parse_clock(groups["end"]) if groups.get("end") else None
        yield _Head(index=index, way=way, at_ms=at_ms, end_ms=end_ms, name=name, rest=groups["rest"].strip())


def _choose_way(heads: list[_Head]) -> list[_Head]:
    counts = Counter(head.way for head in heads)
    best = max(counts, key=lambda way: (counts[way], -list(_WAYS).index(way)), default="")
    return [head for head in heads if head.way == best]


def _build_cues(lines: list[str], heads: list[_Head]) -> Iterator[SourceCue]:
    ends = [*(head.index for head in heads[1:]), len(lines)]
    bodies = [
        [line for line in lines[head.index + 1 : end] if line and not _NOISE.fullmatch(line)]
        for head, end in zip(heads, ends, strict=True)
    ]
    rest_is_name = all(
        not head.rest or (bool(body) and is_name(head.rest.rstrip(":")))
        for head, body in zip(heads, bodies, strict=True)
    )
    for head, body in zip(heads, bodies, strict=True):
        speaker, words = head.name, [head.rest, *body]
        if rest_is_name and head.rest:
            speaker, words = head.rest.rstrip(":").strip(), body
        if text := " ".join(" ".join(words).split()):
            if not speaker:
                speaker, text = split_label(text)
            yield SourceCue(line=head.index + 1, start_ms=head.at_ms, end_ms=head.end_ms, speaker=speaker, text=text)


def _split_spoken_lines(lines: list[str]) -> Iterator[SpokenLine]:
    """Yield the lines of a text; a name in front of a line, or alone on one, is that of the speaker."""
    speaker = ""
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        if line.endswith(":") and is_name(line[:-1]):
            speaker = line[:-1].strip()
            continue
        name, text = split_label(line)
        speaker = name or speaker
        yield SpokenLine(line=number, speaker=speaker, text=text)
