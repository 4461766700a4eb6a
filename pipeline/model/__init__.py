"""The nouns: frozen values. Imports nothing of ours but its own parts."""

from dataclasses import dataclass
from datetime import date, datetime

from pipeline.model.json_values import from_plain as from_plain
from pipeline.model.json_values import to_plain as to_plain
from pipeline.model.json_values import to_told as to_told
from pipeline.model.podcast import Podcast as Podcast  # one of the nouns
from pipeline.model.podcast import Txt
from pipeline.model.sound import Defect as Defect
from pipeline.model.sound import Sentence as Sentence
from pipeline.model.sound import TalkTime as TalkTime
from pipeline.model.sound import Trace as Trace
from pipeline.model.sound import Treatment as Treatment
from pipeline.model.sound import sentence as sentence
from pipeline.model.timeline import Clock as Clock
from pipeline.model.timeline import Cut as Cut
from pipeline.model.timeline import Interlude as Interlude
from pipeline.model.timeline import Jingle as Jingle
from pipeline.model.timeline import Part as Part
from pipeline.model.timeline import joined as joined
from pipeline.model.timeline import moved_ms as moved_ms

# ---------------------------------------------------------------------------------------------------- people and places


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a name in public: a guest at an event, or a voice in an episode."""

    name: str
    role: str = "guest"
    organisation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """Where people meet in the flesh; where that is on the map, if somebody looked it up."""

    name: str
    address: str = ""
    city: str = ""
    country: str = ""  # ISO 3166-1 alpha-2
    latitude: float | None = None  # WGS 84, in degrees; both or neither
    longitude: float | None = None
    osm: str = ""  # an OpenStreetMap node, way or relation: R192736


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaItem:
    """One line of an agenda; ``at`` is ``HH:MM``."""

    at: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A practice example presented at an event."""

    title: str
    organisation: str = ""
    summary: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """How an event can be heard while it goes on; the feed announces it."""

    page: str  # an address that any browser opens
    stream: str = ""  # an address that an app can play by itself
    media_type: str = "audio/mpeg"  # of the stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One live meeting. Meets in a ``venue``, or ``online`` at an address, or (still unknown) neither."""

    id: str
    number: int  # its place in the programme, from 1: it chooses the ink
    title: str
    theme: str = ""
    starts: datetime  # aware
    ends: datetime  # aware
    venue: Venue | None = None
    online: str = ""
    live: Live | None = None
    agenda: tuple[AgendaItem, ...] = ()
    guests: tuple[Person, ...] = ()
    cases: tuple[Case, ...] = ()
    announced: tuple[
        str, ...
    ] = ()  # digests of its calendar entry as it was published, in order: what the ledger knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture where it is used. ``file`` is relative to the programme; an ``alt`` is never empty."""

    file: str
    alt: str
    credit: str = ""
    caption: str = ""


# ------------------------------------------------------------------------------------------------------------- episodes


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTarget:
    """What an enclosure must measure when it is decoded again."""

    loudness_lufs: float = -16.0
    true_peak_dbtp: float = -1.0
    channels: str = "stereo"  # stereo | mono
    bitrate_kbps: int = 128  # of the MP3
    formats: tuple[str, ...] = ("mp3",)  # mp3 | m4a | opus; the first is the enclosure of the feed
    high_pass_hz: int = 80  # 0: off
    hum: str = "auto"  # auto | off: taken out where it is found
    noise_reduction: str = "auto"  # auto | off: where the floor asks for it
    levelling: str = "auto"  # auto | off: speakers brought to one level
    intro_overlap_s: float = 0.0  # the end of the intro plays on under the first words
    outro_overlap_s: float = 0.0  # the outro begins under the last words


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A stretch of an episode, up to the next chapter."""

    start_ms: int
    title: str


_BREATH_MS = 250  # what touches a cue by less takes a breath, not a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Teaser:
    """A stretch of an episode that makes people want to hear all of it; without a title it goes by that of the episode."""

    from_ms: int
    to_ms: int
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What one speaker says in one breath; ``speaker`` may be empty."""

    start_ms: int
    end_ms: int
    speaker: str
    text: str


