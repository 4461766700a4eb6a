"""What the feed says of the programme as a whole.

Sources: podcasters.apple.com 823 and 4115; PSP-1 (August 2023); podcast-namespace, docs/1.0.md.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from pipeline import urls
from pipeline.feed.namespaces import Node, node
from pipeline.feed.rss import Channel, rfc2822
from pipeline.feed.text_fields import one_line, shortened
from pipeline.model import Podcast, Programme
from pipeline.model.podcast import Frequency, Txt

_ROOM_BYTES = 4000  # of a description
_ROOM = 255  # of any other value; Apple counts characters, and bytes are never fewer


def channel_of(
    programme: Programme,
    podcast: Podcast,
    *,
    cover: str,
    updated: datetime | None,
    complete: bool,
    say: Callable[[str], str],
) -> Channel:
    """The channel; ``cover`` is relative to ``public/``, ``updated`` the newest date in the content.

    With ``complete`` no episode will follow.
    """
    description = one_line(podcast.description or programme.subtitle or programme.title)
    image = urls.absolute(programme.url, cover)
    return Channel(
        title=one_line(programme.title),
        link=programme.url,
        description=shortened(description, size_bytes=_ROOM_BYTES),
        language=programme.language,
        copyright=shortened(one_line(programme.organiser), size_bytes=_ROOM),
        nodes=(
            *([node("lastBuildDate", rfc2822(updated))] if updated else []),
            *([node("atom:link", rel="hub", href=podcast.hub)] if podcast.hub else []),
            *_itunes(podcast, cover=image, complete=complete),
            *_podcasting(podcast, complete=complete, say=say),
            node(
                "image", "", node("url", image), node("title", one_line(programme.title)), node("link", programme.url)
            ),
            picture(
                image,
                alt=one_line(podcast.cover_alt) or say("Cover of {title}").format(title=one_line(programme.title)),
            ),
        ),
        source=programme,
    )


def picture(address: str, *, alt: str) -> Node:
    """A square cover; this is the only place in a feed where a picture can have a text alternative."""
    return node("podcast:image", href=address, alt=alt, aspect_ratio="1/1", type="image/jpeg", purpose="artwork")


def texts_of(txts: Iterable[Txt]) -> tuple[Node, ...]:
    """Words for machines, of the podcast or of one episode."""
    return tuple(node("podcast:txt", txt.text, purpose=txt.purpose) for txt in txts)


def _podcasting(podcast: Podcast, *, complete: bool, say: Callable[[str], str]) -> tuple[Node, ...]:
    """What the podcast namespace has for a series as a whole."""
    frequency = _frequency(podcast.frequency, complete=complete, say=say)
    return (
        node("podcast:guid", podcast.guid),
        node("podcast:locked", "yes" if podcast.locked else "no"),
        node("podcast:medium", podcast.medium),
        *([node("podcast:license", podcast.license.name, url=podcast.license.url)] if podcast.license else []),
        *(node("podcast:funding", one_line(one.text), url=one.url) for one in podcast.funding),
        *([frequency] if frequency else []),
        *texts_of(podcast.txt),
    )


def _frequency(frequency: Frequency | None, *, complete: bool, say: Callable[[str], str]) -> Node | None:
    """How often an episode comes; of a series that is complete, that it is."""
    if complete:
        return node("podcast:updateFrequency", say("All episodes are out"), complete="true")
    if frequency is None:
        return None
    starts = frequency.starts.isoformat() if frequency.starts else ""
    return node("podcast:updateFrequency", one_line(frequency.text), rrule=frequency.rrule, dtstart=starts)


def _itunes(podcast: Podcast, *, cover: str, complete: bool) -> tuple[Node, ...]:
    """Apple's elements; no owner, since Apple no longer asks for one and an e-mail address would be public."""
    category, *sub = podcast.category
    return (
        node("itunes:author", shortened(one_line(podcast.author), size_bytes=_ROOM)),
        node("itunes:image", href=cover),
        node("itunes:category", "", *(node("itunes:category", text=name) for name in sub[:1]), text=category),
        node("itunes:explicit", "true" if podcast.explicit else "false"),
        node("itunes:type", podcast.type),
        *([node("itunes:complete", "Yes")] if complete else []),
    )
