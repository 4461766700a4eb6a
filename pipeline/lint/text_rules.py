"""Rules for texts that people read: length, tags, and double escaping."""

import re

from pipeline.errors import fill, make_message
from pipeline.lint.feed_reader import FeedElement
from pipeline.lint.findings import FindingCollector

MAX_DESCRIPTION_BYTES = 4000
MAX_TEXT_CHARACTERS = 255
_DESCRIPTIONS = ("description", "itunes:summary")
_SHORT_TEXTS = ("title", "itunes:title", "itunes:author", "itunes:subtitle", "copyright")
_HTML_TEXTS = ("description", "itunes:summary", "content:encoded")
_SUPPORTED_TAGS = frozenset({"p", "ol", "ul", "li", "a", "b", "i", "strong", "em", "br"})
_ACTIVE_CONTENT = re.compile(  # quantifiers are bounded: a hostile text must not take quadratic time
    r"<\s{0,9}/?\s{0,9}(script|iframe|object|embed|form|style|link|meta)\b|<[^<>]{0,500}\son[a-z]{3,20}\s{0,9}=|javascript:",
    re.IGNORECASE,
)
_TAG = re.compile(r"<\s{0,9}/?\s{0,9}([a-zA-Z][a-zA-Z0-9]{0,30})(?=[\s/>])")
_MARKUP = re.compile(r"</?(?:b|i|em|strong|p|br|span|a|u|font|div|h\d)(?:\s[^<>]{0,200})?/?>", re.IGNORECASE)
_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#x[0-9a-f]{1,6});", re.IGNORECASE)
_EPISODE_NUMBER = re.compile(
    r"(?:s\d{1,3}\s?e\d{1,4}|(?:episode|aflevering|ep\.?|afl\.?|folge)\s*#?\d{1,4}|#\d{1,4})\s*[-–—:.|]\s*\S",
    re.IGNORECASE,
)


def check_texts(element: FeedElement, findings: FindingCollector) -> None:
    """Check the texts of a channel or an item."""
    for child in element.children:
        name, text, position = child.name, child.text, child.value_position
        if name in _DESCRIPTIONS and (size_bytes := len(text.encode())) > MAX_DESCRIPTION_BYTES:
            findings.add(
                "long-description", position, fill("`{name}` has {size_bytes} bytes", name=name, size_bytes=size_bytes)
            )
        if name in _SHORT_TEXTS and len(text) > MAX_TEXT_CHARACTERS:
            findings.add("long-text", position, fill("`{name}` has {count} characters", name=name, count=len(text)))
        if name in _HTML_TEXTS and ("<" in text or "javascript:" in text):
            _check_html(child, findings)
        if name in _SHORT_TEXTS:
            _check_plain_text(child, findings)


def _check_html(element: FeedElement, findings: FindingCollector) -> None:
    if found := _ACTIVE_CONTENT.search(element.text):
        content = f"`{found[1].lower()}`" if found[1] else make_message("a script")
        findings.add(
            "markup", element.value_position, fill("`{name}` contains {content}", name=element.name, content=content)
        )
    unsupported = {found[1].lower() for found in _TAG.finditer(element.text)} - _SUPPORTED_TAGS
    if unsupported and element.name != "content:encoded":
        tags = ", ".join(sorted(unsupported)[:5])
        findings.add(
            "markup-rare", element.value_position, fill("`{name}` contains {content}", name=element.name, content=tags)
        )


def _check_plain_text(element: FeedElement, findings: FindingCollector) -> None:
    name, text, position = element.name, element.text, element.value_position
    if "<" in text and (found := _MARKUP.search(text)):
        findings.add("markup-in-title", position, fill("`{name}` contains {content}", name=name, content=found[0]))
    if "&" in text and (found := _ESCAPED.search(text)):
        findings.add(
            "escaped-twice", position, fill("`{name}` is displayed with `{content}`", name=name, content=found[0])
        )
    if name == "title" and _EPISODE_NUMBER.match(text):
        findings.add("title-number", position, "the title begins with a number")
