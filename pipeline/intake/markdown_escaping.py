"""Converts between plain text and Markdown; only characters that would be markup are escaped."""

import re

from pipeline.text import normalise_text

_ALWAYS_SPECIAL = re.compile(r"([\\`*])")
_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")  # inside a word CommonMark takes it literally
_BRACKET = re.compile(r"\[(?=\^|[^\[\]]*\](?:\(|:|\[))|!(?=\[)")
_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
_ENTITY = re.compile(r"&(?=#?\w{1,31};)")
_BLOCK_MARKER = re.compile(r"(?m)^([ ]{0,3})(#{1,6}(?=\s|$)|[-+](?=\s|$)|>|=+\s*$|-{2,}\s*$|:(?=\s)|~{3,}|\|)")
_LIST_NUMBER = re.compile(r"(?m)^([ ]{0,3}\d{1,9})([.)])(?=\s|$)")
_ESCAPE = re.compile(r"\\([\\`*_\[\]!#>.|)=~:+-])")
_LINK = re.compile(r"(?<!\\)\[((?:[^\[\]\\]|\\.)*)\]\([^()]*\)|<((?:https?://|mailto:)?[^<>\s]+)>")


def escape_markdown(text: str) -> str:
    """Escape inline markup."""
    text = _ALWAYS_SPECIAL.sub(r"\\\1", normalise_text(text))
    text = _UNDERSCORE.sub(r"\\_", text)
    text = _BRACKET.sub(lambda found: f"\\{found[0]}", text)
    return _TAG.sub("&lt;", _ENTITY.sub("&amp;", text))


def escape_line_start(text_md: str) -> str:
    """Escape what would make a paragraph a heading, a list or a quote."""
    return _LIST_NUMBER.sub(r"\1\\\2", _BLOCK_MARKER.sub(r"\1\\\2", text_md))


def wrap_emphasis(inside: str, marker: str) -> str:
    """Put emphasis markers around each line, next to the words, as CommonMark requires."""
    lines = []
    for line in inside.split("\n"):
        words = line.strip()
        lead, tail = line[: len(line) - len(line.lstrip())], line[len(line.rstrip()) :] if words else ""
        needs_marker = words.strip("*") and marker not in (words[:2], words[-2:])
        lines.append(f"{lead}{marker}{words}{marker}{tail}" if needs_marker else line)
    return "\n".join(lines)


def merge_emphasis(text_md: str) -> str:
    """Remove bold that ends and begins again at once, and repeated spaces."""
    text_md = re.sub(r"(?<=\S)\*\*\*\*(?=\S)", "", text_md)
    return re.sub(r"[ \t\u00a0]+(?=\n)|(?<=\n)[ \t]+", "", re.sub(r"[ \t]{2,}", " ", text_md))


def strip_markdown(text_md: str) -> str:
    """Return the words without markup, on one line."""
    text = re.sub(r"\[\^\w+\]", "", text_md.replace("\\\n", " "))
    text = _LINK.sub(lambda found: found[1] or found[2] or "", text)
    text = re.sub(r"(?<!\\)\*+", "", text)
    return " ".join(_ESCAPE.sub(r"\1", text).replace("&lt;", "<").replace("&amp;", "&").split())
