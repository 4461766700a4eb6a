"""Writes the files of a programme from the feed of a podcast that moves in."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pipeline import urls
from pipeline.content.publication_log import IMPORT_TARGET, ListedEpisode, LogEntry, compute_entry_digest, encode_entry
from pipeline.content.scaffold import quote_yaml
from pipeline.errors import fill, make_message
from pipeline.feed.text_fields import truncate_text
from pipeline.model import Chapter, to_json
from pipeline.model.feed_vocabulary import CATEGORIES, LICENCES
from pipeline.model.time_codes import format_position
from pipeline.podcast_import.html_notes import convert_notes
from pipeline.podcast_import.import_plan import ImportPlan, ImportRemark, PlannedEpisode

LOCAL_ZONE = "Europe/Amsterdam"
_MAX_TEXT_BYTES = 4000  # of a description or a summary


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedEpisode:
    """What was downloaded of an episode."""

    planned: PlannedEpisode
    audio: str  # name of the file in recording/
    size_bytes: int
    sha256: str
    media_type: str = ""  # empty: that of its extension
    cover: str = ""  # path in the programme; empty: that of the podcast
    chapters: tuple[Chapter, ...] = ()


def render_programme(plan: ImportPlan, *, url: str, guid: str, cover: str, remarks: list[ImportRemark]) -> str:
    """Render ``programme.yaml``.

    Args:
        plan: What is imported.
        url: The URL at which the programme will be served.
        guid: The guid of the podcast.
        cover: The path of its cover; empty: none.
        remarks: Receives what could not be taken over.
    """
    feed = plan.feed
    title = feed.title or make_message("Podcast")
    lines = [
        f"title: {quote_yaml(title[:255])}",
        f"language: {_choose_language(feed.language, remarks)}",
        f"organiser: {quote_yaml((feed.author or title)[:255])}",
        f"url: {url}                      # the URL at which public/ is served",
        f"timezone: {choose_time_zone(plan)}",
        "",
        "podcast:",
        f"  guid: {guid}   # identifies the podcast; never change it",
        f"  author: {quote_yaml((feed.author or title)[:255])}",
        f"  description: {quote_yaml(truncate_text(' '.join(feed.description.split()) or title, max_bytes=_MAX_TEXT_BYTES))}",
        f"  category: [{', '.join(_quote(name) for name in _choose_category(feed.category, remarks))}]",
        f"  type: {feed.type}",
        f"  explicit: {str(feed.explicit).lower()}",
        *([f"  cover: {quote_yaml(cover)}"] if cover else []),
        *([] if feed.locked else ["  locked: false"]),
        *(["  complete: true"] if feed.complete else []),
        *(["  medium: course"] if feed.medium == "course" else []),
        *_render_license(plan, remarks),
        *_render_funding(plan, remarks),
        "",
        "profile: public-sector          # an episode needs a transcript to be published",
        "",
        "events: []                      # weerslag new event SLUG adds one",
    ]
    return "\n".join(lines) + "\n"


def render_episode(imported: ImportedEpisode, *, zone: str) -> str:
    """Render ``episode.md``: the front matter, and the show notes as Markdown."""
    planned, item = imported.planned, imported.planned.item
    front = [
        f"guid: {quote_yaml(item.guid)}",
        *(["guid_is_permalink: true"] if item.guid_is_permalink else []),
        f"number: {item.number}",
        *([f"season: {item.season}"] if item.season else []),
        *([f"kind: {item.kind}"] if item.kind != "full" else []),
        f"title: {quote_yaml(item.title)}",
        *([f"summary: {quote_yaml(truncate_text(item.summary, max_bytes=_MAX_TEXT_BYTES))}"] if item.summary else []),
        f"published: {planned.published.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}",
        *(["explicit: true"] if item.explicit else []),
        "master: false   # the file in recording/ is published as it is",
        *([f"media_type: {imported.media_type}"] if imported.media_type else []),
        *([f"cover: {quote_yaml(imported.cover)}"] if imported.cover else []),
        *_render_people(planned),
        *_render_chapters(imported.chapters),
    ]
    notes = convert_notes(item.notes, base=item.link or plan_base(item.enclosure.url if item.enclosure else ""))
    return "\n".join(["---", *front, "---", notes]).rstrip("\n") + "\n"


def plan_base(address: str) -> str:
    """Return the folder of an address, to resolve relative links against."""
    return address.rpartition("/")[0] + "/" if "/" in address else address


def render_log(
    episodes: Sequence[ImportedEpisode], *, feed: str, feed_sha256: str, podcast: str, url: str, at: datetime
) -> bytes:
    """Render ``published.jsonl`` with one entry: what subscribers of the old feed know.

    The gates of ``publish`` compare with it, so no guid or date changes unnoticed.

    Args:
        episodes: The imported episodes, in the order of the new feed.
        feed: The URL of the old feed.
        feed_sha256: Digest of its bytes.
        podcast: The guid of the podcast.
        url: The URL of the new programme.
        at: The time of the import.
    """
    entry = LogEntry(
        at=at.astimezone(UTC).replace(microsecond=0),
        target=IMPORT_TARGET,
        feed=feed,
        feed_sha256=feed_sha256,
        podcast=podcast,
        episodes=tuple(_list_episode(one, url) for one in episodes),
    )
    return encode_entry(replace(entry, digest=compute_entry_digest(to_json(entry))))


def choose_time_zone(plan: ImportPlan) -> str:
    """Choose the time zone of the programme: UTC if a date is in the hour that occurs twice when summer time ends."""
    zone = ZoneInfo(LOCAL_ZONE)
    is_ambiguous = any(one.published.astimezone(zone).fold for one in plan.episodes)
    return "UTC" if is_ambiguous else LOCAL_ZONE


def _list_episode(imported: ImportedEpisode, url: str) -> ListedEpisode:
    planned = imported.planned
    return ListedEpisode(
        guid=planned.item.guid,
        page=urls.make_absolute(url, urls.episode(planned.slug)),
        address=planned.item.enclosure.url if planned.item.enclosure else "",
        size_bytes=imported.size_bytes,
        sha256=imported.sha256,
        length_s=float(planned.item.duration_s),
        published=planned.published.astimezone(UTC),
    )


def _choose_language(language: str, remarks: list[ImportRemark]) -> str:
    code = language.partition("-")[0]
    if code in {"nl", "en"}:
        return code
    if code:
        message = fill("the language `{language}` is not supported: the site is in English", language=language[:20])
        remarks.append(ImportRemark(message=message))
    return "en" if code else "nl"


def _choose_category(category: tuple[str, ...], remarks: list[ImportRemark]) -> tuple[str, ...]:
    """Choose Apple's category of today; names of before 2019 are unknown."""
    known = {name.casefold(): name for name in CATEGORIES}
    top = known.get(category[0].casefold(), "") if category else ""
    if not top:
        named = " > ".join(category)[:80]
        message = fill("the category `{category}` is none of Apple's: choose one in programme.yaml", category=named)
        remarks.append(
            ImportRemark(message=message if named else make_message("has no category: choose one in programme.yaml"))
        )
        return ("Government",)
    sub = [name for name in CATEGORIES[top] if category[1:] and name.casefold() == category[1].casefold()]
    return (top, *sub)


