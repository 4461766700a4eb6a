"""Schema of magazine/magazine.yaml."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from pipeline.content.field_error import FieldError
from pipeline.content.schema import field_types as t
from pipeline.content.schema.base import ContentSchema, get_union_tag
from pipeline.content.schema.story import FIT, FOCUS, PictureFit, PictureSchema
from pipeline.errors import fill

_PICTURE_PATH = "A path from magazine/, or from the programme's folder."

Image = Annotated[
    Annotated[t.FilePath, Tag("text")] | Annotated[PictureSchema, Tag("mapping")], Discriminator(get_union_tag)
]


class ImageSchema(ContentSchema):
    """A picture: `image` is a mapping, or a path with `alt`, `credit` and `caption` next to it."""

    image: Image | None = Field(default=None, description=_PICTURE_PATH)
    alt: Annotated[t.OptionalProse, Field(validate_default=True)] = Field(
        default="", description="Text alternative: what the picture shows."
    )
    credit: t.OptionalLine = Field(default="", description="The maker.")
    caption: t.OptionalProse = ""
    fit: PictureFit | None = Field(default=None, description=FIT)
    focus: t.Focus | None = Field(default=None, description=FOCUS)
    headline: t.OptionalLine = ""

    @field_validator("alt")
    @classmethod
    def _require_alt(cls, value: str, info: ValidationInfo) -> str:
        if isinstance(info.data.get("image"), str) and not value:
            raise FieldError("is empty", "describe in one sentence what the picture shows", code="missing-alt")
        return value

    @field_validator("alt", "credit", "caption", "fit", "focus")
    @classmethod
    def _reject_second_value(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(info.data.get("image"), PictureSchema) and value:
            raise FieldError(
                "is outside the mapping of the picture",
                fill("move `{field_name}` into `image`", field_name=info.field_name),
            )
        return value

    def get_picture(self) -> PictureSchema | None:
        """Return the picture, whichever way it was written."""
        if not isinstance(self.image, str):
            return self.image
        shared = {key: getattr(self, key) for key in ("alt", "credit", "caption", "fit", "focus")}
        return PictureSchema.model_construct(file=self.image, **shared)


class PhotoSchema(ImageSchema):
    """A page with one picture."""

    image: Image = Field(description=_PICTURE_PATH)


class SimpleItemSchema(ContentSchema):
    """An item that needs nothing but its name."""

    headline: t.OptionalLine = Field(default="", description="Replaces the default heading.")


_BARE_ITEMS = ("cover", "contents", "quotes", "notes", "index", "colophon", "back")  # need nothing but their name


def _allow_bare_names(schema: dict[str, Any]) -> None:
    mapping = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"enum": [*_BARE_ITEMS]}, mapping | {"minProperties": 1, "maxProperties": 1}]


class FlatplanItemSchema(ContentSchema):
    """One item of the flatplan: a name, or a name with a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_allow_bare_names)

    cover: ImageSchema | None = Field(default=None, description="The cover: a picture and a headline, or generated.")
    contents: SimpleItemSchema | None = Field(default=None, description="The table of contents.")
    article: t.FilePath | None = Field(default=None, description="A story: stories/<slug>.md.")
    event: t.Slug | None = Field(default=None, description="An event: its opening, reflections and quotes.")
    quotes: SimpleItemSchema | None = Field(default=None, description="A page of quotes.")
    photo: PhotoSchema | None = Field(default=None, description="A page with one picture.")
    notes: SimpleItemSchema | None = Field(default=None, description="A page for handwritten notes.")
    index: SimpleItemSchema | None = Field(default=None, description="Themes, organisations and roles, with pages.")
    colophon: SimpleItemSchema | None = Field(default=None, description="The colophon.")
    back: SimpleItemSchema | None = Field(default=None, description="The back cover.")

    @model_validator(mode="before")
    @classmethod
    def _drop_empty_keys(cls, data: Any) -> Any:  # a bare `contents`, and `contents:` without a value, are the item
        if isinstance(data, str):
            data = {str(data): None}
        if not isinstance(data, dict):
            raise FieldError("must be a name such as `contents`, or `event: …`", code="wrong-type")
        known = [key for key in data if key in cls.list_keys()]
        if len(known) > 1:
            raise FieldError(
                fill("has two keys: `{first}` and `{second}`", first=known[0], second=known[1]),
                "start each item with `- `",
                code="two-in-one",
            )
        if not data:
            raise FieldError("has no key", fill("one of: {names}", names=", ".join(cls.list_keys())), code="empty")
        if empty := next((key for key in known if data[key] is None and key not in _BARE_ITEMS), ""):
            raise FieldError(fill("is incomplete: `{empty}` is empty", empty=empty), code="empty", within=(empty,))
        return {key: {} if value is None and key in _BARE_ITEMS else value for key, value in data.items()}

    def get_kind(self) -> str:
        """Return the key that was used."""
        return next(iter(self.model_fields_set))


class PrintSchema(ContentSchema):
    """Settings of the print edition."""

    bleed_mm: t.BleedMm = 3.0
    profile: t.FilePath = Field(
        default="coated-fogra39",
        description="coated-fogra39, or the path of the printer's ICC profile (CMYK, output).",
    )
    condition: t.OptionalLine = Field(default="", description="The printing condition of an own profile, e.g. FOGRA52.")
    ink_percent: t.InkPercent = Field(default=300, description="Maximum total ink coverage; ask the printer.")
    multiple_of: t.PageMultiple = Field(default=4, description="Blank pages are added up to a multiple of this.")


class MagazineSchema(ContentSchema):
    """magazine/magazine.yaml: the magazine and the order of its articles."""

    noun = "magazine"

    title: t.Line
    edition: t.OptionalLine = ""
    language: t.Language | None = Field(default=None, description="Default: the language of the programme.")
    page: Literal["a4"] = "a4"
    name: t.Slug = Field(default="magazine", description="The name of its files: <name>.pdf.")
    flatplan: Annotated[tuple[FlatplanItemSchema, ...], AfterValidator(t.require_items)] = Field(
        description="The articles in order."
    )
    print: PrintSchema = PrintSchema()
    colophon: t.Prose = Field(default="", description="The colophon, in Markdown.")
    hyphenation: tuple[t.HyphenatedWord, ...] = Field(
        default=(),
        description="Words that the dictionary hyphenates wrongly, with a hyphen at each break; none: never broken.",
    )
