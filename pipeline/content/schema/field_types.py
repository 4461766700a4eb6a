"""Types of single values: text, numbers, booleans, URLs, slugs, with their JSON Schema.

Scalars arrive from ``located_yaml`` as the text of the file; here they are converted, or raise a
``FieldError``.
"""

import re
import uuid
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, SerializationInfo, WithJsonSchema

from pipeline.content import dates
from pipeline.content.field_error import FieldError
from pipeline.content.located_yaml import Plain
from pipeline.errors import fill, make_message
from pipeline.model.feed_vocabulary import CATEGORIES
from pipeline.model.time_codes import POSITION_PATTERN
from pipeline.text import is_slug, normalise_text, slugify, strip_comments, suggest_similar

LANGUAGES = ("nl", "en")
DIGEST = r"^sha256-[0-9a-f]{12}$"  # written by `weerslag approve`
_TIME_OF_DAY = r"^([01]\d|2[0-3]):[0-5]\d$"
_APPROVE_AGAIN = "remove it, and run weerslag approve: it writes a new one"
MP3_BITRATES_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # MPEG-1 Layer III, ISO 11172-3


def _parse_text(value: Any) -> str:
    if value is None:
        raise FieldError("is empty", code="empty")
    if not isinstance(value, str):
        kind = make_message("a list" if isinstance(value, (list, tuple)) else "a mapping")
        hint = "put it in quotes" if isinstance(value, dict) else ""
        raise FieldError(fill("must be text, not {kind}", kind=kind), hint, code="wrong-type")
    return normalise_text(str(value)).strip()


def _parse_line(value: Any) -> str:
    return re.sub(" {2,}", " ", " ".join(_parse_text(value).split("\n")))


def _parse_prose(value: Any) -> str:
    return strip_comments(_parse_text(value)).strip()


def _require_text(value: str) -> str:
    if not value:
        raise FieldError("is empty", code="empty")
    return value


def _parse_integer(value: Any) -> Any:
    if not isinstance(value, Plain) or not re.match(r"^[-+]?[0-9]{1,9}$", value):
        hint = "remove the quotes" if isinstance(value, str) and re.match(r"^[-+]?[0-9]{1,9}$", value) else ""
        raise FieldError("must be a whole number", hint, code="wrong-type")
    return int(value)


def _parse_number(value: Any) -> Any:
    if not isinstance(value, Plain) or not re.match(r"^[-+]?([0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9})$", value):
        hint = ""
        if isinstance(value, str) and re.match(r"^[-+]?[0-9]+([.,][0-9]+)?$", value):
            hint = (
                fill("write a point: {value}", value=value.replace(",", ".")) if "," in value else "remove the quotes"
            )
        raise FieldError("must be a number", hint, code="wrong-type")
    return float(value)


def _parse_boolean(value: Any) -> Any:
    if not isinstance(value, Plain) or value not in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        raise FieldError("must be true or false", code="wrong-type")
    return value[0] in "tT"


def _parse_quote_approval(value: Any) -> Any:
    """Return ``true``, an empty string, or the digest that locks the approval to the text."""
    if isinstance(value, str) and re.match(DIGEST, value):
        return str(value)
    if isinstance(value, str) and value.startswith("sha256"):
        raise FieldError("is not a digest written by `weerslag approve`", _APPROVE_AGAIN, code="wrong-type")
    return "true" if _parse_boolean(value) else ""


def _check_reflection_approval(value: str) -> str:
    day, space, digest = value.partition(" ")
    dates.parse_day(day)
    if space and not re.match(DIGEST, digest):
        raise FieldError("has text after the date that `weerslag approve` did not write", _APPROVE_AGAIN)
    return value


def _check_slug(value: str) -> str:
    if not is_slug(value):
        suggestion = slugify(value)
        raise FieldError(
            "must consist of lower-case letters, digits and hyphens",
            fill("write `{suggestion}`", suggestion=suggestion) if suggestion else "",
            code="bad-slug",
        )
    return value


def _check_language(value: str) -> str:
    if value not in LANGUAGES:
        codes = {"dutch": "nl", "nederlands": "nl", "nld": "nl", "english": "en", "engels": "en", "eng": "en"}
        code = codes.get(value.casefold(), value.casefold()[:2])
        hint = fill("did you mean `{code}`?", code=code) if code in LANGUAGES else ""
        raise FieldError(fill("must be a supported language: {languages}", languages=" or ".join(LANGUAGES)), hint)
    return value


