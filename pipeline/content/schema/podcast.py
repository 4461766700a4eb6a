"""What people may write under `podcast:`: the forms of it. A doorway to pydantic, with ``forms`` and ``fields``."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from pipeline.content.field_error import WrongError
from pipeline.content.schema.base import Form, shape_of
from pipeline.content.schema.fields import (
    Address,
    Category,
    Description,
    GraceDays,
    Hour,
    Line,
    MaybeProse,
    Name,
    PageItems,
    Path,
    SeasonNumber,
    ShortLine,
    Truth,
    Uuid,
    Words,
)
from pipeline.model.licences import LICENCES
from pipeline.model.podcast import GRACE_DAYS

_RRULE = re.compile(r"FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY)(;[A-Z]+=[A-Z0-9,+:.-]+)*")
_EVERY = "FREQ=WEEKLY, FREQ=MONTHLY, FREQ=WEEKLY;INTERVAL=2"


class LicenseForm(Form):
    """A licence of one's own."""

    name: Name = Field(description="What it is called in public.")
    url: Address = Field(description="Where its full text stands.")


def _known(value: str) -> str:
    name = value.lower()
    if name not in LICENCES:
        near = next((known for known in LICENCES if name in known), "")
        hint = f"did you mean `{near}`?" if near else f"one of: {', '.join(LICENCES)}; or write its `name` and `url`"
        raise WrongError("is no licence that everybody knows", hint)
    return name


License = Annotated[
    Annotated[Line, AfterValidator(_known), Tag("text")] | Annotated[LicenseForm, Tag("keys")],
    Discriminator(shape_of),
]


class FundingForm(Form):
    """Where listeners can support the podcast."""

    url: Address
    text: Name = Field(description="What apps write on the button.")


class TxtForm(Form):
    """Words for machines."""

    purpose: ShortLine = Field(
        default="", description="What for: applepodcastsverify, verify, ai-content, or a word of one's own."
    )
    text: Words

    @field_validator("text")
    @classmethod
    def _fits(cls, value: str, info: ValidationInfo) -> str:
        if len(value) > 4000:
            raise WrongError("is longer than 4000 characters, the most that podcast apps take", code="too-long")
        if info.data.get("purpose") == "ai-content" and value not in {"true", "false"}:
            raise WrongError("must be true or false, for the purpose `ai-content`")
        return value


class FrequencyForm(Form):
    """How often an episode comes."""

    text: Name = Field(description="In words, as apps show it.")
    rrule: ShortLine = Field(default="", description=f"The same for machines, by RFC 5545: {_EVERY} …")
    starts: Annotated[Hour | None, Field(validate_default=True)] = Field(
        default=None, description="When it begins; needed where `rrule` has a COUNT."
    )

    @field_validator("rrule")
    @classmethod
    def _rule(cls, value: str) -> str:
        if value and not _RRULE.fullmatch(value):
            raise WrongError("is no rule of RFC 5545", f"write {_EVERY}", code="wrong-value")
        return value

    @field_validator("starts")
    @classmethod
    def _counted(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and "COUNT=" in info.data.get("rrule", ""):
            raise WrongError("must be there: `rrule` has a COUNT, which counts from it")
        return value


class SeasonForm(Form):
    """A season that has a name."""

    number: SeasonNumber
    name: Name


class PodcastForm(Form):
    """What podcast apps show of the series as a whole."""

    guid: Uuid = Field(description="UUIDv5 of the first address of the feed. Written once by `init`, never changed.")
    author: Line
    description: Description
    category: Category = Field(
        default=("Government",), description="A category of Apple's, and if you like one of its parts."
    )
    type: Literal["serial", "episodic"] = Field(
        default="serial", description="serial: apps begin with the oldest episode."
    )
    explicit: Truth = False
    cover: Path | None = Field(default=None, description="A square picture; absent: drawn from the sound.")
    cover_alt: MaybeProse = Field(
        default="", description="What is to be seen on the cover, for whoever does not see it."
    )
    medium: Literal["podcast", "course"] = Field(
        default="podcast", description="course: for a series that is a course; older apps do not know it."
    )
    locked: Truth = Field(default=True, description="true: no other host may take the feed over.")
    license: License | None = Field(
        default=None,
        description=f"What others may do with the sound: {', '.join(LICENCES)}; or a `name` and a `url`.",
    )
    funding: tuple[FundingForm, ...] = Field(default=(), description="Where listeners can support the podcast.")
    txt: tuple[TxtForm, ...] = Field(default=(), description="Words for machines, such as a proof of ownership.")
    frequency: FrequencyForm | None = Field(default=None, description="How often an episode comes.")
    complete: Truth = Field(
        default=False,
        description="true: once the last episode is out, apps are told that no more will come, and Apple stops asking.",
    )
    seasons: tuple[SeasonForm, ...] = Field(default=(), description="The names of the seasons.")
    hub: Address | None = Field(
        default=None, description="The address of a WebSub hub; apps that know it hear of a new episode at once."
    )
    grace_days: GraceDays = Field(
        default=GRACE_DAYS,
        description="How many days old sound stays once no feed names it; `publish --prune` takes it away afterwards. "
        "An app that read the feed before it slept may still ask for it.",
    )
    page_items: PageItems | None = Field(
        default=None,
        description="A longer feed is cut into pages of so many episodes (RFC 5005). Absent: it is always whole; most "
        "apps know no pages, and show only the newest.",
    )

    @model_validator(mode="after")
    def _seasons_differ(self) -> "PodcastForm":
        numbers = [season.number for season in self.seasons]
        again = next((at for at, number in enumerate(numbers) if number in numbers[:at]), None)
        if again is not None:
            message = f"has two seasons of the number {numbers[again]}"
            raise WrongError(message, code="duplicate", within=("seasons", again, "number"))
        return self

    @field_validator("page_items")
    @classmethod
    def _not_serial(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and info.data.get("type") == "serial":
            message = (
                "does not go with `type: serial`: the oldest episode, where it begins, would stand on the last page"
            )
            raise WrongError(message, "leave it out, or write `type: episodic`")
        return value
