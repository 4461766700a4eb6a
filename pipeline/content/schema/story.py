"""Schema of the front matter of magazine/stories/<slug>.md."""

from typing import Literal

from pydantic import Field

from pipeline.content.schema import field_types as t
from pipeline.content.schema.base import ContentSchema

PictureFit = Literal["whole", "crop"]
PictureWidth = Literal["column", "full", "page"]
FIT = "whole: keep the shape of the picture (default in a text); crop: cut it to a standard shape."
FOCUS = "What a crop keeps: percent from the left and from the top."
WIDTH = "column, full (across both columns) or page. Default: by the shape and the resolution of the picture."


class PictureSchema(ContentSchema):
    """A picture."""

    file: t.FilePath = Field(description="A path from magazine/, or from the programme's folder.")
    alt: t.Text = Field(description="Text alternative: what the picture shows.")
    credit: t.OptionalLine = Field(default="", description="The maker.")
    caption: t.OptionalProse = ""
    fit: PictureFit | None = Field(default=None, description=FIT)
    focus: t.Focus | None = Field(default=None, description=FOCUS)
    width: PictureWidth | None = Field(default=None, description=WIDTH)


class TextPictureSchema(ContentSchema):
    """How a picture in the text is shown; its alternative text and caption stay in the text."""

    file: t.FilePath = Field(description="The path, as in the text.")
    fit: PictureFit | None = Field(default=None, description=FIT)
    focus: t.Focus | None = Field(default=None, description=FOCUS)
    width: PictureWidth | None = Field(default=None, description=WIDTH)


class StorySchema(ContentSchema):
    """The front matter of magazine/stories/<slug>.md; the text follows below it."""

    noun = "story"

    title: t.Line
    intro: t.OptionalProse = ""
    by: t.OptionalLine = Field(default="", description="The author.")
    kind: Literal["news", "background", "interview", "essay"] | None = Field(
        default=None, description="What it is; below an essay stand the texts and talks that it links to."
    )
    day: t.Day | None = Field(default=None, alias="date", description="The day on which it was published.")
    canonical: t.Url | None = Field(
        default=None, description="The address where it was published first; search engines show that one."
    )
    event: t.Slug | None = Field(default=None, description="The id of the event it belongs to.")
    picture: PictureSchema | None = None
    pulls: tuple[t.Text, ...] = Field(default=(), description="Sentences of the text to print as pull quotes.")
    pictures: tuple[TextPictureSchema, ...] = Field(default=(), description="How pictures in the text are shown.")
