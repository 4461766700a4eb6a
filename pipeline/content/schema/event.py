"""Schema of ``events:`` in programme.yaml, with their people, venues, agendas and deadlines."""

from typing import Literal

from pydantic import Field, model_validator

from pipeline.content.field_error import FieldError
from pipeline.content.schema import field_types as t
from pipeline.content.schema.base import ContentSchema
from pipeline.content.schema.story import PictureSchema
from pipeline.errors import fill


class PersonSchema(ContentSchema):
    """A person who is named in public."""

    name: t.Line = Field(description="The name as published.")
    role: t.OptionalLine = Field(default="guest", description="The role: guest, host, or a profession.")
    organisation: t.OptionalLine = Field(default="", description="The employer.")


class VenueSchema(ContentSchema):
    """The place where an event is held."""

    name: t.Line = Field(description="The building.")
    address: t.OptionalLine = Field(default="", description="Street and number.")
    postcode: t.OptionalLine = ""
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
            raise FieldError(
                fill("has no `{missing}`", missing=missing),
                fill("coordinates need both; or remove `{given}`", given=given),
            )
        return self


class LiveStreamSchema(ContentSchema):
    """Where an event can be followed live."""

    page: t.Url = Field(description="The web page on which anyone can listen.")
    stream: t.Url | None = Field(default=None, description="The audio stream, for apps; preferably MP3.")
    media_type: t.MediaType = Field(default="audio/mpeg", alias="type", description="The media type of the stream.")


class AgendaItemSchema(ContentSchema):
    """One item of the agenda."""

    at: t.TimeOfDay = Field(description="The start time.")
    until: t.TimeOfDay | None = Field(default=None, description="The end time.")
    what: t.Line = Field(description="The name of the item.")
    people: tuple[t.Line, ...] = Field(default=(), description="Names of guests who take part in it.")

    @model_validator(mode="after")
    def _require_end_after_start(self) -> "AgendaItemSchema":
        if self.until is not None and self.until <= self.at:
            raise FieldError("ends before it starts", "the end time follows `at`", within=("until",))
        return self


class GuestSchema(PersonSchema):
    """A guest of an event."""

    record: t.Boolean = Field(
        default=True, description="false: this guest must not be recorded, and is named on no page of the podcast."
    )


class RegistrationSchema(ContentSchema):
    """How people register; another system counts the places."""

    url: t.Url | None = Field(default=None, description="The page on which people register.")
    closes: t.DeadlineTime | None = Field(default=None, description="Until when; 24:00 is the end of that day.")
    places: t.Places | None = Field(default=None, description="How many people can come.")
    full: t.Boolean = Field(default=False, description="true: no places are left.")
    free: t.Boolean = Field(default=True, description="true: taking part is free of charge.")
    note: t.OptionalProse = Field(default="", description="Who gets a place first, or what to bring.")


class DeadlineSchema(ContentSchema):
    """Until when people can contribute."""

    what: t.Line = Field(description="What must be done by then.")
    at: t.DeadlineTime = Field(description="Date and time; 24:00 is the end of that day.")


class EventSchema(ContentSchema):
    """One live event."""

    id: t.Slug = Field(description="The id in file names and URLs; do not change it after publishing.")
    title: t.Line
    theme: t.OptionalLine = Field(default="", description="The question of the event.")
    summary: t.OptionalProse = Field(default="", description="One or two sentences, for lists and search engines.")
    picture: PictureSchema | None = Field(
        default=None, description="The picture of its page and of its opening spread."
    )
    status: Literal["scheduled", "moved", "cancelled"] = Field(
        default="scheduled", description="moved: to another date or place; pages and calendars say so."
    )
    visibility: Literal["public", "participants"] = Field(
        default="public", description="participants: its pages go only to the target of `publish --participants`."
    )
    starts: t.DateTime = Field(description="Date and time, in the time zone of the programme.")
    ends: t.DateTime = Field(description="Date and time, in the time zone of the programme.")
    venue: VenueSchema | None = Field(default=None, description="The venue; with `online` too, the event is hybrid.")
    online: t.Url | None = Field(default=None, description="The URL at which the event can be attended.")
    registration: RegistrationSchema | None = None
    recorded: t.Boolean = Field(default=False, description="true: the event will be recorded for the podcast.")
    live: LiveStreamSchema | None = Field(
        default=None, description="The live stream that the feed announces (podcast:liveItem)."
    )
    agenda: tuple[AgendaItemSchema, ...] = ()
    guests: tuple[GuestSchema, ...] = ()
    deadlines: tuple[DeadlineSchema, ...] = ()
    notes_url: t.Url | None = Field(
        default=None, description="Where a group hands in its note; a QR code on the table cards."
    )
    roles_needed: tuple[t.Line, ...] = Field(
        default=(), description="The roles that each group must have; `status` lists the groups that miss one."
    )
    briefing_from: t.Slug | None = Field(default=None, description="The event whose outcome this one starts from.")
