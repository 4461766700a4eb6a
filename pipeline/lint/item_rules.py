"""Rules for one item, and rules that compare items: duplicates and missing episode numbers."""

from collections.abc import Callable
from datetime import datetime

from pipeline.errors import fill, make_message
from pipeline.lint.channel_rules import check_artwork_name
from pipeline.lint.feed_reader import FeedElement
from pipeline.lint.findings import FindingCollector, Position
from pipeline.lint.podcast_rules import check_podcast_namespace
from pipeline.lint.structure_rules import check_address, quote_value
from pipeline.lint.text_rules import check_texts
from pipeline.lint.value_types import get_extension, has_correct_weekday, is_address, parse_rfc2822
from pipeline.model.feed_vocabulary import ROLE_GROUPS, ROLES
from pipeline.model.time_codes import parse_itunes_duration, parse_npt

RECOMMENDED = (
    "pubDate",
    "description",
    "itunes:duration",
    "link",
    "itunes:image",
    "itunes:explicit",
    "podcast:transcript",
)
_OTHER_ENCLOSURE_TYPES = frozenset(
    {
        "application/pdf",
        "application/epub+zip",
        "application/ogg",
        "application/x-mpegurl",
        "application/vnd.apple.mpegurl",
    }
)
_TYPES_BY_EXTENSION = {
    ".mp3": ("audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/mpeg3", "audio/mpga"),
    ".m4a": ("audio/x-m4a", "audio/mp4", "audio/m4a", "audio/aac"),
    ".m4b": ("audio/x-m4b", "audio/x-m4a", "audio/mp4", "audio/m4a"),
    ".mp4": ("video/mp4", "audio/mp4"),
    ".m4v": ("video/x-m4v", "video/mp4", "video/m4v"),
    ".mov": ("video/quicktime",),
    ".opus": ("audio/ogg", "audio/opus"),
    ".ogg": ("audio/ogg", "audio/vorbis", "application/ogg", "video/ogg"),
    ".oga": ("audio/ogg",),
    ".aac": ("audio/aac", "audio/aacp", "audio/x-aac"),
    ".flac": ("audio/flac", "audio/x-flac"),
    ".wav": ("audio/wav", "audio/x-wav", "audio/wave"),
    ".pdf": ("application/pdf",),
}
_MIN_SOUNDBITE_S, _MAX_SOUNDBITE_S = 15, 120
_MIN_CHAPTERS = 3  # below that Apple and Spotify show none
_TOLERANCE_S = 1  # `itunes:duration` is rounded to whole seconds


class ItemChecker:
    """Checks items as they are parsed, and stores only the values that later items or the channel are compared with."""

    def __init__(self, findings: FindingCollector, *, now: datetime | None) -> None:
        self._findings, self._now = findings, now
        self._lines: dict[tuple[str, ...], int] = {}  # of what must be unique
        self._without_number: list[Position] = []
        self.count = 0

    def check(self, item: FeedElement) -> None:
        """Check one item."""
        self.count += 1
        for check in _CHECKS:
            check(item, self._findings)
        if (guid := item.find("guid")) and guid.text:
            self._check_unique(
                "guid", (guid.text,), guid.value_position, fill("the guid {guid}", guid=quote_value(guid.text))
            )
        if (enclosure := item.find("enclosure")) and (url := enclosure.attributes.get("url", "").strip()):
            self._check_unique(
                "enclosure", (url,), enclosure.position, fill("the enclosure {url}", url=quote_value(url))
            )
        self._check_date(item)
        if item.find_text("itunes:episodeType").lower() in {"", "full"}:
            self._check_number(item)

    def check_channel(self, channel: FeedElement) -> None:
        """Check what depends on the channel too: in a serial show each full episode needs its number."""
        if channel.find_text("itunes:type").lower() == "serial":
            for position in self._without_number:
                self._findings.add("no-episode-number", position, "an episode of a serial show has no number")
        if not self.count:
            self._findings.add("no-items", channel.position, "the feed has no episodes")

    def _check_unique(self, kind: str, values: tuple[str, ...], position: Position, name: str) -> None:
        key = kind, *values
        if key in self._lines:
            self._findings.add(
                f"{kind}-repeated",
                position,
                fill("{name} is already used in line {line}", name=name, line=self._lines[key]),
            )
        else:
            self._lines[key] = position[0]

    def _check_number(self, item: FeedElement) -> None:
        number = item.find("itunes:episode")
        if number is None:
            self._without_number.append(item.position)
        if number is None or not number.text:
            return
        season = item.find_text("itunes:season")
        name = fill("episode number {number}", number=quote_value(number.text))
        if season:
            name = fill("{name} of season {season}", name=name, season=quote_value(season))
        self._check_unique("number", (season, number.text.lstrip("0")), number.value_position, name)

    def _check_date(self, item: FeedElement) -> None:
        date = item.find("pubDate")
        published = parse_rfc2822(date.text) if date else None
        if self._now and date and published and published > self._now:
            self._findings.add(
                "future", date.value_position, fill("the date {date} is in the future", date=quote_value(date.text))
            )


