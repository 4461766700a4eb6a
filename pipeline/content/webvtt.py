"""Reads WebVTT, and tells every line that a podcast app would stumble over: some drop the whole file for one.

Source: W3C WebVTT 1 (Candidate Recommendation of April 2019), sections 4.1 and 6.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.content.files import Source
from pipeline.errors import Fault
from pipeline.model import Cue
from pipeline.text import clean

_ARROW = "-->"
_STAMP = re.compile(r"(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})\Z")
_TAG = re.compile(r"<(/?)([a-zA-Z]*)((?:\.[^\s<>.&]+)*)(?:[ \t]([^<>]*))?>|<([\d:.]*)>")
_TAGS = {"v", "c", "i", "b", "u", "ruby", "rt", "lang"}
_SETTING = re.compile(r"(vertical|line|position|size|align|region):\S+\Z")


def read_transcript(source: Source, faults: list[Fault]) -> tuple[Cue, ...]:
    """The cues of a WebVTT file, in its order; a cue in which two people speak becomes two. Faults go to ``faults``."""
    if not re.match(r"WEBVTT(?:[ \t]|\Z)", source.lines[0]):
        faults.append(source.fault("bad-cue", 1, 1, "a transcript begins with the word WEBVTT", "as its first line"))
        return ()
    cues: list[Cue] = []
    before, told = 0, len(faults)
    for block in _blocks(source.lines):
        timing = _timing(block, source, faults)
        if timing is None:
            continue
        if timing.start_ms < before:
            message = "this cue begins before the one above it"
            faults.append(source.fault("bad-cue", timing.line, timing.column, message, "put the cues in order"))
        before = max(before, timing.start_ms)
        cues += _spoken(block, timing, source, faults)
    if not cues and len(faults) == told:
        faults.append(source.fault("bad-cue", 1, 1, "the transcript has no cues", "delete the file until it has"))
    return tuple(cues)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Timing:
    start_ms: int
    end_ms: int
    line: int
    column: int
    text_from: int  # index of the block's first line of text


_Block = list[tuple[int, str]]  # (number of the line, the line)


def _blocks(lines: tuple[str, ...]) -> Iterator[_Block]:
    """Stretches of lines without a blank one, but for the header, and for what is no cue: NOTE, STYLE, REGION."""
    block: _Block = []
    header = True
    for number, line in enumerate((*lines, ""), start=1):
        if line.strip():
            block.append((number, line))
            continue
        if block and not header and not re.match(r"(NOTE|STYLE|REGION)(?:[ \t]|\Z)", block[0][1]):
            yield block
        header, block = False, []


def _timing(block: _Block, source: Source, faults: list[Fault]) -> _Timing | None:
    index = next((index for index, (_, line) in enumerate(block[:2]) if _ARROW in line), None)
    if index is None:
        message = f"here a time is missing: 00:00:01.000 {_ARROW} 00:00:04.000"
        faults.append(source.fault("bad-cue", block[0][0], 1, message, "no blank line may stand inside a cue"))
        return None
    number, line = block[index]
    left, _, right = line.partition(_ARROW)
    right, _, settings = right.strip().partition(" ")
    starts, ends = _stamp_ms(left.strip()), _stamp_ms(right)
    for stamp, ms in ((left.strip(), starts), (right, ends)):
        if ms is None:
            column = (line.find(stamp, 0 if stamp == left.strip() else line.index(_ARROW) + 3) if stamp else 0) + 1
            faults.append(source.fault("bad-cue", number, column, f"`{stamp[:40]}` is no time", _stamp_hint(stamp)))
    faults += [
        source.fault("bad-cue", number, line.rindex(word) + 1, f"`{word[:40]}` is no setting of a cue", "delete it")
        for word in settings.split()
        if not _SETTING.match(word)
    ]
    if starts is None or ends is None:
        return None
    column = line.index(_ARROW) + 4 if ends <= starts else len(line) - len(line.lstrip()) + 1
    if ends <= starts:
        faults.append(source.fault("bad-cue", number, column, "this cue ends before it begins"))
    return _Timing(start_ms=starts, end_ms=ends, line=number, column=column, text_from=index + 1)


def _spoken(block: _Block, timing: _Timing, source: Source, faults: list[Fault]) -> Iterator[Cue]:
    """The cue's text without its tags, cut where another voice begins."""
    speaker, words = "", list[str]()
    for number, line in block[timing.text_from :]:
        if _ARROW in line:
            faults.append(source.fault("bad-cue", number, 1, "a new cue begins here", "put a blank line before it"))
            return
        for piece, voice in _pieces(number, line, source, faults):
            if voice is not None:
                yield from _cue(timing, speaker, words)
                speaker, words = voice, []
            words.append(piece)
        words.append(" ")
    yield from _cue(timing, speaker, words)


def _cue(timing: _Timing, speaker: str, words: list[str]) -> Iterator[Cue]:
    text = " ".join(_unescaped("".join(words)).split())
    if text:
        yield Cue(start_ms=timing.start_ms, end_ms=timing.end_ms, speaker=speaker, text=text)


def _pieces(number: int, line: str, source: Source, faults: list[Fault]) -> Iterator[tuple[str, str | None]]:
    """Text between tags; with each, who begins to speak there, or ``None``."""
    at, voice = 0, None
    while (begin := line.find("<", at)) >= 0:
        yield line[at:begin], voice
        voice = None
        tag = _TAG.match(line, begin)
        if tag is None or (tag[2] is not None and tag[2] not in _TAGS):
            shown = tag[0][:40] if tag else "<"
            hint = "write &lt; for the sign itself" + (", or <v Name> for who speaks" if tag else "")
            faults.append(source.fault("bad-cue", number, begin + 1, f"`{shown}` is no tag of WebVTT", hint))
            at = tag.end() if tag else begin + 1
            continue
        at = tag.end()
        if tag[2] == "v" and not tag[1]:
            voice = " ".join(_unescaped(tag[4] or "").split())
            if not voice:
                faults.append(source.fault("bad-cue", number, begin + 1, "`<v>` says not who speaks", "write <v Name>"))
    yield line[at:], voice


def _unescaped(text: str) -> str:
    return clean(html.unescape(text))  # clean once more: an entity can be any character


def _stamp_ms(stamp: str) -> int | None:
    if not (match := _STAMP.match(stamp)):
        return None
    hours, minutes, seconds, ms = (int(part or 0) for part in match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms


def _stamp_hint(stamp: str) -> str:
    if _STAMP.match(stamp.replace(",", ".")):
        return f"write a point: {stamp.replace(',', '.')}"
    return "write hours, minutes, seconds and three digits: 00:00:01.000"
