"""What social channels show beside a link to a page: its picture, and what that shows in words."""

from dataclasses import dataclass

from pipeline import urls
from pipeline.graphics import SHARE_HEIGHT_PX, SHARE_WIDTH_PX
from pipeline.model import Event, Release, Story
from pipeline.site.page_context import Site
from pipeline.typesetting import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A picture under ``public/``; a size that is not known is 0."""

    path: str
    alt: str
    width_px: int = 0
    height_px: int = 0


def share_of_programme(site: Site) -> Share | None:
    """The title over all traces; also for pages that have no picture of their own."""
    many = len(site.releases) > 1
    _ = words(site.programme.language)
    over = _("“{words}”, over the traces of the conversations") if many else _("“{words}”, over the trace of the talk")
    said = over if site.releases else "“{words}”"
    return _drawn(site, urls.HOME, said.format(words=site.programme.title))


def share_of_episode(site: Site, release: Release) -> Share | None:
    """The title over its trace."""
    return _drawn(site, urls.episode(release.episode.slug), _over_its_trace(site, release.episode.title))


def share_of_event(site: Site, event: Event) -> Share | None:
    """The theme, or the title, over the trace of the first episode."""
    title = event.theme or event.title
    said = _over_its_trace(site, title) if site.releases_of(event.id) else f"“{title}”"
    return _drawn(site, urls.event(event.id), said)


def share_of_story(site: Site, story: Story, event: Event | None) -> Share | None:
    """Its own picture, else that of its event, else that of the programme."""
    if story.picture and story.picture.file in site.pictures:
        path = site.pictures[story.picture.file]
        width_px, height_px = site.sizes.get(path, (0, 0))
        return Share(path=path, alt=story.picture.alt, width_px=width_px, height_px=height_px)
    return share_of_event(site, event) if event else share_of_programme(site)


def _over_its_trace(site: Site, title: str) -> str:
    return words(site.programme.language)("“{words}”, over the trace of the talk").format(words=title)


def _drawn(site: Site, page: str, alt: str) -> Share | None:
    path = site.shares.get(page)
    return Share(path=path, alt=alt, width_px=SHARE_WIDTH_PX, height_px=SHARE_HEIGHT_PX) if path else None
