"""Links that open the feed in a podcast app."""

from dataclasses import dataclass
from urllib.parse import quote

from pipeline.model.podcast import PodcastApps

_APP_NAMES = {
    "apple": "Apple Podcasts",
    "spotify": "Spotify",
    "youtube": "YouTube",
    "pocket_casts": "Pocket Casts",
    "amazon": "Amazon Music",
    "deezer": "Deezer",
    "castbox": "Castbox",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeLink:
    """A link that makes an app subscribe to the feed."""

    app: str
    devices: tuple[str, ...]
    address: str


def list_subscribe_links(feed: str) -> tuple[SubscribeLink, ...]:
    """List the links of apps that support one, the app on most devices first.

    Spotify has none: it needs its own address of a show.

    Sources: Apple's own scheme (castro.fm, "A podcast URL scheme"); AntennaPod's documentation for podcasters; the others
    as the link generators of several hosts write them.
    """
    without_scheme, quoted = feed.partition("://")[2], quote(feed, safe="")
    return (
        SubscribeLink(app="Apple Podcasts", devices=("iPhone", "iPad", "Mac"), address=f"podcast://{without_scheme}"),
        SubscribeLink(app="Pocket Casts", devices=("Android", "iPhone"), address=f"pktc://subscribe/{without_scheme}"),
        SubscribeLink(
            app="AntennaPod", devices=("Android",), address=f"https://antennapod.org/deeplink/subscribe?url={quoted}"
        ),
        SubscribeLink(
            app="Overcast", devices=("iPhone", "iPad"), address=f"overcast://x-callback-url/add?url={quoted}"
        ),
    )


def list_app_pages(apps: PodcastApps) -> tuple[tuple[str, str], ...]:
    """List the name of each app that has the podcast, with the address of its page there."""
    return tuple((name, getattr(apps, key)) for key, name in _APP_NAMES.items() if getattr(apps, key))
