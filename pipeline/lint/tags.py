"""Every element that a podcast feed may hold, as one table: where it stands, how often, what it says, its attributes.

The reader of the table is the reader of the feature list. Sources: RSS 2.0; podcasters.apple.com 823; podcast-namespace,
docs/1.0.md and docs/tags; Podlove Simple Chapters 1.2.
"""

from dataclasses import dataclass

SOURCES = {
    "": "RSS 2.0",
    "itunes": "Apple, Podcasts feed requirements",
    "psc": "Podlove Simple Chapters 1.2",
    "content": "RSS 1.0 content module",
    "atom": "RFC 4287",
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """``kind`` is one of ``values.KINDS``, or empty for anything; ``room`` is in characters, 0 for any."""

    name: str
    needed: bool
    kind: str
    room: int


@dataclass(frozen=True, slots=True)
class Tag:
    """``parents`` are names; ``most`` is 0 for any number; ``value`` a kind of ``values.KINDS``, empty for anything."""

    parents: frozenset[str]
    most: int
    value: str
    room: int
    attributes: tuple[Attribute, ...]
    needs: tuple[str, ...]  # children
    instead: str  # what to use, if the element has been given up


def _tag(
    parents: str,
    attributes: str = "",
    *,
    most: int = 0,
    value: str = "",
    room: int = 0,
    needs: str = "",
    instead: str = "",
) -> Tag:
    """A row. ``attributes`` are words: ``name``, then ``!`` if it must be there, ``:kind`` and ``=room``."""
    where = frozenset(parents.split())
    if "item" in where:
        where |= {"podcast:liveItem"}  # its children are those of an item
    return Tag(where, most, value, room, tuple(map(_attribute, attributes.split())), tuple(needs.split()), instead)


def _attribute(word: str) -> Attribute:
    head, _, room = word.partition("=")
    name, _, kind = head.rpartition("/") if "/" in head else (head, "", "")
    return Attribute(name.rstrip("!"), name.endswith("!"), kind, int(room or 0))


TAGS = {
    # ------------------------------------------------------------------------------------------------------------ RSS 2.0
    "rss": _tag("", "version!"),
    "channel": _tag("rss", most=1),
    "item": _tag("channel"),
    "title": _tag("channel item image textInput", most=1),
    "link": _tag("channel item image textInput", most=1, value="uri"),
    "description": _tag("channel item image textInput", most=1),
    "language": _tag("channel", most=1, value="language"),
    "copyright": _tag("channel", most=1),
    "managingEditor": _tag("channel", most=1),
    "webMaster": _tag("channel", most=1),
    "pubDate": _tag("channel item", most=1, value="date"),
    "lastBuildDate": _tag("channel", most=1, value="date"),
    "category": _tag("channel item", "domain"),
    "generator": _tag("channel", most=1),
    "docs": _tag("channel", most=1, value="address"),
    "cloud": _tag("channel", "domain! port! path! registerProcedure! protocol!", most=1),
    "ttl": _tag("channel", most=1, value="number"),
    "image": _tag("channel", most=1, needs="url title link"),
    "url": _tag("image", most=1, value="address"),
    "width": _tag("image", most=1, value="number"),
    "height": _tag("image", most=1, value="number"),
    "rating": _tag("channel", most=1),
    "textInput": _tag("channel", most=1, needs="title description name link"),
    "name": _tag("textInput", most=1),
    "skipHours": _tag("channel", most=1),
    "hour": _tag("skipHours", value="number"),
    "skipDays": _tag("channel", most=1),
    "day": _tag("skipDays"),
    "author": _tag(
        "channel item", most=1
    ),  # RSS has it in items only; whole hosts write it into the channel, and nobody minds
    "comments": _tag("item", most=1, value="address"),
    "enclosure": _tag("item", "url length type"),
    "guid": _tag("item", "isPermaLink/truth", most=1),
    "source": _tag("item", "url!/address", most=1),
    "content:encoded": _tag("item", most=1),
    # -------------------------------------------------------------------------------------------------------------- Apple
    "itunes:author": _tag("channel item", most=1),
    "itunes:block": _tag("channel item", most=1),
    "itunes:category": _tag("channel itunes:category", "text!"),
    "itunes:complete": _tag("channel", most=1),
    "itunes:duration": _tag("item", most=1, value="duration"),
    "itunes:email": _tag("itunes:owner", most=1),
    "itunes:episode": _tag("item", most=1, value="itunes-episode"),
    "itunes:episodeType": _tag("item", most=1, value="episode-type"),
    "itunes:explicit": _tag("channel item", most=1, value="explicit"),
    "itunes:image": _tag("channel item", "href!/address", most=1),
    "itunes:isClosedCaptioned": _tag("item", most=1),
    "itunes:keywords": _tag("channel item", most=1),
    "itunes:name": _tag("itunes:owner", most=1),
    "itunes:new-feed-url": _tag("channel", most=1, value="address"),
    "itunes:order": _tag("item", most=1),
    "itunes:owner": _tag("channel", most=1),
    "itunes:season": _tag("item", most=1, value="itunes-season"),
    "itunes:subtitle": _tag("channel item", most=1),
    "itunes:summary": _tag("channel item", most=1),
    "itunes:title": _tag("channel item", most=1),
    "itunes:type": _tag("channel", most=1, value="itunes-type"),
    "itunes:applepodcastsverify": _tag("channel", most=1),
    # ---------------------------------------------------------------------------------------------------------- podcast:
    "podcast:transcript": _tag("item", "url!/address type!/transcript-type language/language rel/captions"),
    "podcast:locked": _tag("channel", "owner/mail", most=1, value="locked"),
    "podcast:funding": _tag("channel item", "url!/address", room=128),
    "podcast:chapters": _tag("item", "url!/address type!/chapters-type", most=1),
    "podcast:soundbite": _tag("item", "startTime!/decimal duration!/decimal", room=128),
    "podcast:person": _tag("channel item", "role/role group/group img/address href/address", value="some", room=128),
    "podcast:location": _tag("channel item", "rel/rel-place geo/geo osm/osm country/country", value="some", room=128),
    "podcast:season": _tag("item", "name=128", most=1, value="number"),
    "podcast:episode": _tag("item", "display=32", most=1, value="decimal"),
    "podcast:trailer": _tag(
        "channel", "url!/address pubdate!/date length/number type/mime season/number", room=128, value="some"
    ),
    "podcast:license": _tag("channel item", "url/address", most=1, value="license", room=128),
    "podcast:alternateEnclosure": _tag(
        "item",
        "type!/mime length/number bitrate/decimal height/number lang/language title=32 rel=32 codecs default/boolean",
        needs="podcast:source",
    ),
    "podcast:source": _tag("podcast:alternateEnclosure", "uri!/uri contentType/mime"),
    "podcast:integrity": _tag("podcast:alternateEnclosure", "type!/integrity value!", most=1),
    "podcast:guid": _tag("channel", most=1, value="podcast-guid"),
    "podcast:value": _tag("channel item", "type! method! suggested/decimal", most=1),
    "podcast:valueRecipient": _tag(
        "podcast:value podcast:valueTimeSplit", "name customKey customValue type! address! split!/number fee/boolean"
    ),
    "podcast:valueTimeSplit": _tag(
        "podcast:value", "startTime!/decimal duration!/decimal remoteStartTime/decimal remotePercentage/number"
    ),
    "podcast:medium": _tag("channel", most=1, value="medium"),
    "podcast:liveItem": _tag("channel", "status!/status start!/iso8601 end/iso8601", needs="podcast:contentLink"),
    "podcast:contentLink": _tag("item", "href!/uri"),
    "podcast:socialInteract": _tag(
        "channel item", "protocol!/protocol uri accountId accountUrl/address priority/number"
    ),
    "podcast:block": _tag("channel", "id", value="locked"),
    "podcast:txt": _tag("channel item", "purpose=128", value="some", room=4000),
    "podcast:remoteItem": _tag(
        "channel podcast:podroll podcast:publisher podcast:valueTimeSplit",
        "feedGuid!/podcast-guid feedUrl/address itemGuid medium/medium title",
    ),
    "podcast:podroll": _tag("channel", most=1, needs="podcast:remoteItem"),
    "podcast:updateFrequency": _tag(
        "channel", "rrule/rrule dtstart/iso8601 complete/boolean", most=1, value="some", room=128
    ),
    "podcast:podping": _tag("channel", "usesPodping/boolean", most=1),
    "podcast:chat": _tag("channel item", "server! protocol!/chat-protocol accountId space", most=1),
    "podcast:publisher": _tag("channel", most=1, needs="podcast:remoteItem"),
    "podcast:image": _tag(
        "channel item", "href!/address alt aspect-ratio/aspect width/number height/number type/mime purpose=128"
    ),
    "podcast:images": _tag("channel item", "srcset", most=1, instead="podcast:image"),
    # ------------------------------------------------------------------------------------------------------------ Podlove
    "psc:chapters": _tag("item", "version", most=1, needs="psc:chapter"),
    "psc:chapter": _tag("psc:chapters", "start! title! href/address image/address"),
    # --------------------------------------------------------------------------------------------------------------- Atom
    "atom:link": _tag("channel item", "href! rel type/mime hreflang title length"),
}


def source_of(name: str) -> str:
    """Whose element it is, as a finding cites it."""
    prefix, _, local = name.rpartition(":")
    return SOURCES.get(prefix) or f"podcast namespace: {local}"
