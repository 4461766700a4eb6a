"""Rules of the podcast namespace that need more than one value: licences, update frequency, live items, integrity, transcripts."""

import re
from datetime import datetime, timedelta

from pipeline.errors import fill
from pipeline.lint.feed_reader import FeedElement
from pipeline.lint.findings import FindingCollector
from pipeline.lint.structure_rules import quote_value
from pipeline.lint.value_types import is_address
from pipeline.model.feed_vocabulary import LICENCES

_SRI = re.compile(r"sha(?:256-[A-Za-z0-9+/]{43}=|384-[A-Za-z0-9+/]{64}|512-[A-Za-z0-9+/]{86}==)")
_OTHER_VERSION = re.compile(r"(cc0|cc-by|cc-pdm|pdm|odbl|gfdl|eupl|a?gpl|fal)\b.*", re.IGNORECASE)  # of a known licence
_UNTIMED = frozenset({"text/html", "text/plain"})
_DAY = timedelta(days=1)


def check_podcast_namespace(element: FeedElement, findings: FindingCollector) -> None:
    """Check the elements of the podcast namespace in a channel, an item or a live item."""
    for rule in _RULES:
        rule(element, findings)


def check_update_frequency(channel: FeedElement, findings: FindingCollector) -> None:
    """Check the update frequency, and whether the show is complete or blocked."""
    frequency = channel.find("podcast:updateFrequency")
    if frequency and "COUNT=" in frequency.attributes.get("rrule", "") and not frequency.attributes.get("dtstart"):
        findings.add_for_attribute(
            "frequency-start", frequency, "rrule", "`rrule` has a COUNT, but there is no `dtstart`"
        )
    for name in ("itunes:complete", "itunes:block"):
        element = channel.find(name)
        if element and element.text and element.text.lower() not in {"yes", "no"}:
            findings.add(
                "yes-only",
                element.value_position,
                fill("`{name}` is {value}", name=name, value=quote_value(element.text)),
            )
    complete = channel.find_text("itunes:complete").lower() == "yes"
    for item in channel.find_all("podcast:liveItem") if complete else []:
        if item.attributes.get("status") == "pending":
            findings.add("complete", item.position, "the show is marked complete, but a live item is pending")


def check_live_item(item: FeedElement, findings: FindingCollector, *, now: datetime | None) -> None:
    """Check a live item: required elements, and whether its status fits its start and end."""
    for name, code in (("title", "no-item-title"), ("guid", "no-guid")):
        if not item.find_text(name):
            findings.add(code, item.position, fill("the live item has no `{name}`", name=name))
    if item.find("enclosure") is None and item.find("podcast:alternateEnclosure") is None:
        findings.add("live-sound", item.position, "the live item has no stream")
    starts, ends = (_parse_date_time(item.attributes.get(name, "")) for name in ("start", "end"))
    if starts and ends and ends <= starts:
        findings.add_for_attribute("live-end", item, "end", "the live item ends before it starts")
    over = ends or (starts + _DAY if starts else None)
    status = item.attributes.get("status", "").lower()
    if now and over and now > over and status in {"pending", "live"}:
        findings.add_for_attribute(
            "live-over",
            item,
            "status",
            fill("the status is {status}, but the end has passed", status=quote_value(status)),
        )
    if now and starts and status == "ended" and now < starts:
        findings.add_for_attribute("live-over", item, "status", "the status is “ended”, but the start is in the future")


def _parse_date_time(text: str) -> datetime | None:
    """Parse an ISO 8601 date and time; without a time zone the result is ``None``."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _check_licence(element: FeedElement, findings: FindingCollector) -> None:
    licence = element.find("podcast:license")
    is_known = licence and (licence.text.lower() in LICENCES or _OTHER_VERSION.fullmatch(licence.text))
    if licence and licence.text and not is_known and not licence.attributes.get("url"):
        findings.add(
            "license-url",
            licence.value_position,
            fill("the custom licence {licence} has no `url`", licence=quote_value(licence.text)),
        )


def _check_txt_and_owner(element: FeedElement, findings: FindingCollector) -> None:
    for txt in element.find_all("podcast:txt"):
        purpose = txt.attributes.get("purpose", "").strip().lower()
        if purpose == "ai-content" and txt.text.lower() not in {"true", "false"}:
            findings.add(
                "ai-content",
                txt.value_position,
                fill("`podcast:txt` for ai-content is {value}", value=quote_value(txt.text)),
            )
    locked = element.find("podcast:locked")
    if locked and locked.attributes.get("owner"):
        findings.add_for_attribute("owner-address", locked, "owner", "`podcast:locked` contains an e-mail address")


def _check_images(element: FeedElement, findings: FindingCollector) -> None:
    for image in element.find_all("podcast:image"):
        if not image.attributes.get("alt", "").strip():
            findings.add("no-alt", image.position, "`podcast:image` has no `alt`")


def _check_alternate_enclosures(element: FeedElement, findings: FindingCollector) -> None:
    alternates = element.find_all("podcast:alternateEnclosure")
    defaults = [one for one in alternates if one.attributes.get("default", "").lower() == "true"]
    for extra in defaults[1:]:
        findings.add_for_attribute(
            "alternate-default", extra, "default", "a second `podcast:alternateEnclosure` is the default"
        )
    for integrity in (found for one in alternates for found in one.find_all("podcast:integrity")):
        kind, value = (integrity.attributes.get(name, "").strip() for name in ("type", "value"))
        if kind.lower() == "sri" and value and not all(map(_SRI.fullmatch, value.split())):
            findings.add_for_attribute(
                "integrity", integrity, "value", fill("invalid integrity {value}", value=quote_value(value))
            )


def _check_transcripts(element: FeedElement, findings: FindingCollector) -> None:
    seen: set[tuple[str, str]] = set()
    for transcript in element.find_all("podcast:transcript"):
        url, kind = (transcript.attributes.get(name, "").strip() for name in ("url", "type"))
        if transcript.attributes.get("rel", "").lower() == "captions" and kind.lower() in _UNTIMED:
            findings.add_for_attribute(
                "captions-type", transcript, "rel", fill('a transcript of type {kind} has rel="captions"', kind=kind)
            )
        if is_address(url) and (url, kind) in seen:
            findings.add_for_attribute(
                "transcript-repeated",
                transcript,
                "url",
                fill("the transcript {url} is listed twice", url=quote_value(url)),
            )
        seen.add((url, kind))


def _check_funding(element: FeedElement, findings: FindingCollector) -> None:
    for funding in element.find_all("podcast:funding"):
        if not funding.text:
            findings.add("funding-text", funding.position, "`podcast:funding` has no text")


_RULES = (
    _check_licence,
    _check_txt_and_owner,
    _check_images,
    _check_alternate_enclosures,
    _check_transcripts,
    _check_funding,
)
