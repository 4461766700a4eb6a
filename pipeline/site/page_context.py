"""The data of each page, prepared for the templates: what is published, in which colour, with which links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import quote

from pipeline import urls
from pipeline.graphics.palette import wrap_colour_number
from pipeline.graphics.waveform_svg import draw_waveform_svg
from pipeline.model import (
    Event,
    Letter,
    Moment,
    Programme,
    Reflection,
    Registration,
    Release,
    Story,
    Venue,
    Waveform,
)
from pipeline.site.calendar_entry import format_address
from pipeline.site.transcript_view import TranscriptSection, build_sections
from pipeline.typesetting import Theme

_BARS_PER_NARROW_BAR = 3
FORMAT_LABELS = {"mp3": "MP3", "m4a": "M4A (AAC)", "opus": "Opus"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeContext:
    """The data of an episode page."""

    release: Release
    event: Event | None
    colour: str  # a CSS class
    sections: tuple[TranscriptSection, ...]  # of the transcript; empty: there is none
    reflections: tuple[Reflection, ...]
    previous: Release | None
    next: Release | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventContext:
    """The data of an event page, and of an event on the home page."""

    event: Event
    colour: str  # a CSS class
    releases: tuple[Release, ...]  # published
    expected: datetime | None  # the publication date of its first episode, if that is held back
    reflections: tuple[Reflection, ...]
    stories: tuple[Story, ...]
    online: str  # an http or https address, or empty
    is_over: bool
    address: str  # of the venue, without its name
    map: str  # the address of a map of the venue, or empty
    registration: Registration | None  # while it can matter: not for a cancelled event
    briefing_from: Event | None  # the event whose approved insights are the briefing
    briefing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteContext:
    """All that the site is rendered from."""

    programme: Programme  # it holds nothing that is not approved
    releases: Sequence[Release]  # ``render_site`` leaves out those published after ``now``, and sorts the others
    theme: Theme  # the source of the templates; ``render_site`` sets its folder and language
    now: datetime  # the time of the build; in a preview that of the last publication
    marked_from: datetime | None = None  # in a preview: releases published after this are marked; None: there are none
    cover: str  # of the podcast, relative to public/
    small_cover: str = ""  # the same for the home page
    # The published path of each picture file (missing pictures are not shown), and the size in pixels of each published
    # picture, which reserves its space while it loads.
    pictures: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    social_images: Mapping[str, str] = field(default_factory=dict)  # of link previews, by the path of the page
    letters: Sequence[Letter] = ()  # newsletters that were sent
    articles: Mapping[str, str] = field(
        default_factory=dict
    )  # path of the page of each text file; ``render_site`` sets it
    has_search: bool = False  # ``render_site`` sets it if there is something to find

    @property
    def first_release(self) -> Release | None:
        """The release to start with: of a serial show the first full episode, else the newest."""
        full = [release for release in self.releases if release.episode.kind == "full"] or list(self.releases)
        podcast = self.programme.podcast
        if podcast and podcast.type != "serial":
            full.sort(key=lambda release: release.episode.published, reverse=True)
        return full[0] if full else None

    def is_held_back(self, release: Release) -> bool:
        """Whether a release is shown in a preview only."""
        return self.marked_from is not None and release.episode.published > self.marked_from

    def list_other_releases(self) -> tuple[Release, ...]:
        """List the releases without an event, such as a trailer or a bonus."""
        return tuple(release for release in self.releases if not release.episode.event)

    def find_releases(self, event: str) -> tuple[Release, ...]:
        """Find the releases of an event, full episodes before trailers and bonuses."""
        releases = [release for release in self.releases if release.episode.event == event]
        return tuple(sorted(releases, key=lambda release: release.episode.kind != "full"))

    def find_expected_date(self, event: str) -> datetime | None:
        """Find the publication date of the first held-back episode of an event; ``None`` if one is published already."""
        dates = [
            episode.published
            for episode in self.programme.episodes
            if episode.event == event and episode.published > self.now
        ]
        return None if self.find_releases(event) else min(dates, default=None)

    def build_episode_context(self, release: Release) -> EpisodeContext:
        """Build the data of an episode page."""
        slug, event = release.episode.slug, self.find_event(release)
        index = next(index for index, other in enumerate(self.releases) if other.episode.slug == slug)
        return EpisodeContext(
            release=release,
            event=event,
            colour=get_colour_class(event),
            sections=build_sections(release.transcript, release.chapters) if release.transcript else (),
            reflections=tuple(
                reflection
                for reflection in self.programme.reflections
                if (event and reflection.event == event.id) or (reflection.moment and reflection.moment.episode == slug)
            ),
            previous=self.releases[index - 1] if index else None,
            next=self.releases[index + 1] if index + 1 < len(self.releases) else None,
        )

    def build_event_context(self, event: Event) -> EventContext:
        """Build the data of an event."""
        return EventContext(
            event=event,
            colour=get_colour_class(event),
            releases=self.find_releases(event.id),
            expected=self.find_expected_date(event.id),
            reflections=self.programme.find_reflections(event.id),
            stories=tuple(story for story in self.list_stories() if story.event == event.id),
            online=event.online if event.online.startswith(("https://", "http://")) else "",
            is_over=event.ends <= self.now,
            address=format_address(replace(event.venue, name="")) if event.venue else "",
            map=_make_map_address(event.venue) if event.venue else "",
            registration=None if event.status == "cancelled" else event.registration,
            briefing_from=self.programme.find_event(event.briefing_from) if event.briefing_from else None,
            briefing=tuple(
                insight
                for reflection in self.programme.find_reflections(event.briefing_from)
                for insight in reflection.insights
            ),
        )

    def list_stories(self) -> tuple[Story, ...]:
        """List the stories in the order of the magazine, then those that are not in it."""
        magazine = self.programme.magazine
        order = [article.ref for article in magazine.flatplan if article.kind == "article"] if magazine else []
        positions = {ref: position for position, ref in enumerate(order)}
        return tuple(sorted(self.programme.stories, key=lambda story: positions.get(story.slug, len(positions))))

    def find_event(self, release: Release) -> Event | None:
        """Find the event at which an episode was recorded."""
        return self.programme.find_event(release.episode.event) if release.episode.event else None

    def get_moment_path(self, moment: Moment | None) -> str:
        """Get the path of a moment in an episode; empty while the episode is not published."""
        second = self.get_moment_s(moment)
        return f"{urls.episode(moment.episode)}#t={second}" if moment and second is not None else ""

    def get_moment_s(self, moment: Moment | None) -> int | None:
        """Get the second of a moment on the timeline of the enclosure; ``None`` while the episode is not published."""
        for release in self.releases:
            if moment and release.episode.slug == moment.episode:
                return release.map_ms(moment.start_ms) // 1000
        return None


def _make_map_address(venue: Venue) -> str:
    """Make the address of a venue on OpenStreetMap: its element, its coordinates, or a search."""
    kinds = {"N": "node", "W": "way", "R": "relation"}
    if venue.osm:
        return f"https://www.openstreetmap.org/{kinds[venue.osm[0]]}/{venue.osm[1:]}"
    if venue.latitude is not None:
        place = f"mlat={venue.latitude:g}&mlon={venue.longitude:g}#map=18/{venue.latitude:g}/{venue.longitude:g}"
        return f"https://www.openstreetmap.org/?{place}"
    words = ", ".join(filter(None, (venue.address, " ".join(filter(None, (venue.postcode, venue.city))))))
    return f"https://www.openstreetmap.org/search?query={quote(words or venue.name)}"


def filter_published(releases: Sequence[Release], now: datetime) -> tuple[Release, ...]:
    """Keep the releases that are published by ``now``, in order of season and number."""
    published = [release for release in releases if release.episode.published <= now]
    return tuple(sorted(published, key=lambda one: (one.episode.season, one.episode.number, one.episode.slug)))


def get_colour_class(event: Event | None) -> str:
    """Get the CSS class of the colour of an event; without an event that of the text colour."""
    return f"colour-{wrap_colour_number(event.number) if event else 0}"


def draw_wide_waveform(release: Release) -> str:
    """Draw the waveform of an episode as decoration; the page has the same information as text."""
    return _draw_waveform(release, release.waveform, width=1200, height=132, css_class="waveform")


def draw_narrow_waveform(release: Release) -> str:
    """Draw the waveform for a narrow screen; each bar is the root mean square of three bars."""
    heights = release.waveform.heights
    groups = [heights[at : at + _BARS_PER_NARROW_BAR] for at in range(0, len(heights), _BARS_PER_NARROW_BAR)]
    coarse = Waveform(
        bar_s=release.waveform.bar_s * _BARS_PER_NARROW_BAR,
        heights=tuple((sum(height * height for height in group) / len(group)) ** 0.5 for group in groups),
    )
    return _draw_waveform(release, coarse, width=360, height=84, css_class="waveform narrow")


def _draw_waveform(release: Release, waveform: Waveform, *, width: int, height: int, css_class: str) -> str:
    starts_s = [chapter.start_ms / 1000 for chapter in release.chapters]
    duration_s = release.duration_s
    return draw_waveform_svg(
        waveform, width=width, height=height, chapters_s=starts_s, duration_s=duration_s, css_class=css_class
    )
