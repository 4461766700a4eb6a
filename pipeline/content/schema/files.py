"""What people may write in each file: the forms that check it, and that the JSON Schemas for editors come from.

The doorway to pydantic, with ``fields``. A form takes what ``marked`` gives: text, lists, keys and values.
"""

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

from pipeline.content.field_error import WrongError
from pipeline.content.schema.base import Form, shape_of
from pipeline.content.schema.fields import (
    Address,
    Bitrate,
    Bleed,
    Cleared,
    ClearedDay,
    Clock,
    Country,
    Day,
    Guid,
    HighPass,
    Home,
    Hour,
    Hyphenated,
    InkPercent,
    Language,
    Latitude,
    Line,
    Longitude,
    Loudness,
    MaybeLine,
    MaybeProse,
    MediaType,
    Moment,
    Multiple,
    Number,
    Osm,
    Overlap,
    Path,
    Prose,
    SeasonNumber,
    ShortLine,
    Slug,
    TimeOfDay,
    Timezone,
    TruePeak,
    Truth,
    Words,
    once_each,
    some,
)
from pipeline.content.schema.podcast import PodcastForm, TxtForm

# ----------------------------------------------------------------------------------------------------- programme.yaml


class PersonForm(Form):
    """Somebody with a name in public."""

    name: Line = Field(description="As it should be printed and spoken.")
    role: MaybeLine = Field(default="guest", description="What somebody does: guest, host, or a profession.")
    organisation: MaybeLine = Field(default="", description="Where somebody works.")


class VenueForm(Form):
    """Where people meet in the flesh."""

    name: Line = Field(description="The building.")
    address: MaybeLine = Field(default="", description="Street and number.")
    city: MaybeLine = ""
    country: Country = Field(default="", description="Two capitals, as NL: apps can look for podcasts from here.")
    latitude: Latitude | None = Field(default=None, description="In degrees, with a point; with `longitude`.")
    longitude: Longitude | None = Field(default=None, description="In degrees, with a point; with `latitude`.")
    osm: Osm = Field(default="", description="The place on OpenStreetMap: N, W or R and its number.")

    @model_validator(mode="after")
    def _both(self) -> "VenueForm":
        if (self.latitude is None) != (self.longitude is None):
            given, lacks = ("latitude", "longitude") if self.longitude is None else ("longitude", "latitude")
            raise WrongError(f"lacks `{lacks}`", f"a place on the map needs both; or leave `{given}` out")
        return self


class LiveForm(Form):
    """How an event can be heard while it goes on."""

    page: Address = Field(description="Where everybody can listen, in any browser.")
    stream: Address | None = Field(default=None, description="The sound itself, for apps that play it; best as MP3.")
    type: MediaType = Field(default="audio/mpeg", description="The media type of the stream.")


class AgendaForm(Form):
    """One line of an agenda."""

    at: TimeOfDay = Field(description="When it begins.")
    what: Line = Field(description="What happens.")


class CaseForm(Form):
    """A practice example presented at an event."""

    title: Line
    organisation: MaybeLine = ""
    summary: MaybeProse = ""
    role: MaybeLine = Field(default="", description="Who presents it, by role.")


class EventForm(Form):
    """One live meeting."""

    id: Slug = Field(description="How files and addresses know the event; never changed once something is published.")
    title: Line
    theme: MaybeLine = Field(default="", description="The question of the evening.")
    starts: Hour = Field(description="Day and hour, in the programme's time zone.")
    ends: Hour = Field(description="Day and hour, in the programme's time zone.")
    venue: VenueForm | None = Field(default=None, description="Where people meet; or `online`.")
    online: Address | None = Field(default=None, description="Where people meet online; or `venue`.")
    live: LiveForm | None = Field(
        default=None, description="The feed announces that the event can be heard live (podcast:liveItem)."
    )
    agenda: tuple[AgendaForm, ...] = ()
    guests: tuple[PersonForm, ...] = ()
    cases: tuple[CaseForm, ...] = ()


