"""Types of the values in a feed: one table from the name of a type to its check and its description."""

import posixpath
import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit

from pipeline.errors import fill, make_message
from pipeline.model.feed_vocabulary import LANGUAGE_CODES, ROLE_GROUPS, ROLES
from pipeline.model.time_codes import parse_itunes_duration

UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
SRT_TYPES = ("application/x-subrip", "application/srt", "text/srt")
_ILLEGAL = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}\[\]]|%(?![0-9A-Fa-f]{2})")
_IPV6_HOST = re.compile(r"\[[0-9A-Fa-f:.]+\](:\d*)?")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RFC2822_DATE = re.compile(
    r"(?:([a-z]{3}),\s+)?\d{1,2}\s+[a-z]{3}\s+(?:[1-9]\d{3}|\d{2})\s+\d{2}:\d{2}(?::\d{2})?\s+"
    r"(?:[+-](?:[01]\d|2[0-3])[0-5]\d|utc?|gmt|z|[ecmp][sd]t)",
    re.ASCII | re.IGNORECASE,
)
_GEO = re.compile(r"geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)(,-?\d+(?:\.\d+)?)?(;[A-Za-z0-9-]+(=[^;\s]*)?)*", re.ASCII)
_NUMBER = r"\d{1,15}(\.\d{1,15})?"
_MEDIA_TYPE = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*(\s*;.*)?"
_MEDIUMS = ("podcast", "music", "video", "film", "audiobook", "newsletter", "blog", "publisher", "course")


@dataclass(frozen=True, slots=True)
class ValueType:
    """A type of value. An invalid value of a type that is not ``strict`` is only unusual."""

    description: str  # completes the sentence: it must be …
    is_valid: Callable[[str], object]
    strict: bool = True
    code: str = ""  # of the finding, if it differs from the default

    @property
    def hint(self) -> str:
        """What to write instead of an invalid value."""
        description = make_message(self.description)
        if self.strict:
            return fill("It must be {description}.", description=description)
        return fill("Apps know {description}.", description=description)


def is_address(text: str) -> bool:
    """Check whether ``text`` is an absolute http or https address."""
    try:
        parts = urlsplit(text)
        return parts.scheme.lower() in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        return False


def find_illegal_characters(address: str) -> list[str]:
    """Find the ASCII characters that RFC 3986 does not allow where they are in an address, in order, each once.

    A ``%`` must begin an octet such as ``%20``; brackets enclose the host if it is an IPv6 address.
    """
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    beside_host = address.replace(host, "", 1) if _IPV6_HOST.fullmatch(host) else address
    return list(dict.fromkeys(_ILLEGAL.findall(beside_host)))


def has_valid_port(address: str) -> bool:
    """Check whether the port of an address, if it has one, is a number from 1 to 65535."""
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False


def get_extension(address: str) -> str:
    """Get the file name extension in the path of an address, as ``.mp3``; empty if there is none."""
    try:
        return posixpath.splitext(unquote(urlsplit(address).path))[1].lower()
    except ValueError:
        return ""


def parse_rfc2822(text: str) -> datetime | None:
    """Parse an RFC 2822 date, whatever its weekday; the result is aware, or ``None`` for any other text."""
    if not _RFC2822_DATE.fullmatch(text):
        return None
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)  # "-0000" is UTC of an unknown place


def has_correct_weekday(text: str) -> bool:
    """Check whether an RFC 2822 date names its own weekday; a date without a weekday passes."""
    found, parsed = _RFC2822_DATE.fullmatch(text), parse_rfc2822(text)
    return not (found and found[1] and parsed) or found[1].lower() == _WEEKDAYS[parsed.weekday()]


def is_iso8601(text: str) -> bool:
    """Check whether ``text`` is an ISO 8601 date, with or without a time."""
    try:
        datetime.fromisoformat(text) if "T" in text or " " in text else date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_geo_uri(text: str) -> bool:
    """Check whether ``text`` is a geo URI with a valid latitude and longitude. Source: RFC 5870."""
    found = _GEO.fullmatch(text)
    return found is not None and abs(float(found[1])) <= 90 and abs(float(found[2])) <= 180


def is_language(text: str) -> bool:
    """Check whether ``text`` is a language tag with a code of ISO 639-1, or any code of three letters."""
    language, *subtags = text.replace("_", "-").lower().split("-")
    is_known = language in LANGUAGE_CODES or (len(language) == 3 and language.isascii() and language.isalpha())
    return is_known and all(re.fullmatch(r"[a-z0-9]{2,8}", subtag, re.ASCII) for subtag in subtags)


def _accept(*values: str) -> Callable[[str], bool]:
    """Accept these values, in any case."""
    known = frozenset(values)
    return lambda text: text.lower() in known


