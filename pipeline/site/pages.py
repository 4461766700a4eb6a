"""Renders the files of the site: pages, calendars, sitemap, style sheet, scripts and fonts."""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from pipeline import urls
from pipeline.graphics.qr import draw_qr_svg
from pipeline.model import Output, Programme
from pipeline.site.inline_images import split_at_images
from pipeline.site.json_ld import describe_episode, describe_event, describe_programme, describe_story
from pipeline.site.link_previews import preview_episode, preview_event, preview_programme, preview_story
from pipeline.site.page_context import (
    FORMAT_LABELS,
    SiteContext,
    draw_narrow_waveform,
    draw_wide_waveform,
    filter_published,
    get_colour_class,
)
from pipeline.site.subscribe_links import list_subscribe_links
from pipeline.typesetting import Theme, load_translator, read_asset, render_template

_FONT = re.compile(r'url\("([^"/]+)"\)')


def render_site(site: SiteContext) -> tuple[Output, ...]:
    """Render every file of the site.

    Returns:
        The files in order of their paths under ``public/``.

    Raises:
        WeerslagError: A template or another file of the theme is invalid.
    """
    programme = site.programme
    theme = replace(site.theme, folder="site", language=programme.language)
    site = replace(site, releases=filter_published(site.releases, site.now), theme=theme)
    pages = list(_render_pages(site))
    outputs = [
        *pages,
        _render_not_found_page(site),
        *_render_sitemap(programme, pages),
        *_render_calendars(programme),
        *_render_assets(theme),
    ]
    return tuple(sorted(outputs, key=lambda output: output.path))


def _render_pages(site: SiteContext) -> Iterator[Output]:
    yield _render_home_page(site)
    yield from _render_episode_pages(site)
    yield from _render_event_pages(site)
    yield from _render_story_pages(site)
    yield from _render_help_pages(site)


def _render_home_page(site: SiteContext) -> Output:
    programme = site.programme
    cover = site.cover if site.releases else ""  # without episodes there is no waveform to draw it from
    return _render_page(
        site,
        urls.HOME,
        "programme.html",
        title="",
        description=programme.subtitle,
        json_ld=describe_programme(programme, site.releases, cover=cover),
        preview=preview_programme(site),
    )


def _render_episode_pages(site: SiteContext) -> Iterator[Output]:
    for release in site.releases:
        episode, page = release.episode, site.build_episode_context(release)
        yield _render_page(
            site,
            urls.episode(episode.slug),
            "episode.html",
            title=episode.title,
            description=episode.summary,
            json_ld=describe_episode(site.programme, release, page.event),
            preview=preview_episode(site, release),
            page=page,
        )


def _render_event_pages(site: SiteContext) -> Iterator[Output]:
    for event in site.programme.events:
        yield _render_page(
            site,
            urls.event(event.id),
            "event.html",
            title=event.title,
            description=event.theme,
            json_ld=describe_event(site.programme, event),
            preview=preview_event(site, event),
            page=site.build_event_context(event),
        )


def _render_story_pages(site: SiteContext) -> Iterator[Output]:
    for story in site.programme.stories:
        event = site.programme.find_event(story.event) if story.event else None
        yield _render_page(
            site,
            urls.story(story.slug),
            "story.html",
            title=story.title,
            description=story.intro,
            json_ld=describe_story(site.programme, story),
            preview=preview_story(site, story, event),
            story=story,
            event=event,
            colour=get_colour_class(event),
            releases=site.find_releases(story.event) if event else (),
        )


def _render_help_pages(site: SiteContext) -> Iterator[Output]:
    """Render the page about subscribing, and for public bodies a draft of the accessibility statement that the law requires."""
    programme, _ = site.programme, load_translator(site.programme.language)
    if programme.podcast and site.releases:
        path = urls.subscribe_page(programme.language)
        address = urls.make_absolute(programme.url, path)
        yield _render_page(
            site,
            path,
            "subscribe.html",
            title=_("Follow the podcast"),
            preview=preview_programme(site),
            address=address,
            qr_code=draw_qr_svg(address, title=_("QR code of this page")),
            subscribe_links=list_subscribe_links(urls.make_absolute(programme.url, urls.FEED)),
        )
    if programme.profile == "public-sector":
        path, title = urls.accessibility_page(programme.language), _("Accessibility statement")
        yield _render_page(site, path, "accessibility.html", title=title)


def _render_page(site: SiteContext, path: str, template: str, **values: Any) -> Output:
    """Render the page at ``path``; a path that ends in a slash means its ``index.html``."""
    optional = {"description": "", "json_ld": None, "preview": None}
    values = _build_shared_values(site) | {"path": path, "link": partial(_make_link, page=path)} | optional | values
    html = render_template(template, theme=site.theme, **values)
    return Output(path=f"public/{_get_file(path)}", content=html.encode())


