"""The address of every published thing: paths under ``public/`` and ``press/``, and what the world calls them. Pure."""

import posixpath
import re
from pathlib import PurePosixPath
from urllib.parse import quote

FEED = "feed.xml"
HOME = "index.html"
MAGAZINE = "magazine/"
CALENDAR = "programme.ics"
SITEMAP = "sitemap.xml"
ROBOTS = "robots.txt"
FEED_STYLE = "assets/feed.css"
PREFLIGHT = "magazine/preflight.html"  # under press/
PREFLIGHT_PAGES = "magazine/preflight-pages.jpg"
MEDIA_TYPES = {  # of our own, for a machine's table differs; podcast apps and browsers are strict about these
    ".css": "text/css; charset=utf-8",
    ".epub": "application/epub+zip",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".ics": "text/calendar; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
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
CACHED_FOR_EVER = "public, max-age=31536000, immutable"  # what has the digest of its bytes in its name
CACHED_BRIEFLY = "public, max-age=300"


def feed_page(number: int, sha256: str) -> str:
    """A page of a long feed, from the second on; its name changes with the bytes of all of them."""
    return f"feed-{number}-{sha256[:8]}.xml"


def is_feed_page(path: str) -> bool:
    """Whether ``path`` is a page of a long feed, from the second on."""
    return re.fullmatch(r"feed-[0-9]+-[0-9a-f]{8}\.xml", path) is not None


def enclosure(slug: str, sha256: str, format_: str) -> str:
    """The name changes with the bytes, so that no published sound is ever overwritten."""
    return f"audio/{slug}-{sha256[:8]}.{format_}"


def episode(slug: str) -> str:
    """The page of an episode, as a folder: its address ends in a slash."""
    return f"episodes/{slug}/"


def chapters(slug: str) -> str:
    """The chapters as JSON, for podcast apps."""
    return f"episodes/{slug}/chapters.json"


def transcript(slug: str, form: str) -> str:
    """The transcript of an episode; ``form`` is vtt, srt or json."""
    return f"episodes/{slug}/transcript.{form}"


def episode_cover(slug: str, sha256: str) -> str:
    """The cover of one episode, as feed and pages name it: apps and networks keep a picture by its address."""
    return f"episodes/{slug}/cover-{sha256[:8]}.jpg"


def episode_cover_of_today(slug: str) -> str:
    """The same picture under a name that stays, for people who link to it, and for feeds that named it so."""
    return f"episodes/{slug}/cover.jpg"


def cover(sha256: str) -> str:
    """The cover of the podcast; apps notice a new picture only under a new name."""
    return f"cover-{sha256[:8]}.jpg"


def picture(name: str, sha256: str, form: str) -> str:
    """A cleaned picture; ASCII, and another name for other bytes."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "picture"
    return f"pictures/{plain}-{sha256[:8]}.{form}"


def share(name: str, sha256: str) -> str:
    """What social channels show beside a link; they keep a picture by its address, so other bytes have another."""
    return f"share/{name}-{sha256[:8]}.png"


def event(ident: str) -> str:
    """The page of an event, as a folder."""
    return f"events/{ident}/"


def event_calendar(ident: str) -> str:
    """An event, to be put in an agenda."""
    return f"events/{ident}.ics"


def story(slug: str) -> str:
    """The page of a story, as a folder."""
    return f"stories/{slug}/"


def subscribe(language: str) -> str:
    """The page that says how to follow the podcast: ``volgen/`` in Dutch."""
    return "volgen/" if _dutch(language) else "follow/"


def accessibility(language: str) -> str:
    """The accessibility statement: ``toegankelijkheid/`` in Dutch, where people look for it."""
    return "toegankelijkheid/" if _dutch(language) else "accessibility/"


def magazine_pdf(name: str) -> str:
    """The magazine for the screen."""
    return f"magazine/{name}.pdf"


def magazine_print(name: str) -> str:
    """The magazine for the printer; under ``press/``."""
    return f"magazine/{name}-print.pdf"


def magazine_booklet(name: str) -> str:
    """The same for an office printer, two pages a side; under ``press/``."""
    return f"magazine/{name}-booklet.pdf"


def magazine_epub(name: str) -> str:
    """The magazine as a book for e-readers."""
    return f"magazine/{name}.epub"


def magazine_page(anchor: str = "") -> str:
    """The page of one article of the magazine on the web; without ``anchor``, its first page. Folders, both."""
    return f"magazine/{anchor}/" if anchor else MAGAZINE


def teaser(slug: str, number: int) -> str:
    """A teaser of an episode, numbered from 1; under ``press/``."""
    return f"teasers/{slug}-{number}.mp3"


def report(slug: str) -> str:
    """What mastering did to one episode; under ``press/``."""
    return f"reports/{slug}.html"


def report_data(slug: str) -> str:
    """The same for tools; under ``press/``."""
    return f"reports/{slug}.json"


def moment(slug: str, start_ms: int) -> str:
    """The page of an episode, opened at a place: seconds, with the player's own ``#t=``."""
    return f"{episode(slug)}#t={start_ms // 1000}"


def media_type(path: str) -> str:
    """As what a file is served: IANA's types, and the podcast namespace's own for chapters."""
    if path == FEED:
        return "application/rss+xml; charset=utf-8"
    if path.endswith("/chapters.json"):
        return "application/json+chapters"
    return MEDIA_TYPES.get(PurePosixPath(path).suffix, "application/octet-stream")


def absolute(base: str, path: str) -> str:
    """What the world calls ``path``; ASCII only, as podcast apps ask (Apple 823)."""
    return base + quote(path, safe="/#=-._~")


def relative(path: str, *, page: str) -> str:
    """How ``page`` (a folder's address or a file) links to ``path``, so that a site works wherever it is put."""
    target, _, fragment = path.partition("#")
    start = page if page.endswith("/") else posixpath.dirname(page)
    link = posixpath.relpath(target or ".", start or ".")
    if target.endswith("/") or not target:
        link += "/"
    return f"{quote(link)}#{fragment}" if fragment else quote(link)


def _dutch(language: str) -> bool:
    return language.partition("-")[0].lower() == "nl"