def _accept_words(known: Container[str]) -> Callable[[str], bool]:
    """Accept these values, in any case and spacing."""
    return lambda text: " ".join(text.lower().split()) in known


def _match(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.ASCII).fullmatch


VALUE_TYPES = {
    "address": ValueType("an absolute address, such as https://example.org/", is_address, code="address"),
    "aspect": ValueType(
        "two numbers with a slash, such as 1/1", _match(r"\d+(\.\d+)?\s*[/:]\s*\d+(\.\d+)?"), strict=False
    ),
    "boolean": ValueType("`true` or `false`", _accept("true", "false")),
    "chapters-type": ValueType("`application/json+chapters`", _accept("application/json+chapters"), strict=False),
    "country": ValueType("a country code of two capitals (ISO 3166-1), such as NL", _match(r"[A-Z]{2}")),
    "date": ValueType("a date such as `Thu, 20 Jun 2024 04:00:00 +0000`", parse_rfc2822, code="date"),
    "decimal": ValueType("a number of 0 or more", _match(_NUMBER)),
    "episode-type": ValueType("`full`, `trailer` or `bonus`", _accept("full", "trailer", "bonus"), code="episode-type"),
    "explicit": ValueType("`true` or `false`", lambda text: text in {"true", "false"}, code="explicit"),
    "duration": ValueType(
        "seconds, or hours, minutes and seconds", lambda text: parse_itunes_duration(text) is not None, code="duration"
    ),
    "geo": ValueType("latitude and longitude, such as geo:52.0787,4.3182", is_geo_uri, code="geo"),
    "group": ValueType("a group of the taxonomy", _accept_words(ROLE_GROUPS), strict=False, code="role-group"),
    "itunes-episode": ValueType("a whole number from 1", _match(r"0*[1-9]\d{0,8}"), code="episode-number"),
    "itunes-season": ValueType("a whole number from 1", _match(r"0*[1-9]\d{0,8}"), code="season-number"),
    "itunes-type": ValueType("`episodic` or `serial`", _accept("episodic", "serial"), code="itunes-type"),
    "iso8601": ValueType("a date and time of ISO 8601, such as 2024-06-13T17:00:00+02:00", is_iso8601),
    "language": ValueType("a language of ISO 639, such as `nl` or `nl-be`", is_language, code="language"),
    "license": ValueType("an identifier such as cc-by-4.0", _match(r"[ -~]+"), strict=False),
    "locked": ValueType("`yes` or `no`", _accept("yes", "no")),
    "mail": ValueType("an e-mail address", _match(r"[^@\s]+@[^@\s]+(\s*\(.*\))?"), strict=False),
    "medium": ValueType(
        "one of " + ", ".join(_MEDIUMS) + ", mixed, or one of these followed by L",
        _accept("mixed", *_MEDIUMS, *(f"{name}l" for name in _MEDIUMS)),
        strict=False,
    ),
    "mime": ValueType("a media type such as audio/mpeg", _match(_MEDIA_TYPE)),
    "number": ValueType("a whole number", _match(r"\d{1,15}")),
    "osm": ValueType("N, W or R and a number, such as R113314", _match(r"[NWR]\d+(#\d+)?")),
    "podcast-guid": ValueType("a UUID", UUID.fullmatch, code="podcast-guid"),
    "integrity": ValueType("`sri` or `pgp-signature`", _accept("sri", "pgp-signature")),
    "protocol": ValueType("one word, such as activitypub", _match(r"[A-Za-z][A-Za-z0-9_+.-]*")),
    "chat-protocol": ValueType("irc, xmpp, nostr or matrix", _accept("irc", "xmpp", "nostr", "matrix"), strict=False),
    "captions": ValueType("`captions`", _accept("captions"), strict=False),
    "role": ValueType("a role of the taxonomy", _accept_words(ROLES), strict=False, code="role"),
    "rel-place": ValueType("`subject` or `creator`", _accept("subject", "creator"), strict=False),
    "rrule": ValueType("a recurrence rule of RFC 5545, such as FREQ=WEEKLY", _match(r"FREQ=[A-Z]+(;[A-Z]+=[^;\s]+)*")),
    "some": ValueType("a text", str.strip),
    "status": ValueType("`pending`, `live` or `ended`", _accept("pending", "live", "ended")),
    "transcript-type": ValueType(
        "text/vtt, application/x-subrip, application/json, text/html or text/plain",
        _accept("text/vtt", *SRT_TYPES, "application/json", "text/html", "text/plain"),
        strict=False,
    ),
    "truth": ValueType("`true` or `false`", _accept("true", "false"), code="guid-permalink"),
    "uri": ValueType("an address with a scheme", _match(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")),
}
