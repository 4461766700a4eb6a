"""Link previews: the image that social media show with a link to a page, and its text alternative."""

from dataclasses import dataclass

from pipeline import urls
from pipeline.graphics.tasks import SOCIAL_IMAGE_HEIGHT_PX, SOCIAL_IMAGE_WIDTH_PX
from pipeline.model import Event, Release, Story
from pipeline.site.page_context import SiteContext
from pipeline.typesetting import load_translator


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPreview:
    """An image under ``public/``; an unknown size is 0."""

    path: str
    alt: str
    width_px: int = 0
    height_px: int = 0


def preview_programme(site: SiteContext) -> LinkPreview | None:
    """Preview the home page, and pages without an image: the title above all waveforms."""
    title, translate = site.programme.title, load_translator(site.programme.language)
    if len(site.releases) > 1:
        text = translate("“{title}”, above the waveforms of the conversations").format(title=title)
    else:
        text = _describe_image(site, title, has_waveform=bool(site.releases))
    return _build_preview(site, urls.HOME, text)


def preview_episode(site: SiteContext, release: Release) -> LinkPreview | None:
    """Preview an episode: its title above its waveform."""
    text = _describe_image(site, release.episode.title, has_waveform=True)
    return _build_preview(site, urls.episode(release.episode.slug), text)


def preview_event(site: SiteContext, event: Event) -> LinkPreview | None:
    """Preview an event: its theme, or title, above the waveform of its first episode."""
    text = _describe_image(site, event.theme or event.title, has_waveform=bool(site.find_releases(event.id)))
    return _build_preview(site, urls.event(event.id), text)


def preview_story(site: SiteContext, story: Story, event: Event | None) -> LinkPreview | None:
    """Preview a story: its picture, else the preview of its event or of the programme."""
    if story.picture and story.picture.name in site.pictures:
        path = site.pictures[story.picture.name]
        width_px, height_px = site.sizes.get(path, (0, 0))
        return LinkPreview(path=path, alt=story.picture.alt, width_px=width_px, height_px=height_px)
    return preview_event(site, event) if event else preview_programme(site)


def _describe_image(site: SiteContext, title: str, *, has_waveform: bool) -> str:
    translate = load_translator(site.programme.language)
    text = translate("“{title}”, above the waveform of the conversation") if has_waveform else "“{title}”"
    return text.format(title=title)


def _build_preview(site: SiteContext, page: str, alt: str) -> LinkPreview | None:
    path = site.social_images.get(page)
    if path is None:
        return None
    return LinkPreview(path=path, alt=alt, width_px=SOCIAL_IMAGE_WIDTH_PX, height_px=SOCIAL_IMAGE_HEIGHT_PX)
