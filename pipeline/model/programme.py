"""The programme: everything that people wrote, validated."""

from dataclasses import dataclass, field

from pipeline.model.episodes import Episode
from pipeline.model.events import Event
from pipeline.model.magazine import Draft, Magazine, Reflection, Story
from pipeline.model.podcast import Podcast
from pipeline.model.sound import SoundTarget


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
    events: tuple[Event, ...] = ()
    episodes: tuple[Episode, ...] = ()  # by season, then number
    magazine: Magazine | None = None
    reflections: tuple[Reflection, ...] = ()  # by event, then slug
    drafts: tuple[Draft, ...] = ()
    stories: tuple[Story, ...] = ()  # by slug

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
