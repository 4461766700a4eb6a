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
from pipeline.site.embed import build_embed_code, render_embeds
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
from pipeline.site.redirects import render_redirect_pages
from pipeline.site.search_index import SearchDocument, build_documents, render_search_index
from pipeline.site.subscribe_links import list_app_pages, list_subscribe_links
from pipeline.typesetting import Theme, load_translator, read_asset, render_template, resolve_references

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
    releases = filter_published(site.releases, site.now)
    site = replace(site, releases=releases, theme=theme, articles=urls.map_texts(programme))
    documents = build_documents(site)
    site = replace(site, has_search=bool(documents))
    pages = [*_render_pages(site), *_render_search_page(site, documents)]
    outputs = [
        *pages,
        _render_not_found_page(site),
        *_render_sitemap(programme, pages),
        *_render_newsletter_feed(site),
        *(render_search_index(documents) if documents else ()),
        *_render_calendars(programme),
        *render_embeds(site),
        *_render_assets(theme),
    ]
    by_path = {output.path.removeprefix("public/"): output for output in outputs}
    outputs += render_redirect_pages(programme, by_path, theme=theme)
    return tuple(sorted(outputs, key=lambda output: output.path))


def _render_pages(site: SiteContext) -> Iterator[Output]:
    yield _render_home_page(site)
    yield from _render_episode_pages(site)
    yield from _render_event_pages(site)
    yield from _render_case_pages(site)
    yield from _render_story_pages(site)
    yield from _render_newsletter_pages(site)
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
            embed_code=build_embed_code(site.programme, release),
        )


def _render_event_pages(site: SiteContext) -> Iterator[Output]:
    for event in site.programme.events:
        yield _render_page(
            site,
            urls.event(event.id),
            "event.html",
            title=event.title,
            description=event.summary or event.theme,
            json_ld=describe_event(
                site.programme, event, picture=site.pictures.get(event.picture.name, "") if event.picture else ""
            ),
            preview=preview_event(site, event),
            page=site.build_event_context(event),
        )


def _render_case_pages(site: SiteContext) -> Iterator[Output]:
    """Render a page for each case, and one that lists them all."""
    translate = load_translator(site.programme.language)
    if site.programme.list_cases():
        yield _render_page(site, urls.CASES, "cases.html", title=translate("Cases"), preview=preview_programme(site))
    for event in site.programme.events:
        for case in event.cases:
            reflections = site.programme.find_reflections(event.id)
            yield _render_page(
                site,
                urls.case(event.id, case.slug),
                "case.html",
                title=case.title,
                description=case.summary,
                preview=preview_event(site, event),
                case=case,
                event=event,
                colour=get_colour_class(event),
                reflections_of_case=tuple(one for one in reflections if one.case == case.slug),
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
            canonical=story.canonical,
            story=story,
            event=event,
            colour=get_colour_class(event),
            releases=site.find_releases(story.event) if event else (),
        )


def _render_newsletter_pages(site: SiteContext) -> Iterator[Output]:
    """Render a page for each newsletter, and the archive."""
    if not site.letters:
        return
    preview = preview_programme(site)
    title = load_translator(site.programme.language)("Newsletters")
    yield _render_page(site, urls.NEWSLETTERS, "newsletters.html", title=title, preview=preview)
    for letter in site.letters:
        yield _render_page(
            site,
            letter.path,
            "newsletter.html",
            title=letter.subject,
            description=letter.preview,
            preview=preview,
            letter=letter,
        )


def _render_newsletter_feed(site: SiteContext) -> Iterator[Output]:
    """Render the newsletters as an Atom feed, the newest first.

    Source: RFC 4287.
    """
    if site.letters:
        texts, base = site.articles, site.programme.url
        feed = render_template(
            "newsletters.xml.j2",
            theme=site.theme,
            resolve=resolve_references,
            find_text=lambda file: urls.make_absolute(base, texts[file]) if file in texts else "",
            **_build_shared_values(site),
        )
        yield Output(path=f"public/{urls.NEWSLETTER_FEED}", content=feed.encode())


def _render_help_pages(site: SiteContext) -> Iterator[Output]:
    """Render the pages about the programme and about subscribing, and for public bodies a draft of the accessibility statement that the law requires."""
    programme, _ = site.programme, load_translator(site.programme.language)
    if programme.about_md:
        title = _("About {title}").format(title=programme.title)
        path = urls.about_page(programme.language)
        yield _render_page(site, path, "about.html", title=title, preview=preview_programme(site))
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


def _render_search_page(site: SiteContext, documents: Sequence[SearchDocument]) -> Iterator[Output]:
    """Render the page with the search, which without script is a list of all talks and texts."""
    path, _ = urls.search_page(site.programme.language), load_translator(site.programme.language)
    if documents:
        with_text = {urls.episode(release.episode.slug) for release in site.releases if release.transcript}
        talks = [one for one in documents if one.is_talk]
        talks = [replace(one, path=f"{one.path}#transcript") if one.path in with_text else one for one in talks]
        texts = [one for one in documents if not one.is_talk]
        yield _render_page(
            site,
            path,
            "search.html",
            title=_("Search"),
            description=_("Search all talks and texts"),
            preview=preview_programme(site),
            root="../",
            talks=talks,
            texts=texts,
        )


def _render_page(site: SiteContext, path: str, template: str, **values: Any) -> Output:
    """Render the page at ``path``; a path that ends in a slash means its ``index.html``."""
    optional = {"description": "", "json_ld": None, "preview": None, "canonical": ""}
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
        "split_at_images": partial(split_at_images, pictures=site.pictures, articles=site.articles),
        "absolute": partial(urls.make_absolute, programme.url),
        "home_address": urls.make_absolute(programme.url, ""),
        "feed_address": feed_address,
        "app_pages": list_app_pages(programme.podcast.apps) if programme.podcast and has_feed else (),
        "app_address": re.sub(r"^https?:", "podcast:", feed_address),
    }


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
    """Render the sitemap and robots.txt, which refers to it.

    The draft of the accessibility statement is left out, and what was published elsewhere first.
    """
    paths = [page.path.removeprefix("public/").removesuffix("index.html") for page in pages]
    left_out = {urls.story(story.slug) for story in programme.stories if story.canonical}
    left_out.add(urls.accessibility_page(programme.language))
    addresses = [escape(urls.make_absolute(programme.url, path)) for path in sorted(paths) if path not in left_out]
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
    for name in ("site.js", "player.js", "search.js", "icon.svg", "touch.png"):
        yield Output(path=f"public/assets/{name}", content=read_asset(name, theme=theme))
    # Browsers request this file for pages without an icon, such as the feed.
    yield Output(path="public/favicon.ico", content=read_asset("favicon.ico", theme=theme))
    yield Output(path=f"public/{urls.FEED_STYLE}", content=render_template("feed.css.j2", theme=theme).encode())
    for font in sorted(set(_FONT.findall(font_faces))):
        yield Output(path=f"public/assets/fonts/{font}", content=read_asset(f"fonts/{font}", theme=theme))
