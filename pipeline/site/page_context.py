"""What the pages show, worked out before a template sees it: who may be seen, in which ink, with which neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline import urls
from pipeline.graphics import INKS, trace_svg
from pipeline.model import Event, Moment, Programme, Reflection, Release, Story, Trace
from pipeline.site.transcript_view import Passage, passages

_SLIM_BARS = 3
_FORMATS = {"mp3": "MP3", "m4a": "M4A (AAC)", "opus": "Opus"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file to take home: what it is called, where it lies, how big it is."""

    label: str
    path: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """One event on the programme page, with what can be heard of it."""

    event: Event
    ink: str
    releases: tuple[Release, ...]
    expected: datetime | None  # when its episode comes, if that is still to be
    reflections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeView:
    """All that the page of an episode needs beside the release itself."""

    release: Release
    event: Event | None
    ink: str
    passages: tuple[Passage, ...]  # empty: there is no transcript
    downloads: tuple[Download, ...]
    reflections: tuple[Reflection, ...]
    previous: Release | None
    next: Release | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """All that the page of an event needs beside the event itself."""

    event: Event
    ink: str
    releases: tuple[Release, ...]
    expected: datetime | None
    reflections: tuple[Reflection, ...]
    stories: tuple[Story, ...]
    online: str  # an address that a browser may open, or empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The programme as it may be seen at one moment: ``releases`` are those whose hour has come, by number."""

    programme: Programme
    releases: tuple[Release, ...]
    now: datetime
    cover: str
    pictures: Mapping[str, str]
    shares: Mapping[str, str]
    sizes: Mapping[str, tuple[int, int]]

    @property
    def first_to_hear(self) -> Release | None:
        """Where to begin: a series at its first full episode, anything else at its newest."""
        full = [release for release in self.releases if release.episode.kind == "full"] or list(self.releases)
        podcast = self.programme.podcast
        if podcast and podcast.type != "serial":
            full.sort(key=lambda release: release.episode.published, reverse=True)
        return full[0] if full else None

    def strips(self) -> tuple[Strip, ...]:
        """The events in order, each with what can be heard of it by now."""
        return tuple(
            Strip(
                event=event,
                ink=ink_class(event),
                releases=self.releases_of(event.id),
                expected=self.expected(event.id),
                reflections=len(self.programme.reflections_of(event.id)),
            )
            for event in self.programme.events
        )

    def loose(self) -> tuple[Release, ...]:
        """Releases that belong to no event: a trailer, a bonus."""
        return tuple(release for release in self.releases if not release.episode.event)

    def releases_of(self, event: str) -> tuple[Release, ...]:
        """What can be heard of one event, the whole conversation before trailers and bonuses."""
        heard = [release for release in self.releases if release.episode.event == event]
        return tuple(sorted(heard, key=lambda release: release.episode.kind != "full"))

    def expected(self, event: str) -> datetime | None:
        """When the first episode of an event comes; nothing if one can be heard, or if the hour is past."""
        hours = [
            each.published for each in self.programme.episodes if each.event == event and each.published > self.now
        ]
        return None if self.releases_of(event) else min(hours, default=None)

    def episode(self, release: Release) -> EpisodeView:
        """The page of one episode."""
        slug, event = release.episode.slug, self.event_of(release)
        place = next(number for number, one in enumerate(self.releases) if one.episode.slug == slug)
        return EpisodeView(
            release=release,
            event=event,
            ink=ink_class(event),
            passages=passages(release.transcript, release.chapters) if release.transcript else (),
            downloads=tuple(
                Download(label=_FORMATS.get(each.format, each.format), path=each.path, size_bytes=each.size_bytes)
                for each in release.enclosures
            ),
            reflections=tuple(
                reflection
                for reflection in self.programme.reflections
                if (event and reflection.event == event.id) or (reflection.moment and reflection.moment.episode == slug)
            ),
            previous=self.releases[place - 1] if place else None,
            next=self.releases[place + 1] if place + 1 < len(self.releases) else None,
        )

    def event(self, event: Event) -> EventView:
        """The page of one event."""
        releases = self.releases_of(event.id)
        return EventView(
            event=event,
            ink=ink_class(event),
            releases=releases,
            expected=self.expected(event.id),
            reflections=self.programme.reflections_of(event.id),
            stories=tuple(story for story in self.stories() if story.event == event.id),
            online=event.online if event.online.startswith(("https://", "http://")) else "",
        )

    def stories(self) -> tuple[Story, ...]:
        """The stories in the order of the magazine; those that it leaves out come after."""
        magazine = self.programme.magazine
        order = [article.ref for article in magazine.flatplan if article.kind == "article"] if magazine else []
        places = {ref: place for place, ref in enumerate(order)}
        return tuple(sorted(self.programme.stories, key=lambda story: places.get(story.slug, len(places))))

    def event_of(self, release: Release) -> Event | None:
        """Where an episode was recorded."""
        return self.programme.event(release.episode.event) if release.episode.event else None

    def moment(self, moment: Moment | None) -> str:
        """The address of a place in an episode on the clock of what is heard; empty while it cannot be heard."""
        place = self.moment_s(moment)
        return f"{urls.episode(moment.episode)}#t={place}" if moment and place is not None else ""

    def moment_s(self, moment: Moment | None) -> int | None:
        """The second at which a moment is heard, or nothing while it cannot be heard."""
        for release in self.releases:
            if moment and release.episode.slug == moment.episode:
                return release.heard_ms(moment.start_ms) // 1000
        return None


def visible(releases: Sequence[Release], now: datetime) -> tuple[Release, ...]:
    """Those whose hour has come, by number."""
    out = [release for release in releases if release.episode.published <= now]
    return tuple(sorted(out, key=lambda one: (one.episode.season, one.episode.number, one.episode.slug)))


def ink_class(event: Event | None) -> str:
    """The class that gives an event its ink; what belongs to no event keeps the ink of the text."""
    return f"ink-{(event.number - 1) % len(INKS) + 1}" if event else "ink-0"


def trace(release: Release) -> str:
    """The trace of an episode as decoration: all it tells stands beside it in words."""
    return trace_svg(
        release.trace, width=1200, height=132, chapters_s=_chapters_s(release), duration_s=release.duration_s
    )


def slim_trace(release: Release) -> str:
    """The same trace for a narrow screen, three bars in one (their root mean square), so that a bar stays a bar."""
    heights = release.trace.heights
    groups = [heights[place : place + _SLIM_BARS] for place in range(0, len(heights), _SLIM_BARS)]
    coarse = Trace(
        bar_s=release.trace.bar_s * _SLIM_BARS,
        heights=tuple((sum(height * height for height in group) / len(group)) ** 0.5 for group in groups),
    )
    return trace_svg(
        coarse,
        width=360,
        height=84,
        chapters_s=_chapters_s(release),
        duration_s=release.duration_s,
        css_class="trace slim",
    )


def _chapters_s(release: Release) -> list[float]:
    return [chapter.start_ms / 1000 for chapter in release.chapters]
