"""The rules that look at one item, and those that look from one item to another: what repeats, what must have a number."""

import posixpath
from collections.abc import Callable
from datetime import datetime
from urllib.parse import unquote, urlsplit

from pipeline.feed.roles import GROUPS, ROLES
from pipeline.lint.channel_rules import judge_artwork_name
from pipeline.lint.feed_reader import Element
from pipeline.lint.findings import Place, Report
from pipeline.lint.podcast_rules import judge_podcasting
from pipeline.lint.structure_rules import judge_address, shown
from pipeline.lint.text_rules import judge_texts
from pipeline.lint.value_types import is_address, moment_of, seconds_of, start_s, weekday_is_right

ADVISED = ("pubDate", "description", "itunes:duration", "link", "itunes:image", "itunes:explicit", "podcast:transcript")
_SOUND_AND_SIGHT = ("audio/", "video/")
_MORE_TYPES = frozenset(
    {
        "application/pdf",
        "application/epub+zip",
        "application/ogg",
        "application/x-mpegurl",
        "application/vnd.apple.mpegurl",
    }
)
_TYPES = {  # ending: the types that fit it
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
_SHORTEST_S, _LONGEST_S = 15, 120  # of a soundbite


class Items:
    """Judges items as they come, and keeps of them only what a later one or the channel may clash with."""

    def __init__(self, report: Report, *, now: datetime | None) -> None:
        self._report, self._now = report, now
        self._guids: dict[str, int] = {}
        self._enclosures: dict[str, int] = {}
        self._without_number: list[Place] = []
        self._numbers: dict[tuple[str, str], int] = {}
        self.count = 0

    def judge(self, item: Element) -> None:
        """One item."""
        self.count += 1
        for rule in _RULES:
            rule(item, self._report)
        _once(self._guids, _guid_of(item), self._report, "guid-repeated", "guid")
        for enclosure in item.all("enclosure")[:1]:
            url = enclosure.attributes.get("url", "").strip()
            _once(self._enclosures, (url, enclosure.place), self._report, "enclosure-repeated", "enclosure")
        self._judge_hour(item)
        self._judge_number(item)
        if item.first("itunes:episode") is None and item.words("itunes:episodeType").lower() in {"", "full"}:
            self._without_number.append(item.place)

    def judge_as_a_whole(self, channel: Element) -> None:
        """What only the channel decides: in a serial, each full episode needs its number."""
        if channel.words("itunes:type").lower() == "serial":
            for place in self._without_number:
                self._report.tell("no-episode-number", place, "the show is serial, and this episode has no number")
        if not self.count:
            self._report.tell("no-items", channel.place, "there is no episode in the feed")

    def _judge_number(self, item: Element) -> None:
        number = item.first("itunes:episode")
        if number is None or not number.text or item.words("itunes:episodeType").lower() not in {"", "full"}:
            return
        key = item.words("itunes:season"), number.text.lstrip("0")
        if key in self._numbers:
            within = f" of season {shown(key[0])}" if key[0] else ""
            said = f"there is an episode {shown(number.text)}{within} already, in line {self._numbers[key]}"
            self._report.tell("number-repeated", number.told_at, said)
        else:
            self._numbers[key] = number.told_at[0]

    def _judge_hour(self, item: Element) -> None:
        date = item.first("pubDate")
        moment = moment_of(date.text) if date else None
        if self._now and date and moment and moment > self._now:
            self._report.tell("future", date.told_at, f"the episode is dated {shown(date.text)}: that is still to come")


def judge_dates(element: Element, report: Report) -> None:
    """The weekdays of a channel's or an item's dates; their form stands in the table of elements."""
    for child in element.children:
        if child.name in {"pubDate", "lastBuildDate"} and not weekday_is_right(child.text):
            moment = moment_of(child.text)
            hint = f"That day is a {moment:%A}." if moment else ""
            report.tell("weekday", child.told_at, f"`{child.name}` is {shown(child.text)}", hint=hint)


def _once(seen: dict[str, int], value: tuple[str, Place], report: Report, code: str, what: str) -> None:
    text, place = value
    if text and text in seen:
        report.tell(code, place, f"the {what} {shown(text)} has been given already, in line {seen[text]}")
    elif text:
        seen[text] = place[0]


def _guid_of(item: Element) -> tuple[str, Place]:
    guid = item.first("guid")
    return (guid.text, guid.told_at) if guid else ("", item.place)


def _presence(item: Element, report: Report) -> None:
    if not item.words("title") and not item.words("itunes:title"):
        report.tell("no-item-title", item.place, "the episode has no title")
    if not item.words("guid"):
        report.tell("no-guid", item.place, "the episode has no guid")
    if item.first("enclosure") is None:
        report.tell("no-enclosure", item.place, "the item has no enclosure")
    for extra in item.all("enclosure")[1:]:
        report.tell("enclosures", extra.place, "a second enclosure in one item")
    for name in ADVISED:
        if item.first(name) is None:
            report.tell("advised-in-item", item.place, f"the episode has no `{name}`")


def _guid(item: Element, report: Report) -> None:
    guid = item.first("guid")
    enclosures = {enclosure.attributes.get("url", "").strip() for enclosure in item.all("enclosure")}
    if guid and guid.text in enclosures - {""}:
        report.tell("guid-enclosure", guid.told_at, f"the guid is the address of the sound, {shown(guid.text)}")
    if guid is None or not guid.text or is_address(guid.text):
        return
    permalink = guid.attributes.get("isPermaLink")
    if permalink is None:
        report.tell("guid-default", guid.told_at, f"the guid {shown(guid.text)} is no address, and nothing says so")
    elif permalink.lower() == "true":
        report.tell_attribute("guid-permalink", guid, "isPermaLink", f"the guid {shown(guid.text)} is no address")


def _enclosure(item: Element, report: Report) -> None:
    for enclosure in item.all("enclosure"):
        url, length, kind = (enclosure.attributes.get(name, "").strip() for name in ("url", "length", "type"))
        if not is_address(url):
            said = f"the enclosure is at {shown(url)}" if url else "the enclosure has no `url`"
            report.tell_attribute("address", enclosure, "url", said)
        judge_address(url, lambda code, said: report.tell_attribute(code, enclosure, "url", f"enclosure: {said}"))  # noqa: B023 # called at once
        if not (length.isascii() and length.isdigit() and int(length[:19]) > 0):
            said = f"the length of the enclosure is {shown(length)}" if length else "the enclosure has no `length`"
            report.tell_attribute("enclosure-length", enclosure, "length", said)
        _enclosure_type(enclosure, url, kind.partition(";")[0].strip().lower(), report)


def _enclosure_type(enclosure: Element, url: str, kind: str, report: Report) -> None:
    if not kind.startswith(_SOUND_AND_SIGHT) and kind not in _MORE_TYPES:
        said = f"the type of the enclosure is {shown(kind)}" if kind else "the enclosure has no `type`"
        report.tell_attribute("enclosure-type", enclosure, "type", said)
        return
    ending = ending_of(url)
    if kind not in _TYPES.get(ending, (kind,)):
        report.tell_attribute(
            "enclosure-name", enclosure, "url", f"the enclosure ends in {ending}, and is called {kind}"
        )


def ending_of(address: str) -> str:
    """``.mp3``: how the path of an address ends; empty if it has no ending, or is no address."""
    try:
        return posixpath.splitext(unquote(urlsplit(address).path))[1].lower()
    except ValueError:
        return ""


def _length(item: Element, report: Report) -> None:
    length = item.first("itunes:duration")
    if length and seconds_of(length.text) == 0:
        report.tell("duration-zero", length.told_at, "the episode lasts no time at all")


def _numbers(item: Element, report: Report) -> None:
    for one, other in (("itunes:episode", "podcast:episode"), ("itunes:season", "podcast:season")):
        first, second = item.words(one), item.first(other)
        if second and _number(first) and _number(second.text) and 0 < float(first) != float(second.text):
            report.tell("number-differs", second.told_at, f"`{other}` is {second.text}, and `{one}` is {first}")


def _number(text: str) -> bool:
    return text.isascii() and len(text) < 16 and text.replace(".", "", 1).isdigit()


def _soundbites(item: Element, report: Report) -> None:
    whole_s = seconds_of(item.words("itunes:duration"))
    for bite in item.all("podcast:soundbite"):
        start, length = bite.attributes.get("startTime", ""), bite.attributes.get("duration", "")
        if not _number(start) or not _number(length):
            continue
        if not _SHORTEST_S <= float(length) <= _LONGEST_S:
            report.tell_attribute("soundbite-length", bite, "duration", f"the soundbite lasts {length} seconds")
        if whole_s and float(start) + float(length) > whole_s + 1:
            said = f"the soundbite ends at {float(start) + float(length):g} s, the episode at {whole_s} s"
            report.tell_attribute("soundbite-beyond", bite, "startTime", said)


def judge_people(element: Element, report: Report) -> None:
    """Role and group of each person must belong together."""
    for person in element.all("podcast:person"):
        role, group = (" ".join(person.attributes.get(name, "").lower().split()) for name in ("role", "group"))
        if role in ROLES and group in GROUPS and role not in GROUPS[group]:
            said = f"there is no {shown(role)} in the group {shown(group)}"
            report.tell_attribute("role-group", person, "group", said, hint=f'Write group="{ROLES[role]}".')
    for social in element.all("podcast:socialInteract"):
        if social.attributes.get("protocol", "disabled") != "disabled" and not social.attributes.get("uri"):
            said = "`podcast:socialInteract` has no `uri`"
            hint = 'Add uri="…": where people talk about it.'
            report.tell("no-attribute", social.place, said, hint=hint, source="podcast namespace: socialInteract")


def _chapters(item: Element, report: Report) -> None:
    whole_s = seconds_of(item.words("itunes:duration"))
    for chapters in item.all("psc:chapters"):
        last_s = -1.0
        told = chapters.all("psc:chapter")
        if 0 < len(told) < 3:
            report.tell("chapters-few", chapters.place, f"there are {len(told)} chapters")
        for number, chapter in enumerate(told):
            last_s = _chapter(chapter, number, last_s, whole_s, report)


def _chapter(chapter: Element, number: int, last_s: float, whole_s: int | None, report: Report) -> float:
    """Judge one chapter; its start, or that of the one before if it has none."""
    text = chapter.attributes.get("start", "").strip()
    begins_s = start_s(text)
    if begins_s is None:
        if text:
            report.tell_attribute("chapter-start", chapter, "start", f"a chapter begins at {shown(text)}")
        return last_s
    if number == 0 and begins_s:
        report.tell_attribute("chapters-first", chapter, "start", f"the first chapter begins at {text}")
    if begins_s <= last_s:
        report.tell_attribute(
            "chapters-order", chapter, "start", f"a chapter begins at {text}, not after the one before it"
        )
    if whole_s and begins_s >= whole_s + 1:
        report.tell_attribute(
            "chapters-beyond", chapter, "start", f"a chapter begins at {text}, the episode ends at {whole_s} s"
        )
    return begins_s


_RULES: tuple[Callable[[Element, Report], None], ...] = (
    _presence,
    _guid,
    _enclosure,
    _length,
    _numbers,
    _soundbites,
    _chapters,
    judge_people,
    judge_podcasting,
    judge_dates,
    judge_texts,
    judge_artwork_name,
)
