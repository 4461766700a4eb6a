"""Finds the lines of an e-mail that its sender wrote: no quoted e-mails, no signature."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.intake.markdown_escaping import strip_markdown
from pipeline.typesetting.word_lists import read_word_list

QUOTED_PASSAGE = "\ue000"  # stands for a passage that the HTML marks as quoted
_CLOSINGS = "|".join(map(re.escape, read_word_list(Path(__file__).with_name("data") / "email-closings.txt")))
_REPLY_RULE = re.compile(r"-{2,}\s*(?:oorspronkelijke? (?:bericht|e-?mail)|original message)\b.*", re.IGNORECASE)
_FORWARD_RULE = re.compile(
    r"(?:-{2,}\s*(?:doorgestuurde? (?:bericht|e-?mail)|forwarded message)\b.*"
    r"|begin (?:doorgestuurd bericht|forwarded message)\s*:?)",
    re.IGNORECASE,
)
_HEAD_FIELD = re.compile(
    r"[*>\s]*(?:(van|from|von|de)|verzonden|verstuurd|sent|datum|date|aan|to|cc|bcc|onderwerp|subject|reply-to"
    r"|beantwoorden|antwoord aan|urgentie|prioriteit|importance)\s*\*?\s*:\s*\*?",
    re.IGNORECASE,
)
_MAIL_FIELD = re.compile(r"(?:van|from|verzonden|verstuurd|sent|onderwerp|subject|cc|bcc)\s*:\s*\S", re.IGNORECASE)
_HEAD_PROOF = re.compile(r"[*>\s]*(?:verzonden|verstuurd|sent|datum|date|onderwerp|subject)\s*\*?\s*:", re.IGNORECASE)
_WROTE = re.compile(r"\b(?:schreef|geschreven|wrote|schrieb|a écrit)\b", re.IGNORECASE)
_WROTE_START = re.compile(r"(?:op|on|am|le)\s", re.IGNORECASE)
_WROTE_ON = re.compile(r".{2,80}\b(?:schreef op|wrote on)\s.*\d", re.IGNORECASE)
_YEAR, _TIME = re.compile(r"\b(?:19|20)\d\d\b"), re.compile(r"\b\d{1,2}[:.]\d{2}\b")
_NAME_WORD = r"(?:[^\W\d_a-z][\w.'’-]*|van|de|den|der|het|ten|ter|te|el|al|en|and|&|namens|’t|'t)"
_CLOSING = re.compile(
    rf"(?i:(?:{_CLOSINGS}))(?![\w-])\s*[,.!]*\s*(?:[–—-]\s*)?(?:{_NAME_WORD}(?:[ ,]+{_NAME_WORD}){{0,6}}"
    r"|(?i:(?:van|namens|uit|from)\s+[^.?!]{1,40}))?\s*[,.!]?"
)
_DEVICE = re.compile(
    r"(?:verzonden|verstuurd|sent)\s+(?:vanaf|vanuit|met|via|from)\s+(?:mijn|my|outlook|yahoo|samsung|mail)\b[^?!]{0,60}"
    r"|(?:outlook voor|get outlook for|download outlook)\b[^?!]{0,60}",
    re.IGNORECASE,
)
_SIGN_OFF_START = re.compile(rf"(?i:(?:{_CLOSINGS}))(?![\w-])")
_LINE_START = re.compile(r"(?:[>\s#*+-]|\d+\.\s)*\"?")  # of Markdown, and of a list in YAML
_POSTSCRIPT = re.compile(r"p\.?\s?s\.?\s*[:,.–-]|(?:ps|p\.s\.)\s", re.IGNORECASE)
_MAX_HEAD_LINES = 4  # over which programs break "Op … schreef …:"
_MAX_HEAD_LENGTH = 400
_MAX_SIGNATURE_LENGTH = 600
_MAX_CLOSING_LENGTH = 100


def find_own_lines(lines: Sequence[str], *, is_forward: bool = False) -> tuple[list[int], Counter[str]]:
    """Find the lines of an e-mail that are neither quoted nor part of a signature.

    Where the marks leave doubt, a line is kept.

    Args:
        lines: The lines; one that begins with ``>`` or equals ``QUOTED_PASSAGE`` is quoted.
        is_forward: The subject says that the e-mail was forwarded, so a head is not that of a reply.

    Returns:
        The indices of the lines in order, and the number of omissions by what they are.
    """
    own: list[int] = []
    omissions = Counter[str]()
    index = 0
    segment: list[int] = []
    while index < len(lines):
        end, what = _measure_head(lines, index, is_forward=is_forward)
        if not what and _is_quoted(lines[index]):
            end, what = index + 1, "quoted e-mail" if lines[index] == QUOTED_PASSAGE else "quoted line"
        if not what:
            segment.append(index)
            index += 1
            continue
        omissions[what] += 1
        own += _drop_signature(lines, segment, omissions)
        segment, index = [], end
    own += _drop_signature(lines, segment, omissions)
    return own, omissions


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulLine:
    """A line of a draft that was kept; line and column count from 1."""

    kind: Literal["reply head", "e-mail head", "sign-off", "signature"]  # what it looks like
    words: str
    line: int
    column: int


def find_doubtful_lines(draft: str) -> tuple[DoubtfulLine, ...]:
    """Find the lines of a draft that look like the head of a reply, a sign-off or a signature, in order."""
    found = []
    for number, line in enumerate(draft.split("\n"), start=1):
        start = _LINE_START.match(line)
        column = start.end() if start else 0
        words = strip_markdown(line[column:].removesuffix("\\")).rstrip('"')[:_MAX_HEAD_LENGTH]
        if kind := _classify_line(words):
            found.append(DoubtfulLine(kind=kind, words=words, line=number, column=column + 1))
    return tuple(found)


def _classify_line(words: str) -> Literal["reply head", "e-mail head", "sign-off", "signature", ""]:
    is_start = _WROTE_START.match(words) is not None or re.search(r"\d", words) is not None
    if _WROTE.search(words) and words.endswith(":") and is_start:
        return "reply head"
    if _REPLY_RULE.fullmatch(words) or _FORWARD_RULE.fullmatch(words) or _MAIL_FIELD.match(words):
        return "e-mail head"
    if len(words) <= _MAX_CLOSING_LENGTH and _SIGN_OFF_START.match(words):
        return "sign-off"
    return "signature" if words and _DEVICE.fullmatch(words) else ""


def is_closing(line: str) -> bool:
    """Whether a line is how a letter ends, such as ``Met groet, Ahmed``, and not a sentence."""
    return len(line) <= _MAX_CLOSING_LENGTH and _CLOSING.fullmatch(line.strip()) is not None


def _is_quoted(line: str) -> bool:
    return line.startswith((">", QUOTED_PASSAGE))


def _measure_head(lines: Sequence[str], index: int, *, is_forward: bool) -> tuple[int, str]:
    """Return where the e-mail ends whose head begins at a line, and what was found; else an empty text."""
    line = lines[index].strip()
    if _FORWARD_RULE.fullmatch(line[:_MAX_HEAD_LENGTH]):
        return _skip_fields(lines, index + 1), "head of a forwarded e-mail"
    if _REPLY_RULE.fullmatch(line[:_MAX_HEAD_LENGTH]):
        if is_forward:
            return _skip_fields(lines, index + 1), "head of a forwarded e-mail"
        return len(lines), "quoted e-mail"
    fields = index
    if re.fullmatch(r"_{10,}|-{10,}", line):
        fields = _skip_blank(lines, index + 1)
    if _begins_fields(lines, fields):
        if is_forward:
            return _skip_fields(lines, fields), "head of a forwarded e-mail"
        return len(lines), "quoted e-mail"
    if after := _measure_attribution(lines, index):
        following = _skip_blank(lines, after)
        if following < len(lines) and not _is_quoted(lines[following]):
            return len(lines), "quoted e-mail"
        while following < len(lines) and _is_quoted(lines[following]):
            following += 1
        return following, "quoted e-mail"
    return index, ""


def _skip_blank(lines: Sequence[str], index: int) -> int:
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index


def _begins_fields(lines: Sequence[str], index: int) -> bool:
    """Whether ``Van:`` and two further fields, one of them a date or subject, begin at a line."""
    first = _HEAD_FIELD.match(lines[index]) if index < len(lines) else None
    if not first or not first[1]:
        return False
    following = [line for line in lines[index + 1 : index + 12] if line.strip()][:6]
    fields = [line for line in following if _HEAD_FIELD.match(line)]
    return len(fields) >= 2 and any(map(_HEAD_PROOF.match, fields))


def _skip_fields(lines: Sequence[str], index: int) -> int:
    """Return the line below the fields of a head; a field may go on in an indented or second line."""
    index = _skip_blank(lines, index)
    while index < len(lines):
        if _HEAD_FIELD.match(lines[index]):
            index += 1
            while index < len(lines) and lines[index].strip() and not _HEAD_FIELD.match(lines[index]):
                index += 1
            continue
        following = _skip_blank(lines, index)
        if following == index or following >= len(lines) or not _HEAD_FIELD.match(lines[following]):
            break
        index = following
    return index


def _measure_attribution(lines: Sequence[str], index: int) -> int:
    """Return the line after a head such as ``Op … schreef …:``, of one to four lines; 0: there is none."""
    words = ""
    for end in range(index, min(len(lines), index + _MAX_HEAD_LINES)):
        line = lines[end].strip()
        words = f"{words} {line}".strip()
        if not line or len(words) > _MAX_HEAD_LENGTH:
            return 0
        if line.endswith(":"):
            following = _skip_blank(lines, end + 1)
            is_quote_next = following < len(lines) and _is_quoted(lines[following])
            return end + 1 if _is_attribution(words, is_quote_next=is_quote_next) else 0
    return 0


def _is_attribution(words: str, *, is_quote_next: bool) -> bool:
    """A sentence of the group has no address, no year with a time, and no quoted lines below it."""
    if not _WROTE.search(words):
        return False
    if "@" in words and words.count(". ") < 4:
        return True
    is_dated = bool(_YEAR.search(words) and _TIME.search(words))
    is_start = bool(_WROTE_START.match(words) or _WROTE_ON.match(words))
    return is_start and bool(re.search(r"\d", words)) and (is_dated or is_quote_next)


def _drop_signature(lines: Sequence[str], segment: Sequence[int], omissions: Counter[str]) -> list[int]:
    """Return the lines of a segment without its signature; a postscript stays."""
    kept = list(segment)
    while kept and (not lines[kept[-1]].strip() or _DEVICE.fullmatch(lines[kept[-1]].strip())):
        omissions["signature"] += bool(lines[kept[-1]].strip())
        kept.pop()
    has_text = False
    sizes = [len(lines[index]) + 1 for index in kept]
    rest = sum(sizes)
    for position, index in enumerate(kept):
        rest -= sizes[position]
        line = lines[index].strip()
        is_rule = re.fullmatch(r"-- {0,2}", lines[index]) is not None
        if has_text and ((is_rule and (lines[index] != "--" or rest <= _MAX_SIGNATURE_LENGTH)) or is_closing(line)):
            omissions["signature"] += 1
            return [
                *kept[:position],
                *_find_after_signature(lines, kept[position + 1 :], is_short=rest <= _MAX_SIGNATURE_LENGTH),
            ]
        has_text = has_text or bool(line)
    return kept


def _find_after_signature(lines: Sequence[str], after: Sequence[int], *, is_short: bool) -> list[int]:
    """Return the lines below a signature: a postscript, or all below its first lines where far more follows."""
    seen = False
    for position, index in enumerate(after):
        line = lines[index].strip()
        if _POSTSCRIPT.match(line):
            return list(after[position:])
        if not is_short and seen and not line:
            return list(after[position:])
        seen = seen or bool(line)
    return []