def check_dates(element: FeedElement, findings: FindingCollector) -> None:
    """Check the weekdays of the dates of a channel or an item; their syntax is checked with the element table."""
    for child in element.children:
        if child.name in {"pubDate", "lastBuildDate"} and not has_correct_weekday(child.text):
            date = parse_rfc2822(child.text)
            hint = fill("That date is a {weekday}.", weekday=make_message(date.strftime("%A"))) if date else ""
            message = fill("wrong weekday in `{name}`: {date}", name=child.name, date=quote_value(child.text))
            findings.add("weekday", child.value_position, message, hint=hint)


def check_people(element: FeedElement, findings: FindingCollector) -> None:
    """Check the role and group of each person, and the address of each social interaction."""
    for person in element.find_all("podcast:person"):
        role, group = (" ".join(person.attributes.get(name, "").lower().split()) for name in ("role", "group"))
        if role in ROLES and group in ROLE_GROUPS and role not in ROLE_GROUPS[group]:
            message = fill("the group {group} has no role {role}", group=quote_value(group), role=quote_value(role))
            findings.add_for_attribute(
                "role-group", person, "group", message, hint=fill('Write group="{group}".', group=ROLES[role])
            )
    for social in element.find_all("podcast:socialInteract"):
        if social.attributes.get("protocol", "disabled") != "disabled" and not social.attributes.get("uri"):
            hint = 'Add uri="…", the address of the conversation.'
            source = "podcast namespace: socialInteract"
            message = "`podcast:socialInteract` has no `uri`"
            findings.add("no-attribute", social.position, message, hint=hint, source=source)


def _check_presence(item: FeedElement, findings: FindingCollector) -> None:
    if not item.find_text("title") and not item.find_text("itunes:title"):
        findings.add("no-item-title", item.position, "the episode has no title")
    if not item.find_text("guid"):
        findings.add("no-guid", item.position, "the episode has no guid")
    if item.find("enclosure") is None:
        findings.add("no-enclosure", item.position, "the item has no enclosure")
    for extra in item.find_all("enclosure")[1:]:
        findings.add("enclosures", extra.position, "a second enclosure in one item")
    for name in RECOMMENDED:
        if item.find(name) is None:
            findings.add("advised-in-item", item.position, fill("the episode has no `{name}`", name=name))


def _check_guid(item: FeedElement, findings: FindingCollector) -> None:
    guid = item.find("guid")
    if guid is None or not guid.text:
        return
    value, position = quote_value(guid.text), guid.value_position
    if guid.text in {enclosure.attributes.get("url", "").strip() for enclosure in item.find_all("enclosure")}:
        findings.add("guid-enclosure", position, fill("the guid is the address of the enclosure, {guid}", guid=value))
    permalink = guid.attributes.get("isPermaLink")
    if is_address(guid.text):
        return
    if permalink is None:
        findings.add(
            "guid-default",
            position,
            fill("the guid {guid} is not an address, but isPermaLink is missing", guid=value),
        )
    elif permalink.lower() == "true":
        findings.add_for_attribute(
            "guid-permalink", guid, "isPermaLink", fill("the guid {guid} is not an address", guid=value)
        )


def _check_enclosures(item: FeedElement, findings: FindingCollector) -> None:
    for enclosure in item.find_all("enclosure"):
        url, length, media_type = (enclosure.attributes.get(name, "").strip() for name in ("url", "length", "type"))
        if not is_address(url):
            message = (
                fill("the address of the enclosure is {url}", url=quote_value(url))
                if url
                else "the enclosure has no `url`"
            )
            findings.add_for_attribute("address", enclosure, "url", message)
        for code, message in check_address(url):
            findings.add_for_attribute(
                code, enclosure, "url", fill("enclosure: {message}", message=make_message(message))
            )
        if not (length.isascii() and length.isdigit() and int(length[:19]) > 0):
            message = (
                fill("the enclosure length is {length}", length=quote_value(length))
                if length
                else "the enclosure has no `length`"
            )
            findings.add_for_attribute("enclosure-length", enclosure, "length", message)
        _check_enclosure_type(enclosure, url, media_type.partition(";")[0].strip().lower(), findings)


