"""The feed linter: bytes in, findings out. It opens no files and no addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import fill, make_message
from pipeline.lint.channel_rules import check_channel, get_self_address
from pipeline.lint.elements import ELEMENTS
from pipeline.lint.feed_reader import FeedElement, read_feed
from pipeline.lint.findings import FindingCollector
from pipeline.lint.item_rules import ItemChecker, check_dates, check_people
from pipeline.lint.media_references import MediaReference, find_media_references
from pipeline.lint.paging_rules import check_paging
from pipeline.lint.podcast_rules import check_live_item, check_podcast_namespace, check_update_frequency
from pipeline.lint.structure_rules import check_element, check_structure
from pipeline.model import Finding

_OTHER_FORMATS = {"feed": "Atom", "html": "a web page", "RDF": "RSS 1.0", "opml": "a list of feeds (OPML)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LintResult:
    """The findings on a feed, the files that it refers to, and the address in its self link (empty: none)."""

    findings: tuple[Finding, ...]
    references: tuple[MediaReference, ...]
    self_address: str


def lint_feed(
    document: bytes, *, file: str, addresses: Sequence[str] = (), now: datetime | None = None, advice: bool = False
) -> LintResult:
    """Lint a feed; never raises, whatever the bytes.

    Args:
        document: The feed.
        file: The name of the feed in findings.
        addresses: The addresses at which it is served; if empty, its self link is not compared.
        now: The time to compare dates with; ``None`` accepts dates in the future.
        advice: Whether to report recommendations too.

    Returns:
        The findings in order of their position, and the media references of the channel and of each item.
    """
    findings = FindingCollector(file, advice=advice)
    items, references = ItemChecker(findings, now=now), list[MediaReference]()

    def check_item(item: FeedElement) -> None:
        check_structure(item, "channel", findings)
        items.check(item)
        references.extend(find_media_references(item, item=items.count))

    root = read_feed(document, findings, on_item=check_item)
    channel = _find_channel(root, findings) if root else None
    if channel:
        _check_channel(channel, findings, addresses, now=now)
        items.check_channel(channel)
        references[:0] = find_media_references(channel)
    return LintResult(
        findings=findings.list_findings(), references=tuple(references), self_address=get_self_address(channel)
    )


def _check_channel(
    channel: FeedElement, findings: FindingCollector, addresses: Sequence[str], *, now: datetime | None
) -> None:
    check_element(channel, ELEMENTS["channel"], findings)
    for child in channel.children:
        check_structure(child, "channel", findings)
    check_channel(channel, findings, addresses=addresses)
    check_dates(channel, findings)
    check_people(channel, findings)
    check_podcast_namespace(channel, findings)
    check_update_frequency(channel, findings)
    check_paging(channel, findings, address=get_self_address(channel))
    for item in channel.find_all("podcast:liveItem"):
        check_live_item(item, findings, now=now)
        check_podcast_namespace(item, findings)


def _find_channel(root: FeedElement, findings: FindingCollector) -> FeedElement | None:
    """Find the channel of an RSS feed; if there is none, report why."""
    if root.name != "rss":
        name = root.name.rpartition("}")[2].rpartition(":")[2]
        document = make_message(_OTHER_FORMATS.get(name, fill("a document of `{name}`", name=root.name)))
        findings.add("not-rss", root.position, fill("this is {document}, not RSS 2.0", document=document))
        return None
    version = root.attributes.get("version", "")
    if version != "2.0":
        message = fill("the RSS version is “{version}”", version=version) if version else "`rss` has no `version`"
        findings.add_for_attribute("rss-version", root, "version", message)
    channels = root.find_all("channel")
    if len(channels) != 1:
        findings.add("no-channel", root.position, fill("the feed has {count} channels", count=len(channels)))
    return channels[0] if channels else None
