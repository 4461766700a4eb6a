"""The feed of a podcast that moves in, as values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file that the feed refers to, such as an enclosure or a transcript."""

    url: str
    media_type: str = ""
    size_bytes: int = 0  # as the feed states it; 0: unknown
    language: str = ""
    integrity: str = ""  # digests of the content, as Subresource Integrity writes them


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChapter:
    """A chapter, and the picture that apps show during it."""

    start_ms: int
    title: str
    image: str = ""  # URL
    content: bytes = b""  # of a picture inside the audio


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePerson:
    """A person whom the feed names."""

    name: str
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceItem:
    """An episode as the feed lists it."""

    guid: str
    guid_is_permalink: bool
    title: str
    published: datetime | None  # aware
    enclosure: SourceFile | None
    link: str = ""
    season: int = 0
    number: int = 0  # 0: none
    kind: str = "full"
    explicit: bool = False
    notes: str = ""  # HTML, or plain text
    summary: str = ""  # plain text; empty: none beside the notes
    image: str = ""  # URL
    duration_s: int = 0  # as the feed states it; 0: unknown
    chapters: tuple[SourceChapter, ...] = ()  # inside the feed
    chapters_file: str = ""  # URL
    transcripts: tuple[SourceFile, ...] = ()
    people: tuple[SourcePerson, ...] = ()
    remarks: tuple[str, ...] = ()  # what was corrected, or cannot be taken over


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFeed:
    """A podcast as its feed describes it."""

    title: str
    description: str = ""  # plain text
    language: str = ""
    author: str = ""
    link: str = ""
    image: str = ""  # URL
    guid: str = ""  # podcast:guid
    category: tuple[str, ...] = ()
    type: str = "episodic"
    explicit: bool = False
    locked: bool = True
    complete: bool = False
    medium: str = ""
    license: tuple[str, str] = ("", "")  # name, URL
    funding: tuple[tuple[str, str], ...] = ()  # text, URL
    address: str = ""  # atom:link rel=self
    next_page: str = ""  # atom:link rel=next
    new_address: str = ""  # itunes:new-feed-url
    items: tuple[SourceItem, ...] = ()  # in the order of the feed
    remarks: tuple[str, ...] = ()
