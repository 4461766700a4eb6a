"""Rules for a paged feed (RFC 5005): where its links point, and what apps that ignore paging do with it."""

from collections.abc import Iterator

from pipeline.errors import fill
from pipeline.lint.feed_reader import FeedElement
from pipeline.lint.findings import FindingCollector
from pipeline.lint.structure_rules import quote_value
from pipeline.lint.value_types import is_address

_COMPLETE = "{http://purl.org/syndication/history/1.0}complete"


def check_paging(channel: FeedElement, findings: FindingCollector, *, address: str) -> None:
    """Check the paging links of one page; ``address`` is its self link, or empty."""
    links: dict[str, list[tuple[str, FeedElement]]] = {}
    for rel, link in _iter_paging_links(channel):
        links.setdefault(rel, []).append((link.attributes.get("href", "").strip(), link))
    for rel, found in links.items():
        for href, link in found:
            if not is_address(href):
                findings.add_for_attribute(
                    "address",
                    link,
                    "href",
                    fill("the address of the {rel} page is {href}", rel=rel, href=quote_value(href)),
                )
            elif href != found[0][0]:
                findings.add(
                    "repeated-tag", link.position, fill("a second link to the {rel} page", rel=rel), source="RFC 5005"
                )
            elif rel in {"next", "previous"} and href == address:
                findings.add_for_attribute(
                    "page-loop", link, "href", fill("the {rel} page is this page itself", rel=rel)
                )
    if "next" in links:
        _check_first_page(channel, links["next"][0][1], findings)


def _iter_paging_links(channel: FeedElement) -> Iterator[tuple[str, FeedElement]]:
    """Iterate over the paging links, each with its relation as RFC 5005 names it."""
    for link in channel.find_all("atom:link"):
        rel = link.attributes.get("rel", "").strip().lower()
        if rel in {"first", "last", "next", "previous", "prev"}:
            yield ("previous" if rel == "prev" else rel), link


def _check_first_page(channel: FeedElement, link: FeedElement, findings: FindingCollector) -> None:
    """Check a page that links to a next page."""
    findings.add("paged", link.position, "the feed continues on another page")
    if channel.find_text("itunes:type").lower() == "serial":
        findings.add("page-serial", link.position, "the oldest episodes of a serial show are on another page")
    if complete := channel.find(_COMPLETE):
        findings.add("page-complete", complete.position, "the feed declares itself complete, but links to a next page")
