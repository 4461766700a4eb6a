"""Paths under ``public/`` and ``press/``, and their public URLs.

Paths of pages are folders and end in a slash. A path with a digest changes with the content,
because podcast apps, social networks and caches keep a file by its URL.
"""

import posixpath
import re
from pathlib import PurePosixPath
from urllib.parse import quote

from pipeline.model import Programme

FEED = "feed.xml"
HOME = "index.html"
MAGAZINE = "magazine/"
CASES = "cases/"
NEWSLETTERS = "newsletters/"
CLIPS = "clips/"  # under press/
NEWSLETTER_FEED = "newsletters/feed.xml"  # Atom
CALENDAR = "programme.ics"
SITEMAP = "sitemap.xml"
ROBOTS = "robots.txt"
NOT_FOUND = "404.html"
FEED_STYLE = "assets/feed.css"
SEARCH_FILES = "search-index/"
PREFLIGHT = "magazine/preflight.html"  # under press/
PREFLIGHT_PAGES = "magazine/preflight-pages.jpg"
MEDIA_TYPES = {  # not those of the system, which differ; podcast apps and browsers are strict
    ".aac": "audio/aac",
    ".css": "text/css; charset=utf-8",
    ".epub": "application/epub+zip",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".ics": "text/calendar; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".srt": "application/x-subrip; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xml": "application/xml; charset=utf-8",
    ".xsl": "text/xsl; charset=utf-8",
}
CACHE_IMMUTABLE = "public, max-age=31536000, immutable"  # for paths with a digest
CACHE_BRIEFLY = "public, max-age=300"


def feed_page(number: int, sha256: str) -> str:
    """A page of a paged feed, from the second on; the digest covers all of these pages."""
    return f"feed-{number}-{sha256[:8]}.xml"


def is_feed_page(path: str) -> bool:
    """Whether a path is a page of a paged feed, from the second on."""
    return re.fullmatch(r"feed-[0-9]+-[0-9a-f]{8}\.xml", path) is not None


def enclosure(slug: str, sha256: str, format_: str) -> str:
    """The audio of an episode; with a digest, so that published audio is never overwritten."""
    return f"audio/{slug}-{sha256[:8]}.{format_}"


def episode(slug: str) -> str:
    """The page of an episode."""
    return f"episodes/{slug}/"


def embed(slug: str) -> str:
    """The player of an episode for pages of other sites."""
    return f"embed/{slug}/"


def oembed(slug: str) -> str:
    """The oEmbed document of an episode: other sites read from it how to show the player."""
    return f"{embed(slug)}oembed.json"


def chapters(slug: str) -> str:
    """The chapters of an episode as JSON, for podcast apps."""
    return f"episodes/{slug}/chapters.json"


def transcript(slug: str, format_: str) -> str:
    """The transcript of an episode as vtt, srt or json."""
    return f"episodes/{slug}/transcript.{format_}"


def episode_cover(slug: str, sha256: str) -> str:
    """The cover of an episode, as feed and pages refer to it."""
    return f"episodes/{slug}/cover-{sha256[:8]}.jpg"


def episode_cover_alias(slug: str) -> str:
    """The cover of an episode under a permanent name, for links of others and for older feeds."""
    return f"episodes/{slug}/cover.jpg"


def cover(sha256: str) -> str:
    """The cover of the podcast."""
    return f"cover-{sha256[:8]}.jpg"


def small_cover(sha256: str) -> str:
    """The cover of the podcast in the size of the home page."""
    return f"cover-small-{sha256[:8]}.jpg"


