"""Parse WebVTT strictly.

Some podcast apps reject a whole file for one invalid line, so each is an error.

Source: W3C WebVTT 1 (Candidate Recommendation, April 2019), sections 4.1 and 6.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.content.programme_folder import SourceText
from pipeline.errors import ValidationError
from pipeline.model import Cue
from pipeline.model.time_codes import parse_vtt_timestamp
from pipeline.text import normalise_text

_ARROW = "-->"
_TAG = re.compile(r"<(/?)([a-zA-Z]*)((?:\.[^\s<>.&]+)*)(?:[ \t]([^<>]*))?>|<([\d:.]*)>")
_TAGS = {"v", "c", "i", "b", "u", "ruby", "rt", "lang"}
_SUBRIP_STAMP = re.compile(r"(?:\d+:)?\d{1,2}:\d{2},\d{1,3}\b")
_SETTING = re.compile(r"(vertical|line|position|size|align|region):\S+\Z")

_Block = list[tuple[int, str]]  # (line number, line)


def parse_webvtt(source: SourceText, errors: list[ValidationError]) -> tuple[Cue, ...]:
    """Parse a WebVTT file; errors are added to ``errors``.

    Returns:
        The cues in the order of the file. A cue with two speakers becomes two cues.
    """
    return _WebVttParser(source=source, errors=errors).parse()


@dataclass(frozen=True, slots=True, kw_only=True)
class _CueTiming:
    start_ms: int
    end_ms: int
    line: int
    column: int
    text_index: int  # of the first line of text in the block


@dataclass(frozen=True, slots=True, kw_only=True)
class _WebVttParser:
    source: SourceText
    errors: list[ValidationError]

    def parse(self) -> tuple[Cue, ...]:
        if not re.match(r"WEBVTT(?:[ \t]|\Z)", self.source.lines[0]):
            self.add_error(1, 1, "a transcript begins with WEBVTT", "write it as the first line")
            return ()
        cues: list[Cue] = []
        previous_ms, errors_before = 0, len(self.errors)
        if self.report_decimal_commas():
            return ()
        for block in _split_blocks(self.source.lines):
            timing = self.parse_timing(block)
            if timing is None:
                continue
            if timing.start_ms < previous_ms:
                message = "this cue begins before the previous cue"
                self.add_error(timing.line, timing.column, message, "sort the cues by time")
            previous_ms = max(previous_ms, timing.start_ms)
            cues += self.split_speakers(block, timing)
        if not cues and len(self.errors) == errors_before:
            self.add_error(1, 1, "the transcript has no cues", "add cues, or delete the file")
        return tuple(cues)

    def report_decimal_commas(self) -> bool:
        """Report once that the timestamps of the file are those of SubRip, with a comma."""
        places = [
            (number, found.start() + 1)
            for number, line in enumerate(self.source.lines, start=1)
            if _ARROW in line and (found := _SUBRIP_STAMP.search(line))
        ]
        if len(places) > 1:
            message = f"{len(places)} lines have timestamps with a comma, as SubRip (.srt) writes them"
            self.add_error(*places[0], message, "write a point in each: replace `,` by `.` in the lines with -->")
        return len(places) > 1

    def parse_timing(self, block: _Block) -> _CueTiming | None:
        index = next((index for index, (_, line) in enumerate(block[:2]) if _ARROW in line), None)
        if index is None:
            message = f"the timing line is missing: 00:00:01.000 {_ARROW} 00:00:04.000"
            self.add_error(block[0][0], 1, message, "add it, or remove the blank line inside the cue above")
            return None
        number, line = block[index]
        left, _, right = line.partition(_ARROW)
        right, _, settings = right.strip().partition(" ")
        start_ms, end_ms = parse_vtt_timestamp(left.strip()), parse_vtt_timestamp(right)
        for stamp, ms in ((left.strip(), start_ms), (right, end_ms)):
            if ms is None:
                column = (line.find(stamp, 0 if stamp == left.strip() else line.index(_ARROW) + 3) if stamp else 0) + 1
                self.add_error(number, column, f"`{stamp[:40]}` is not a WebVTT timestamp", _suggest_timestamp(stamp))
        for word in settings.split():
            if not _SETTING.match(word):
                self.add_error(number, line.rindex(word) + 1, f"`{word[:40]}` is not a cue setting", "remove it")
        if start_ms is None or end_ms is None:
            return None
        column = line.index(_ARROW) + 4 if end_ms <= start_ms else len(line) - len(line.lstrip()) + 1
        if end_ms <= start_ms:
            self.add_error(number, column, "this cue ends before it begins")
        return _CueTiming(start_ms=start_ms, end_ms=end_ms, line=number, column=column, text_index=index + 1)

    def split_speakers(self, block: _Block, timing: _CueTiming) -> Iterator[Cue]:
        """Yield the text of a cue without tags, one cue per speaker."""
        speaker, words = "", list[str]()
        for number, line in block[timing.text_index :]:
            if _ARROW in line:
                self.add_error(number, 1, "a new cue begins here", "insert a blank line")
                return
            for piece, voice in self.split_tags(number, line):
                if voice is not None:
                    yield from _build_cue(timing, speaker, words)
                    speaker, words = voice, []
                words.append(piece)
            words.append(" ")
        yield from _build_cue(timing, speaker, words)

    def split_tags(self, number: int, line: str) -> Iterator[tuple[str, str | None]]:
        """Yield the text between tags, each with the speaker who begins there, or ``None``."""
        at, voice = 0, None
        while (begin := line.find("<", at)) >= 0:
            yield line[at:begin], voice
            voice = None
            tag = _TAG.match(line, begin)
            if tag is None or (tag[2] is not None and tag[2] not in _TAGS):
                shown = tag[0][:40] if tag else "<"
                hint = "write &lt; for a literal <" + (", or <v Name> for a speaker" if tag else "")
                self.add_error(number, begin + 1, f"`{shown}` is not a WebVTT tag", hint)
                at = tag.end() if tag else begin + 1
                continue
            at = tag.end()
            if tag[2] == "v" and not tag[1]:
                voice = " ".join(_unescape(tag[4] or "").split())
                if not voice:
                    self.add_error(number, begin + 1, "`<v>` names no speaker", "write <v Name>")
        yield line[at:], voice

    def add_error(self, line: int, column: int, message: str, hint: str = "") -> None:
        self.errors.append(self.source.create_error("bad-cue", line, column, message, hint))


def _split_blocks(lines: tuple[str, ...]) -> Iterator[_Block]:
    """Yield blocks separated by blank lines, without header, NOTE, STYLE and REGION."""
    block: _Block = []
    is_header = True
    for number, line in enumerate((*lines, ""), start=1):
        if line.strip():
            block.append((number, line))
            continue
        if block and not is_header and not re.match(r"(NOTE|STYLE|REGION)(?:[ \t]|\Z)", block[0][1]):
            yield block
        is_header, block = False, []


def _build_cue(timing: _CueTiming, speaker: str, words: list[str]) -> Iterator[Cue]:
    text = " ".join(_unescape("".join(words)).split())
    if text:
        yield Cue(start_ms=timing.start_ms, end_ms=timing.end_ms, speaker=speaker, text=text)


def _unescape(text: str) -> str:
    return normalise_text(html.unescape(text))  # again: an entity can be any character


def _suggest_timestamp(stamp: str) -> str:
    if parse_vtt_timestamp(stamp.replace(",", ".")) is not None:
        return f"write a point: {stamp.replace(',', '.')}"
    return "write hours, minutes, seconds and milliseconds: 00:00:01.000"
