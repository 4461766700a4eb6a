"""Schema of the front matter of magazine/cases/<event>/<slug>.md."""

from pydantic import Field

from pipeline.content.schema import field_types as t
from pipeline.content.schema.base import ContentSchema
from pipeline.content.schema.story import PictureSchema, TextPictureSchema


class CaseSchema(ContentSchema):
    """The front matter of magazine/cases/<event>/<slug>.md, a practice example; the text follows below it."""

    noun = "case"

    title: t.Line
    organisation: t.OptionalLine = Field(default="", description="The organisation or organisations it comes from.")
    summary: t.OptionalProse = Field(default="", description="One or two sentences, for lists and table cards.")
    picture: PictureSchema | None = None
    pictures: tuple[TextPictureSchema, ...] = Field(default=(), description="How pictures in the text are shown.")
    contact: t.OptionalLine = Field(default="", description="Who presents it: a role, never a name.")
    questions: tuple[t.Text, ...] = Field(default=(), description="Questions for the groups.")
