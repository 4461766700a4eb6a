"""What a podcast says of itself as a whole, beside its episodes."""

from dataclasses import dataclass
from datetime import datetime

GRACE_DAYS = 30  # most apps look at a feed at least once a week


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """What others may do with the sound: an identifier that is known everywhere, or a name of one's own."""

    name: str
    url: str = ""  # its full text; never empty for a name of one's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """Where listeners can support the podcast, and what apps write on the button."""

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Txt:
    """Words for machines: a proof of ownership, or that a machine wrote something."""

    text: str
    purpose: str = ""  # applepodcastsverify, verify, ai-content, …


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequency:
    """How often an episode comes."""

    text: str
    rrule: str = ""  # RFC 5545
    starts: datetime | None = None  # aware


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A season that has a name."""

    number: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Podcast:
    """What the feed says about the series as a whole."""

    guid: str
    author: str
    description: str
    category: tuple[str, ...] = ("Government",)  # category, then subcategory: Apple's words
    type: str = "serial"  # serial | episodic
    explicit: bool = False
    cover: str = ""  # relative to the programme; empty: drawn from the sound
    cover_alt: str = ""  # what is to be seen on it; empty: that it is the cover
    medium: str = "podcast"  # podcast | course
    locked: bool = True  # other hosts may not take the feed over
    license: License | None = None
    funding: tuple[Funding, ...] = ()
    txt: tuple[Txt, ...] = ()
    frequency: Frequency | None = None
    complete: bool = False  # once the last episode is out, no more will come
    seasons: tuple[Season, ...] = ()
    hub: str = ""  # the address of a WebSub hub
    grace_days: int = (
        GRACE_DAYS  # how long old sound stays once no feed names it, before `publish --prune` may take it away
    )
    page_items: int = 0  # a longer feed is cut into pages of so many; 0: it is always whole