def _build_shared_values(site: SiteContext) -> dict[str, Any]:
    programme = site.programme
    has_feed = programme.podcast and site.releases
    feed_address = urls.make_absolute(programme.url, urls.FEED) if has_feed else ""
    return {
        "site": site,
        "programme": programme,
        "urls": urls,
        "wide_waveform": draw_wide_waveform,
        "narrow_waveform": draw_narrow_waveform,
        "colour_class": get_colour_class,
        "format_labels": FORMAT_LABELS,
        "split_at_images": partial(split_at_images, pictures=site.pictures, articles=_map_articles(programme)),
        "absolute": partial(urls.make_absolute, programme.url),
        "home_address": urls.make_absolute(programme.url, ""),
        "feed_address": feed_address,
        "app_address": re.sub(r"^https?:", "podcast:", feed_address),
    }


def _map_articles(programme: Programme) -> dict[str, str]:
    """Map each text file that a text may refer to, to the path of its page."""
    stories = {f"magazine/stories/{story.slug}.md": urls.story(story.slug) for story in programme.stories}
    reflections = {
        f"magazine/reflections/{reflection.event}/{reflection.slug}.md": f"{urls.event(reflection.event)}#reflections"
        for reflection in programme.reflections
    }
    events = {f"magazine/reflections/{event.id}": urls.event(event.id) for event in programme.events}
    return stories | reflections | events


def _make_link(path: str, *, page: str) -> str:
    """Make ``path`` relative to ``page``, with the file name, so that the site also works when opened from a folder."""
    target, mark, fragment = path.partition("#")
    return urls.make_relative(f"{_get_file(target)}{mark}{fragment}", page=page)


def _get_file(path: str) -> str:
    return f"{path}index.html" if path.endswith("/") or not path else path


def _render_not_found_page(site: SiteContext) -> Output:
    """Render the page for HTTP 404; it is served at any depth, so its style is inline and its links are absolute."""
    style = read_asset("404.css", theme=site.theme).decode()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    html = render_template("404.html", theme=site.theme, **_build_shared_values(site), style=style, style_digest=digest)
    return Output(path=f"public/{urls.NOT_FOUND}", content=html.encode())


def _render_sitemap(programme: Programme, pages: Sequence[Output]) -> Iterator[Output]:
    """Render the sitemap, without the draft of the accessibility statement, and robots.txt, which refers to it."""
    paths = [page.path.removeprefix("public/").removesuffix("index.html") for page in pages]
    draft = urls.accessibility_page(programme.language)
    addresses = [escape(urls.make_absolute(programme.url, path)) for path in sorted(paths) if path != draft]
    entries = "".join(f"<url><loc>{address}</loc></url>\n" for address in addresses)
    sitemap = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n'
    )
    robots = f"User-agent: *\nAllow: /\n\nSitemap: {urls.make_absolute(programme.url, urls.SITEMAP)}\n"
    yield Output(path=f"public/{urls.SITEMAP}", content=sitemap.encode())
    yield Output(path=f"public/{urls.ROBOTS}", content=robots.encode())


def _render_calendars(programme: Programme) -> Iterator[Output]:
    """Render a calendar file for each event, and one with all events to subscribe to."""
    from pipeline.site.calendar import build_calendar  # noqa: PLC0415  # 20 ms, and only a build that renders pays

    for event in programme.events:
        yield Output(path=f"public/{urls.event_calendar(event.id)}", content=build_calendar(programme, [event]))
    if programme.events:
        yield Output(path=f"public/{urls.CALENDAR}", content=build_calendar(programme, programme.events))


def _render_assets(theme: Theme) -> Iterator[Output]:
    """Render one style sheet with the font faces, and copy its fonts, the scripts and the icons."""
    font_faces = read_asset("fonts/fonts-web.css", theme=theme).decode()
    others = [read_asset(name, theme=theme).decode() for name in ("fonts/fallback-fonts.css", "site.css")]
    style = "\n".join([_FONT.sub(r'url("fonts/\1")', font_faces), *others])
    yield Output(path="public/assets/site.css", content=style.encode())
    for name in ("site.js", "player.js", "icon.svg", "touch.png"):
        yield Output(path=f"public/assets/{name}", content=read_asset(name, theme=theme))
    # Browsers request this file for pages without an icon, such as the feed.
    yield Output(path="public/favicon.ico", content=read_asset("favicon.ico", theme=theme))
    yield Output(path=f"public/{urls.FEED_STYLE}", content=render_template("feed.css.j2", theme=theme).encode())
    for font in sorted(set(_FONT.findall(font_faces))):
        yield Output(path=f"public/assets/fonts/{font}", content=read_asset(f"fonts/{font}", theme=theme))
