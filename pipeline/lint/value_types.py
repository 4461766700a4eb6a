"""What a value in a feed may be: one table from the kind of a value to its test and the words for it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from urllib.parse import urlsplit

from pipeline.feed.roles import GROUPS, ROLES

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ZONES = {
    "ut": 0,
    "gmt": 0,
    "utc": 0,
    "z": 0,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
}
_DATE = re.compile(
    r"(?:(?P<weekday>[A-Za-z]{3}),\s+)?(?P<day>\d{1,2})\s+(?P<month>[A-Za-z]{3})\s+(?P<year>\d{4}|\d{2})\s+"
    r"(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\s+(?P<zone>[+-]\d{4}|[A-Za-z]{1,3})",
    re.ASCII,
)
_LANGUAGES = frozenset(
    re.findall(
        r"\w+",
        """
        aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el
        en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik in io is it
        iu iw ja ji jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms
        mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk
        sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo
        za zh zu
        """,
    )
)  # ISO 639-1, with the four old codes that feeds still have
_DURATION = re.compile(r"\d{1,7}|\d{1,4}:[0-5]?\d|\d{1,3}:[0-5]?\d:[0-5]?\d", re.ASCII)
_NPT = re.compile(r"(?:(\d{1,3}):)?(?:(\d{1,3}):)?(\d{1,6})(?:\.(\d{1,6}))?", re.ASCII)
_MEDIUMS = ("podcast", "music", "video", "film", "audiobook", "newsletter", "blog", "publisher", "course")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value; what does not pass a kind that is not ``firm`` is merely odd."""

    says: str  # completes: it must be …
    test: Callable[[str], object]
    firm: bool = True
    code: str = ""  # of the finding, if it has one of its own


def is_address(text: str) -> bool:
    """Whether ``text`` is a whole address for a browser."""
    try:
        parts = urlsplit(text)
        return parts.scheme.lower() in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        return False


def moment_of(text: str) -> datetime | None:
    """The moment that an RFC 2822 date tells, whatever its weekday; ``None`` if it is no such date."""
    found = _DATE.fullmatch(text)
    if not found or found["month"].lower() not in MONTHS:
        return None
    zone = _zone(found["zone"])
    year = int(found["year"]) + (0 if len(found["year"]) == 4 else 2000 if int(found["year"]) < 50 else 1900)
    try:
        day = datetime(year, MONTHS.index(found["month"].lower()) + 1, int(found["day"]), tzinfo=zone or UTC)
        clock = timedelta(hours=int(found["hour"]), minutes=int(found["minute"]), seconds=int(found["second"] or 0))
        return day + clock if zone and clock < timedelta(days=1, seconds=1) and int(found["minute"]) < 60 else None
    except (ValueError, OverflowError):
        return None


def weekday_is_right(text: str) -> bool:
    """Whether the weekday that an RFC 2822 date names is the one of its day; true if it names none."""
    found = _DATE.fullmatch(text)
    if not found or not found["weekday"]:
        return True
    moment = moment_of(text)
    return moment is None or found["weekday"].lower() == WEEKDAYS[moment.date().weekday()]


def _zone(text: str) -> timezone | None:
    if text[0] in "+-":
        hours, minutes = int(text[1:3]), int(text[3:])
        return (
            timezone(timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1))
            if hours < 24 and minutes < 60
            else None
        )
    hour = _ZONES.get(text.lower())
    return None if hour is None else timezone(timedelta(hours=hour))


def seconds_of(text: str) -> int | None:
    """A duration as Apple writes it: seconds, MM:SS or HH:MM:SS; ``None`` if it is none of these."""
    if not _DURATION.fullmatch(text):
        return None
    seconds = 0
    for part in text.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds


def start_s(text: str) -> float | None:
    """The start of a chapter: normal play time as Podlove writes it."""
    found = _NPT.fullmatch(text)
    if not found:
        return None
    first, second, third, fraction = found.groups()
    clock = [int(part) for part in (first, second, third) if part]
    if any(part > 59 for part in clock[1:]):
        return None
    seconds = 0
    for part in clock:
        seconds = seconds * 60 + part
    return seconds + float(f"0.{fraction or 0}")


def is_iso8601(text: str) -> bool:
    """Whether ``text`` is a date, or a moment, of ISO 8601."""
    try:
        datetime.fromisoformat(text) if "T" in text or " " in text else date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _geo(text: str) -> bool:
    found = re.fullmatch(
        r"geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)(,-?\d+(?:\.\d+)?)?(;[A-Za-z0-9-]+(=[^;\s]*)?)*", text, re.ASCII
    )
    return found is not None and abs(float(found[1])) <= 90 and abs(float(found[2])) <= 180


def _among(*words: str) -> Callable[[str], bool]:
    known = frozenset(words)
    return lambda text: text.lower() in known


def _like(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.ASCII).fullmatch