def hidden_share(cue: Cue, stretch: Cut) -> str:
    """How much of ``cue`` such a stretch hides: ``none`` or ``all`` of it, give or take a breath, or ``some``."""
    both_ms = min(cue.end_ms, stretch.to_ms) - max(cue.start_ms, stretch.from_ms)
    breath_ms = min(_BREATH_MS, (cue.end_ms - cue.start_ms) // 2)
    if both_ms <= min(breath_ms, (stretch.to_ms - stretch.from_ms) // 2):
        return "none"
    return "all" if cue.end_ms - cue.start_ms - both_ms <= breath_ms else "some"


def parts_words(at_ms: int, cue: Cue) -> bool:
    """Whether a sound put in there would come between its words: further than a breath from either end of it."""
    breath_ms = min(_BREATH_MS, (cue.end_ms - cue.start_ms) // 4)
    return cue.start_ms + breath_ms < at_ms < cue.end_ms - breath_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What listeners get, as written by people; whether its sound exists is for a ``Release`` to say.

    Chapters, cues, cuts, mutes, bleeps, jingles and teasers count on the clock of the recording.
    """

    slug: str
    guid: str
    number: int
    event: str  # the id of an Event, or empty
    title: str
    summary: str
    published: datetime  # aware
    kind: str = "full"  # full | trailer | bonus
    season: int = 0  # 0: none
    explicit: bool = False
    people: tuple[Person, ...] = ()
    txt: tuple[Txt, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    cuts: tuple[Cut, ...] = ()
    mutes: tuple[Cut, ...] = ()  # heard as the tone of the room
    bleeps: tuple[Cut, ...] = ()  # heard as a tone
    jingles: tuple[Jingle, ...] = ()  # in order
    teasers: tuple[Teaser, ...] = ()  # as they were written down
    notes_md: str = ""
    recording: tuple[str, ...] = ()  # relative to the programme, in name order
    transcript: tuple[Cue, ...] = ()  # empty: there is none
    transcript_reviewed: date | None = None  # when a person read it along with the sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """An encoded, tagged file, and what was measured on its decoded sound."""

    format: str  # mp3 | m4a | opus
    media_type: str  # audio/mpeg, audio/mp4, audio/ogg
    path: str  # relative to public/
    sha256: str
    size_bytes: int
    duration_s: float  # samples that come out of the decoder, counted
    integrated_lufs: float
    true_peak_dbtp: float
    bitrate_kbps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An episode whose sound exists. The feed takes only these.

    ``chapters``, ``transcript`` and ``teasers`` count on the clock of the enclosure: cuts and music have moved them.
    """

    episode: Episode
    enclosures: tuple[Enclosure, ...]  # the first is the feed's
    duration_s: float
    chapters: tuple[Chapter, ...]
    transcript: tuple[Cue, ...]
    trace: Trace
    cover: str  # of this episode, relative to public/
    offset_ms: int = 0  # where the recording begins in the enclosure: the intro stands before it
    interludes: tuple[Interlude, ...] = ()  # where jingles stand in it, on the clock of the recording
    treatment: Treatment | None = None
    defects: tuple[Defect, ...] = ()
    teasers: tuple[Teaser, ...] = ()

    def heard_ms(self, recording_ms: int) -> int:
        """When a listener hears what stands at ``recording_ms`` in the recording."""
        return self.clock.heard_ms(recording_ms)

    @property
    def clock(self) -> Clock:
        """From the recording to what is heard."""
        return Clock(cuts=self.episode.cuts, offset_ms=self.offset_ms, interludes=self.interludes)


# ------------------------------------------------------------------------------------------------------------- magazine


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words somebody agreed to see in print; ``by`` is a role, never a name."""

    text: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A place in an episode, on the clock of its recording."""

    episode: str  # slug
    start_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reflection:
    """What a group left behind, cleared for print: there is no other kind."""

    slug: str
    event: str
    group: str
    roles: tuple[str, ...] = ()
    question: str = ""
    cleared: date
    insights: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()  # only those that were cleared
    moment: Moment | None = None
    text_md: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A note not cleared yet: that it is there, and nothing of what it says."""

    slug: str
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindDraft:
    """How much room a draft would take: every letter in it is another one of about its width, so nobody can read it."""

    slug: str
    event: str
    after: str  # the slug of what stands before it in the folder of its event; empty for the first
    group: str
    question: str = ""
    insights: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    moment: Moment | None = None
    text_md: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits for somebody's word, and nothing of what it says; for those who ask, and for no page."""

    file: str
    event: str
    group: str
    whom: str  # a role, or the group; never a name
    what: str  # text | quote
    changed: bool  # it was cleared, and edited after that
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An article around an event."""

    slug: str
    title: str
    intro: str = ""
    by: str = ""
    event: str = ""
    picture: Picture | None = None
    pulls: tuple[str, ...] = ()
    text_md: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One item of the flatplan. Which fields count depends on ``kind``.

    cover (picture, headline) · contents · article (ref: a story) · event (ref: an event) · quotes · photo (picture)
    · notes · index · colophon · back
    """

    kind: str
    ref: str = ""
    headline: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """How the paper edition is printed."""

    bleed_mm: float = 3.0
    profile: str = "coated-fogra39"  # or the file of an own one, from the programme's folder
    condition: str = ""  # what an own profile is called
    ink_percent: int = 300  # of all inks, on one spot
    multiple_of: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Magazine:
    """The magazine: what stands on its cover, and its articles in order."""

    title: str
    edition: str = ""
    language: str = "nl"
    page: str = "a4"
    flatplan: tuple[Article, ...] = ()
    print: Print = Print()
    colophon: str = ""  # Markdown
    name: str = "magazine"  # of its files: <name>.pdf
    hyphenation: tuple[str, ...] = ()  # be-leids-pro-ces: where a word may be broken on paper, and nowhere else


# ------------------------------------------------------------------------------------------------------------ programme


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """The whole, as people wrote it: checked, and true by construction."""

    title: str
    subtitle: str = ""
    language: str = "nl"
    organiser: str
    url: str  # where public/ will be served; ends in /
    timezone: str = "Europe/Amsterdam"
    podcast: Podcast | None = None
    sound: SoundTarget = SoundTarget()
    intro: str = ""  # relative to the programme
    outro: str = ""
    profile: str = "public-sector"  # open | public-sector
    events: tuple[Event, ...] = ()
    episodes: tuple[Episode, ...] = ()  # by season, then number
    magazine: Magazine | None = None
    reflections: tuple[Reflection, ...] = ()  # by event, then slug
    drafts: tuple[Draft, ...] = ()
    stories: tuple[Story, ...] = ()  # by slug

    def event(self, ident: str) -> Event:
        """The event of that id; ``content`` saw to it that each id named somewhere exists."""
        return next(event for event in self.events if event.id == ident)

    def ink_number(self, episode: Episode) -> int:
        """The ink of an episode is that of its event; one without an event counts on from its own number."""
        return self.event(episode.event).number if episode.event else episode.number

    def episode_of(self, event: str) -> Episode | None:
        """The first episode recorded at that event."""
        return next((episode for episode in self.episodes if episode.event == event), None)

    def reflections_of(self, event: str) -> tuple[Reflection, ...]:
        """What that event's groups left behind, in order."""
        return tuple(reflection for reflection in self.reflections if reflection.event == event)


# -------------------------------------------------------------------------------------------------- outputs and findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One file to publish: its path under ``public/`` or ``press/``, and its bytes, or the object that holds them.

    Exactly one of ``content`` and ``sha256`` is set: what is dear lies in the store under its digest.
    """

    path: str  # public/… or press/…, with forward slashes
    content: bytes | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something the build did, or did not need to do: ``tagged  01-burger-centraal``."""

    kind: str  # a verb in the past tense: measured, mastered, encoded, tagged, drawn, rendered, kept, failed …
    subject: str  # a slug, a file: what a person knows it by
    seconds: float = 0.0
    why: str = ""  # the part of the key that changed
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a linter, a preflight or a machine check has to say."""

    code: str
    severity: str  # error | warning | info
    where: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Advice on one thing that people wrote: it stops nothing. ``at`` leads to the value in the head of the file.

    Nothing leads to the text below the head, and ``words`` to where in it.
    """

    file: str
    at: tuple[str | int, ...] = ()
    words: str = ""
    code: str
    message: str
    hint: str = ""
