"""Every element that a podcast feed may hold, as one table: parents, number, value type and attributes.

Sources: RSS 2.0; podcasters.apple.com 823; podcast-namespace, docs/1.0.md and docs/tags; Podlove Simple Chapters 1.2.
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
class AttributeSpec:
    """What is known of an attribute."""

    name: str
    required: bool
    value_type: str  # a key of VALUE_TYPES; empty: any value
    max_characters: int  # 0: no limit


@dataclass(frozen=True, slots=True)
class ElementSpec:
    """What is known of an element."""

    parents: frozenset[str]
    max_count: int  # in one parent; 0: no limit
    value_type: str  # a key of VALUE_TYPES; empty: any text
    max_characters: int  # 0: no limit
    attributes: tuple[AttributeSpec, ...]
    required_children: tuple[str, ...]
    replacement: str  # the element to use instead, if this one is deprecated


def define(
    parents: str,
    attributes: str = "",
    *,
    max_count: int = 0,
    value: str = "",
    children: str = "",
    replacement: str = "",
) -> ElementSpec:
    """Define a row of the table.

    Args:
        parents: Names of elements, separated by spaces.
        attributes: ``name``, ``name!`` if it is required, ``name/type`` with a value type, ``name=128`` with a maximum
            number of characters; separated by spaces.
        max_count: How often the element may occur in one parent; 0 for any number.
        value: The text of the element, in the same notation: ``type``, ``type=128``, ``=128``; empty for any text.
        children: Names of required children, separated by spaces.
        replacement: The element to use instead of a deprecated one.
    """
    names = frozenset(parents.split())
    if "item" in names:
        names |= {"podcast:liveItem"}  # it has the children of an item
    specs = tuple(map(_parse_attribute, attributes.split()))
    value_type, _, limit = value.partition("=")
    return ElementSpec(names, max_count, value_type, int(limit or 0), specs, tuple(children.split()), replacement)


def _parse_attribute(word: str) -> AttributeSpec:
    head, _, max_characters = word.partition("=")
    name, _, value_type = head.partition("/")
    return AttributeSpec(name.rstrip("!"), name.endswith("!"), value_type, int(max_characters or 0))


ELEMENTS = {
    # RSS 2.0
    "rss": define("", "version!"),
    "channel": define("rss", max_count=1),
    "item": define("channel"),
    "title": define("channel item image textInput", max_count=1),
    "link": define("channel item image textInput", max_count=1, value="uri"),
    "description": define("channel item image textInput", max_count=1),
    "language": define("channel", max_count=1, value="language"),
    "copyright": define("channel", max_count=1),
    "managingEditor": define("channel", max_count=1),
    "webMaster": define("channel", max_count=1),
    "pubDate": define("channel item", max_count=1, value="date"),
    "lastBuildDate": define("channel", max_count=1, value="date"),
    "category": define("channel item", "domain"),
    "generator": define("channel", max_count=1),
    "docs": define("channel", max_count=1, value="address"),
    "cloud": define("channel", "domain! port! path! registerProcedure! protocol!", max_count=1),
    "ttl": define("channel", max_count=1, value="number"),
    "image": define("channel", max_count=1, children="url title link"),
    "url": define("image", max_count=1, value="address"),
    "width": define("image", max_count=1, value="number"),
    "height": define("image", max_count=1, value="number"),
    "rating": define("channel", max_count=1),
    "textInput": define("channel", max_count=1, children="title description name link"),
    "name": define("textInput", max_count=1),
    "skipHours": define("channel", max_count=1),
    "hour": define("skipHours", value="number"),
    "skipDays": define("channel", max_count=1),
    "day": define("skipDays"),
    "author": define("channel item", max_count=1),  # RSS has it in items only; some hosts add it to the channel
    "comments": define("item", max_count=1, value="address"),
    "enclosure": define("item", "url length type"),
    "guid": define("item", "isPermaLink/truth", max_count=1),
    "source": define("item", "url!/address", max_count=1),
    "content:encoded": define("item", max_count=1),
    # Apple
    "itunes:author": define("channel item", max_count=1),
    "itunes:block": define("channel item", max_count=1),
    "itunes:category": define("channel itunes:category", "text!"),
    "itunes:complete": define("channel", max_count=1),
    "itunes:duration": define("item", max_count=1, value="duration"),
    "itunes:email": define("itunes:owner", max_count=1),
    "itunes:episode": define("item", max_count=1, value="itunes-episode"),
    "itunes:episodeType": define("item", max_count=1, value="episode-type"),
    "itunes:explicit": define("channel item", max_count=1, value="explicit"),
    "itunes:image": define("channel item", "href!/address", max_count=1),
    "itunes:isClosedCaptioned": define("item", max_count=1),
    "itunes:keywords": define("channel item", max_count=1),
    "itunes:name": define("itunes:owner", max_count=1),
    "itunes:new-feed-url": define("channel", max_count=1, value="address"),
    "itunes:order": define("item", max_count=1),
    "itunes:owner": define("channel", max_count=1),
    "itunes:season": define("item", max_count=1, value="itunes-season"),
    "itunes:subtitle": define("channel item", max_count=1),
    "itunes:summary": define("channel item", max_count=1),
    "itunes:title": define("channel item", max_count=1),
    "itunes:type": define("channel", max_count=1, value="itunes-type"),
    "itunes:applepodcastsverify": define("channel", max_count=1),
    # podcast:
    "podcast:transcript": define("item", "url!/address type!/transcript-type language/language rel/captions"),
    "podcast:locked": define("channel", "owner/mail", max_count=1, value="locked"),
    "podcast:funding": define("channel item", "url!/address", value="=128"),
    "podcast:chapters": define("item", "url!/address type!/chapters-type", max_count=1),
    "podcast:soundbite": define("item", "startTime!/decimal duration!/decimal", value="=128"),
    "podcast:person": define("channel item", "role/role group/group img/address href/address", value="some=128"),
    "podcast:location": define("channel item", "rel/rel-place geo/geo osm/osm country/country", value="some=128"),
    "podcast:season": define("item", "name=128", max_count=1, value="number"),
    "podcast:episode": define("item", "display=32", max_count=1, value="decimal"),
    "podcast:trailer": define(
        "channel", "url!/address pubdate!/date length/number type/mime season/number", value="some=128"
    ),
    "podcast:license": define("channel item", "url/address", max_count=1, value="license=128"),
    "podcast:alternateEnclosure": define(
        "item",
        "type!/mime length/number bitrate/decimal height/number lang/language title=32 rel=32 codecs default/boolean",
        children="podcast:source",
    ),
    "podcast:source": define("podcast:alternateEnclosure", "uri!/uri contentType/mime"),
    "podcast:integrity": define("podcast:alternateEnclosure", "type!/integrity value!", max_count=1),
    "podcast:guid": define("channel", max_count=1, value="podcast-guid"),
    "podcast:value": define("channel item", "type! method! suggested/decimal", max_count=1),
    "podcast:valueRecipient": define(
        "podcast:value podcast:valueTimeSplit", "name customKey customValue type! address! split!/number fee/boolean"
    ),
    "podcast:valueTimeSplit": define(
        "podcast:value", "startTime!/decimal duration!/decimal remoteStartTime/decimal remotePercentage/number"
    ),
    "podcast:medium": define("channel", max_count=1, value="medium"),
    "podcast:liveItem": define("channel", "status!/status start!/iso8601 end/iso8601", children="podcast:contentLink"),
    "podcast:contentLink": define("item", "href!/uri"),
    "podcast:socialInteract": define(
        "channel item", "protocol!/protocol uri accountId accountUrl/address priority/number"
    ),
    "podcast:block": define("channel", "id", value="locked"),
    "podcast:txt": define("channel item", "purpose=128", value="some=4000"),
    "podcast:remoteItem": define(
        "channel podcast:podroll podcast:publisher podcast:valueTimeSplit",
        "feedGuid!/podcast-guid feedUrl/address itemGuid medium/medium title",
    ),
    "podcast:podroll": define("channel", max_count=1, children="podcast:remoteItem"),
    "podcast:updateFrequency": define(
        "channel", "rrule/rrule dtstart/iso8601 complete/boolean", max_count=1, value="some=128"
    ),
    "podcast:podping": define("channel", "usesPodping/boolean", max_count=1),
    "podcast:chat": define("channel item", "server! protocol!/chat-protocol accountId space", max_count=1),
    "podcast:publisher": define("channel", max_count=1, children="podcast:remoteItem"),
    "podcast:image": define(
        "channel item", "href!/address alt aspect-ratio/aspect width/number height/number type/mime purpose=128"
    ),
    "podcast:images": define("channel item", "srcset", max_count=1, replacement="podcast:image"),
    # Podlove
    "psc:chapters": define("item", "version", max_count=1, children="psc:chapter"),
    "psc:chapter": define("psc:chapters", "start! title! href/address image/address"),
    # Atom
    "atom:link": define("channel item", "href! rel type/mime hreflang title length"),
}


def get_source(name: str) -> str:
    """Get the specification that defines an element, as a finding cites it."""
    prefix, _, local = name.rpartition(":")
    return SOURCES.get(prefix) or f"podcast namespace: {local}"
