"""Newsletters: what people wrote, and the same with everything that it refers to looked up."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """A tip, and where it comes from."""

    text: str
    source_title: str
    source_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterBlock:
    """One block. The fields that count depend on ``kind``.

    intro · agenda · tips (tips) · story, episode, event (ref) · button (text, target)
    """

    kind: str
    ref: str = ""  # a slug or an id
    text: str = ""
    target: str = ""  # story:<slug>, episode:<slug>, event:<id>, or an https address
    tips: tuple[Tip, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """A numbered newsletter; ``day`` is the day on which it is sent."""

    slug: str
    number: int
    day: date
    subject: str
    preview: str = ""  # what mail apps show behind the subject
    blocks: tuple[NewsletterBlock, ...] = ()
    text_md: str = ""  # of the intro


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterItem:
    """An item of a list: ``lead`` stands before the text, and the link after it."""

    text: str
    lead: str = ""
    link: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterSection:
    """One block with its texts, in the typography of the language.

    ``target`` and the targets of items are paths under ``public/``, or addresses of other sites.
    """

    kind: str
    label: str = ""
    title: str = ""
    target: str = ""
    facts: str = ""  # one line under the title: day, hours, place
    text: str = ""
    text_md: str = ""  # of the intro
    items: tuple[LetterItem, ...] = ()
    link: str = ""  # the text of a link to ``link_target`` below the text
    link_target: str = ""
    link_until: datetime | None = None  # aware; from then on the web version hides the link
    picture: str = ""  # a path under public/
    alt: str = ""
    colour: int = 0  # the number of an event colour, from 1; 0: none


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterLogo:
    """The logo of a partner, whose name stands in the text; its size is that on the screen."""

    path: str  # under public/
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A newsletter that mail, plain text and the web page are rendered from; ``path`` is that of its page."""

    slug: str
    path: str
    number: int
    day: date
    subject: str
    preview: str = ""
    sections: tuple[LetterSection, ...] = ()
    logos: tuple[LetterLogo, ...] = ()
