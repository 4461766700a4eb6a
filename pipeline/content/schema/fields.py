"""How single values are read: text, numbers, truths, addresses, slugs. Each type also says what an editor should expect.

Scalars come from ``marked`` as the text that stands in the file; here they get their meaning, or a ``WrongError``.
"""

import re
import uuid
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from pipeline.content import dates
from pipeline.content.field_error import WrongError
from pipeline.content.located_yaml import Plain
from pipeline.model.categories import CATEGORIES
from pipeline.text import clean, did_you_mean, is_slug, slug_of, without_comments

LANGUAGES = ("nl", "en")
DIGEST = r"^sha256-[0-9a-f]{12}$"  # what `weerslag clear` writes
_CLEARED_AGAIN = "leave it out, and run weerslag clear: it writes a new one"
MP3_BITRATES_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # MPEG-1 Layer III, ISO 11172-3


def _text(value: Any) -> str:
    if value is None:
        raise WrongError("is empty", code="empty")
    if not isinstance(value, str):
        shape = "a list" if isinstance(value, (list, tuple)) else "keys and values"
        hint = "put it in quotes" if isinstance(value, dict) else ""
        raise WrongError(f"must be text, not {shape}", hint, code="wrong-type")
    return clean(str(value)).strip()


def _line(value: Any) -> str:
    return re.sub(" {2,}", " ", " ".join(_text(value).split("\n")))


def _prose(value: Any) -> str:
    return without_comments(_text(value)).strip()


def _filled(value: str) -> str:
    if not value:
        raise WrongError("is empty", code="empty")
    return value


def _whole(value: Any) -> Any:
    if not isinstance(value, Plain) or not re.match(r"^[-+]?[0-9]{1,9}$", value):
        hint = "leave the quotes out" if isinstance(value, str) and re.match(r"^[-+]?[0-9]{1,9}$", value) else ""
        raise WrongError("must be a whole number", hint, code="wrong-type")
    return int(value)


def _number(value: Any) -> Any:
    if not isinstance(value, Plain) or not re.match(r"^[-+]?([0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9})$", value):
        hint = ""
        if isinstance(value, str) and re.match(r"^[-+]?[0-9]+([.,][0-9]+)?$", value):
            hint = f"write a point: {value.replace(',', '.')}" if "," in value else "leave the quotes out"
        raise WrongError("must be a number", hint, code="wrong-type")
    return float(value)


def _truth(value: Any) -> Any:
    if not isinstance(value, Plain) or value not in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        raise WrongError("must be true or false", code="wrong-type")
    return value[0] in "tT"


def _clearance(value: Any) -> Any:
    """``true`` or nothing, or the digest that ties a clearance to its words."""
    if isinstance(value, str) and re.match(DIGEST, value):
        return str(value)
    if isinstance(value, str) and value.startswith("sha256"):
        raise WrongError("is no digest that `weerslag clear` wrote", _CLEARED_AGAIN, code="wrong-type")
    return "true" if _truth(value) else ""


def _cleared_day(value: str) -> str:
    day, space, digest = value.partition(" ")
    dates.parse_day(day)
    if space and not re.match(DIGEST, digest):
        raise WrongError("has something behind the day that `weerslag clear` did not write", _CLEARED_AGAIN)
    return value


def _slug(value: str) -> str:
    if not is_slug(value):
        near = slug_of(value)
        raise WrongError(
            "must be lower case letters, digits and hyphens", f"write `{near}`" if near else "", code="bad-slug"
        )
    return value


def _hyphenated(value: str) -> str:
    if not re.match(r"^[^\W\d_]+(-[^\W\d_]+)*$", value):
        hint = "write be-leids-pro-ces: each of two halves of a word with a hyphen is looked up by itself"
        raise WrongError("must be one word, with a hyphen where it may be broken", hint)
    return value


def _language(value: str) -> str:
    if value not in LANGUAGES:
        near = {"dutch": "nl", "nederlands": "nl", "nld": "nl", "english": "en", "engels": "en", "eng": "en"}
        word = near.get(value.casefold(), value.casefold()[:2])
        hint = f"did you mean `{word}`?" if word in LANGUAGES else ""
        raise WrongError(f"must be {' or '.join(LANGUAGES)}: the languages that Weerslag speaks", hint)
    return value


def _timezone(value: str) -> str:
    if dates.zone_named(value) is None:
        raise WrongError("is no known time zone", dates.near_zone(value) or "write it as Europe/Amsterdam")
    return value