def picture(name: str, sha256: str, format_: str) -> str:
    """A cleaned image; the name becomes ASCII."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "picture"
    return f"pictures/{plain}-{sha256[:8]}.{format_}"


def social_image(name: str, sha256: str) -> str:
    """The image that social networks show with a link."""
    return f"share/{name}-{sha256[:8]}.png"


def event(ident: str) -> str:
    """The page of an event."""
    return f"events/{ident}/"


def event_calendar(ident: str) -> str:
    """The calendar file of an event."""
    return f"events/{ident}.ics"


def case(event: str, slug: str) -> str:
    """The page of a case."""
    return f"cases/{event}/{slug}/"


def about_page(language: str) -> str:
    """What the programme is: ``over/`` in Dutch."""
    return "over/" if _is_dutch(language) else "about/"


def story(slug: str) -> str:
    """The page of a story."""
    return f"stories/{slug}/"


def newsletter(slug: str) -> str:
    """The web page of a newsletter."""
    return f"{NEWSLETTERS}{slug}/"


def newsletter_file(slug: str, format_: str) -> str:
    """A newsletter to send, as html, txt or eml; under ``press/``."""
    return f"newsletters/{slug}.{format_}"


def clip(slug: str, number: int, shape: str) -> str:
    """The clip of a teaser, 1x1 or 9x16; under ``press/``."""
    return f"{CLIPS}{slug}-{number}-{shape}.mp4"


def social_post(kind: str, slug: str) -> str:
    """Texts for social media about an item; under ``press/``."""
    return f"social/{kind}-{slug}.txt"


def subscribe_page(language: str) -> str:
    """The page about subscribing to the podcast: ``volgen/`` in Dutch."""
    return "volgen/" if _is_dutch(language) else "follow/"


def search_page(language: str) -> str:
    """Search, and a list of all talks and texts: ``zoeken/`` in Dutch."""
    return "zoeken/" if _is_dutch(language) else "search/"


def search_file(name: str) -> str:
    """A file of the search index."""
    return f"{SEARCH_FILES}{name}.json"


def accessibility_page(language: str) -> str:
    """The accessibility statement: ``toegankelijkheid/`` in Dutch."""
    return "toegankelijkheid/" if _is_dutch(language) else "accessibility/"


def magazine_pdf(name: str) -> str:
    """The PDF of the magazine for screens."""
    return f"magazine/{name}.pdf"


def magazine_print(name: str) -> str:
    """The PDF of the magazine for the printer; under ``press/``."""
    return f"magazine/{name}-print.pdf"


def magazine_booklet(name: str) -> str:
    """The magazine as a booklet for an office printer; under ``press/``."""
    return f"magazine/{name}-booklet.pdf"


def magazine_epub(name: str) -> str:
    """The magazine for e-readers."""
    return f"magazine/{name}.epub"


def magazine_page(anchor: str = "") -> str:
    """The page of an article of the magazine on the web; without ``anchor`` its first page."""
    return f"magazine/{anchor}/" if anchor else MAGAZINE


def magazine_article(page: str) -> str:
    """The page in the magazine on the web about an event or a story, by its page on the site; empty for other pages."""
    kind, _, name = page.strip("/").partition("/")
    part = {"events": "event", "stories": "story"}.get(kind)
    return magazine_page(f"{part}-{name}") if part else ""


def teaser(slug: str, number: int) -> str:
    """A teaser of an episode, numbered from 1; under ``press/``."""
    return f"teasers/{slug}-{number}.mp3"


def table_cards(event: str) -> str:
    """The table cards of an event; under ``press/``."""
    return f"cards/{event}.pdf"


def briefing(event: str) -> str:
    """The briefing of an event; under ``press/``."""
    return f"briefings/{event}.pdf"


def summary(event: str, format_: str) -> str:
    """The summary of an event for its participants, as pdf, html or txt; under ``press/``."""
    return f"summaries/{event}.{format_}"


def flyer(event: str, medium: str) -> str:
    """The flyer of an event, for ``print`` or ``screen``; under ``press/``."""
    return f"flyers/{event}-{medium}.pdf"


def report(slug: str) -> str:
    """The processing report of an episode; under ``press/``."""
    return f"reports/{slug}.html"


def report_data(slug: str) -> str:
    """The processing report of an episode as JSON; under ``press/``."""
    return f"reports/{slug}.json"


def excerpts(slug: str, side: str) -> str:
    """Excerpts of the ``recording`` or the ``master`` of an episode, for its processing report; under ``press/``."""
    return f"reports/{slug}-{side}.mp3"


def speakers(slug: str) -> str:
    """Who speaks when in the recording of an episode, as JSON; under ``press/``."""
    return f"reports/{slug}.speakers.json"


def episode_moment(slug: str, start_ms: int) -> str:
    """The page of an episode at a position, in whole seconds (media fragment ``#t=``)."""
    return f"{episode(slug)}#t={start_ms // 1000}"


def get_media_type(path: str) -> str:
    """Return the media type of a path: of IANA, and for chapters of the podcast namespace."""
    if path == FEED:
        return "application/rss+xml; charset=utf-8"
    if path.endswith("/chapters.json"):
        return "application/json+chapters"
    return MEDIA_TYPES.get(PurePosixPath(path).suffix, "application/octet-stream")


def make_absolute(base: str, path: str) -> str:
    """Make the public URL of a path; ASCII only.

    Source: podcasters.apple.com 823.
    """
    return base + quote(path, safe="/#=-._~")


def make_relative(path: str, *, page: str) -> str:
    """Make the relative link from ``page`` (a folder or a file) to ``path``."""
    target, _, fragment = path.partition("#")
    start = page if page.endswith("/") else posixpath.dirname(page)
    link = posixpath.relpath(target or ".", start or ".")
    if target.endswith("/") or not target:
        link += "/"
    return f"{quote(link)}#{fragment}" if fragment else quote(link)


def map_texts(programme: Programme) -> dict[str, str]:
    """Map each text file that a text may refer to, to the path of its page."""
    stories = {f"magazine/stories/{one.slug}.md": story(one.slug) for one in programme.stories}
    reflections = {
        f"magazine/reflections/{one.event}/{one.slug}.md": f"{event(one.event)}#reflections"
        for one in programme.reflections
    }
    cases = {f"magazine/cases/{one.event}/{one.slug}.md": case(one.event, one.slug) for one in programme.list_cases()}
    events = {f"magazine/reflections/{one.id}": event(one.id) for one in programme.events}
    return stories | reflections | cases | events


def _is_dutch(language: str) -> bool:
    return language.partition("-")[0].lower() == "nl"
