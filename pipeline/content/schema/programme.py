"""Schema of programme.yaml, except ``podcast:``."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from pipeline.content.field_error import FieldError
from pipeline.content.schema import field_types as t
from pipeline.content.schema.base import ContentSchema
from pipeline.content.schema.podcast import PodcastSchema


class PersonSchema(ContentSchema):
    """A person who is named in public."""

    name: t.Line = Field(description="The name as published.")
    role: t.OptionalLine = Field(default="guest", description="The role: guest, host, or a profession.")
    organisation: t.OptionalLine = Field(default="", description="The employer.")


class VenueSchema(ContentSchema):
    """The place where an event is held."""

    name: t.Line = Field(description="The building.")
    address: t.OptionalLine = Field(default="", description="Street and number.")
    city: t.OptionalLine = ""
    country: t.CountryCode = Field(
        default="", description="Country code of two capitals, such as NL; apps can search podcasts by country."
    )
    latitude: t.Latitude | None = Field(default=None, description="In degrees, with a point; requires `longitude`.")
    longitude: t.Longitude | None = Field(default=None, description="In degrees, with a point; requires `latitude`.")
    osm: t.OsmElement = Field(default="", description="The OpenStreetMap element: N, W or R and its number.")

    @model_validator(mode="after")
    def _require_both_coordinates(self) -> "VenueSchema":
        if (self.latitude is None) != (self.longitude is None):
            given, missing = ("latitude", "longitude") if self.longitude is None else ("longitude", "latitude")
            raise FieldError(f"has no `{missing}`", f"coordinates need both; or remove `{given}`")
        return self


class LiveStreamSchema(ContentSchema):
    """Where an event can be followed live."""

    page: t.Url = Field(description="The web page on which anyone can listen.")
    stream: t.Url | None = Field(default=None, description="The audio stream, for apps; preferably MP3.")
    media_type: t.MediaType = Field(default="audio/mpeg", alias="type", description="The media type of the stream.")


class AgendaItemSchema(ContentSchema):
    """One item of the agenda."""

    at: t.TimeOfDay = Field(description="The start time.")
    what: t.Line = Field(description="The name of the item.")


class CaseSchema(ContentSchema):
    """A practice example presented at an event."""

    title: t.Line
    organisation: t.OptionalLine = ""
    summary: t.OptionalProse = ""
    role: t.OptionalLine = Field(default="", description="The role of the presenter.")


class EventSchema(ContentSchema):
    """One live event."""

    id: t.Slug = Field(description="The id in file names and URLs; do not change it after publishing.")
    title: t.Line
    theme: t.OptionalLine = Field(default="", description="The question of the event.")
    starts: t.DateTime = Field(description="Date and time, in the time zone of the programme.")
    ends: t.DateTime = Field(description="Date and time, in the time zone of the programme.")
    venue: VenueSchema | None = Field(default=None, description="The venue; or `online`.")
    online: t.Url | None = Field(default=None, description="The URL of an online event; or `venue`.")
    live: LiveStreamSchema | None = Field(
        default=None, description="The live stream that the feed announces (podcast:liveItem)."
    )
    agenda: tuple[AgendaItemSchema, ...] = ()
    guests: tuple[PersonSchema, ...] = ()
    cases: tuple[CaseSchema, ...] = ()


class SoundSchema(ContentSchema):
    """Loudness targets, processing and formats of all episodes."""

    loudness_lufs: t.LoudnessLufs = Field(
        default=-16.0, description="Integrated loudness of the file that listeners download."
    )
    true_peak_dbtp: t.TruePeakDbtp = -1.0
    channels: Literal["stereo", "mono"] = "stereo"
    bitrate_kbps: t.Bitrate = Field(default=128, description="Bit rate of the MP3; the other formats follow.")
    formats: Annotated[tuple[Literal["mp3", "m4a", "opus"], ...], AfterValidator(t.require_unique_items)] = Field(
        default=("mp3",), description="File formats; the first is the enclosure of the feed."
    )
    high_pass_hz: t.HighPassHz = Field(default=80, description="Cut-off frequency of the high-pass filter; 0: off.")
    hum: Literal["auto", "off"] = Field(default="auto", description="auto: mains hum is removed where it is detected.")
    noise_reduction: Literal["auto", "neural", "off"] = Field(
        default="auto",
        description="auto: applied where the noise floor is audible. neural: stronger, with the extra `denoise`.",
    )
    levelling: Literal["auto", "off"] = Field(
        default="auto", description="auto: speakers get the same level, applause stays below them."
    )
    intro_overlap_s: t.OverlapSeconds = Field(
        default=0.0, description="How many seconds the end of the intro plays under the first words."
    )
    outro_overlap_s: t.OverlapSeconds = Field(
        default=0.0, description="How many seconds the start of the outro plays under the last words."
    )
    intro: t.FilePath | None = Field(
        default=None, description="Audio before each episode: a path from the programme's folder."
    )
    outro: t.FilePath | None = Field(
        default=None, description="Audio after each episode: a path from the programme's folder."
    )
    jingle: t.FilePath | None = Field(
        default=None, description="Audio at each of the `jingles` of an episode: a path from the programme's folder."
    )


class ProgrammeSchema(ContentSchema):
    """programme.yaml: the programme, its events, its podcast and its sound."""

    noun = "programme"

    title: t.Line
    subtitle: t.OptionalLine = ""
    language: t.Language = Field(default="nl", description="The language of all output.")
    organiser: t.Line
    url: t.HomeUrl = Field(description="The URL at which public/ is served; ends in a slash.")
    timezone: t.TimeZone = Field(default="Europe/Amsterdam", description="The time zone of all times in the programme.")
    podcast: PodcastSchema | None = Field(default=None, description="The podcast; without it there is no feed.")
    sound: SoundSchema = SoundSchema()
    profile: Literal["public-sector", "open"] = Field(
        default="public-sector", description="public-sector: an episode needs a transcript to be published."
    )
    events: tuple[EventSchema, ...] = ()
