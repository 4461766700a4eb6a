"""Rules for the channel as a whole: required elements, categories, the self link, the guid."""

import re
from collections.abc import Collection, Sequence

from pipeline.errors import fill
from pipeline.lint.feed_reader import FeedElement
from pipeline.lint.findings import FindingCollector
from pipeline.lint.structure_rules import quote_value
from pipeline.lint.text_rules import check_texts
from pipeline.lint.value_types import UUID, is_address
from pipeline.model.feed_vocabulary import CATEGORIES

REQUIRED = {
    "title": "no-title",
    "link": "no-link",
    "description": "no-description",
    "language": "no-language",
    "itunes:category": "no-category",
    "itunes:explicit": "no-explicit",
    "itunes:image": "no-image",
}
RECOMMENDED = ("itunes:author", "podcast:guid", "podcast:locked")
_MAX_CATEGORIES = 3
_ARTWORK_EXTENSIONS = (".jpg", ".jpeg", ".png")
_COPYRIGHT_SIGN = re.compile(r"©|\bcopyright\b|\(c\)", re.IGNORECASE)


def check_channel(channel: FeedElement, findings: FindingCollector, *, addresses: Sequence[str]) -> None:
    """Check everything in the channel but its items.

    Args:
        channel: The channel.
        findings: Receives the findings.
        addresses: The addresses at which the feed is served; empty if unknown.
    """
    for name, code in REQUIRED.items():
        if channel.find(name) is None:
            findings.add(code, channel.position, fill("the channel has no `{name}`", name=name))
        elif name in {"title", "description"} and not channel.find_text(name):
            findings.add(code, channel.find_all(name)[0].position, fill("the channel's `{name}` is empty", name=name))
    for name in RECOMMENDED:
        if channel.find(name) is None:
            findings.add("advised-in-channel", channel.position, fill("the channel has no `{name}`", name=name))
    check_texts(channel, findings)
    check_artwork_name(channel, findings)
    _check_categories(channel, findings)
    _check_self_links(channel, findings, addresses)
    _check_guid(channel, findings)
    _check_copyright(channel, findings)
    _check_new_feed_url(channel, findings)
    if owner := channel.find("itunes:owner"):
        findings.add("owner", owner.position, "the channel has an `itunes:owner`")


def check_artwork_name(element: FeedElement, findings: FindingCollector) -> None:
    """Check the file name extension of the artwork of a channel or an item."""
    for image in element.find_all("itunes:image"):
        href = image.attributes.get("href", "").strip()
        path = href.partition("?")[0].partition("#")[0].lower()
        if is_address(href) and not path.endswith(_ARTWORK_EXTENSIONS):
            message = fill("file name extension of the artwork {href}", href=quote_value(href))
            findings.add_for_attribute("artwork-name", image, "href", message)


def get_self_address(channel: FeedElement | None) -> str:
    """Get the address in the self link of the channel, or an empty string."""
    links = channel.find_all("atom:link") if channel else []
    return next((link.attributes.get("href", "") for link in links if link.attributes.get("rel") == "self"), "")


def _check_copyright(channel: FeedElement, findings: FindingCollector) -> None:
    element = channel.find("copyright")
    if element and (found := _COPYRIGHT_SIGN.search(element.text)):
        findings.add(
            "copyright", element.value_position, fill("`copyright` contains {found}", found=quote_value(found[0]))
        )


def _check_new_feed_url(channel: FeedElement, findings: FindingCollector) -> None:
    """Check that the feed has not moved; in the new feed the element holds the feed's own address."""
    element, own = channel.find("itunes:new-feed-url"), get_self_address(channel)
    if element and is_address(element.text) and own and element.text != own:
        message = fill(
            "the feed has moved to {address}, but its self link is {own}",
            address=quote_value(element.text),
            own=quote_value(own),
        )
        findings.add("moved", element.value_position, message)


def _check_categories(channel: FeedElement, findings: FindingCollector) -> None:
    for extra in channel.find_all("itunes:category")[_MAX_CATEGORIES:]:
        findings.add(
            "categories-many",
            extra.position,
            fill("more than {count} categories", count=_MAX_CATEGORIES),
        )
    for category in channel.find_all("itunes:category"):
        name = category.attributes.get("text", "")
        _check_category(category, name, CATEGORIES, findings)
        for sub in category.find_all("itunes:category"):
            known = CATEGORIES.get(name, ())
            _check_category(sub, sub.attributes.get("text", ""), known, findings, parent=name)


def _check_category(
    element: FeedElement, name: str, known: Collection[str], findings: FindingCollector, *, parent: str = ""
) -> None:
    if not name.strip() or name in known or (parent and parent not in CATEGORIES):
        return
    if intended := next((each for each in known if each.lower() == name.strip().lower()), ""):
        message = fill("the category is {name}", name=quote_value(name))
        findings.add_for_attribute(
            "category-case", element, "text", message, hint=fill("Write “{category}”.", category=intended)
        )
        return
    if actual_parent := next((top for top, parts in CATEGORIES.items() if name in parts), ""):
        hint = fill("It is a subcategory of “{actual_parent}”.", actual_parent=actual_parent)
    else:
        hint = fill("Use one of {known}.", known=", ".join(known)) if known else "Remove it."
    message = fill("unknown category {category}", category=quote_value(name))
    if parent:
        message = fill("unknown category {category} in “{parent}”", category=quote_value(name), parent=parent)
    findings.add_for_attribute("category", element, "text", message, hint=hint)


def _check_self_links(channel: FeedElement, findings: FindingCollector, addresses: Sequence[str]) -> None:
    links = [link for link in channel.find_all("atom:link") if link.attributes.get("rel", "").lower() == "self"]
    if not links:
        findings.add("no-self-link", channel.position, 'the channel has no `atom:link` with rel="self"')
        return
    for link in links[1:]:
        findings.add("repeated-tag", link.position, 'a second `atom:link` with rel="self"', source="PSP-1")
    href = links[0].attributes.get("href", "")
    if not is_address(href):
        findings.add_for_attribute(
            "self-link", links[0], "href", fill("the self link {href} is not absolute", href=quote_value(href))
        )
    elif addresses and href not in addresses:
        message = fill(
            "the self link is {href}, but the feed is served at {address}",
            href=quote_value(href),
            address=addresses[0],
        )
        findings.add_for_attribute(
            "self-link", links[0], "href", message, hint=fill('Write href="{address}".', address=addresses[0])
        )


def _check_guid(channel: FeedElement, findings: FindingCollector) -> None:
    guid = channel.find("podcast:guid")
    if guid and UUID.fullmatch(guid.text) and guid.text[14] != "5":
        findings.add(
            "podcast-guid-version",
            guid.value_position,
            fill("the guid is a UUID of version {version}", version=guid.text[14]),
        )
