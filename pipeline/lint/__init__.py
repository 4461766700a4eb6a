"""The linter: reads any feed as a stranger would, and says what apps and directories will stumble over, with its place.

It knows nothing of how our own feed is made. It opens no file and no address: bytes come in, findings go out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.lint.channel_rules import judge_channel
from pipeline.lint.feed_reader import Element, read
from pipeline.lint.findings import Report
from pipeline.lint.item_rules import Items, judge_dates, judge_people
from pipeline.lint.media_rules import Eyes, Named, Seen, lint_media, named_in
from pipeline.lint.paging_rules import judge_pages
from pipeline.lint.podcast_rules import judge_live, judge_podcasting, judge_rhythm
from pipeline.lint.structure_rules import judge_one, judge_shape
from pipeline.lint.tags import TAGS
from pipeline.model import Finding

__all__ = ["Eyes", "Linted", "Named", "Seen", "lint_feed", "lint_media"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """What was found, and which files the feed names; the address that it gives itself is empty if it gives none."""

    findings: tuple[Finding, ...]
    named: tuple[Named, ...]
    address: str


def lint_feed(
    document: bytes, *, file: str, addresses: Sequence[str] = (), now: datetime | None = None, advice: bool = False
) -> Linted:
    """All that is wrong with a feed, down the page; never an error, whatever the bytes.

    ``file`` is what a finding calls the feed. ``addresses`` are those at which it is served: none, and its link to itself
    is not compared. Without ``now`` no date is in the future. With ``advice`` also what is merely recommended.
    """
    report = Report(file, advice=advice)
    items, named = Items(report, now=now), list[Named]()

    def judge_item(item: Element) -> None:
        judge_shape(item, "channel", report)
        items.judge(item)
        named.extend(named_in(item, item=items.count))

    root = read(document, report, item=judge_item)
    channel = _channel_of(root, report) if root else None
    if channel:
        _judge_whole(channel, items, report, addresses, now=now)
        named[:0] = named_in(channel)
    return Linted(findings=report.findings(), named=tuple(named), address=_own_address(channel))


def _judge_whole(
    channel: Element, items: Items, report: Report, addresses: Sequence[str], *, now: datetime | None
) -> None:
    judge_one(channel, TAGS["channel"], report)
    for child in channel.children:
        judge_shape(child, "channel", report)
    judge_channel(channel, report, addresses=addresses)
    judge_dates(channel, report)
    judge_people(channel, report)
    judge_podcasting(channel, report)
    judge_rhythm(channel, report)
    judge_pages(channel, report, address=_own_address(channel))
    for item in channel.all("podcast:liveItem"):
        judge_live(item, report, now=now)
        judge_podcasting(item, report)
    items.judge_as_a_whole(channel)


def _channel_of(root: Element, report: Report) -> Element | None:
    """The channel of an RSS feed, or ``None`` with the reason told."""
    if root.name != "rss":
        known = {"feed": "Atom", "html": "a web page", "RDF": "RSS 1.0", "opml": "a list of feeds (OPML)"}
        what = known.get(root.name.rpartition("}")[2].rpartition(":")[2], f"a document of `{root.name}`")
        report.tell("not-rss", root.place, f"this is {what}, no RSS 2.0")
        return None
    version = root.attributes.get("version", "")
    if version != "2.0":
        said = f"the version of RSS is “{version}”" if version else "`rss` does not tell its version"
        report.tell_attribute("rss-version", root, "version", said)
    channels = root.all("channel")
    if len(channels) != 1:
        report.tell("no-channel", root.place, f"there are {len(channels)} channels in it")
    return channels[0] if channels else None


def _own_address(channel: Element | None) -> str:
    links = channel.all("atom:link") if channel else []
    return next((link.attributes.get("href", "") for link in links if link.attributes.get("rel") == "self"), "")
