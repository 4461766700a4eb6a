"""Build the values of the model from validated files. No errors are possible here any more.

The fields of a schema have the names of the model; aliases are what people write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from pipeline import model
from pipeline.content import dates
from pipeline.content.approvals import is_approved, list_approvals
from pipeline.content.check_helpers import list_picture_paths
from pipeline.content.discovery import ContentFile, EpisodeFiles, ProgrammeFiles, ReflectionFile
from pipeline.content.programme_folder import ProgrammeFolder, build_natural_sort_key
from pipeline.content.schema.base import ContentSchema
from pipeline.content.schema.episode import SpeakerSchema
from pipeline.content.schema.magazine import FlatplanItemSchema, ImageSchema, MagazineSchema
from pipeline.content.schema.story import PictureSchema, StorySchema
from pipeline.model.feed_vocabulary import LICENCES


def build_programme(
    files: ProgrammeFiles, published_events: Mapping[str, tuple[str, ...]] | None = None
) -> model.Programme:
    """Build the programme.

    Args:
        files: Files without errors.
        published_events: By event id, the digests of its published calendar entries, from the
            publication log.
    """
    schema = files.programme.require_validated()
    zone = ZoneInfo(schema.timezone)
    digests = published_events or {}
    plain = _dump_fields(schema, zone=zone, exclude={"sound": {"intro", "outro", "jingle"}})
    for number, event in enumerate(plain["events"], start=1):
        event |= {"number": number, "announced": digests.get(event["id"], ())}
    if isinstance(name := plain.get("podcast", {}).get("license"), str):
        plain["podcast"]["license"] = {"name": name, "url": LICENCES[name]}
    order = {event.id: number for number, event in enumerate(schema.events)}
    reflections = sorted(files.reflections, key=lambda one: (order[one.event], build_natural_sort_key(one.file.slug)))
    approved = [one for one in reflections if is_approved(one.file)]
    episodes = (_build_episode(one, zone=zone, jingle=schema.sound.jingle or "") for one in files.episodes)
    return replace(
        model.from_json(model.Programme, plain),
        intro=schema.sound.intro or "",
        outro=schema.sound.outro or "",
        episodes=tuple(sorted(episodes, key=lambda one: (one.season, one.number))),
        magazine=_build_magazine(files.folder, files.magazine, schema.language) if files.magazine.validated else None,
        reflections=tuple(_build_reflection(one) for one in approved),
        drafts=tuple(model.Draft(slug=one.file.slug, event=one.event) for one in reflections if one not in approved),
        stories=tuple(_build_story(files.folder, file) for file in files.stories),
    )


def _dump_fields(schema: ContentSchema, *, zone: ZoneInfo | None = None, exclude: Any = None) -> dict[str, Any]:
    """Return the fields as JSON values; times get the offset of ``zone``.

    Absent fields are left out, so that the defaults of the model apply.
    """
    return schema.model_dump(mode="json", exclude_none=True, exclude=exclude, context={"zone": zone})


def _build_episode(files: EpisodeFiles, *, zone: ZoneInfo, jingle: str) -> model.Episode:
    episode = files.file.require_validated()
    plain = _dump_fields(episode, zone=zone, exclude={"people": {"__all__": {"speaker"}}})
    plain |= {"slug": files.file.slug, "notes_md": files.file.body_md, "recording": files.recording}
    for key in ("cuts", "mutes", "bleeps"):
        plain[key].sort(key=itemgetter("from_ms"))
    plain["jingles"] = [{"sound": jingle} | one for one in sorted(plain["jingles"], key=itemgetter("at_ms"))]
    transcript = _rename_speakers(files.transcript, episode.people)
    return replace(model.from_json(model.Episode, {"event": ""} | plain), transcript=transcript)


def _rename_speakers(cues: tuple[model.Cue, ...], speakers: Sequence[SpeakerSchema]) -> tuple[model.Cue, ...]:
    """Replace the labels of a transcription program, such as SPEAKER_00, by names."""
    names = {one.speaker.casefold(): one.name for one in speakers if one.speaker}
    return tuple(replace(cue, speaker=names.get(cue.speaker.casefold(), cue.speaker)) for cue in cues)


def _build_reflection(reflection: ReflectionFile) -> model.Reflection:
    file = reflection.file
    schema = file.require_validated()
    approval, *quote_approvals = list_approvals(file)
    if schema.approved is None or not approval.is_valid:
        raise ValueError(f"{file.path} is not approved")
    quotes = (quote for quote, one in zip(schema.quotes, quote_approvals, strict=True) if one.is_valid)
    plain = _dump_fields(schema, exclude={"quotes", "moment"})
    plain |= {"slug": file.slug, "event": reflection.event, "text_md": file.body_md}
    return replace(
        model.from_json(model.Reflection, plain | {"approved": schema.approved.partition(" ")[0]}),
        quotes=tuple(model.Quote(text=quote.text, by=quote.by) for quote in quotes),
        moment=build_moment(schema.moment),
    )


def build_moment(moment: str | None) -> model.Moment | None:
    """Build a moment from ``01-burger-centraal#00:41``."""
    if moment is None:
        return None
    slug, _, time_code = moment.partition("#")
    return model.Moment(episode=slug, start_ms=dates.parse_time_code(time_code))


def _build_story(folder: ProgrammeFolder, file: ContentFile[StorySchema]) -> model.Story:
    schema = file.require_validated()
    plain = _dump_fields(schema, exclude={"picture"}) | {"slug": file.slug, "text_md": file.body_md}
    return replace(model.from_json(model.Story, plain), picture=_build_picture(folder, schema.picture))


def _build_magazine(folder: ProgrammeFolder, file: ContentFile[MagazineSchema], language: str) -> model.Magazine:
    schema = file.require_validated()
    plain = {"language": language} | _dump_fields(schema, exclude={"flatplan"})
    flatplan = tuple(_build_article(folder, item) for item in schema.flatplan)
    return replace(model.from_json(model.Magazine, plain), flatplan=flatplan)


def _build_article(folder: ProgrammeFolder, item: FlatplanItemSchema) -> model.Article:
    kind = item.get_kind()
    if item.article is not None:
        return model.Article(kind=kind, ref=item.article.removeprefix("stories/").removesuffix(".md"))
    if item.event is not None:
        return model.Article(kind=kind, ref=item.event)
    value = getattr(item, kind)
    picture = _build_picture(folder, value.get_picture()) if isinstance(value, ImageSchema) else None
    return model.Article(kind=kind, headline=value.headline, picture=picture)


def _build_picture(folder: ProgrammeFolder, picture: PictureSchema | None) -> model.Picture | None:
    if picture is None:
        return None
    file = next(path for path in list_picture_paths(picture.file) if folder.exists(path))
    return model.Picture(file=file, alt=picture.alt, credit=picture.credit, caption=picture.caption)
