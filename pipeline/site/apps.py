"""Podcast apps that follow a feed when a link of their own kind is opened: nobody has to look the programme up."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app, where it runs, and the link that makes it follow the feed."""

    name: str
    devices: tuple[str, ...]
    address: str


def apps(feed: str) -> tuple[App, ...]:
    """The apps that have such a link, the one that is on most devices first.

    Sources: Apple's own scheme (castro.fm, "A podcast URL scheme"); AntennaPod's documentation for podcasters; the others
    as the link generators of several hosts write them. Spotify has none: it wants its own address of a show.
    """
    bare, coded = feed.partition("://")[2], quote(feed, safe="")
    return (
        App(name="Apple Podcasts", devices=("iPhone", "iPad", "Mac"), address=f"podcast://{bare}"),
        App(name="Pocket Casts", devices=("Android", "iPhone"), address=f"pktc://subscribe/{bare}"),
        App(name="AntennaPod", devices=("Android",), address=f"https://antennapod.org/deeplink/subscribe?url={coded}"),
        App(name="Overcast", devices=("iPhone", "iPad"), address=f"overcast://x-callback-url/add?url={coded}"),
    )