class SoundForm(Form):
    """What an episode must measure, and in which files listeners get it."""

    loudness_lufs: Loudness = Field(
        default=-16.0, description="Integrated loudness of the file that listeners download."
    )
    true_peak_dbtp: TruePeak = -1.0
    channels: Literal["stereo", "mono"] = "stereo"
    bitrate_kbps: Bitrate = Field(default=128, description="Of the MP3; the other formats follow.")
    formats: Annotated[tuple[Literal["mp3", "m4a", "opus"], ...], AfterValidator(once_each)] = Field(
        default=("mp3",), description="The first is the one in the feed."
    )
    high_pass_hz: HighPass = Field(default=80, description="What lies below is taken out; 0: nothing is.")
    hum: Literal["auto", "off"] = Field(default="auto", description="auto: taken out where mains are found to hum.")
    noise_reduction: Literal["auto", "off"] = Field(
        default="auto", description="auto: gently, where listeners would hear the noise."
    )
    levelling: Literal["auto", "off"] = Field(
        default="auto", description="auto: speakers are brought to one level, applause is kept below them."
    )
    intro_overlap_s: Overlap = Field(
        default=0.0, description="For so many seconds the intro plays on, turned down, under the first words."
    )
    outro_overlap_s: Overlap = Field(
        default=0.0, description="So many seconds before the last word ends the outro begins, turned down under it."
    )
    intro: Path | None = Field(
        default=None, description="Sound before each episode: a path from the programme's folder."
    )
    outro: Path | None = Field(
        default=None, description="Sound after each episode: a path from the programme's folder."
    )
    jingle: Path | None = Field(
        default=None,
        description="Sound between parts of an episode, where `jingles` in its head says so: a path from the programme's folder.",
    )


class ProgrammeForm(Form):
    """The programme, its events, its podcast and its sound: programme.yaml."""

    title: Line
    subtitle: MaybeLine = ""
    language: Language = Field(default="nl", description="The language of everything that is made.")
    organiser: Line
    url: Home = Field(description="Where public/ will be served; ends in a slash.")
    timezone: Timezone = Field(default="Europe/Amsterdam", description="The time zone of all hours in these files.")
    podcast: PodcastForm | None = Field(default=None, description="Absent: no feed is made.")
    sound: SoundForm = SoundForm()
    profile: Literal["public-sector", "open"] = Field(
        default="public-sector", description="public-sector: nothing is published without a transcript."
    )
    events: tuple[EventForm, ...] = ()


# --------------------------------------------------------------------------------------------------------- episode.md


class VoiceForm(PersonForm):
    """Somebody whose voice is heard."""

    speaker: MaybeLine = Field(
        default="", description="What the transcript calls this voice, where that is not the name: SPEAKER_00."
    )


class ChapterForm(Form):
    """Where a chapter begins."""

    start: Clock = Field(description="On the clock of the recording.")
    title: Line


class CutForm(Form):
    """A stretch of the recording whose words nobody will hear."""

    from_: Clock = Field(alias="from", description="On the clock of the recording.")
    to: Clock = Field(description="On the clock of the recording.")


class JingleForm(Form):
    """A jingle between two parts of the talk."""

    at: Clock = Field(description="On the clock of the recording: where the next part begins.")
    sound: Path | None = Field(
        default=None, description="A path from the programme's folder; absent: the `jingle` of programme.yaml."
    )


class TeaserForm(CutForm):
    """A stretch of 15 to 60 seconds that makes people want to hear all of it."""

    title: ShortLine = Field(default="", description="What apps and files call it; absent: the title of the episode.")


class EpisodeForm(Form):
    """The head of episodes/<slug>/episode.md; the show notes stand below it."""

    guid: Guid = Field(description="Written once by `new episode`, never changed: apps know the episode by it.")
    number: Number = Field(description="Its place in the series.")
    event: Slug | None = Field(default=None, description="The id of the event where it was recorded.")
    title: Line
    summary: MaybeProse = Field(default="", description="One or two sentences, as apps show them in lists.")
    published: Hour = Field(description="Held back until this day and hour, in the programme's time zone.")
    season: SeasonNumber | None = Field(default=None, description="In a podcast of more than one: its season.")
    kind: Literal["full", "trailer", "bonus"] = "full"
    explicit: Truth = False
    people: tuple[VoiceForm, ...] = Field(default=(), description="Whose voices are heard.")
    txt: tuple[TxtForm, ...] = Field(default=(), description="Words for machines: `ai-content`, and such.")
    chapters: tuple[ChapterForm, ...] = ()
    cuts: tuple[CutForm, ...] = Field(
        default=(), description="Taken out of the sound; chapters and transcript move along."
    )
    mutes: tuple[CutForm, ...] = Field(
        default=(), description="Heard as the tone of the room; the transcript loses what was said there."
    )
    bleeps: tuple[CutForm, ...] = Field(
        default=(), description="Heard as a bleep; the transcript says that there was one."
    )
    jingles: tuple[JingleForm, ...] = Field(
        default=(), description="Music between two parts of the talk; chapters and transcript move along."
    )
    teasers: tuple[TeaserForm, ...] = Field(
        default=(), description="Stretches of 15 to 60 seconds to call attention with: files in press/teasers/."
    )
    transcript_reviewed: Day | None = Field(
        default=None,
        description="The day on which a person read the transcript along with the sound; a public body publishes no other.",
    )