def _language(text: str) -> bool:
    language, *more = text.replace("_", "-").lower().split("-")
    known = language in _LANGUAGES or (len(language) == 3 and language.isascii() and language.isalpha())
    return known and all(re.fullmatch(r"[a-z0-9]{2,8}", part, re.ASCII) for part in more)


UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_NUMBER = r"\d{1,15}(\.\d{1,15})?"
_MIME = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*(\s*;.*)?"

KINDS = {
    "address": Kind("a whole address: https://…", is_address, code="address"),
    "aspect": Kind("two numbers with a stroke between, as 1/1", _like(r"\d+(\.\d+)?\s*[/:]\s*\d+(\.\d+)?"), firm=False),
    "boolean": Kind("`true` or `false`", _among("true", "false")),
    "chapters-type": Kind("`application/json+chapters`", _among("application/json+chapters"), firm=False),
    "country": Kind("a country in two capitals (ISO 3166-1), as NL", _like(r"[A-Z]{2}")),
    "cutoff": Kind("a number", _like(rf"-?{_NUMBER}")),
    "date": Kind("a date as `Thu, 20 Jun 2024 04:00:00 +0000`", moment_of, code="date"),
    "decimal": Kind("a number of 0 or more", _like(_NUMBER)),
    "episode-type": Kind("`full`, `trailer` or `bonus`", _among("full", "trailer", "bonus"), code="episode-type"),
    "explicit": Kind("`true` or `false`", lambda text: text in {"true", "false"}, code="explicit"),
    "duration": Kind(
        "seconds, or hours, minutes and seconds", lambda text: seconds_of(text) is not None, code="duration"
    ),
    "geo": Kind("latitude and longitude, as geo:52.0787,4.3182", _geo, code="geo"),
    "group": Kind(
        "a group of the taxonomy", lambda text: " ".join(text.lower().split()) in GROUPS, firm=False, code="role-group"
    ),
    "itunes-episode": Kind("a whole number from 1", _like(r"0*[1-9]\d{0,8}"), code="episode-number"),
    "itunes-season": Kind("a whole number from 1", _like(r"0*[1-9]\d{0,8}"), code="season-number"),
    "itunes-type": Kind("`episodic` or `serial`", _among("episodic", "serial"), code="itunes-type"),
    "iso8601": Kind("a moment of ISO 8601, as 2024-06-13T17:00:00+02:00", is_iso8601),
    "language": Kind("a language of ISO 639, as `nl` or `nl-be`", _language, code="language"),
    "license": Kind("an identifier, as cc-by-4.0", _like(r"[ -~]+"), firm=False),
    "locked": Kind("`yes` or `no`", _among("yes", "no")),
    "mail": Kind("an e-mail address", _like(r"[^@\s]+@[^@\s]+(\s*\(.*\))?"), firm=False),
    "medium": Kind(
        "one of " + ", ".join(_MEDIUMS) + ", mixed, or one of these with L behind it",
        _among("mixed", *_MEDIUMS, *(f"{name}l" for name in _MEDIUMS)),
        firm=False,
    ),
    "mime": Kind("a media type, as audio/mpeg", _like(_MIME)),
    "number": Kind("a whole number", _like(r"\d{1,15}")),
    "osm": Kind("N, W or R and a number, as R113314", _like(r"[NWR]\d+(#\d+)?")),
    "podcast-guid": Kind("a UUID", UUID.fullmatch, code="podcast-guid"),
    "integrity": Kind("`sri` or `pgp-signature`", _among("sri", "pgp-signature")),
    "protocol": Kind("one word, as activitypub", _like(r"[A-Za-z][A-Za-z0-9_+.-]*")),
    "chat-protocol": Kind("irc, xmpp, nostr or matrix", _among("irc", "xmpp", "nostr", "matrix"), firm=False),
    "captions": Kind("`captions`", _among("captions"), firm=False),
    "role": Kind(
        "a role of the taxonomy", lambda text: " ".join(text.lower().split()) in ROLES, firm=False, code="role"
    ),
    "rel-place": Kind("`subject` or `creator`", _among("subject", "creator"), firm=False),
    "rrule": Kind("a rule of RFC 5545, as FREQ=WEEKLY", _like(r"FREQ=[A-Z]+(;[A-Z]+=[^;\s]+)*")),
    "some": Kind("said", str.strip),
    "status": Kind("`pending`, `live` or `ended`", _among("pending", "live", "ended")),
    "transcript-type": Kind(
        "text/vtt, application/x-subrip, application/json, text/html or text/plain",
        _among(
            "text/vtt",
            "application/x-subrip",
            "application/srt",
            "text/srt",
            "application/json",
            "text/html",
            "text/plain",
        ),
        firm=False,
    ),
    "true": Kind("`true`", _among("true")),
    "truth": Kind("`true` or `false`", _among("true", "false"), code="guid-permalink"),
    "uri": Kind("an address with a scheme", _like(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")),
}
