"""The player of an episode for pages of other sites: its page, the code to copy, and the oEmbed document.

Source: oEmbed (oembed.com), section 2.3.4.4, the type *rich*.
"""

import json
from collections.abc import Iterator
from functools import partial
from html import escape

from pipeline import urls
from pipeline.graphics.palette import EVENT_COLOURS
from pipeline.model import Output, Programme, Release
from pipeline.site.page_context import SiteContext, draw_narrow_waveform, draw_wide_waveform
from pipeline.typesetting import load_translator, render_template

_WIDTH_PX, _HEIGHT_PX = 640, 300


def build_embed_code(programme: Programme, release: Release) -> str:
    """Build the HTML that shows the player on another site, with a title for screen readers."""
    translate = load_translator(programme.language)
    title = translate("Listen to “{title}”").format(title=release.episode.title)
    address = urls.make_absolute(programme.url, urls.embed(release.episode.slug))
    return (
        f'<iframe src="{escape(address)}" title="{escape(title)}" width="100%" height="{_HEIGHT_PX}" '
        'style="border: 0; max-width: 60rem" loading="lazy" allow="autoplay"></iframe>'
    )


def render_embeds(site: SiteContext) -> Iterator[Output]:
    """Render the player and the oEmbed document of each release, and the style sheet of the players.

    Raises:
        WeerslagError: A template of the theme is invalid.
    """
    for release in site.releases:
        yield _render_player(site, release)
        document = json.dumps(_describe_oembed(site.programme, release), ensure_ascii=False, indent=1)
        yield Output(path=f"public/{urls.oembed(release.episode.slug)}", content=f"{document}\n".encode())
    if site.releases:
        style = render_template("embed.css.j2", theme=site.theme, colours=EVENT_COLOURS)
        yield Output(path="public/assets/embed.css", content=style.encode())


def _render_player(site: SiteContext, release: Release) -> Output:
    path = urls.embed(release.episode.slug)
    html = render_template(
        "embed.html",
        theme=site.theme,
        site=site,
        programme=site.programme,
        page=site.build_episode_context(release),
        link=partial(urls.make_relative, page=path),
        address=urls.make_absolute(site.programme.url, urls.episode(release.episode.slug)),
        wide_waveform=draw_wide_waveform,
        narrow_waveform=draw_narrow_waveform,
    )
    return Output(path=f"public/{path}index.html", content=html.encode())


def _describe_oembed(programme: Programme, release: Release) -> dict[str, str | int]:
    return {
        "version": "1.0",
        "type": "rich",
        "title": release.episode.title,
        "provider_name": programme.title,
        "provider_url": urls.make_absolute(programme.url, ""),
        "html": build_embed_code(programme, release),
        "width": _WIDTH_PX,
        "height": _HEIGHT_PX,
    }
