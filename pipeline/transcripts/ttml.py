"""Timed Text Markup Language (.ttml, .dfxp, .xml): captions of broadcasters and of YouTube."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from pipeline.errors import fill
from pipeline.transcripts.cue_source import ENDS_FIRST, CueFinding, SourceCue, SourceTranscript
from pipeline.transcripts.timestamps import parse_clock

_FORMAT = "TTML"
_OFFSET = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(h|ms|m|s|f|t)", re.ASCII)
_FRAMES = re.compile(r"(\d{2,3}:\d\d:\d\d):(\d{1,3})", re.ASCII)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")  # names an encoding, but the text is decoded already
_UNITS_MS = {"h": 3_600_000.0, "m": 60_000.0, "s": 1000.0, "ms": 1.0}


def is_ttml(text: str) -> bool:
    """Whether a text is a TTML document."""
    return text.lstrip()[:1] == "<" and re.search(r"<(?:\w+:)?tt[\s>]", text[:5000]) is not None


def parse_ttml(text: str) -> SourceTranscript:
    """Parse the paragraphs of a TTML document; a document type declaration is refused.

    Source: W3C TTML1 (Third Edition), 8.1.5 (p), 10.3.1 (time expressions), 6.2 (frame and tick rate).
    """
    reader = _TtmlReader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.open_element
    parser.EndElementHandler = reader.close_element
    parser.CharacterDataHandler = reader.add_text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    reader.parser = parser
    try:
        parser.Parse(_DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), text), True)  # noqa: FBT003
    except expat.ExpatError as error:
        message = fill("this is not XML: {reason}", reason=expat.ErrorString(error.code))
        reader.add_finding(message, "export the transcript again", line=error.lineno, column=error.offset + 1)
    except _DoctypeError:
        reader.add_finding("the XML has a document type declaration, which is not allowed", "remove it")
    return SourceTranscript(format=_FORMAT, cues=tuple(reader.cues), findings=tuple(reader.findings))


class _DoctypeError(Exception):
    """A document type declaration was found."""


def _refuse_doctype(*_: object) -> None:
    raise _DoctypeError


@dataclass(slots=True)
class _TtmlReader:
    """Collects the paragraphs while expat reads."""

    cues: list[SourceCue] = field(default_factory=list)
    findings: list[CueFinding] = field(default_factory=list)
    parser: expat.XMLParserType | None = None
    rates: dict[str, float] = field(default_factory=lambda: {"f": 30.0, "t": 1.0})
    names: dict[str, str] = field(default_factory=dict)  # id of an agent: its name
    agent: str = ""
    is_name: bool = False
    bases_ms: list[int] = field(default_factory=lambda: [0])  # starts of body and divs: times within are relative
    paragraph: dict[str, str] | None = None
    line: int = 0
    text: list[str] = field(default_factory=list)

    def open_element(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        values = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if local == "tt":
            self.rates |= {
                unit: float(values[key])
                for unit, key in (("f", "frameRate"), ("t", "tickRate"))
                if re.fullmatch(r"[1-9]\d{0,9}", values.get(key, ""), re.ASCII)
            }
        elif local == "agent":
            self.agent = values.get("id", "")
        elif local == "name":
            self.is_name, self.text = True, []
        elif local in {"body", "div"}:
            self.bases_ms.append(self.bases_ms[-1] + (self.parse_time(values.get("begin", "")) or 0))
        elif local == "p":
            self.paragraph, self.text, self.line = values, [], self.get_line()
        elif local == "br":
            self.text.append(" ")

    def close_element(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local == "name" and self.is_name:
            self.names[self.agent], self.is_name = " ".join("".join(self.text).split()), False
        elif local in {"body", "div"}:
            self.bases_ms.pop()
        elif local == "p" and self.paragraph is not None:
            self.cues += self.build_cue(self.paragraph, " ".join("".join(self.text).split()))
            self.paragraph = None

    def add_text(self, text: str) -> None:
        if self.paragraph is not None or self.is_name:
            self.text.append(text)

    def build_cue(self, values: dict[str, str], text: str) -> Iterator[SourceCue]:
        if not text:
            return
        start_ms, end_ms = self.parse_time(values.get("begin", "")), self.parse_time(values.get("end", ""))
        duration_ms = self.parse_time(values.get("dur", ""))
        if start_ms is not None and end_ms is None and duration_ms is not None:
            end_ms = start_ms + duration_ms
        if start_ms is None or ("end" in values and end_ms is None):
            shown = values.get("begin" if start_ms is None else "end", "")
            self.add_finding(fill("`{text}` is not a time", text=shown[:40]), "write 00:00:01.000", line=self.line)
        else:
            if end_ms is not None and end_ms <= start_ms:
                self.add_finding(ENDS_FIRST, "correct its end", line=self.line)
            base_ms, agent = self.bases_ms[-1], values.get("agent", "")
            end_ms = None if end_ms is None else base_ms + end_ms
            speaker = self.names.get(agent, agent)
            yield SourceCue(line=self.line, start_ms=base_ms + start_ms, end_ms=end_ms, speaker=speaker, text=text)

    def parse_time(self, text: str) -> int | None:
        if offset := _OFFSET.fullmatch(text):
            value, unit = float(offset[1]), offset[2]
            return round(value * _UNITS_MS[unit] if unit in _UNITS_MS else 1000 * value / self.rates[unit])
        if frames := _FRAMES.fullmatch(text):
            whole_ms = parse_clock(frames[1])
            return None if whole_ms is None else whole_ms + round(1000 * int(frames[2]) / self.rates["f"])
        return parse_clock(text)

    def get_line(self) -> int:
        return self.parser.CurrentLineNumber if self.parser else 1

    def add_finding(self, message: str, hint: str, *, line: int = 0, column: int = 1) -> None:
        self.findings.append(CueFinding(line=line or self.get_line(), column=column, message=message, hint=hint))
