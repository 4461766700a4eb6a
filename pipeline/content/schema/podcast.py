"""Schema of the key ``podcast:`` of programme.yaml."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from pipeline.content.field_error import FieldError
from pipeline.content.schema import field_types as t
from pipeline.content.schema.base import ContentSchema, get_union_tag
from pipeline.errors import fill
from pipeline.model.feed_vocabulary import LICENCES
from pipeline.model.podcast import RETENTION_DAYS

_EXAMPLES = "FREQ=WEEKLY, FREQ=MONTHLY, FREQ=WEEKLY;INTERVAL=2"
_RRULE = t.match_pattern(
    r"FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY)(;[A-Z]+=[A-Z0-9,+:.-]+)*",
    "is not a recurrence rule (RFC 5545)",
    fill("write {examples}", examples=_EXAMPLES),
)
_EMAIL = t.match_pattern(
    r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+",
    "is not an e-mail address",
    "write one address, such as podcast@example.org",
)


class LicenseSchema(ContentSchema):
    """A licence that is not in the list."""

    name: t.Name = Field(description="The name of the licence.")
    url: t.Url = Field(description="The URL of its full text.")


def _check_licence(value: str) -> str:
    name = value.lower()
    if name not in LICENCES:
        similar = next((known for known in LICENCES if name in known), "")
        hint = (
            fill("did you mean `{similar}`?", similar=similar)
            if similar
            else fill("one of: {licences}; or write `name` and `url`", licences=", ".join(LICENCES))
        )
        raise FieldError("is not a known licence", hint)
    return name


License = Annotated[
    Annotated[t.Line, AfterValidator(_check_licence), Tag("text")] | Annotated[LicenseSchema, Tag("mapping")],
    Discriminator(get_union_tag),
]


class FundingSchema(ContentSchema):
    """Where listeners can support the podcast."""

    url: t.Url
    text: t.Name = Field(description="The label of the button in apps.")


class TxtSchema(ContentSchema):
    """Text for machines."""

    purpose: t.ShortLine = Field(
        default="", description="The purpose: applepodcastsverify, verify, ai-content, or your own word."
    )
    text: t.Text

    @field_validator("text")
    @classmethod
    def _check_text(cls, value: str, info: ValidationInfo) -> str:
        if len(value) > 4000:
            raise FieldError("is longer than 4000 characters, the maximum that podcast apps accept", code="too-long")
        if info.data.get("purpose") == "ai-content" and value not in {"true", "false"}:
            raise FieldError("must be true or false for the purpose `ai-content`")
        return value


class FrequencySchema(ContentSchema):
    """How often episodes are published."""

    text: t.Name = Field(description="In words, as apps show it.")
    rrule: Annotated[t.ShortLine, _RRULE] = Field(
        default="", description=f"The same as a recurrence rule (RFC 5545): {_EXAMPLES} …"
    )
    starts: Annotated[t.DateTime | None, Field(validate_default=True)] = Field(
        default=None, description="The first occurrence; required if `rrule` has a COUNT."
    )

    @field_validator("starts")
    @classmethod
    def _require_start_of_count(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and "COUNT=" in info.data.get("rrule", ""):
            raise FieldError("is missing: a `rrule` with a COUNT needs it")
        return value


class SeasonSchema(ContentSchema):
    """A season with a name."""

    number: t.SeasonNumber
    name: t.Name


class PodcastAppsSchema(ContentSchema):
    """The pages of the podcast in apps and directories, for the site."""

    apple: t.Url | None = Field(default=None, description="Its page in Apple Podcasts.")
    spotify: t.Url | None = Field(default=None, description="Its page in Spotify.")
    youtube: t.Url | None = Field(default=None, description="Its playlist on YouTube.")
    pocket_casts: t.Url | None = Field(default=None, description="Its page in Pocket Casts.")
    amazon: t.Url | None = Field(default=None, description="Its page in Amazon Music.")
    deezer: t.Url | None = Field(default=None, description="Its page in Deezer.")
    castbox: t.Url | None = Field(default=None, description="Its page in Castbox.")


class PodcastSchema(ContentSchema):
    """The podcast as a whole, as apps show it."""

    guid: t.Uuid = Field(description="UUIDv5 of the first URL of the feed. Written by `init`; never change it.")
    author: t.Line
    description: t.Description
    category: t.Category = Field(
        default=("Government",), description="An Apple category, optionally with a subcategory."
    )
    type: Literal["serial", "episodic"] = Field(
        default="serial", description="serial: apps start with the oldest episode."
    )
    explicit: t.Boolean = False
    cover: t.FilePath | None = Field(default=None, description="A square picture; default: generated from the audio.")
    cover_alt: t.OptionalProse = Field(default="", description="Text alternative of the cover.")
    medium: Literal["podcast", "course"] = Field(
        default="podcast", description="course: for a series that is a course; older apps do not support it."
    )
    locked: t.Boolean = Field(default=True, description="true: other hosts may not import the feed.")
    license: License | None = Field(
        default=None,
        description=f"The licence of the audio: {', '.join(LICENCES)}; or a `name` and a `url`.",
    )
    funding: tuple[FundingSchema, ...] = Field(default=(), description="Where listeners can support the podcast.")
    txt: tuple[TxtSchema, ...] = Field(default=(), description="Text for machines, such as a verification code.")
    frequency: FrequencySchema | None = Field(default=None, description="How often episodes are published.")
    complete: t.Boolean = Field(
        default=False,
        description="true: there will be no new episodes after the last one; Apple then stops polling the feed.",
    )
    seasons: tuple[SeasonSchema, ...] = Field(default=(), description="The names of the seasons.")
    hub: t.Url | None = Field(default=None, description="The URL of a WebSub hub, which notifies apps of new episodes.")
    email: Annotated[t.OptionalLine, _EMAIL] = Field(
        default="",
        description="An e-mail address of the owner, which becomes public in the feed. Spotify sends a code to it when "
        "the podcast is added; use an address of the organisation, and remove it afterwards.",
    )
    apps: PodcastAppsSchema = Field(
        default_factory=PodcastAppsSchema, description="Where the podcast is in apps; the site links to these pages."
    )
    retention_days: t.RetentionDays = Field(
        default=RETENTION_DAYS,
        description="How many days audio stays online after the feed stopped naming it; then `publish --prune` deletes it. "
        "An app that read the feed earlier may still request it.",
    )
    page_items: t.PageItems | None = Field(
        default=None,
        description="Splits a longer feed into pages of this many episodes (RFC 5005). Without it the feed is never "
        "split: most apps do not support pages, and show only the newest.",
    )

    @model_validator(mode="after")
    def _reject_duplicate_seasons(self) -> "PodcastSchema":
        numbers = [season.number for season in self.seasons]
        duplicate = next((at for at, number in enumerate(numbers) if number in numbers[:at]), None)
        if duplicate is not None:
            message = fill("has two seasons with number {numbers}", numbers=numbers[duplicate])
            raise FieldError(message, code="duplicate", within=("seasons", duplicate, "number"))
        return self

    @field_validator("page_items")
    @classmethod
    def _reject_pages_of_serial(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and info.data.get("type") == "serial":
            message = (
                "is not allowed with `type: serial`: the oldest episode, which comes first, would be on the last page"
            )
            raise FieldError(message, "remove it, or write `type: episodic`")
        return value
