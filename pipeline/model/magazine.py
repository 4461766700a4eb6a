"""The magazine: reflections, drafts, stories and the flatplan."""

from dataclasses import dataclass
from datetime import date

from pipeline.model.pictures import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """An approved quote; ``by`` is a role, never a name."""

    text: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time in the recording of an episode."""

    episode: str  # slug
    start_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reflection:
    """The approved note of a discussion group. One that is not approved is a ``Draft``."""

    slug: str
    event: str
    group: str
    roles: tuple[str, ...] = ()
    participants: tuple[tuple[str, int], ...] = ()  # how many of each role; absent: unknown
    case: str = ""  # the slug of a case of its event
    question: str = ""
    approved: date
    insights: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()  # approved ones only
    moment: Moment | None = None
    text_md: str = ""
    pictures: tuple[Picture, ...] = ()  # in the text, each file once


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A note that is not approved yet: only that it exists."""

    slug: str
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedDraft:
    """The length of a draft: each letter is replaced by another of about its width, so that it cannot be read."""

    slug: str
    event: str
    after: str  # the slug before it in the folder of its event; empty for the first
    group: str
    question: str = ""
    insights: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    moment: Moment | None = None
    text_md: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingApproval:
    """A text or quote that waits for approval, without its words; not for pages."""

    file: str
    event: str
    group: str
    approver: str  # a role, or the group; never a name
    what: str  # text | quote
    revoked: bool  # it was approved, and edited after that
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class IncompleteGroup:
    """A discussion group without a role that its event needs; not for pages."""

    file: str
    event: str
    group: str
    missing: tuple[str, ...]  # roles


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An article about an event."""

    slug: str
    title: str
    intro: str = ""
    by: str = ""
    kind: str = ""  # news | background | interview | essay
    day: date | None = None
    canonical: str = ""  # where it was published first
    event: str = ""
    picture: Picture | None = None
    pulls: tuple[str, ...] = ()
    text_md: str = ""
    pictures: tuple[Picture, ...] = ()  # in the text, each file once


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One item of the flatplan. The fields that count depend on ``kind``.

    cover (picture, headline) · contents · article (ref: a story) · event (ref: an event) · quotes · photo (picture)
    · notes · index · colophon · back
    """

    kind: str
    ref: str = ""
    headline: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """Print settings."""

    bleed_mm: float = 3.0
    profile: str = "coated-fogra39"  # or an ICC file in the programme
    condition: str = ""  # the printing condition of such a file
    ink_percent: int = 300  # maximum total ink coverage
    multiple_of: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Magazine:
    """The magazine and its flatplan."""

    title: str
    edition: str = ""
    language: str = "nl"
    page: str = "a4"
    flatplan: tuple[Article, ...] = ()
    print: Print = Print()
    colophon: str = ""  # Markdown
    name: str = "magazine"  # of its files: <name>.pdf
    hyphenation: tuple[str, ...] = ()  # be-leids-pro-ces: the only places where a word may break in print