def _render_license(plan: ImportPlan, remarks: list[ImportRemark]) -> Iterator[str]:
    name, address = plan.feed.license
    if name.strip().lower() in LICENCES:
        yield f"  license: {quote_yaml(name.strip().lower())}"
    elif name.strip() and address.startswith("https://"):
        yield f"  license: {{name: {_quote(name.strip()[:128])}, url: {_quote(address)}}}"
    elif name.strip():
        remarks.append(ImportRemark(message=fill("the licence `{name}` has no URL, and is left out", name=name[:80])))


def _render_funding(plan: ImportPlan, remarks: list[ImportRemark]) -> Iterator[str]:
    valid = [(text, address) for text, address in plan.feed.funding if text and address.startswith("https://")]
    if len(valid) < len(plan.feed.funding):
        remarks.append(ImportRemark(message=make_message("a funding link without text or https is left out")))
    if valid:
        yield "  funding:"
        yield from (f"    - {{url: {_quote(address)}, text: {_quote(text[:128])}}}" for text, address in valid)


def _render_people(planned: PlannedEpisode) -> Iterator[str]:
    people: Mapping[str, str] = {person.name[:255]: person.role or "host" for person in planned.item.people}
    if people:
        yield "people:"
        yield from (f"  - {{name: {_quote(name)}, role: {_quote(role[:255])}}}" for name, role in people.items())


def _render_chapters(chapters: Sequence[Chapter]) -> Iterator[str]:
    if chapters:
        yield "chapters:"
        for one in chapters:
            image = f", image: {_quote(one.image)}" if one.image else ""
            yield f'  - {{start: "{format_position(one.start_ms)}", title: {_quote(one.title[:255])}{image}}}'


def _quote(text: str) -> str:
    """Quote a text for a mapping in braces, where commas separate."""
    return json.dumps(text, ensure_ascii=False)