def _check_time_zone(value: str) -> str:
    if dates.find_time_zone(value) is None:
        raise FieldError("is not a known time zone", dates.suggest_time_zone(value) or "write it as Europe/Amsterdam")
    return value


def _check_url(value: str, *, allow_local: bool = False) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise FieldError("must be a URL in ASCII without spaces", "copy it from the address bar of a browser")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise FieldError(fill("is not a valid URL: {error}", error=error)) from error
    is_local = allow_local and parts.scheme == "http" and host in {"localhost", "127.0.0.1", "::1"}
    if (parts.scheme != "https" and not is_local) or not host or parts.username is not None:
        hint = (
            fill("write https{rest}", rest=value[4:])
            if value.startswith("http://")
            else "write it as https://example.org/"
        )
        raise FieldError("must be a URL that begins with https://", hint)
    return value


def validate_home_url(value: str) -> str:
    """Validate the URL at which ``public/`` is served, and return it unchanged.

    Raises:
        FieldError: it is not https (localhost may be http), not a folder, or not allowed in a feed.
    """
    _check_url(value, allow_local=True)
    if "?" in value or "#" in value:
        raise FieldError("must be the URL of a folder, without ? or #")
    if not value.endswith("/"):
        raise FieldError("must end in a slash", fill("write {value}/", value=value))
    return value