def _check_enclosure_type(enclosure: FeedElement, url: str, media_type: str, findings: FindingCollector) -> None:
    if not media_type.startswith(("audio/", "video/")) and media_type not in _OTHER_ENCLOSURE_TYPES:
        message = (
            fill("the enclosure type is {media_type}", media_type=quote_value(media_type))
            if media_type
            else "the enclosure has no `type`"
        )
        findings.add_for_attribute("enclosure-type", enclosure, "type", message)
        return
    extension = get_extension(url)
    if media_type not in _TYPES_BY_EXTENSION.get(extension, (media_type,)):
        message = fill(
            "the extension {extension} of the enclosure does not match its type {media_type}",
            extension=extension,
            media_type=media_type,
        )
        findings.add_for_attribute("enclosure-name", enclosure, "url", message)


def _check_duration(item: FeedElement, findings: FindingCollector) -> None:
    duration = item.find("itunes:duration")
    if duration and parse_itunes_duration(duration.text) == 0:
        findings.add("duration-zero", duration.value_position, "the duration is 0")


def _check_numbers(item: FeedElement, findings: FindingCollector) -> None:
    for itunes, podcast in (("itunes:episode", "podcast:episode"), ("itunes:season", "podcast:season")):
        first, second = item.find_text(itunes), item.find(podcast)
        if second and _is_number(first) and _is_number(second.text) and 0 < float(first) != float(second.text):
            message = fill(
                "`{podcast}` is {second}, but `{itunes}` is {first}",
                podcast=podcast,
                second=second.text,
                itunes=itunes,
                first=first,
            )
            findings.add("number-differs", second.value_position, message)


def _is_number(text: str) -> bool:
    return text.isascii() and len(text) < 16 and text.replace(".", "", 1).isdigit()


def _check_soundbites(item: FeedElement, findings: FindingCollector) -> None:
    duration_s = parse_itunes_duration(item.find_text("itunes:duration"))
    for soundbite in item.find_all("podcast:soundbite"):
        start, length = soundbite.attributes.get("startTime", ""), soundbite.attributes.get("duration", "")
        if not _is_number(start) or not _is_number(length):
            continue
        if not _MIN_SOUNDBITE_S <= float(length) <= _MAX_SOUNDBITE_S:
            findings.add_for_attribute(
                "soundbite-length", soundbite, "duration", fill("the soundbite lasts {length} s", length=length)
            )
        end_s = float(start) + float(length)
        if duration_s and end_s > duration_s + _TOLERANCE_S:
            message = fill(
                "the soundbite ends at {end_s:g} s, the episode at {duration_s} s", end_s=end_s, duration_s=duration_s
            )
            findings.add_for_attribute("soundbite-beyond", soundbite, "startTime", message)


def _check_chapters(item: FeedElement, findings: FindingCollector) -> None:
    duration_s = parse_itunes_duration(item.find_text("itunes:duration"))
    for element in item.find_all("psc:chapters"):
        previous_s = -1.0
        chapters = element.find_all("psc:chapter")
        if 0 < len(chapters) < _MIN_CHAPTERS:
            findings.add("chapters-few", element.position, fill("only {count} chapters", count=len(chapters)))
        for number, chapter in enumerate(chapters):
            previous_s = _check_chapter(chapter, number, previous_s, duration_s, findings)


def _check_chapter(
    chapter: FeedElement, number: int, previous_s: float, duration_s: int | None, findings: FindingCollector
) -> float:
    """Check one chapter, and return its start, or ``previous_s`` if it has none."""
    text = chapter.attributes.get("start", "").strip()
    start_s = parse_npt(text)
    if start_s is None:
        if text:
            findings.add_for_attribute(
                "chapter-start", chapter, "start", fill("the start is {start}", start=quote_value(text))
            )
        return previous_s
    if number == 0 and start_s:
        findings.add_for_attribute(
            "chapters-first", chapter, "start", fill("the first chapter starts at {start}", start=text)
        )
    if start_s <= previous_s:
        message = fill("a chapter starts at {start}, not after the previous chapter", start=text)
        findings.add_for_attribute("chapters-order", chapter, "start", message)
    if duration_s and start_s >= duration_s + _TOLERANCE_S:
        message = fill(
            "a chapter starts at {start}, but the episode ends at {duration_s} s", start=text, duration_s=duration_s
        )
        findings.add_for_attribute("chapters-beyond", chapter, "start", message)
    return start_s


_CHECKS: tuple[Callable[[FeedElement, FindingCollector], None], ...] = (
    _check_presence,
    _check_guid,
    _check_enclosures,
    _check_duration,
    _check_numbers,
    _check_soundbites,
    _check_chapters,
    check_people,
    check_podcast_namespace,
    check_dates,
    check_texts,
    check_artwork_name,
)
