"""The rules of the podcast namespace that look at more than one value: licences, rhythm, live items, proofs, other formats."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from pipeline.lint.feed_reader import Element
from pipeline.lint.findings import Report
from pipeline.lint.structure_rules import shown
from pipeline.lint.value_types import is_address
from pipeline.model.licences import LICENCES

_SRI = re.compile(r"sha(?:256-[A-Za-z0-9+/]{43}=|384-[A-Za-z0-9+/]{64}|512-[A-Za-z0-9+/]{86}==)")
_PUBLIC = re.compile(
    r"(cc0|cc-by|cc-pdm|pdm|odbl|gfdl|eupl|a?gpl|fal)\b.*", re.IGNORECASE
)  # other versions of well-known ones
_UNTIMED = frozenset({"text/html", "text/plain"})
_DAY = timedelta(days=1)


def judge_podcasting(element: Element, report: Report) -> None:
    """What a channel, an item or a live item says with the podcast namespace."""
    for rule in (_licence, _proofs, _pictures, _formats, _transcripts, _support):
        rule(element, report)


def judge_rhythm(channel: Element, report: Report) -> None:
    """How often an episode comes, and whether none will."""
    frequency = channel.first("podcast:updateFrequency")
    if frequency and "COUNT=" in frequency.attributes.get("rrule", "") and not frequency.attributes.get("dtstart"):
        report.tell_attribute("frequency-start", frequency, "rrule", "the rhythm has a COUNT, and no `dtstart`")
    for name in ("itunes:complete", "itunes:block"):
        said = channel.first(name)
        if said and said.text and said.text.lower() not in {"yes", "no"}:
            report.tell("yes-only", said.told_at, f"`{name}` is {shown(said.text)}")
    complete = channel.words("itunes:complete").lower() == "yes"
    for item in channel.all("podcast:liveItem") if complete else []:
        if item.attributes.get("status") == "pending":
            report.tell("complete", item.place, "the show is complete, and a live item is still to come")


def judge_live(item: Element, report: Report, *, now: datetime | None) -> None:
    """One live item: what it must hold, and whether its hours can be."""
    for name, code in (("title", "no-item-title"), ("guid", "no-guid")):
        if not item.words(name):
            report.tell(code, item.place, f"the live item has no `{name}`")
    if item.first("enclosure") is None and item.first("podcast:alternateEnclosure") is None:
        report.tell("live-sound", item.place, "the live item names no stream")
    starts, ends = (_moment(item.attributes.get(name, "")) for name in ("start", "end"))
    if starts and ends and ends <= starts:
        report.tell_attribute("live-end", item, "end", "the live item ends before it starts")
    over = ends or (starts + _DAY if starts else None)
    status = item.attributes.get("status", "").lower()
    if now and over and now > over and status in {"pending", "live"}:
        report.tell_attribute(
            "live-over", item, "status", f"the live item is {shown(status)}, and over by its own hours"
        )
    if now and starts and status == "ended" and now < starts:
        report.tell_attribute(
            "live-over", item, "status", "the live item is “ended”, and has not begun by its own hours"
        )


def _moment(text: str) -> datetime | None:
    """A moment with its zone; a date alone, or an hour of nowhere, is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _licence(element: Element, report: Report) -> None:
    licence = element.first("podcast:license")
    is_known = licence and (licence.text.lower() in LICENCES or _PUBLIC.fullmatch(licence.text))
    if licence and licence.text and not is_known and not licence.attributes.get("url"):
        report.tell(
            "license-url", licence.told_at, f"the licence {shown(licence.text)} is not known to all, and has no `url`"
        )


def _proofs(element: Element, report: Report) -> None:
    for txt in element.all("podcast:txt"):
        purpose = txt.attributes.get("purpose", "").strip().lower()
        if purpose == "ai-content" and txt.text.lower() not in {"true", "false"}:
            report.tell("ai-content", txt.told_at, f"`podcast:txt` for ai-content is {shown(txt.text)}")
    locked = element.first("podcast:locked")
    if locked and locked.attributes.get("owner"):
        report.tell_attribute("owner-address", locked, "owner", "`podcast:locked` tells an e-mail address")


def _pictures(element: Element, report: Report) -> None:
    for picture in element.all("podcast:image"):
        if not picture.attributes.get("alt", "").strip():
            report.tell("no-alt", picture.place, "`podcast:image` has no `alt`")


def _formats(element: Element, report: Report) -> None:
    alternates = element.all("podcast:alternateEnclosure")
    defaults = [one for one in alternates if one.attributes.get("default", "").lower() == "true"]
    for extra in defaults[1:]:
        report.tell_attribute(
            "alternate-default", extra, "default", "a second `podcast:alternateEnclosure` is the default"
        )
    for integrity in (found for one in alternates for found in one.all("podcast:integrity")):
        kind, value = (integrity.attributes.get(name, "").strip() for name in ("type", "value"))
        if kind.lower() == "sri" and value and not all(map(_SRI.fullmatch, value.split())):
            report.tell_attribute("integrity", integrity, "value", f"the integrity is {shown(value)}")


def _transcripts(element: Element, report: Report) -> None:
    seen: set[tuple[str, str]] = set()
    for transcript in element.all("podcast:transcript"):
        url, kind = (transcript.attributes.get(name, "").strip() for name in ("url", "type"))
        if transcript.attributes.get("rel", "").lower() == "captions" and kind.lower() in _UNTIMED:
            report.tell_attribute(
                "captions-type", transcript, "rel", f"a transcript of type {kind} is said to be captions"
            )
        if is_address(url) and (url, kind) in seen:
            report.tell_attribute(
                "transcript-repeated", transcript, "url", f"the transcript {shown(url)} is named twice"
            )
        seen.add((url, kind))


def _support(element: Element, report: Report) -> None:
    for funding in element.all("podcast:funding"):
        if not funding.text:
            report.tell("funding-text", funding.place, "`podcast:funding` says nothing")


def paging_links(channel: Element) -> Iterator[tuple[str, Element]]:
    """Each link of RFC 5005, by the word of the RFC."""
    for link in channel.all("atom:link"):
        rel = link.attributes.get("rel", "").strip().lower()
        if rel in {"first", "last", "next", "previous", "prev"}:
            yield ("previous" if rel == "prev" else rel), link
