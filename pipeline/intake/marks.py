"""Plain words as Markdown, and Markdown as plain words: only what would be taken for a mark is escaped."""

import re

from pipeline.text import clean

_ALWAYS = re.compile(r"([\\`*])")
_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")  # inside a word it is a letter to CommonMark
_BRACKET = re.compile(r"\[(?=\^|[^\[\]]*\](?:\(|:|\[))|!(?=\[)")
_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
_ENTITY = re.compile(r"&(?=#?\w{1,31};)")
_OPENS = re.compile(r"(?m)^([ ]{0,3})(#{1,6}(?=\s|$)|[-+](?=\s|$)|>|=+\s*$|-{2,}\s*$|:(?=\s)|~{3,}|\|)")
_NUMBER = re.compile(r"(?m)^([ ]{0,3}\d{1,9})([.)])(?=\s|$)")
_ESCAPED = re.compile(r"\\([\\`*_\[\]!#>.|)=~:+-])")


def escaped(text: str) -> str:
    """Words that mean no mark, in Markdown."""
    text = _ALWAYS.sub(r"\\\1", clean(text))
    text = _UNDERSCORE.sub(r"\\_", text)
    text = _BRACKET.sub(lambda found: f"\\{found[0]}", text)
    return _TAG.sub("&lt;", _ENTITY.sub("&amp;", text))


def line_start(text_md: str) -> str:
    """A paragraph whose first signs would make it a heading, a list or a quote, so that they do not."""
    return _NUMBER.sub(r"\1\\\2", _OPENS.sub(r"\1\\\2", text_md))


def marked(inside: str, mark: str) -> str:
    """``inside`` between marks, which CommonMark wants close to the words; every line on its own."""
    lines = []
    for line in inside.split("\n"):
        words = line.strip()
        bare = words.strip("*")
        lead, tail = line[: len(line) - len(line.lstrip())], line[len(line.rstrip()) :] if words else ""
        lines.append(f"{lead}{mark}{words}{mark}{tail}" if bare and mark not in (words[:2], words[-2:]) else line)
    return "\n".join(lines)


def joined(text_md: str) -> str:
    """Without the seams that editors leave: where bold ends and begins again, and spaces in rows."""
    text_md = re.sub(r"(?<=\S)\*\*\*\*(?=\S)", "", text_md)
    return re.sub(r"[ \t\u00a0]+(?=\n)|(?<=\n)[ \t]+", "", re.sub(r"[ \t]{2,}", " ", text_md))


def plain_of(text_md: str) -> str:
    """The words alone, on one line."""
    text = re.sub(r"\[\^\w+\]", "", text_md.replace("\\\n", " "))
    text = re.sub(
        r"(?<!\\)\[([^\]]*)\]\([^)]*\)|<((?:https?://|mailto:)?[^<>\s]+)>", lambda m: m[1] or m[2] or "", text
    )
    text = re.sub(r"(?<!\\)\*+", "", text)
    return " ".join(_ESCAPED.sub(r"\1", text).replace("&lt;", "<").replace("&amp;", "&").split())