# ------------------------------------------------------------------------------------------- reflections and stories


class QuoteForm(Form):
    """Words that somebody said."""

    text: Words
    by: MaybeLine = Field(default="", description="A role, never a name.")
    cleared: Cleared = Field(
        default="",
        description="true when whoever said it agreed to see it printed; `weerslag clear` makes it the digest of the words.",
    )


class ReflectionForm(Form):
    """The head of magazine/reflections/<event>/<group>.md; the text stands below it."""

    group: Line = Field(description="What the group is called.")
    roles: tuple[Line, ...] = Field(default=(), description="Who sat there, by role, never by name.")
    question: MaybeProse = Field(default="", description="What the group talked about.")
    cleared: ClearedDay | None = Field(
        default=None,
        description="The day on which the group agreed, and behind it what `weerslag clear` writes; absent: a draft.",
    )
    insights: tuple[Words, ...] = ()
    quotes: tuple[QuoteForm, ...] = ()
    moment: Moment | None = Field(
        default=None, description="A place in an episode: its slug, #, and the clock of the recording."
    )


class PictureForm(Form):
    """A picture where it is used."""

    file: Path = Field(description="A path from magazine/, or else from the programme's folder.")
    alt: Words = Field(description="What is to be seen, for whoever does not see it.")
    credit: MaybeLine = Field(default="", description="Who made it.")
    caption: MaybeProse = ""


class StoryForm(Form):
    """The head of magazine/stories/<slug>.md; the article stands below it."""

    title: Line
    intro: MaybeProse = ""
    by: MaybeLine = Field(default="", description="Who wrote it.")
    event: Slug | None = Field(default=None, description="The id of the event it belongs to.")
    picture: PictureForm | None = None
    pulls: tuple[Words, ...] = Field(default=(), description="Sentences of the text to print large.")


# -------------------------------------------------------------------------------------------------------- the magazine


Image = Annotated[Annotated[Path, Tag("text")] | Annotated[PictureForm, Tag("keys")], Discriminator(shape_of)]


class ImageForm(Form):
    """A picture: `image` with `file`, `alt`, `credit`, `caption`, or a path with those beside it."""

    image: Image | None = Field(default=None, description="A path from magazine/, or else from the programme's folder.")
    alt: Annotated[MaybeProse, Field(validate_default=True)] = Field(default="", description="What is to be seen.")
    credit: MaybeLine = Field(default="", description="Who made it.")
    caption: MaybeProse = ""
    headline: MaybeLine = ""

    @field_validator("alt")
    @classmethod
    def _where_the_picture_is(cls, value: str, info: ValidationInfo) -> str:
        if isinstance(info.data.get("image"), str) and not value:
            raise WrongError("is empty", "say in a sentence what is to be seen", code="missing-alt")
        return value

    @field_validator("alt", "credit", "caption")
    @classmethod
    def _not_twice(cls, value: str, info: ValidationInfo) -> str:
        if isinstance(info.data.get("image"), PictureForm) and value:
            raise WrongError("stands beside a picture that has its own", f"move `{info.field_name}` into `image`")
        return value

    def picture(self) -> PictureForm | None:
        """The picture, whichever way it was written."""
        if not isinstance(self.image, str):
            return self.image
        return PictureForm.model_construct(file=self.image, alt=self.alt, credit=self.credit, caption=self.caption)


class PhotoForm(ImageForm):
    """A page for one picture."""

    image: Image = Field(description="A path from magazine/, or else from the programme's folder.")


