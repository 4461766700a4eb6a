"""Schema of programme.yaml, except ``podcast:`` and ``events:``."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pipeline.content.schema import field_types as t
from pipeline.content.schema.base import ContentSchema
from pipeline.content.schema.event import EventSchema
from pipeline.content.schema.podcast import PodcastSchema


class LinkSchema(ContentSchema):
    """A link to another site."""

    title: t.Line
    url: t.Url


class PartnerSchema(ContentSchema):
    """An organisation that takes part in the programme."""

    name: t.Line
    url: t.Url | None = None
    logo: t.FilePath | None = Field(default=None, description="A picture: a path from the programme's folder.")
    role: t.OptionalLine = Field(default="", description="What it does: commissioner, initiator, sponsor.")


class RedirectSchema(ContentSchema):
    """A former address of a page, and the page to which it forwards."""

    old: t.PagePath = Field(alias="from", description="The former path, such as episodes/01-old/.")
    new: t.PagePath = Field(alias="to", description="The path of the page now.")


class PlaceholdersSchema(ContentSchema):
    """What the mail service replaces by an address; absent: what the service uses by default."""

    unsubscribe: t.OptionalLine = ""
    preferences: t.OptionalLine = ""
    web_version: t.OptionalLine = ""


class NewsletterSettingsSchema(ContentSchema):
    """Who sends the newsletters, and with which service."""

    service: Literal["listmonk", "mailchimp", "spotler", "none"] = Field(
        default="none", description="The mail service; it fills in the links to unsubscribe and to the web version."
    )
    sender: t.OptionalLine = Field(default="", description="The name and postal address of the sender.")
    reason: t.OptionalProse = Field(default="", description="Why people receive this newsletter.")
    placeholders: PlaceholdersSchema = PlaceholdersSchema()


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
    audience: t.OptionalProse = Field(default="", description="For whom the programme is.")
    partners: tuple[PartnerSchema, ...] = ()
    links: tuple[LinkSchema, ...] = Field(default=(), description="Other sites and media of the programme.")
    related: tuple[LinkSchema, ...] = Field(default=(), description="Related programmes.")
    newsletter: NewsletterSettingsSchema | None = None
    hashtags: Annotated[tuple[t.Hashtag, ...], AfterValidator(t.require_unique_items)] = Field(
        default=(), description="For posts on social media, without #."
    )
    vocabulary: Annotated[tuple[t.Name, ...], AfterValidator(t.require_unique_items)] = Field(
        default=(), description="Words and names that speech recognition should know."
    )
    events: tuple[EventSchema, ...] = ()
    redirects: tuple[RedirectSchema, ...] = Field(
        default=(), description="Former addresses of pages; `weerslag rename` writes them."
    )
