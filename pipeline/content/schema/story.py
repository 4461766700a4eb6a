"""Schema of the front matter of magazine/stories/<slug>.md."""

from pydantic import Field

from pipeline.content.schema import field_types as t
from pipeline.content.schema.base import ContentSchema


class PictureSchema(ContentSchema):
    """A picture."""

    file: t.FilePath = Field(description="A path from magazine/, or from the programme's folder.")
    alt: t.Text = Field(description="Text alternative: what the picture shows.")
    credit: t.OptionalLine = Field(default="", description="The maker.")
    caption: t.OptionalProse = ""


class StorySchema(ContentSchema):
    """The front matter of magazine/stories/<slug>.md; the text follows below it."""

    noun = "story"

    title: t.Line
    intro: t.OptionalProse = ""
    by: t.OptionalLine = Field(default="", description="The author.")
    event: t.Slug | None = Field(default=None, description="The id of the event it belongs to.")
    picture: PictureSchema | None = None
    pulls: tuple[t.Text, ...] = Field(default=(), description="Sentences of the text to print as pull quotes.")