class PlainItemForm(Form):
    """An item that needs nothing but its name."""

    headline: MaybeLine = Field(default="", description="Instead of the usual heading.")


PLAIN_ITEMS = ("contents", "quotes", "notes", "index", "colophon", "back")


def _item_schema(schema: dict[str, Any]) -> None:
    whole = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"enum": ["cover", *PLAIN_ITEMS]}, whole | {"minProperties": 1, "maxProperties": 1}]


class ItemForm(Form):
    """One item of the flatplan: a name, or a name with what belongs to it."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_item_schema)

    cover: ImageForm | None = Field(default=None, description="The front: a picture and a headline, or drawn.")
    contents: PlainItemForm | None = Field(default=None, description="The table of contents.")
    article: Path | None = Field(default=None, description="A story: stories/<slug>.md.")
    event: Slug | None = Field(default=None, description="An event: its opening, its reflections, its quotes.")
    quotes: PlainItemForm | None = Field(default=None, description="A page of quotes.")
    photo: PhotoForm | None = Field(default=None, description="A page for one picture.")
    notes: PlainItemForm | None = Field(default=None, description="Room to write.")
    index: PlainItemForm | None = Field(default=None, description="Themes, organisations and roles, with their pages.")
    colophon: PlainItemForm | None = Field(default=None, description="Who made it.")
    back: PlainItemForm | None = Field(default=None, description="The back.")

    @model_validator(mode="before")
    @classmethod
    def _leave_out(cls, data: Any) -> Any:  # a bare `contents`, and `contents:` with nothing behind it, are the item
        if isinstance(data, str):
            data = {str(data): None}
        if not isinstance(data, dict):
            raise WrongError("must be a name like `contents`, or `event: …`", code="wrong-type")
        known = [key for key in data if key in cls.key_names()]
        if len(known) > 1:
            raise WrongError(
                f"is two things at once: `{known[0]}` and `{known[1]}`", "put a `- ` before each", code="two-in-one"
            )
        if not data:
            raise WrongError("names nothing", f"one of: {', '.join(cls.key_names())}", code="empty")
        bare = {"cover", *PLAIN_ITEMS}
        if (empty := next((key for key in known if data[key] is None and key not in bare), None)) is not None:
            raise WrongError(f"says not which: `{empty}` is empty", code="empty", within=(empty,))
        return {key: {} if value is None and key in bare else value for key, value in data.items()}

    def kind(self) -> str:
        """Which item it is."""
        return next(iter(self.model_fields_set))


class PrintForm(Form):
    """How the paper edition is printed."""

    bleed_mm: Bleed = 3.0
    profile: Path = Field(
        default="coated-fogra39",
        description="coated-fogra39, or the path of the printer's own ICC profile (CMYK, for output).",
    )
    condition: MaybeLine = Field(default="", description="What the printer calls an own profile, such as FOGRA52.")
    ink_percent: InkPercent = Field(
        default=300, description="What all inks may come to on one spot; the printer knows."
    )
    multiple_of: Multiple = Field(default=4, description="Pages are added until it is met.")


class MagazineForm(Form):
    """The magazine and the order of its articles: magazine/magazine.yaml."""

    title: Line
    edition: MaybeLine = ""
    language: Language | None = Field(default=None, description="Absent: the programme's.")
    page: Literal["a4"] = "a4"
    name: Slug = Field(default="magazine", description="Of its files: <name>.pdf.")
    flatplan: Annotated[tuple[ItemForm, ...], AfterValidator(some)] = Field(description="The articles in order.")
    print: PrintForm = PrintForm()
    colophon: Prose = Field(default="", description="Who made it, in Markdown.")
    hyphenation: tuple[Hyphenated, ...] = Field(
        default=(),
        description="Words that the dictionary breaks wrong, with a hyphen at each good place; none: never broken.",
    )


SCHEMAS: dict[str, type[Form]] = {
    "programme": ProgrammeForm,
    "episode": EpisodeForm,
    "magazine": MagazineForm,
    "reflection": ReflectionForm,
    "story": StoryForm,
}


def schemas() -> dict[str, dict[str, Any]]:
    """A JSON Schema (2020-12) of each file, or of the head of it, that people write."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {name: head | form.model_json_schema() for name, form in SCHEMAS.items()}
