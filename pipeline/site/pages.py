"""Each page of the site as an output, and the style, script and fonts that pages need."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import escape

from pipeline import urls
from pipeline.graphics import qr_svg
from pipeline.model import Output, Programme, Release
from pipeline.site.apps import apps
from pipeline.site.calendar import calendar_of
from pipeline.site.inline_images import pieces
from pipeline.site.json_ld import episode_thing, event_thing, programme_thing, story_thing
from pipeline.site.link_previews import share_of_episode, share_of_event, share_of_programme, share_of_story
from pipeline.site.page_context import Site, ink_class, slim_trace, trace, visible
from pipeline.typesetting import Theme, asset, render, words

RECIPE = 2

_FONT = re.compile(r'url\("([^"/]+)"\)')
_NO_PICTURES: Mapping[str, str] = MappingProxyType({})
_NO_SIZES: Mapping[str, tuple[int, int]] = MappingProxyType({})


def render_site(
    programme: Programme,
    releases: Sequence[Release],
    *,
    theme: Theme,
    now: datetime,
    cover: str,
    pictures: Mapping[str, str] = _NO_PICTURES,
    shares: Mapping[str, str] = _NO_PICTURES,
    sizes: Mapping[str, tuple[int, int]] = _NO_SIZES,
) -> tuple[Output, ...]:
    """Every page under ``public/`` with its style, script and fonts, by path.

    Raises:
        WeerslagError: a template or another file of the theme cannot be used.

    Args:
        programme: all of it; what is not cleared is not in it.
        releases: what exists; those published after ``now`` are left out, everywhere.
        theme: where templates come from; its room and language are set here.
        now: the moment of publishing, aware.
        cover: of the programme, relative to ``public/``.
        pictures: a picture's file, as the programme names it, to its path relative to ``public/``; one that is absent is not shown.
        shares: a page's path to the picture that social channels show of it; a page that is absent shows none.
        sizes: a picture's path to its width and height in pixels, so that its place is kept while it comes.
    """
    theme = replace(theme, room="site", language=programme.language)
    site = Site(
        programme=programme,
        releases=visible(releases, now),
        now=now,
        cover=cover,
        pictures=pictures,
        shares=shares,
        sizes=sizes,
    )
    pages = list(_pages(site, theme))
    outputs = [*pages, _lost(site, theme), *_for_machines(programme, pages), *_calendars(programme), *_assets(theme)]
    return tuple(sorted(outputs, key=lambda output: output.path))


def _pages(site: Site, theme: Theme) -> Iterable[Output]:
    programme = site.programme
    yield _page(
        site, theme, urls.HOME, "programme.html", title="", description=programme.subtitle,
        about=programme_thing(programme, site.releases, cover=_cover(site)), share=share_of_programme(site),
    )  # fmt: skip
    for release in site.releases:
        episode = release.episode
        view = site.episode(release)
        yield _page(
            site,
            theme,
            urls.episode(episode.slug),
            "episode.html",
            title=episode.title,
            description=episode.summary,
            view=view,
            about=episode_thing(programme, release, view.event),
            share=share_of_episode(site, release),
        )
    for event in programme.events:
        path = urls.event(event.id)
        yield _page(
            site,
            theme,
            path,
            "event.html",
            title=event.title,
            description=event.theme,
            view=site.event(event),
            about=event_thing(programme, event),
            share=share_of_event(site, event),
        )
    for story in programme.stories:
        told_of = programme.event(story.event) if story.event else None
        yield _page(
            site, theme, urls.story(story.slug), "story.html", title=story.title, description=story.intro,
            about=story_thing(programme, story), share=share_of_story(site, story, told_of), story=story, event=told_of, ink=ink_class(told_of), releases=site.releases_of(story.event) if told_of else (),
        )  # fmt: skip
    yield from _help(site, theme)


def _help(site: Site, theme: Theme) -> Iterable[Output]:
    """How to follow the podcast, and, for public bodies, the statement that the law asks of them, as a draft."""
    programme, _ = site.programme, words(theme.language)
    if programme.podcast and site.releases:
        path = urls.subscribe(programme.language)
        address = urls.absolute(programme.url, path)
        code = qr_svg(address, title=_("QR code of this page"))
        title = _("Follow the podcast")
        yield _page(
            site, theme, path, "subscribe.html", title=title, description="", about={}, address=address, code=code,
            apps=apps(urls.absolute(programme.url, urls.FEED)),
            share=share_of_programme(site),
        )  # fmt: skip
    if programme.profile == "public-sector":
        path = urls.accessibility(programme.language)
        title = _("Accessibility statement")
        yield _page(site, theme, path, "accessibility.html", title=title, description="", about={}, share=None)


def _page(site: Site, theme: Theme, path: str, template: str, **values: Any) -> Output:
    """A page at ``path``; a folder's page is its ``index.html``."""
    html = render(template, theme=theme, **_shared(site), path=path, link=partial(_link, page=path), **values)
    return Output(path=f"public/{_file(path)}", content=html.encode())


