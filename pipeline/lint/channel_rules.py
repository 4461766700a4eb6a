"""The rules that look at the channel as a whole: what must be there, categories, the feed's own address, its namespaces."""

import re
from collections.abc import Sequence

from pipeline.lint.feed_reader import Element
from pipeline.lint.findings import Report
from pipeline.lint.structure_rules import shown
from pipeline.lint.text_rules import judge_texts
from pipeline.lint.value_types import UUID, is_address
from pipeline.model.categories import CATEGORIES

REQUIRED = {
    "title": "no-title",
    "link": "no-link",
    "description": "no-description",
    "language": "no-language",
    "itunes:category": "no-category",
    "itunes:explicit": "no-explicit",
    "itunes:image": "no-image",
}
ADVISED = ("itunes:author", "podcast:guid", "podcast:locked")
_ENDINGS = (".jpg", ".jpeg", ".png")
_RIGHTS = re.compile(r"©|\bcopyright\b|\(c\)", re.IGNORECASE)


def judge_channel(channel: Element, report: Report, *, addresses: Sequence[str]) -> None:
    """Everything but its items. ``addresses`` are those at which the feed is served; none: unknown."""
    for name, code in REQUIRED.items():
        if channel.first(name) is None:
            report.tell(code, channel.place, f"the channel has no `{name}`")
        elif name in {"title", "description"} and not channel.words(name):
            report.tell(code, channel.all(name)[0].place, f"the channel's `{name}` says nothing")
    for name in ADVISED:
        if channel.first(name) is None:
            report.tell("advised-in-channel", channel.place, f"the channel has no `{name}`")
    judge_texts(channel, report)
    judge_artwork_name(channel, report)
    _judge_categories(channel, report)
    _judge_self_links(channel, report, addresses)
    _judge_guid(channel, report)
    _judge_rights(channel, report)
    _judge_move(channel, report)
    if owner := channel.first("itunes:owner"):
        report.tell("owner", owner.place, "the channel has an `itunes:owner`")


def judge_artwork_name(element: Element, report: Report) -> None:
    """The artwork of a channel or an item, by its name alone."""
    for image in element.all("itunes:image"):
        href = image.attributes.get("href", "").strip()
        path = href.partition("?")[0].partition("#")[0].lower()
        if is_address(href) and not path.endswith(_ENDINGS):
            report.tell_attribute("artwork-name", image, "href", f"the artwork is called {shown(href)}")


def _judge_rights(channel: Element, report: Report) -> None:
    rights = channel.first("copyright")
    if rights and (found := _RIGHTS.search(rights.text)):
        report.tell("copyright", rights.told_at, f"`copyright` says {shown(found[0])}")


def _judge_move(channel: Element, report: Report) -> None:
    """A feed that sends its subscribers to another address; in the new feed that address is its own."""
    told = channel.first("itunes:new-feed-url")
    own = next(
        (it.attributes.get("href", "") for it in channel.all("atom:link") if it.attributes.get("rel") == "self"), ""
    )
    if told and is_address(told.text) and own and told.text != own:
        report.tell("moved", told.told_at, f"the feed has moved to {shown(told.text)}, and calls itself {shown(own)}")


def _judge_categories(channel: Element, report: Report) -> None:
    for more in channel.all("itunes:category")[3:]:
        report.tell("categories-many", more.place, "the show has more than three categories")
    for category in channel.all("itunes:category"):
        name = category.attributes.get("text", "")
        _judge_category(category, name, CATEGORIES, report)
        for sub in category.all("itunes:category"):
            _judge_category(sub, sub.attributes.get("text", ""), CATEGORIES.get(name, ()), report, within=name)


def _judge_category(
    element: Element, name: str, known: Sequence[str] | dict[str, tuple[str, ...]], report: Report, *, within: str = ""
) -> None:
    if not name.strip() or name in known or (within and within not in CATEGORIES):
        return
    inside = f" in “{within}”" if within else ""
    meant = next((each for each in known if each.lower() == name.strip().lower()), "")
    if meant:
        report.tell_attribute(
            "category-case", element, "text", f"the category is {shown(name)}", hint=f"Write “{meant}”."
        )
    else:
        parent = next((top for top, parts in CATEGORIES.items() if name in parts), "")
        hint = (
            f"It is a part of “{parent}”."
            if parent
            else f"Take one of {', '.join(known)}."
            if known
            else "Leave it out."
        )
        said = f"there is no category {shown(name)}{inside}"
        report.tell_attribute("category", element, "text", said, hint=hint)


def _judge_self_links(channel: Element, report: Report, addresses: Sequence[str]) -> None:
    links = [link for link in channel.all("atom:link") if link.attributes.get("rel", "").lower() == "self"]
    if not links:
        report.tell("no-self-link", channel.place, 'the channel has no `atom:link` with rel="self"')
    for link in links[1:]:
        report.tell("repeated-tag", link.place, 'a second `atom:link` with rel="self"', source="PSP-1")
    for link in links[:1]:
        href = link.attributes.get("href", "")
        if not is_address(href):
            report.tell_attribute(
                "self-link", link, "href", f"the feed's own address is {shown(href)}, no whole address"
            )
        elif addresses and href not in addresses:
            said = f"the feed calls itself {shown(href)}, and is served at {addresses[0]}"
            report.tell_attribute("self-link", link, "href", said, hint=f'Write href="{addresses[0]}".')


def _judge_guid(channel: Element, report: Report) -> None:
    guid = channel.first("podcast:guid")
    if guid and UUID.fullmatch(guid.text) and guid.text[14] != "5":
        report.tell("podcast-guid-version", guid.told_at, f"the guid is a UUID of version {guid.text[14]}")
