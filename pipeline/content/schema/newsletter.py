"""Schema of the front matter of magazine/newsletters/<slug>.md."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from pipeline.content.field_error import FieldError
from pipeline.content.schema import field_types as t
from pipeline.content.schema.base import ContentSchema
from pipeline.errors import fill
from pipeline.text import suggest_similar

BARE_BLOCKS = ("intro", "agenda")  # need nothing but their name
TARGET = re.compile(r"(?:(?P<kind>story|episode|event):(?P<ref>[a-z0-9-]+)|https://\S+)\Z")


def _check_target(value: str) -> str:
    if not TARGET.match(value):
        raise FieldError(
            "must be an item of the programme, or an address", "write it as event:<id>, or as https://example.org/"
        )
    return value


Target = Annotated[t.Line, AfterValidator(_check_target)]


class TipSourceSchema(ContentSchema):
    """Where a tip comes from."""

    title: t.Line
    url: t.Url


class TipSchema(ContentSchema):
    """A tip with its source."""

    text: t.Text
    source: TipSourceSchema


class ButtonSchema(ContentSchema):
    """A call to act."""

    text: t.Line = Field(description="What happens: Meld je aan voor …; never only “click here”.")
    to: Target = Field(description="event:<id>, story:<slug>, episode:<slug>, or a URL.")


def _allow_bare_names(schema: dict[str, Any]) -> None:
    mapping = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"enum": [*BARE_BLOCKS]}, mapping | {"minProperties": 1, "maxProperties": 1}]


class NewsletterBlockSchema(ContentSchema):
    """One block: a name, or a name with a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_allow_bare_names)

    intro: bool | None = Field(default=None, description="The text below the front matter.")
    agenda: bool | None = Field(default=None, description="The events after the date of the newsletter.")
    tips: Annotated[tuple[TipSchema, ...], AfterValidator(t.require_items)] | None = Field(
        default=None, description="Tips, each with its source."
    )
    story: t.Slug | None = Field(default=None, description="The slug of a story.")
    episode: t.Slug | None = Field(default=None, description="The slug of an episode.")
    event: t.Slug | None = Field(default=None, description="The id of an event.")
    button: ButtonSchema | None = Field(default=None, description="A call to act.")

    @model_validator(mode="before")
    @classmethod
    def _drop_empty_keys(cls, data: Any) -> Any:
        if isinstance(data, str):
            name = str(data)
            if name not in BARE_BLOCKS:
                raise FieldError(
                    fill("is not a block: `{name}`", name=name[:40]),
                    suggest_similar(name, BARE_BLOCKS) or fill("one of: {names}", names=", ".join(cls.list_keys())),
                )
            return {name: True}
        if not isinstance(data, dict) or not data:
            raise FieldError("must be a name such as `intro`, or `story: …`", code="wrong-type")
        if len(data) > 1:
            first, second = list(data)[:2]
            raise FieldError(
                fill("has two keys: `{first}` and `{second}`", first=first, second=second),
                "start each item with `- `",
                code="two-in-one",
            )
        key, value = next(iter(data.items()))
        if key in BARE_BLOCKS:
            if value is not None:
                raise FieldError("needs no value", fill("write `- {key}`", key=key), within=(key,))
            return {key: True}
        if value is None and key in cls.list_keys():
            raise FieldError(fill("is incomplete: `{empty}` is empty", empty=key), code="empty", within=(key,))
        return data

    def get_kind(self) -> str:
        """Return the key that was used."""
        return next(iter(self.model_fields_set))


class NewsletterSchema(ContentSchema):
    """The front matter of magazine/newsletters/<slug>.md; the text of the intro follows below it."""

    noun = "newsletter"

    number: t.SeasonNumber = Field(description="The number of this newsletter, from 1.")
    date: t.Day = Field(description="The day on which it is sent; its web page is public from then on.")
    subject: t.Line
    preview: t.OptionalLine = Field(default="", description="What mail apps show behind the subject.")
    blocks: Annotated[tuple[NewsletterBlockSchema, ...], AfterValidator(t.require_items)]
