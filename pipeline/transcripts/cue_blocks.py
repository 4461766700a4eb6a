"""SubRip (.srt) and YouTube's SBV: blocks of a timing line and text lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.errors import fill
from pipeline.transcripts.cue_source import ENDS_FIRST, CueFinding, SourceCue, SourceTranscript
from pipeline.transcripts.names import is_name
from pipeline.transcripts.timestamps import CLOCK, parse_clock
from pipeline.transcripts.webvtt import split_voices, unescape_cue

_ARROW = re.compile(r"\s*(?:-->|—>|–>|->|→)\s*")
_ARROW_TIMING = re.compile(rf"\s*(\S+?){_ARROW.pattern}(\S+)(?:\s.*)?")
# only times and arrows, but not two times with an arrow between them
_FAULTY_TIMING = re.compile(rf"\s*(?:{CLOCK}\s+{CLOCK}|{CLOCK}{_ARROW.pattern}|{_ARROW.pattern}{CLOCK})\s*")
_SBV_TIMING = re.compile(rf"\s*({CLOCK}),({CLOCK})\s*")
_MAX_NAME_SHARE = 0.5  # a name occurs twice on average
_NUMBER = re.compile(r"\s*\d{1,6}\s*")
_ASS_CODES = re.compile(r"\{\\[^{}]*\}")  # many programs write them into SubRip: {\an8}


def parse_subrip(text: str) -> SourceTranscript:
    """Parse SubRip, also with points, without numbers, without blank lines, and below a line WEBVTT."""
    return _parse(text, "SubRip", _ARROW_TIMING)


def parse_sbv(text: str) -> SourceTranscript:
    """Parse the SBV of YouTube: ``0:00:01.000,0:00:04.000``, then text.

    Source: support.google.com/youtube/answer/2734698.
    """
    return _parse(text, "SBV", _SBV_TIMING)


def is_sbv(text: str) -> bool:
    """Whether one of the first lines is a timing line of SBV."""
    return any(_SBV_TIMING.fullmatch(line) for line in text.split("\n", 12)[:12])


def is_subrip(text: str) -> bool:
    """Whether a line is a timing line of SubRip, also a faulty one."""
    return any(_is_timing(line, _ARROW_TIMING) for line in text.split("\n"))


def _is_timing(line: str, timing: re.Pattern[str]) -> bool:
    if timing is _SBV_TIMING:
        return timing.fullmatch(line) is not None
    found = timing.fullmatch(line)
    stamps = found.groups() if found else ()
    return any(re.match(r"\d+[:.,]\d", stamp) for stamp in stamps) and stamps[0][0] not in "[("


def _parse(text: str, name: str, timing: re.Pattern[str]) -> SourceTranscript:
    parser = _BlockParser(lines=text.split("\n"), timing=timing)
    cues = tuple(parser.parse())
    return SourceTranscript(format=name, cues=cues, findings=tuple(parser.findings))


@dataclass(slots=True, kw_only=True)
class _BlockParser:
    lines: list[str]
    timing: re.Pattern[str]
    findings: list[CueFinding] = field(default_factory=list)

    def parse(self) -> Iterator[SourceCue]:
        places = [
            index
            for index, line in enumerate(self.lines)
            if _is_timing(line, self.timing) or _FAULTY_TIMING.fullmatch(line)  # whose stamps would become words
        ]
        self.report_loose_text(0, places[0] if places else len(self.lines))
        ends = [self.find_text_end(*pair) for pair in pairwise([*places, len(self.lines)])]
        blocks = [
            [index for index in range(*pair) if self.lines[index].strip()] for pair in zip(places, ends, strict=True)
        ]
        has_names = self.has_name_lines(blocks)
        for place, *indices in blocks:
            name = self.lines[indices.pop(0)].strip() if has_names else ""
            if cue := self.parse_cue(place, indices, name):
                yield cue

    def has_name_lines(self, blocks: list[list[int]]) -> bool:
        """Whether the first line of each cue is its speaker, as old Word files of Teams have it."""
        firsts = [self.lines[block[1]].strip() for block in blocks if len(block) > 2]
        if not 1 < len(firsts) == len(blocks) or not all(map(is_name, firsts)):
            return False
        return len(set(firsts)) <= _MAX_NAME_SHARE * len(firsts) or all(" " in name for name in firsts)

    def report_loose_text(self, begin: int, end: int) -> None:
        """Report text before the first timing line: it has no time."""
        for index in range(begin, end):
            line = self.lines[index].strip()
            if line and line != "WEBVTT" and not _NUMBER.fullmatch(line):
                self.add_finding(
                    index, fill("this text has no time: `{text}`", text=line[:40]), "write a timing line above it"
                )
                return

    def find_text_end(self, place: int, following: int) -> int:
        """Return the index after the text of a cue: the number and blank lines of the next cue do not belong to it."""
        end = following
        while end > place + 1 and not self.lines[end - 1].strip():
            end -= 1
        is_number = end > place + 1 and following < len(self.lines) and _NUMBER.fullmatch(self.lines[end - 1])
        if is_number and (end - 1 == place + 1 or not self.lines[end - 2].strip() or end == following):
            end -= 1
        return end

    def parse_cue(self, place: int, indices: list[int], name: str) -> SourceCue | None:
        found = self.timing.fullmatch(self.lines[place])
        if found is None:
            message = fill("this line has no start and end: `{text}`", text=self.lines[place].strip()[:40])
            self.add_finding(place, message, "write 00:00:01,000 --> 00:00:04,000")
            return None
        start_ms, end_ms = self.parse_stamp(place, found[1]), self.parse_stamp(place, found[2])
        if start_ms is None or end_ms is None:
            return None
        words, voices = list[str](), [name]
        for index in indices:
            for piece, voice, *_ in split_voices(_ASS_CODES.sub("", self.lines[index])):
                words.append(piece)
                voices += [voice] if voice else []
            words.append(" ")
        text = " ".join(unescape_cue("".join(words)).split())
        if text and end_ms <= start_ms:
            self.add_finding(place, ENDS_FIRST, "correct its end")
        speaker = voices[-1] if len(set(voices[1:])) == 1 else name
        cue = SourceCue(line=place + 1, start_ms=start_ms, end_ms=end_ms, speaker=speaker, text=text)
        return cue if text else None

    def parse_stamp(self, place: int, stamp: str) -> int | None:
        at_ms = parse_clock(stamp)
        if at_ms is None:
            column = self.lines[place].find(stamp) + 1
            message = fill("`{stamp}` is not a timestamp", stamp=stamp[:40])
            self.findings.append(CueFinding(line=place + 1, column=column, message=message, hint="write 00:00:01,000"))
        return at_ms

    def add_finding(self, index: int, message: str, hint: str) -> None:
        self.findings.append(CueFinding(line=index + 1, column=1, message=message, hint=hint))
