"""The rules of a feed in pages (RFC 5005): where its links lead, and what apps that know no pages make of it."""

from pipeline.lint.feed_reader import Element
from pipeline.lint.findings import Report
from pipeline.lint.podcast_rules import paging_links
from pipeline.lint.structure_rules import shown
from pipeline.lint.value_types import is_address

_COMPLETE = "{http://purl.org/syndication/history/1.0}complete"


def judge_pages(channel: Element, report: Report, *, address: str) -> None:
    """One page; ``address`` is its own, empty if it does not tell it."""
    links: dict[str, list[tuple[str, Element]]] = {}
    for rel, link in paging_links(channel):
        links.setdefault(rel, []).append((link.attributes.get("href", "").strip(), link))
    for rel, found in links.items():
        for href, link in found:
            if not is_address(href):
                report.tell_attribute("address", link, "href", f"the {rel} page is at {shown(href)}")
            elif href != found[0][0]:
                report.tell("repeated-tag", link.place, f"a second {rel} page", source="RFC 5005")
            elif rel in {"next", "previous"} and href == address:
                report.tell_attribute("page-loop", link, "href", f"the {rel} page is this very one")
    if "next" in links:
        _judge_first(channel, links["next"][0][1], report)


def _judge_first(channel: Element, link: Element, report: Report) -> None:
    """A page with another one behind it."""
    report.tell("paged", link.place, "the feed goes on on another page")
    if channel.words("itunes:type").lower() == "serial":
        report.tell("page-serial", link.place, "the show is serial, and its oldest episodes stand on another page")
    complete = channel.first(_COMPLETE)
    if complete:
        report.tell("page-complete", complete.place, "the feed says that all of it is here, and leads to another page")
