"""What readers extract from a file: blocks in reading order, images and omissions."""

from collections import Counter
from dataclasses import dataclass, field

from pipeline.intake.markdown_escaping import strip_markdown

QUESTION_MARKS = ("?", "？", "؟")  # of Latin, Chinese and Japanese, and Arabic text


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentBlock:
    """A block of text; ``text_md`` is Markdown, on one line but for hard breaks."""

    kind: str  # heading, paragraph, item, quote, table, image, footnote, transcribe (requests the text of a photo)
    text_md: str = ""
    level: int = 0  # of a heading, from 1; nesting of a list item, from 0
    number: int = 0  # of an item in a numbered list, from 1; 0: a bullet
    rows: tuple[tuple[str, ...], ...] = ()  # of a table, in Markdown; the first is its header
    image: int = -1  # index in the images of the text; -1: not available
    alt: str = ""
    footnote_id: str = ""

    @property
    def text(self) -> str:
        """The text without markup, on one line."""
        return strip_markdown(self.text_md)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedText:
    """What a reader found in a file."""

    blocks: tuple[ContentBlock, ...]
    images: tuple[bytes, ...] = ()  # as they were in the file; not safe before they are cleaned
    # What was not taken over, and how often. It is never quoted, because it may name people.
    omissions: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupNote:
    """What one group handed in. Fields are known from a form or a heading, or extracted from the blocks."""

    group: str
    blocks: tuple[ContentBlock, ...]  # become the text
    roles: tuple[str, ...] = ()
    question: str = ""
    insights: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
