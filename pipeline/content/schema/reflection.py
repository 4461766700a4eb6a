"""Schema of the front matter of magazine/reflections/<event>/<group>.md."""

from pydantic import Field

from pipeline.content.schema import field_types as t
from pipeline.content.schema.base import ContentSchema
from pipeline.content.schema.story import TextPictureSchema


class QuoteSchema(ContentSchema):
    """A quote from the discussion."""

    text: t.Text
    by: t.OptionalLine = Field(default="", description="The role of the speaker, never a name.")
    approved: t.QuoteApproval = Field(
        default="",
        description="true if the speaker approved publication; `weerslag approve` replaces it by the digest of the text.",
    )


class ReflectionSchema(ContentSchema):
    """The front matter of magazine/reflections/<event>/<group>.md; the text follows below it."""

    noun = "reflection"

    group: t.Line = Field(description="The name of the discussion group.")
    roles: tuple[t.Line, ...] = Field(default=(), description="The roles of the participants, never their names.")
    participants: t.RoleCounts = Field(
        default_factory=dict, description="How many participants had each role; unknown counts as fewer than five."
    )
    case: t.Slug | None = Field(default=None, description="The case of its event that the group discussed.")
    question: t.OptionalProse = Field(default="", description="The question that was discussed.")
    approved: t.ReflectionApproval | None = Field(
        default=None,
        description="The date on which the group approved the text; `weerslag approve` adds a digest. Without it: a draft.",
    )
    insights: tuple[t.Text, ...] = ()
    quotes: tuple[QuoteSchema, ...] = ()
    moment: t.Moment | None = Field(
        default=None, description="A position in an episode: its slug, #, and a time code in the recording."
    )
    order: t.Integer | None = Field(
        default=None, description="Its place in its event, before the groups without one, which follow by name."
    )
    pictures: tuple[TextPictureSchema, ...] = Field(default=(), description="How pictures in the text are shown.")