def _check_uuid(value: str) -> str:
    if not re.match(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", value):
        raise FieldError(
            "must be a UUID", "copy the one of the existing podcast; `weerslag init` creates one for a new podcast"
        )
    return str(uuid.UUID(value))


def _check_moment(value: str) -> str:
    slug, separator, time_code = value.partition("#")
    if not separator or not slug:
        raise FieldError("must be an episode and a time code", "write it as 01-burger-centraal#00:41")
    dates.parse_time_code(time_code)
    return value


def _check_category(value: tuple[str, ...]) -> tuple[str, ...]:
    if not 1 <= len(value) <= 2:
        raise FieldError("must be a category, or a category and a subcategory", "write it as [Government]")
    if value[0] not in CATEGORIES:
        parent = next((name for name, subcategories in CATEGORIES.items() if value[0] in subcategories), "")
        hint = (
            fill("it is a subcategory: write [{parent}, {name}]", parent=parent, name=value[0])
            if parent
            else suggest_similar(value[0], CATEGORIES)
        )
        raise FieldError(fill("has an unknown Apple category: `{name}`", name=value[0]), hint, within=(0,))
    subcategories = CATEGORIES[value[0]]
    if value[1:] and value[1] not in subcategories:
        hint = suggest_similar(value[1], subcategories) or (
            fill("one of: {names}", names=", ".join(subcategories)) if subcategories else "remove it"
        )
        raise FieldError(
            fill("has `{name}`, which is not a subcategory of `{category}` at Apple", name=value[1], category=value[0]),
            hint,
            within=(1,),
        )
    return value


def _check_bitrate(value: int) -> int:
    if value not in MP3_BITRATES_KBPS:
        nearest = min(MP3_BITRATES_KBPS, key=lambda rate: abs(rate - value))
        raise FieldError("is not an MP3 bit rate", fill("the nearest is {nearest}", nearest=nearest))
    return value


def _parse_focus(value: str) -> tuple[float, float]:
    found = re.fullmatch(r"(\d{1,3})\s*%?[\s,;]+(\d{1,3})\s*%?", value)
    if not found or max(int(found[1]), int(found[2])) > 100:
        raise FieldError(
            "must be two percentages: from the left and from the top", "write it as 60% 30%", code="wrong-value"
        )
    return float(found[1]), float(found[2])


def require_unique_items(value: tuple[str, ...]) -> tuple[str, ...]:
    """Require a list with at least one item and no duplicates."""
    duplicate = next((index for index, item in enumerate(value) if item in value[:index]), None)
    if duplicate is not None:
        raise FieldError(fill("lists `{name}` twice", name=value[duplicate]), code="duplicate", within=(duplicate,))
    return require_items(value)


def require_items(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """Require a list with at least one item."""
    if not value:
        raise FieldError("is an empty list", code="empty")
    return value


def _check_description_size(value: str) -> str:
    if len(value.encode()) > 4000:
        raise FieldError("is longer than 4000 bytes, the maximum that Apple accepts", code="too-long")
    return value


def _localise(value: datetime, info: SerializationInfo) -> str:
    zone: ZoneInfo = (info.context or {})["zone"]  # of the programme, from ``model_builder``
    return dates.localise(value, zone).isoformat()


def match_pattern(pattern: str, message: str, hint: str) -> Any:
    """Return a validator that requires a match of the whole text, unless it is empty."""

    def check_pattern(value: str) -> str:
        if value and not re.fullmatch(pattern, value):
            raise FieldError(message, hint)
        return value

    return AfterValidator(check_pattern)


def _parse_with(parse: Any) -> Any:
    return BeforeValidator(lambda value: parse(_require_text(_parse_line(value))))


def _describe_pattern(pattern: str, example: str) -> Any:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


OptionalLine = Annotated[str, BeforeValidator(_parse_line), Field(max_length=255)]
Line = Annotated[str, BeforeValidator(_parse_line), Field(min_length=1, max_length=255)]
ShortLine = Annotated[str, BeforeValidator(_parse_line), Field(max_length=128)]  # the limit of the podcast namespace
Name = Annotated[ShortLine, Field(min_length=1)]
Text = Annotated[str, BeforeValidator(_parse_line), Field(min_length=1)]  # one line of any length
OptionalProse = Annotated[str, BeforeValidator(_parse_prose), AfterValidator(_check_description_size)]
Prose = Annotated[str, BeforeValidator(_parse_prose)]
Integer = Annotated[int, BeforeValidator(_parse_integer)]
EpisodeNumber = Annotated[int, Field(ge=0), BeforeValidator(_parse_integer)]
SeasonNumber = Annotated[int, Field(ge=1), BeforeValidator(_parse_integer)]
RetentionDays = Annotated[int, Field(ge=1, le=3650), BeforeValidator(_parse_integer)]
Places = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(_parse_integer)]
RoleCounts = dict[Line, Annotated[int, Field(ge=1, le=10_000), BeforeValidator(_parse_integer)]]
PageItems = Annotated[int, Field(ge=10), BeforeValidator(_parse_integer)]
Latitude = Annotated[float, Field(ge=-90, le=90), BeforeValidator(_parse_number)]
Longitude = Annotated[float, Field(ge=-180, le=180), BeforeValidator(_parse_number)]
PageMultiple = Annotated[int, Field(ge=1, le=32), BeforeValidator(_parse_integer)]
InkPercent = Annotated[int, Field(ge=200, le=400), BeforeValidator(_parse_integer)]
LoudnessLufs = Annotated[float, Field(ge=-31, le=-9), BeforeValidator(_parse_number)]
HighPassHz = Annotated[int, Field(ge=0, le=200), BeforeValidator(_parse_integer)]
OverlapSeconds = Annotated[float, Field(ge=0, le=30), BeforeValidator(_parse_number)]
OffsetSeconds = Annotated[float, Field(ge=-86_400, le=86_400), BeforeValidator(_parse_number)]
TruePeakDbtp = Annotated[float, Field(ge=-9, le=0), BeforeValidator(_parse_number)]
BleedMm = Annotated[float, Field(ge=0, le=10), BeforeValidator(_parse_number)]
Boolean = Annotated[bool, BeforeValidator(_parse_boolean)]
QuoteApproval = Annotated[
    str,
    BeforeValidator(_parse_quote_approval),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": DIGEST}]}),
]
Day = Annotated[date, _parse_with(dates.parse_day), _describe_pattern(dates.DAY, "2024-06-13")]
ReflectionApproval = Annotated[
    str,
    _parse_with(_check_reflection_approval),
    WithJsonSchema({"type": "string", "pattern": rf"{dates.DAY[:-1]}( {DIGEST[1:-1]})?$", "examples": ["2024-07-01"]}),
]
Slug = Annotated[
    Line, AfterValidator(_check_slug), WithJsonSchema({"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"})
]
_PAGE_PATH = r"((episodes|events|stories)/[a-z0-9-]+|cases/[a-z0-9-]+/[a-z0-9-]+)/"
PagePath = Annotated[
    Line,
    match_pattern(_PAGE_PATH, "must be the path of a page", "write it as episodes/01-slug/, with a slash at its end"),
    _describe_pattern(f"^{_PAGE_PATH}$", "episodes/01-slug/"),
]
HyphenatedWord = Annotated[
    Line,
    match_pattern(
        r"[^\W\d_]+(-[^\W\d_]+)*",
        "must be one word, with a hyphen at each possible line break",
        "write be-leids-pro-ces; list the parts of a word with a hyphen separately",
    ),
    _describe_pattern(r"^[^\s\d-]+(-[^\s\d-]+)*$", "be-leids-pro-ces"),
]
Language = Annotated[Line, AfterValidator(_check_language), WithJsonSchema({"enum": list(LANGUAGES)})]
TimeZone = Annotated[Line, AfterValidator(_check_time_zone)]
Url = Annotated[Text, AfterValidator(_check_url)]
HomeUrl = Annotated[
    Text, AfterValidator(validate_home_url), _describe_pattern("^https?://.*/$", "https://example.org/programma/")
]
Uuid = Annotated[Line, AfterValidator(_check_uuid), WithJsonSchema({"type": "string", "format": "uuid"})]
Guid = Annotated[
    Text,
    match_pattern(
        r"[^ \n]{1,1000}", "must be one word of at most 1000 characters", "`weerslag new episode` writes one"
    ),
]
CountryCode = Annotated[
    OptionalLine,
    match_pattern("[A-Z]{2}", "must be a country code of two capitals (ISO 3166-1)", "write NL"),
    _describe_pattern("^([A-Z]{2})?$", "NL"),
]
OsmElement = Annotated[
    OptionalLine,
    match_pattern(
        "[NWR][0-9]+", "must be N, W or R and a number", "open the place on openstreetmap.org: its URL has both"
    ),
    _describe_pattern("^([NWR][0-9]+)?$", "R192736"),
]
MediaType = Annotated[
    Line,
    match_pattern("[a-z]+/[a-z0-9.+-]+", "must be a media type", "write audio/mpeg"),
    _describe_pattern("^[a-z]+/", "audio/mpeg"),
]
Hashtag = Annotated[
    Line,
    match_pattern(r"[^\W_]*[^\W\d_][^\W_]*", "must be one word, without # and hyphens", "write AmbtenaarVanNu"),
    _describe_pattern(r"^[^\s#-]+$", "AmbtenaarVanNu"),
]
FilePath = Text
Focus = Annotated[tuple[float, float], _parse_with(_parse_focus), _describe_pattern(r"^\d{1,3}% \d{1,3}%$", "60% 30%")]
TimeCode = Annotated[int, _parse_with(dates.parse_time_code), _describe_pattern(POSITION_PATTERN, "00:41")]
DateTime = Annotated[
    datetime,
    _parse_with(dates.parse_date_time),
    PlainSerializer(_localise),
    _describe_pattern(dates.DATE_TIME, "2024-06-13 16:30"),
]
PreciseDateTime = Annotated[
    datetime,
    _parse_with(dates.parse_precise_date_time),
    PlainSerializer(_localise),
    _describe_pattern(dates.PRECISE_DATE_TIME, "2024-06-13 16:30"),
]
DeadlineTime = Annotated[
    datetime,
    _parse_with(dates.parse_deadline),
    PlainSerializer(_localise),
    _describe_pattern(dates.DATE_TIME, "2024-05-28 24:00"),
]
TimeOfDay = Annotated[
    Line,
    match_pattern(_TIME_OF_DAY, "must be a time of day", "write it as 16:30"),
    _describe_pattern(_TIME_OF_DAY, "16:30"),
]
Moment = Annotated[
    Line, AfterValidator(_check_moment), _describe_pattern("^[a-z0-9-]+#[0-9:.]+$", "01-burger-centraal#00:41")
]
Description = Annotated[OptionalProse, AfterValidator(_require_text)]
Category = Annotated[tuple[Line, ...], AfterValidator(_check_category)]
Bitrate = Annotated[Integer, AfterValidator(_check_bitrate), WithJsonSchema({"enum": list(MP3_BITRATES_KBPS)})]
