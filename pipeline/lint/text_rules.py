"""The rules about words that people read: how long, which tags, and what was escaped twice."""

import re

from pipeline.lint.feed_reader import Element
from pipeline.lint.findings import Report

MOST_BYTES = 4000
MOST_CHARACTERS = 255
_LONG = ("description", "itunes:summary")
_SHORT = ("title", "itunes:title", "itunes:author", "itunes:subtitle", "copyright")
_HTML = ("description", "itunes:summary", "content:encoded")
_ACTIVE = re.compile(
    r"<\s{0,9}/?\s{0,9}(script|iframe|object|embed|form|style|link|meta)\b|<[^<>]{0,500}\son[a-z]{3,20}\s{0,9}=|javascript:",
    re.IGNORECASE,
)
_TAG = re.compile(r"<\s{0,9}/?\s{0,9}([a-zA-Z][a-zA-Z0-9]{0,30})(?=[\s/>])")
_PLAIN_TAGS = frozenset({"p", "ol", "ul", "li", "a", "b", "i", "strong", "em", "br"})
_MARKUP = re.compile(r"</?(?:b|i|em|strong|p|br|span|a|u|font|div|h\d)(?:\s[^<>]{0,200})?/?>", re.IGNORECASE)
_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#x[0-9a-f]{1,6});", re.IGNORECASE)
_NUMBERED = re.compile(
    r"(?:s\d{1,3}\s?e\d{1,4}|(?:episode|aflevering|ep\.?|afl\.?|folge)\s*#?\d{1,4}|#\d{1,4})\s*[-–—:.|]\s*\S",
    re.IGNORECASE,
)


def judge_texts(element: Element, report: Report) -> None:
    """The words of a channel or an item."""
    for child in element.children:
        if child.name in _LONG and len(child.text) * 4 > MOST_BYTES and (size := len(child.text.encode())) > MOST_BYTES:
            report.tell("long-description", child.told_at, f"`{child.name}` has {size} bytes")
        if child.name in _SHORT and len(child.text) > MOST_CHARACTERS:
            report.tell("long-text", child.told_at, f"`{child.name}` has {len(child.text)} characters")
        if child.name in _HTML and ("<" in child.text or "javascript:" in child.text):
            _judge_html(child, report)
        if child.name in _SHORT:
            _judge_line(child, report)


def _judge_html(element: Element, report: Report) -> None:
    if found := _ACTIVE.search(element.text):
        what = f"`{found[1].lower()}`" if found[1] else "a script"
        report.tell("markup", element.told_at, f"`{element.name}` holds {what}")
    rare = {found[1].lower() for found in _TAG.finditer(element.text)} - _PLAIN_TAGS
    if rare and element.name != "content:encoded":
        told = ", ".join(sorted(rare)[:5])
        report.tell("markup-rare", element.told_at, f"`{element.name}` holds {told}")


def _judge_line(element: Element, report: Report) -> None:
    text = element.text
    if "<" in text and (found := _MARKUP.search(text)):
        report.tell("markup-in-title", element.told_at, f"`{element.name}` holds {found[0]}")
    if "&" in text and (found := _ESCAPED.search(text)):
        report.tell("escaped-twice", element.told_at, f"`{element.name}` shows people `{found[0]}`")
    if element.name == "title" and _NUMBERED.match(text):
        report.tell("title-number", element.told_at, "the title begins with a number")
