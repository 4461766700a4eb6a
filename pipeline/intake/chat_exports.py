"""Removes times and senders from the texts that WhatsApp and Teams export."""

import re
from collections import Counter

_DATE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4},? \d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp]\.?[Mm]\.?)?"
_MESSAGE = re.compile(rf"(?:\[{_DATE}\]|{_DATE} -) (?:([^:\n]{{1,60}}): )?(.*)")  # of WhatsApp on iOS, and on Android
_CUE_TIME = re.compile(
    r"\d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d{1,3})? --> \d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d{1,3})?"
)  # of Teams
_MEDIA = re.compile(
    r"<(?:media|bijlage|attached)\b.*>|.{0,30}\b(?:weggelaten|omitted)|.*\((?:bestand bijgevoegd|file attached)\)",
    re.IGNORECASE,
)
_GROUP_SENDER = re.compile(r"(?:tafel|groep|table|group)\s*\w{1,3}", re.IGNORECASE)
_SENTENCE_SIGNS = re.compile(r"[.?!,;:]")
_MAX_NAME_LENGTH = 60
_MIN_MESSAGES = 2  # one such line may also be a line of a note


def remove_senders(text: str) -> tuple[str, Counter[str]]:
    """Make a paragraph of each message, without its time and sender; a group as sender stays.

    A text that is no export of a chat or transcript is returned unchanged.

    Returns:
        The text, and the number of omissions by what they are.
    """
    lines = text.split("\n")
    if sum(1 for line in lines if _CUE_TIME.fullmatch(line.strip())) >= _MIN_MESSAGES:
        return _read_transcript(lines)
    messages = [_MESSAGE.fullmatch(line) for line in lines]
    if sum(1 for message in messages if message and message[1]) < _MIN_MESSAGES:
        return text, Counter()
    omissions, kept = Counter[str](), list[str]()
    for line, message in zip(lines, messages, strict=True):
        if message is None:
            kept.append(line)
        elif not message[1]:
            omissions["line of the chat program"] += 1
        else:
            kept += ["", _read_message(message[1], message[2], omissions)]
    return "\n".join(kept), omissions


def _read_message(sender: str, words: str, omissions: Counter[str]) -> str:
    is_group = _GROUP_SENDER.fullmatch(sender) is not None
    omissions["name of a sender"] += not is_group
    if _MEDIA.fullmatch(words):
        omissions["linked image"] += 1
        return ""
    return f"{sender}: {words}" if is_group else words


def _read_transcript(lines: list[str]) -> tuple[str, Counter[str]]:
    """Remove the time above each passage, and the line with a name below that."""
    omissions, kept = Counter[str](), list[str]()
    is_below_time = False
    for line in map(str.strip, lines):
        if _CUE_TIME.fullmatch(line):
            kept.append("")
            is_below_time = True
            continue
        is_name = is_below_time and 0 < len(line) <= _MAX_NAME_LENGTH and not _SENTENCE_SIGNS.search(line)
        omissions["name of a speaker"] += is_name
        kept += [] if is_name else [line]
        is_below_time = False
    return "\n".join(kept), omissions