def _address(value: str, *, local: bool = False) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise WrongError(
            "must be an address in plain ASCII without spaces", "copy it from the address bar of a browser"
        )
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise WrongError(f"is no address: {error}") from error
    here = local and parts.scheme == "http" and host in {"localhost", "127.0.0.1", "::1"}
    if (parts.scheme != "https" and not here) or not host or parts.username is not None:
        secure = f"write https{value[4:]}" if value.startswith("http://") else "write it as https://example.org/"
        raise WrongError("must be an address that begins with https://", secure)
    return value


def home_address(value: str) -> str:
    """The address under which ``public/`` is served, as it was written.

    Raises:
        WrongError: not https (but on this machine), no folder, or anything that a feed could not carry.
    """
    _address(value, local=True)
    if "?" in value or "#" in value:
        raise WrongError("must be the address of a folder, without ? or #")
    if not value.endswith("/"):
        raise WrongError("must end in a slash", f"write {value}/")
    return value


def _uuid(value: str) -> str:
    if not re.match(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", value):
        raise WrongError(
            "must be a UUID", "take over the one the podcast already has; `weerslag init` makes one for a new podcast"
        )
    return str(uuid.UUID(value))


def _guid(value: str) -> str:
    if " " in value or "\n" in value or len(value) > 255:
        raise WrongError("must be one word of at most 255 characters", "`weerslag new episode` writes one")
    return value


def _moment(value: str) -> str:
    slug, mark, clock = value.partition("#")
    if not mark or not slug:
        raise WrongError("must be an episode and a place in it", "write it as 01-burger-centraal#00:41")
    dates.parse_clock(clock)
    return value


def _category(value: tuple[str, ...]) -> tuple[str, ...]:
    if not 1 <= len(value) <= 2:
        raise WrongError("must be one category, or a category and one of its parts", "write it as [Government]")
    if value[0] not in CATEGORIES:
        whole = next((name for name, parts in CATEGORIES.items() if value[0] in parts), "")
        hint = f"it is a part: write [{whole}, {value[0]}]" if whole else did_you_mean(value[0], CATEGORIES)
        raise WrongError(f"holds no category of Apple's: `{value[0]}`", hint, within=(0,))
    parts = CATEGORIES[value[0]]
    if value[1:] and value[1] not in parts:
        hint = did_you_mean(value[1], parts) or (f"one of: {', '.join(parts)}" if parts else "leave it out")
        raise WrongError(f"holds `{value[1]}`, which is no part of `{value[0]}` in Apple's list", hint, within=(1,))
    return value


def _bitrate(value: int) -> int:
    if value not in MP3_BITRATES_KBPS:
        near = min(MP3_BITRATES_KBPS, key=lambda rate: abs(rate - value))
        raise WrongError("is no bit rate of an MP3", f"the nearest is {near}")
    return value


def once_each(value: tuple[str, ...]) -> tuple[str, ...]:
    """A list with something in it, and nothing twice."""
    again = next((index for index, item in enumerate(value) if item in value[:index]), None)
    if again is not None:
        raise WrongError(f"names `{value[again]}` twice", code="duplicate", within=(again,))
    return some(value)


def some(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """A list with something in it."""
    if not value:
        raise WrongError("is an empty list", code="empty")
    return value


def _at_most_255(value: str) -> str:
    if len(value) > 255:
        raise WrongError("is longer than 255 characters, the most that podcast apps take", code="too-long")
    return value


def _at_most_4000_bytes(value: str) -> str:
    if len(value.encode()) > 4000:
        raise WrongError("is longer than 4000 bytes, the most that Apple takes", code="too-long")
    return value


def _at_most_128(value: str) -> str:
    if len(value) > 128:
        raise WrongError("is longer than 128 characters, the most that podcast apps show", code="too-long")
    return value


def _like(pattern: str, message: str, hint: str) -> Any:
    def check(value: str) -> str:
        if value and not re.fullmatch(pattern, value):
            raise WrongError(message, hint)
        return value

    return AfterValidator(check)


def _parsed(parse: Any) -> Any:
    return BeforeValidator(lambda value: parse(_filled(_line(value))))


def _pattern(pattern: str, example: str) -> Any:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


MaybeLine = Annotated[
    str, BeforeValidator(_line), AfterValidator(_at_most_255), WithJsonSchema({"type": "string", "maxLength": 255})
]
MaybeProse = Annotated[str, BeforeValidator(_prose), AfterValidator(_at_most_4000_bytes)]
Line = Annotated[
    str,
    BeforeValidator(_line),
    AfterValidator(_filled),
    AfterValidator(_at_most_255),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 255}),
]
ShortLine = Annotated[  # what the podcast namespace has room for; may be empty
    str, BeforeValidator(_line), AfterValidator(_at_most_128), WithJsonSchema({"type": "string", "maxLength": 128})
]
Name = Annotated[
    ShortLine, AfterValidator(_filled), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 128})
]
Words = Annotated[  # of any length
    str, BeforeValidator(_line), AfterValidator(_filled), WithJsonSchema({"type": "string", "minLength": 1})
]
Prose = Annotated[str, BeforeValidator(_prose)]
Whole = Annotated[int, BeforeValidator(_whole)]
Number = Annotated[int, Field(ge=0), BeforeValidator(_whole)]  # of an episode
SeasonNumber = Annotated[int, Field(ge=1), BeforeValidator(_whole)]
GraceDays = Annotated[int, Field(ge=1, le=3650), BeforeValidator(_whole)]
PageItems = Annotated[int, Field(ge=10), BeforeValidator(_whole)]
Latitude = Annotated[float, Field(ge=-90, le=90), BeforeValidator(_number)]
Longitude = Annotated[float, Field(ge=-180, le=180), BeforeValidator(_number)]
Multiple = Annotated[int, Field(ge=1, le=32), BeforeValidator(_whole)]
InkPercent = Annotated[int, Field(ge=200, le=400), BeforeValidator(_whole)]
Loudness = Annotated[float, Field(ge=-31, le=-9), BeforeValidator(_number)]
HighPass = Annotated[int, Field(ge=0, le=200), BeforeValidator(_whole)]
Overlap = Annotated[float, Field(ge=0, le=30), BeforeValidator(_number)]
TruePeak = Annotated[float, Field(ge=-9, le=0), BeforeValidator(_number)]
Bleed = Annotated[float, Field(ge=0, le=10), BeforeValidator(_number)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Cleared = Annotated[
    str,
    BeforeValidator(_clearance),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": DIGEST}]}),
]
Day = Annotated[date, _parsed(dates.parse_day), _pattern(dates.DAY, "2024-06-13")]
ClearedDay = Annotated[
    str,
    _parsed(_cleared_day),
    WithJsonSchema({"type": "string", "pattern": rf"{dates.DAY[:-1]}( {DIGEST[1:-1]})?$", "examples": ["2024-07-01"]}),
]
Slug = Annotated[Line, AfterValidator(_slug), WithJsonSchema({"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"})]
Hyphenated = Annotated[Line, AfterValidator(_hyphenated), _pattern(r"^[^\s\d-]+(-[^\s\d-]+)*$", "be-leids-pro-ces")]
Language = Annotated[Line, AfterValidator(_language), WithJsonSchema({"enum": list(LANGUAGES)})]
Timezone = Annotated[Line, AfterValidator(_timezone)]
Address = Annotated[Words, AfterValidator(_address)]
Home = Annotated[Words, AfterValidator(home_address), _pattern("^https?://.*/$", "https://example.org/programma/")]
Uuid = Annotated[Line, AfterValidator(_uuid), WithJsonSchema({"type": "string", "format": "uuid"})]
Guid = Annotated[Words, AfterValidator(_guid)]
Country = Annotated[
    MaybeLine,
    _like("[A-Z]{2}", "must be a country in two capitals (ISO 3166-1)", "write NL"),
    _pattern("^([A-Z]{2})?$", "NL"),
]
Osm = Annotated[
    MaybeLine,
    _like(
        "[NWR][0-9]+", "must be N, W or R and a number", "open the place on openstreetmap.org: its address tells both"
    ),
    _pattern("^([NWR][0-9]+)?$", "R192736"),
]
MediaType = Annotated[
    Line, _like("[a-z]+/[a-z0-9.+-]+", "must be a media type", "write audio/mpeg"), _pattern("^[a-z]+/", "audio/mpeg")
]
Path = Annotated[Words, WithJsonSchema({"type": "string", "minLength": 1})]
Clock = Annotated[int, _parsed(dates.parse_clock), _pattern(dates.CLOCK, "00:41")]
Hour = Annotated[datetime, _parsed(dates.parse_hour), _pattern(dates.HOUR, "2024-06-13 16:30")]
TimeOfDay = Annotated[str, _parsed(dates.parse_time_of_day), _pattern(dates.TIME_OF_DAY, "16:30")]
Moment = Annotated[Line, AfterValidator(_moment), _pattern("^[a-z0-9-]+#[0-9:.]+$", "01-burger-centraal#00:41")]
Description = Annotated[MaybeProse, AfterValidator(_filled)]
Category = Annotated[tuple[Line, ...], AfterValidator(_category)]
Bitrate = Annotated[Whole, AfterValidator(_bitrate), WithJsonSchema({"enum": list(MP3_BITRATES_KBPS)})]
