"""Parse WebVTT as browsers do, and report every cue and tag whose words they would drop.

Source: W3C WebVTT 1 (Candidate Recommendation, April 2019), sections 6.1 to 6.4.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from pipeline.errors import fill
from pipeline.model.time_codes import parse_vtt_timestamp
from pipeline.text import normalise_text
from pipeline.transcripts.cue_source import ENDS_FIRST, CueFinding, SourceCue, SourceTranscript

FORMAT = "WebVTT"
_ARROW = "-->"
_TAG = re.compile(r"<(/?)([a-zA-Z]*)((?:\.[^\s<>.&]+)*)(?:[ \t]([^<>]*))?>|<([\d:.]*)>")
_TAGS = {"v", "c", "i", "b", "u", "ruby", "rt", "lang"}
_STYLE_TAGS = {"font", "span", "em", "strong", "s", "br", "p"}  # of HTML and SubRip: they hide no words
_COMMA_STAMP = re.compile(r"(?:\d+:)?\d{1,2}:\d{2},\d{1,3}\b")
_OTHER_BLOCK = re.compile(r"(NOTE|STYLE|REGION)(?:[ \t]|\Z)")
_TIMESTAMP = re.compile(r"(?:(\d{1,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})", re.ASCII)


@lru_cache(maxsize=2)  # an editor parses the same file before and after each edit
def parse_webvtt(text: str) -> SourceTranscript:
    """Parse a WebVTT file.

    Args:
        text: As ``normalise_text`` returns it.

    Returns:
        The cues in the order of the file. A cue with two speakers becomes two cues.
    """
    parser = _WebVttParser(lines=text.split("\n"))
    cues = tuple(parser.parse())
    return SourceTranscript(format=FORMAT, cues=cues, findings=tuple(parser.findings))


def is_webvtt(text: str) -> bool:
    """Whether a text begins with the signature of WebVTT."""
    return re.match(r"WEBVTT(?:[ \t\n]|\Z)", text) is not None


def split_voices(line: str) -> Iterator[tuple[str, str | None, int, str]]:
    """Split a line of a cue at its tags.

    Yields:
        The text up to the next tag; the speaker who begins before it, or ``None``; the column of a
        fault in the tag before it, and the fault: ``tag`` (unknown, so it is text), ``voice`` (without
        a name), or empty.
    """
    at, literal, voice, column, fault = 0, "", None, 0, ""
    while (begin := line.find("<", at)) >= 0:
        yield literal + line[at:begin], voice, column, fault
        literal, voice, column, fault = "", None, begin + 1, ""
        tag = _TAG.match(line, begin)
        at = tag.end() if tag else begin + 1
        name = tag[2] if tag else None
        if tag is None or (name is not None and name.lower() not in _TAGS | _STYLE_TAGS):
            literal, fault = line[begin:at], "tag"
        elif name == "v" and not tag[1]:
            voice = " ".join(unescape_cue(tag[4] or "").split())
            fault = "" if voice else "voice"
    yield literal + line[at:], voice, column, fault


def unescape_cue(text: str) -> str:
    """Replace character references, such as ``&amp;``."""
    if text.isascii() and "&" not in text:
        return text  # most are: it halves the time of parsing
    return normalise_text(html.unescape(text))  # again: an entity can be any character


@dataclass(frozen=True, slots=True, kw_only=True)
class _CueTiming:
    start_ms: int
    end_ms: int
    line: int
    column: int


@dataclass(slots=True, kw_only=True)
class _WebVttParser:
    lines: list[str]
    findings: list[CueFinding] = field(default_factory=list)

    def parse(self) -> Iterator[SourceCue]:
        if not is_webvtt(self.lines[0]):
            self.add_finding(1, 1, "a transcript begins with WEBVTT", "write it as the first line")
            return
        if self.report_decimal_commas():
            return
        at, count = self.skip_block(1), 0  # the header is a block; a cue directly after it is kept
        while at < len(self.lines):
            if not self.lines[at]:
                at += 1
                continue
            end = self.find_block_end(at)
            for cue in self.parse_block(at, end):
                count += 1
                yield cue
            at = end
        if not count and not self.findings:
            self.add_finding(1, 1, "the transcript has no cues", "add cues, or delete the file")

    def report_decimal_commas(self) -> bool:
        """Report once that the timestamps of the file are those of SubRip, with a comma."""
        places = [
            (number, found.start() + 1)
            for number, line in enumerate(self.lines, start=1)
            if _ARROW in line and (found := _COMMA_STAMP.search(line))
        ]
        if len(places) > 1:
            message = fill(
                "{count} lines have timestamps with a comma, as SubRip (.srt) writes them", count=len(places)
            )
            self.add_finding(*places[0], message, "write a point in each: replace `,` by `.` in the lines with -->")
        return len(places) > 1

    def skip_block(self, at: int) -> int:
        """Return the index of the first line from ``at`` on that is blank or has an arrow."""
        while at < len(self.lines) and self.lines[at] and _ARROW not in self.lines[at]:
            at += 1
        return at

    def find_block_end(self, at: int) -> int:
        """Return the index after a block; an arrow belongs to its first or second line, a later one begins the next."""
        if _ARROW not in self.lines[at] and at + 1 < len(self.lines) and _ARROW in self.lines[at + 1]:
            at += 1
        return self.skip_block(at + 1)

    def parse_block(self, at: int, end: int) -> Iterator[SourceCue]:
        if _OTHER_BLOCK.match(self.lines[at]):
            return
        index = at if _ARROW in self.lines[at] else at + 1
        if index >= end or _ARROW not in self.lines[index]:
            message = fill("the timing line is missing: 00:00:01.000 {arrow} 00:00:04.000", arrow=_ARROW)
            self.add_finding(at + 1, 1, message, "add it, or remove the blank line inside the cue above")
            return
        if timing := self.parse_timing(index):
            yield from self.split_speakers(range(index + 1, end), timing)

    def parse_timing(self, index: int) -> _CueTiming | None:
        """Parse the timing of a cue; settings are of no use here, and ignored.

        Source: section 6.3, "collect WebVTT cue timings and settings".
        """
        line, number = self.lines[index], index + 1
        left, _, right = line.partition(_ARROW)
        words = right.split()
        stamps = left.strip(), words[0] if words else ""
        times = [_parse_timestamp(stamp) for stamp in stamps]
        for stamp, at_ms, after in zip(stamps, times, (0, line.index(_ARROW) + 3), strict=True):
            if at_ms is None:
                column = line.find(stamp, after) + 1 if stamp else 1
                message = fill("`{stamp}` is not a WebVTT timestamp", stamp=stamp[:40])
                self.add_finding(number, column, message, _suggest(stamp))
        start_ms, end_ms = times
        if start_ms is None or end_ms is None:
            return None
        column = len(line) - len(line.lstrip()) + 1
        if end_ms <= start_ms:
            column = line.index(_ARROW) + 4
            self.add_finding(number, column, ENDS_FIRST)
        return _CueTiming(start_ms=start_ms, end_ms=end_ms, line=number, column=column)

    def split_speakers(self, indices: range, timing: _CueTiming) -> Iterator[SourceCue]:
        """Yield the text of a cue without tags, one cue per speaker."""
        speaker, words = "", list[str]()
        for index in indices:
            for piece, voice, column, fault in split_voices(self.lines[index]):
                if fault:
                    self.add_tag_finding(index, column, fault)
                if voice is not None:
                    yield from _build_cue(timing, speaker, words)
                    speaker, words = voice, []
                words.append(piece)
            words.append(" ")
        yield from _build_cue(timing, speaker, words)

    def add_tag_finding(self, index: int, column: int, fault: str) -> None:
        if fault == "voice":
            self.add_finding(index + 1, column, "`<v>` names no speaker", "write <v Name>", severity="warning")
            return
        tag = _TAG.match(self.lines[index], column - 1)
        hint = "write &lt; for a literal <, or <v Name> for a speaker" if tag else "write &lt; for a literal <"
        message = fill("`{tag}` is not a WebVTT tag", tag=tag[0][:40] if tag else "<")
        self.add_finding(index + 1, column, message, hint, severity="warning")

    def add_finding(self, line: int, column: int, message: str, hint: str = "", *, severity: str = "error") -> None:
        self.findings.append(CueFinding(line=line, column=column, message=message, hint=hint, severity=severity))


def _build_cue(timing: _CueTiming, speaker: str, words: list[str]) -> Iterator[SourceCue]:
    if text := " ".join(unescape_cue("".join(words)).split()):
        yield SourceCue(
            line=timing.line,
            column=timing.column,
            start_ms=timing.start_ms,
            end_ms=timing.end_ms,
            speaker=speaker,
            text=text,
        )


def _parse_timestamp(stamp: str) -> int | None:
    """Parse a timestamp as browsers do: with any number of digits of the hour; in milliseconds."""
    if not (found := _TIMESTAMP.fullmatch(stamp)):
        return None
    hours, minutes, seconds, milliseconds = (int(unit or 0) for unit in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds


def _suggest(stamp: str) -> str:
    if parse_vtt_timestamp(stamp.replace(",", ".")) is not None:
        return fill("write a point: {stamp}", stamp=stamp.replace(",", "."))
    return "write hours, minutes, seconds and milliseconds: 00:00:01.000"
