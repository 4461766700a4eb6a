"""Decides what becomes of each item of a feed: its folder, its guid and its number, and what is left out."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from pipeline.errors import fill, make_message
from pipeline.podcast_import.source_feed import SourceFeed, SourceItem
from pipeline.text import slugify

MAX_ITEMS = 5000
_MAX_SLUG = 64
_MAX_TITLE = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRemark:
    """What was corrected, left out or missing; ``subject`` is the title of an episode, or empty."""

    message: str
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEpisode:
    """An item, and the name of the folder that it gets."""

    slug: str
    item: SourceItem
    published: datetime  # aware


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """Everything that an import will do."""

    feed: SourceFeed
    episodes: tuple[PlannedEpisode, ...]  # newest first
    remarks: tuple[ImportRemark, ...]

    @property
    def size_bytes(self) -> int:
        """Size of all audio, as the feed states it."""
        return sum(one.item.enclosure.size_bytes for one in self.episodes if one.item.enclosure)


def plan_import(feed: SourceFeed, *, now: datetime) -> ImportPlan:
    """Plan an import.

    Of items with the same guid apps show only the newest; an older one with other audio gets a guid of its own, so that it
    is not lost.

    Args:
        feed: The feed with the items of all its pages.
        now: The date of items without any date around them.
    """
    remarks = [ImportRemark(message=text) for text in feed.remarks]
    dated = list(_date_items([one for one in feed.items if one.enclosure is not None], now=now, remarks=remarks))
    silent = (one.title for one in feed.items if one.enclosure is None)
    remarks += (ImportRemark(subject=title, message=make_message("has no audio, and is left out")) for title in silent)
    dated.sort(key=lambda one: one[1], reverse=True)  # stable: of one second in the order of the feed
    unique = list(_resolve_guids(dated, remarks))
    numbered = list(_resolve_numbers(unique, remarks))
    if feed.type == "serial":
        numbered = list(_complete_numbers(numbered, remarks))
    for item, _ in numbered:
        remarks += [ImportRemark(subject=item.title, message=text) for text in item.remarks]
    return ImportPlan(feed=feed, episodes=tuple(_name_folders(numbered)), remarks=tuple(remarks))


_Dated = tuple[SourceItem, datetime]


def _date_items(items: Sequence[SourceItem], *, now: datetime, remarks: list[ImportRemark]) -> Iterator[_Dated]:
    """Give each item a date: without one of its own a second after the next older one, and a title."""
    for number, item in enumerate(items):
        published = item.published
        if published is None:
            older = next((one.published for one in items[number + 1 :] if one.published), None)
            newer = next((one.published for one in reversed(items[:number]) if one.published), None)
            published = older + timedelta(seconds=1) if older else (newer - timedelta(seconds=1) if newer else now)
            message = fill("has no date that can be read; it gets {date:%Y-%m-%d}", date=published)
            remarks.append(ImportRemark(subject=item.title, message=message))
        if published > now:
            message = fill("has a date in the future, {date:%Y-%m-%d}: it is held back until then", date=published)
            remarks.append(ImportRemark(subject=item.title, message=message))
        title = item.title or item.link or (item.enclosure.url.rpartition("/")[2] if item.enclosure else "")
        if len(title) > _MAX_TITLE:
            message = fill("the title is longer than {max_title} characters, and is cut", max_title=_MAX_TITLE)
            remarks.append(ImportRemark(subject=title[:60], message=message))
        yield replace(item, title=title[: _MAX_TITLE - 1] + "…" if len(title) > _MAX_TITLE else title), published


def _resolve_guids(dated: Sequence[_Dated], remarks: list[ImportRemark]) -> Iterator[_Dated]:
    seen: dict[str, str] = {}  # guid: address of the enclosure
    for item, published in dated:
        address = item.enclosure.url if item.enclosure else ""
        guid = item.guid.replace(" ", "%20").replace("\n", "")[:1000]
        if guid != item.guid:
            message = make_message("the guid has spaces, or is too long: apps that know it show the episode twice")
            remarks.append(ImportRemark(subject=item.title, message=message))
        if guid.casefold() not in seen:
            seen[guid.casefold()] = address
            yield replace(item, guid=guid), published
        elif seen[guid.casefold()] == address:
            message = make_message("is listed twice, with the same guid and audio; once is enough")
            remarks.append(ImportRemark(subject=item.title, message=message))
        else:
            own = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{address} {item.guid}"))
            seen[own] = address
            message = make_message(
                "has the guid of a newer episode, so apps never showed it; it gets a guid of its own"
            )
            remarks.append(ImportRemark(subject=item.title, message=message))
            yield replace(item, guid=own, guid_is_permalink=False), published


def _resolve_numbers(dated: Sequence[_Dated], remarks: list[ImportRemark]) -> Iterator[_Dated]:
    """Drop a number that two episodes of one season have; the older one keeps it."""
    taken: dict[tuple[int, str, int], SourceItem] = {}
    for item, _ in reversed(dated):
        taken.setdefault((item.season, item.kind, item.number), item)
    for item, published in dated:
        if item.number and taken[item.season, item.kind, item.number] is not item:
            message = fill("has the number {number}, as an older episode has; it gets none", number=item.number)
            remarks.append(ImportRemark(subject=item.title, message=message))
            yield replace(item, number=0), published
        else:
            yield item, published


def _complete_numbers(dated: Sequence[_Dated], remarks: list[ImportRemark]) -> Iterator[_Dated]:
    """Number the full episodes of a serial podcast that have no number, which directories require, by date."""
    taken = {(item.season, item.number) for item, _ in dated if item.kind == "full" and item.number}
    given: dict[int, int] = {}  # by position
    for at in reversed(range(len(dated))):
        item = dated[at][0]
        if item.kind == "full" and not item.number:
            number = next(one for one in count(1) if (item.season, one) not in taken)
            taken.add((item.season, number))
            given[at] = number
            message = fill("has no number, which a serial podcast needs; it gets {number}", number=number)
            remarks.append(ImportRemark(subject=item.title, message=message))
    for at, (item, published) in enumerate(dated):
        yield (replace(item, number=given[at]) if at in given else item), published


def _name_folders(dated: Sequence[_Dated]) -> Iterator[PlannedEpisode]:
    """Name folders from the oldest on, so that a later import of a longer feed gives the same names."""
    taken: set[str] = set()
    planned = []
    for item, published in reversed(dated):
        season = f"s{item.season}-" if item.season else ""
        front = f"{season}{item.number:02}" if item.number else f"{published:%Y-%m-%d}"
        title = slugify(item.title)[:_MAX_SLUG].strip("-")
        base = f"{front}-{title}" if title else front
        slug, number = base, 2
        while slug in taken:
            slug, number = f"{base}-{number}", number + 1
        taken.add(slug)
        planned.append(PlannedEpisode(slug=slug, item=item, published=published))
    yield from reversed(planned)
