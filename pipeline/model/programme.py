"""The programme: everything that people wrote, validated."""

from dataclasses import dataclass, field, replace

from pipeline.model.episodes import Episode
from pipeline.model.events import Case, Event
from pipeline.model.magazine import Draft, Magazine, Reflection, Story
from pipeline.model.newsletters import Newsletter
from pipeline.model.podcast import Podcast
from pipeline.model.sound import SoundTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link to another site."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """An organisation that takes part in the programme."""

    name: str
    url: str = ""
    logo: str = ""  # relative to the programme
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """A former path under ``public/`` that forwards to another; both end in a slash."""

    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholders:
    """What a mail service replaces by an address; empty: what the service uses by default."""

    unsubscribe: str = ""
    preferences: str = ""
    web_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterSettings:
    """Who sends the newsletters, and with which service."""

    service: str = "none"  # listmonk | mailchimp | spotler | none
    sender: str = ""
    reason: str = ""
    placeholders: Placeholders = Placeholders()


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """The programme; every id that it refers to exists."""

    title: str
    subtitle: str = ""
    language: str = "nl"
    organiser: str
    url: str  # where public/ will be served; ends in /
    timezone: str = "Europe/Amsterdam"
    podcast: Podcast | None = None
    sound: SoundTarget = field(default_factory=SoundTarget)
    intro: str = ""  # relative to the programme
    outro: str = ""
    profile: str = "public-sector"  # open | public-sector
    about_md: str = ""  # what the programme is
    audience: str = ""
    partners: tuple[Partner, ...] = ()
    links: tuple[Link, ...] = ()
    related: tuple[Link, ...] = ()  # programmes
    newsletter: NewsletterSettings | None = None
    hashtags: tuple[str, ...] = ()  # without #
    vocabulary: tuple[str, ...] = ()  # for speech recognition
    events: tuple[Event, ...] = ()
    episodes: tuple[Episode, ...] = ()  # by season, then number
    magazine: Magazine | None = None
    reflections: tuple[Reflection, ...] = ()  # by event, then slug
    drafts: tuple[Draft, ...] = ()
    stories: tuple[Story, ...] = ()  # by slug
    newsletters: tuple[Newsletter, ...] = ()  # by day, then number
    redirects: tuple[Redirect, ...] = ()  # oldest first

    def select_public(self) -> "Programme":
        """Return the programme without the events for participants, and without the texts about them.

        An episode stays: publishing it is a decision of its own.
        """
        hidden = {event.id for event in self.events if event.visibility != "public"}
        if not hidden:
            return self
        events = (event for event in self.events if event.id not in hidden)
        return replace(
            self,
            events=tuple(
                replace(event, briefing_from="") if event.briefing_from in hidden else event for event in events
            ),
            episodes=tuple(replace(one, event="") if one.event in hidden else one for one in self.episodes),
            reflections=tuple(one for one in self.reflections if one.event not in hidden),
            drafts=tuple(one for one in self.drafts if one.event not in hidden),
            stories=tuple(one for one in self.stories if one.event not in hidden),
        )

    def find_first_path(self, path: str) -> str:
        """Return the path under which a page was first published; ``path`` itself if it was never renamed."""
        return next((one.old for one in self.redirects if one.new == path), path)

    def list_cases(self) -> tuple[Case, ...]:
        """List the cases of all events, in order."""
        return tuple(case for event in self.events for case in event.cases)

    def find_event(self, ident: str) -> Event:
        """Return the event with that id."""
        return next(event for event in self.events if event.id == ident)

    def find_colour_number(self, episode: Episode) -> int:
        """Return the number of the event colour of an episode; without an event, the number of the episode."""
        return self.find_event(episode.event).number if episode.event else episode.number

    def find_episode(self, event: str) -> Episode | None:
        """Return the first episode of an event."""
        return next((episode for episode in self.episodes if episode.event == event), None)

    def find_reflections(self, event: str) -> tuple[Reflection, ...]:
        """List the reflections of an event, in order."""
        return tuple(reflection for reflection in self.reflections if reflection.event == event)