def _shared(site: Site) -> dict[str, Any]:
    programme = site.programme
    heard = programme.podcast and site.releases  # without sound there is no feed, and no cover drawn from it
    feed = urls.absolute(programme.url, urls.FEED) if heard else ""
    return {
        "site": site,
        "programme": programme,
        "urls": urls,
        "trace": trace,
        "slim_trace": slim_trace,
        "ink_class": ink_class,
        "pieces": partial(pieces, pictures=site.pictures, articles=_articles(programme)),
        "absolute": partial(urls.absolute, programme.url),
        "home": urls.absolute(programme.url, ""),
        "feed_address": feed,
        "app_address": re.sub(r"^https?:", "podcast:", feed),
    }


def _articles(programme: Programme) -> dict[str, str]:
    """By its file in the programme, the page that shows each text: what a text may refer to."""
    stories = {f"magazine/stories/{one.slug}.md": urls.story(one.slug) for one in programme.stories}
    shown = {
        f"magazine/reflections/{one.event}/{one.slug}.md": f"{urls.event(one.event)}#reflections"
        for one in programme.reflections
    }
    events = {f"magazine/reflections/{one.id}": urls.event(one.id) for one in programme.events}
    return stories | shown | events


def _cover(site: Site) -> str:
    """The cover of the programme; nothing while there is no sound to draw it from."""
    return site.cover if site.releases else ""


def _link(path: str, *, page: str) -> str:
    """How ``page`` links to ``path``: to the file itself, so that the site can also be opened from a folder."""
    target, mark, fragment = path.partition("#")
    return urls.relative(f"{_file(target)}{mark}{fragment}", page=page)


def _file(path: str) -> str:
    return f"{path}index.html" if path.endswith("/") or not path else path


def _lost(site: Site, theme: Theme) -> Output:
    """The page for what is not there: served at any depth, so it brings its own style and links in full."""
    style = asset("lost.css", theme=theme).decode()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    html = render("404.html", theme=theme, **_shared(site), style=style, style_digest=digest)
    return Output(path="public/404.html", content=html.encode())


def _for_machines(programme: Programme, pages: Sequence[Output]) -> Iterable[Output]:
    """The list of all pages, and where it is: for what is read by nobody but counted by everybody."""
    paths = [page.path.removeprefix("public/").removesuffix("index.html") for page in pages]
    draft = urls.accessibility(programme.language)
    addresses = [escape(urls.absolute(programme.url, path)) for path in sorted(paths) if path != draft]
    listed = "".join(f"<url><loc>{address}</loc></url>\n" for address in addresses)
    sitemap = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{listed}</urlset>\n'
    robots = f"User-agent: *\nAllow: /\n\nSitemap: {urls.absolute(programme.url, urls.SITEMAP)}\n"
    yield Output(path=f"public/{urls.SITEMAP}", content=sitemap.encode())
    yield Output(path=f"public/{urls.ROBOTS}", content=robots.encode())


def _calendars(programme: Programme) -> Iterable[Output]:
    """Each event for an agenda, and all of them to subscribe to."""
    for event in programme.events:
        yield Output(path=f"public/{urls.event_calendar(event.id)}", content=calendar_of(programme, [event]))
    if programme.events:
        yield Output(path=f"public/{urls.CALENDAR}", content=calendar_of(programme, programme.events))


def _assets(theme: Theme) -> Iterable[Output]:
    """One style sheet with the faces of the fonts, the fonts that it names, the script and the icon."""
    faces = asset("fonts/fonts-web.css", theme=theme).decode()
    others = [asset(name, theme=theme).decode() for name in ("fonts/stand-ins.css", "site.css")]
    style = "\n".join([_FONT.sub(r'url("fonts/\1")', faces), *others])
    yield Output(path="public/assets/site.css", content=style.encode())
    for name in ("site.js", "player.js", "icon.svg", "touch.png"):
        yield Output(path=f"public/assets/{name}", content=asset(name, theme=theme))
    yield Output(
        path="public/favicon.ico", content=asset("favicon.ico", theme=theme)
    )  # asked for where no page names an icon
    feed_style = render("feed.css.j2", theme=theme)
    yield Output(path=f"public/{urls.FEED_STYLE}", content=feed_style.encode())
    for font in sorted(set(_FONT.findall(faces))):
        yield Output(path=f"public/assets/fonts/{font}", content=asset(f"fonts/{font}", theme=theme))
