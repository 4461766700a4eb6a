"""Formats with one cue a line: Audacity labels, Whisper's TSV, Advanced SubStation Alpha (.ass)."""

import re
from collections.abc import Iterator

from pipeline.transcripts.cue_source import ENDS_FIRST, CueFinding, SourceCue, SourceTranscript
from pipeline.transcripts.timestamps import parse_clock, parse_seconds

_TSV_HEAD = "start\tend\ttext"
_LABEL = re.compile(r"\s*-?\d+(?:[.,]\d+)?\t-?\d+(?:[.,]\d+)?(?:\t.*)?")
_ASS_CODES = re.compile(r"\{[^{}]*\}")
_ASS_BREAKS = re.compile(r"\\[Nnh]")
_ASS_FIELDS = ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]


def is_label_table(text: str) -> bool:
    """Whether the first line of a text is a label of Audacity, or the head of Whisper's TSV."""
    first = text.lstrip("\n").partition("\n")[0]
    return first.strip().casefold() == _TSV_HEAD or _LABEL.fullmatch(first) is not None


def parse_label_table(text: str) -> SourceTranscript:
    """Parse lines of start, end and text, separated by tabs: seconds (Audacity) or milliseconds (Whisper).

    Source: manual.audacityteam.org, "Importing and Exporting Labels".
    """
    is_tsv = text.lstrip("\n").casefold().startswith(_TSV_HEAD)
    cues, findings = list[SourceCue](), list[CueFinding]()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.casefold().startswith(_TSV_HEAD) or line.startswith("\\"):
            continue  # a backslash begins the frequencies of a label
        parts = line.split("\t", 2)
        start_ms, end_ms = (_parse_number(part, is_tsv=is_tsv) for part in (*parts, "", "")[:2])
        text_of_cue = " ".join(parts[2].split()) if len(parts) == 3 else ""
        if start_ms is None or end_ms is None:
            message, hint = "this line is not a label: start, tab, end, tab, text", "remove it, or give it times"
            findings.append(CueFinding(line=number, column=1, message=message, hint=hint))
        elif text_of_cue:  # a label at a point lasts until the next one
            if end_ms < start_ms:
                findings.append(CueFinding(line=number, column=1, message=ENDS_FIRST))
            end = end_ms if end_ms > start_ms else None
            cues.append(SourceCue(line=number, start_ms=start_ms, end_ms=end, text=text_of_cue))
    name = "tab-separated values" if is_tsv else "Audacity labels"
    return SourceTranscript(format=name, cues=tuple(cues), findings=tuple(findings))


def _parse_number(text: str, *, is_tsv: bool) -> int | None:
    if is_tsv:
        return int(text) if re.fullmatch(r"\d{1,10}", text.strip(), re.ASCII) else None
    return parse_seconds(text)


def is_ass(text: str) -> bool:
    """Whether a text is a script of SubStation Alpha."""
    return re.search(r"^\s*(?:\[Script Info\]|\[Events\]|Dialogue:)", text, re.MULTILINE | re.IGNORECASE) is not None


def parse_ass(text: str) -> SourceTranscript:
    """Parse the events of SubStation Alpha; comments and drawings are left out.

    Source: Advanced SubStation Alpha, "[Events]": the order of the fields is in the line ``Format:``.
    """
    findings: list[CueFinding] = []
    return SourceTranscript(
        format="SubStation Alpha", cues=tuple(_iter_dialogue(text, findings)), findings=tuple(findings)
    )


def _iter_dialogue(text: str, findings: list[CueFinding]) -> Iterator[SourceCue]:
    names, is_events = _ASS_FIELDS, True
    for number, line in enumerate(text.split("\n"), start=1):
        key, colon, rest = line.strip().partition(":")
        if line.strip().startswith("["):
            is_events = line.strip().casefold() == "[events]"
        elif colon and is_events and key.casefold() == "format":
            names = [name.strip().casefold() for name in rest.split(",")]
        elif colon and key.casefold() == "dialogue":
            values = dict(zip(names, (value.strip() for value in rest.split(",", len(names) - 1)), strict=False))
            start_ms, end_ms = parse_clock(values.get("start", "")), parse_clock(values.get("end", ""))
            words = _strip_codes(values.get("text", ""))
            if start_ms is None or end_ms is None:
                message = "this line has no two timestamps, such as 0:00:01.00"
                findings.append(CueFinding(line=number, column=1, message=message))
            elif words:
                if end_ms <= start_ms:
                    findings.append(CueFinding(line=number, column=1, message=ENDS_FIRST))
                speaker = values.get("name", "") or values.get("actor", "")
                yield SourceCue(line=number, start_ms=start_ms, end_ms=end_ms, speaker=speaker, text=words)


def _strip_codes(text: str) -> str:
    if re.search(r"\{[^{}]*\\p[1-9]", text):
        return ""  # a drawing
    return " ".join(_ASS_BREAKS.sub(" ", _ASS_CODES.sub("", text)).split())
