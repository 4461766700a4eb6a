"""A podcast as a whole: licence, funding, seasons and settings of the feed."""

from dataclasses import dataclass
from datetime import datetime

RETENTION_DAYS = 30  # most apps read a feed at least once a week


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """The licence of the audio: an SPDX identifier, or a custom name."""

    name: str
    url: str = ""  # of the full text; required for a custom name


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """Where listeners can support the podcast, and the text of the button."""

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PodcastTxt:
    """Text for machines: a proof of ownership, or a note that something is generated."""

    text: str
    purpose: str = ""  # applepodcastsverify, verify, ai-content, …


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequency:
    """How often an episode is published."""

    text: str
    rrule: str = ""  # RFC 5545
    starts: datetime | None = None  # aware


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A season with a name."""

    number: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PodcastApps:
    """The pages of the podcast in apps and directories; empty: it is not there."""

    apple: str = ""
    spotify: str = ""
    youtube: str = ""
    pocket_casts: str = ""
    amazon: str = ""
    deezer: str = ""
    castbox: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Podcast:
    """The channel of the feed."""

    guid: str
    author: str
    description: str
    category: tuple[str, ...] = ("Government",)  # Apple's category, then subcategory
    type: str = "serial"  # serial | episodic
    explicit: bool = False
    cover: str = ""  # relative to the programme; empty: drawn from the waveforms
    cover_alt: str = ""  # empty: “cover of …”
    medium: str = "podcast"  # podcast | course
    locked: bool = True  # other hosts may not import the feed
    license: License | None = None
    funding: tuple[Funding, ...] = ()
    txt: tuple[PodcastTxt, ...] = ()
    frequency: Frequency | None = None
    complete: bool = False  # no episodes will follow
    seasons: tuple[Season, ...] = ()
    hub: str = ""  # the address of a WebSub hub
    email: str = ""  # of the owner; public in the feed
    apps: PodcastApps = PodcastApps()
    retention_days: int = RETENTION_DAYS  # before `publish --prune` may delete audio that no feed names
    page_items: int = 0  # a longer feed is split into pages of this size; 0: never
