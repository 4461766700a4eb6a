"""Schema of the front matter of episodes/<slug>/episode.md.

All time codes are positions in the recording.
"""

from typing import Literal

from pydantic import Field

from pipeline.content.schema import field_types as t
from pipeline.content.schema.base import ContentSchema
from pipeline.content.schema.event import PersonSchema
from pipeline.content.schema.podcast import TxtSchema

_POSITION = "Time code in the recording."


class SpeakerSchema(PersonSchema):
    """A person who speaks in the episode."""

    speaker: t.OptionalLine = Field(
        default="", description="The name in the transcript, if it differs, such as SPEAKER_00."
    )


class ChapterSchema(ContentSchema):
    """A chapter; it ends where the next one starts."""

    start_ms: t.TimeCode = Field(alias="start", description=_POSITION)
    title: t.Line
    image: t.FilePath | None = Field(
        default=None, description="A picture that apps show during this chapter: a path from the programme's folder."
    )


class TimeRangeSchema(ContentSchema):
    """A range of the recording that is cut, muted or bleeped."""

    from_ms: t.TimeCode = Field(alias="from", description=_POSITION)
    to_ms: t.TimeCode = Field(alias="to", description=_POSITION)


class JingleSchema(ContentSchema):
    """A jingle between two parts of the episode."""

    at_ms: t.TimeCode = Field(alias="at", description="Time code in the recording at which the next part begins.")
    sound: t.FilePath | None = Field(
        default=None, description="A path from the programme's folder; default: the `jingle` of programme.yaml."
    )


class TrackSchema(ContentSchema):
    """One microphone of a talk that several recorded at once."""

    file: t.FilePath = Field(description="A file in the folder of the episode, such as recording/ZOOM0001_Tr1.WAV.")
    speaker: t.OptionalLine = Field(default="", description="Who speaks into it.")
    offset_s: t.OffsetSeconds | None = Field(
        default=None,
        alias="offset",
        description="Seconds between the start of the first track and that of this one; default: found by sound.",
    )


class TeaserSchema(TimeRangeSchema):
    """A fragment of 15 to 60 seconds that promotes the episode."""

    title: t.ShortLine = Field(default="", description="The title; default: that of the episode.")


class EpisodeSchema(ContentSchema):
    """The front matter of episodes/<slug>/episode.md; the show notes follow below it."""

    noun = "episode"
    is_printed = False

    guid: t.Guid = Field(description="Written by `new episode`; never change it, apps identify the episode by it.")
    number: t.EpisodeNumber = Field(description="The number in the season, or in the series; 0: none.")
    event: t.Slug | None = Field(default=None, description="The id of the event at which it was recorded.")
    title: t.Line
    summary: t.OptionalProse = Field(default="", description="One or two sentences, for lists in apps.")
    published: t.PreciseDateTime = Field(
        description="Held back until this date and time, in the time zone of the programme; seconds are optional."
    )
    season: t.SeasonNumber | None = Field(default=None, description="The season, in a podcast with several.")
    kind: Literal["full", "trailer", "bonus"] = "full"
    explicit: t.Boolean = False
    cover: t.FilePath | None = Field(
        default=None, description="A square picture: a path from the programme's folder; default: drawn from the audio."
    )
    guid_is_permalink: t.Boolean = Field(
        default=False, description="true: the guid is also a URL that apps may open; written by `init --from-feed`."
    )
    master: t.Boolean = Field(
        default=True,
        description="false: the one file in recording/ is published as it is, byte for byte, as long as nothing of it is "
        "cut, muted, bleeped or made a teaser; written by `init --from-feed`.",
    )
    media_type: t.MediaType | None = Field(
        default=None, description="The media type of audio that is published as it is; default: by its extension."
    )
    people: tuple[SpeakerSchema, ...] = Field(default=(), description="The speakers.")
    txt: tuple[TxtSchema, ...] = Field(default=(), description="Text for machines, such as `ai-content`.")
    chapters: tuple[ChapterSchema, ...] = ()
    cuts: tuple[TimeRangeSchema, ...] = Field(
        default=(), description="Removed from the audio; chapters and transcript are shifted."
    )
    input_channels: Literal["auto", "stereo", "mono", "left", "right"] = Field(
        default="auto", description="What the recorder gave, and so which channels of the recording to use."
    )
    mutes: tuple[TimeRangeSchema, ...] = Field(
        default=(), description="Replaced by room tone; their text is removed from the transcript."
    )
    bleeps: tuple[TimeRangeSchema, ...] = Field(default=(), description="Replaced by a bleep; the transcript says so.")
    jingles: tuple[JingleSchema, ...] = Field(
        default=(), description="Music between two parts; chapters and transcript are shifted."
    )
    teasers: tuple[TeaserSchema, ...] = Field(
        default=(), description="Fragments of 15 to 60 seconds for promotion: files in press/teasers/."
    )
    tracks: tuple[TrackSchema, ...] | None = Field(
        default=None,
        description="The microphones of one talk; default: recognised by sound. An empty list: the files are parts.",
    )
    transcript_reviewed: t.Day | None = Field(
        default=None,
        description="The date on which a person checked the transcript against the audio; required for public bodies.",
    )
