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
from pipeline.content.content_files import ContentFile, EpisodeFiles, EventFile, ProgrammeFiles, ReflectionFile
from pipeline.content.picture_builder import build_picture, build_text_pictures
from pipeline.content.programme_folder import ProgrammeFolder, build_natural_sort_key
from pipeline.content.schema.base import ContentSchema
from pipeline.content.schema.case import CaseSchema
from pipeline.content.schema.episode import SpeakerSchema
from pipeline.content.schema.magazine import FlatplanItemSchema, ImageSchema, MagazineSchema
from pipeline.content.schema.newsletter import NewsletterBlockSchema, NewsletterSchema
from pipeline.content.schema.programme import ProgrammeSchema
from pipeline.content.schema.story import StorySchema
from pipeline.content.story_sources import append_sources
from pipeline.model.feed_vocabulary import LICENCES

_BUILT_APART = {"sound": {"intro", "outro", "jingle"}, "events": {"__all__": {"picture"}}}


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
    plain = _dump_fields(schema, zone=zone, exclude=_BUILT_APART)
    public_first = sorted(plain["events"], key=lambda event: bool(event["visibility"] == "participants"))
    for number, event in enumerate(public_first, start=1):  # no gap shows that there is another event
        event |= {"number": number, "announced": _find_announced(event["id"], schema, digests)}
    if isinstance(name := plain.get("podcast", {}).get("license"), str):
        plain["podcast"]["license"] = {"name": name, "url": LICENCES[name]}
    order = {event.id: number for number, event in enumerate(schema.events)}
    reflections = sorted(files.reflections, key=lambda one: (order[one.event], *build_reflection_sort_key(one)))
    approved = [one for one in reflections if is_approved(one.file)]
    episodes = (_build_episode(one, zone=zone, jingle=schema.sound.jingle or "") for one in files.episodes)
    programme = model.from_json(model.Programme, plain)
    cases = [_build_case(files.folder, one) for one in sorted(files.cases, key=_get_natural_order)]
    events = (
        replace(
            event,
            picture=build_picture(files.folder, event_schema.picture),
            cases=tuple(case for case in cases if case.event == event.id),
        )
        for event, event_schema in zip(programme.events, schema.events, strict=True)
    )
    programme = replace(
        programme,
        events=tuple(events),
        about_md=files.about.body_md,
        intro=schema.sound.intro or "",
        outro=schema.sound.outro or "",
        episodes=tuple(sorted(episodes, key=lambda one: (one.season, one.number))),
        magazine=_build_magazine(files.folder, files.magazine, schema.language) if files.magazine.validated else None,
        reflections=tuple(_build_reflection(files.folder, one) for one in approved),
        drafts=tuple(model.Draft(slug=one.file.slug, event=one.event) for one in reflections if one not in approved),
        stories=tuple(_build_story(files.folder, file) for file in files.stories),
        newsletters=tuple(sorted(map(_build_newsletter, files.newsletters), key=lambda one: (one.day, one.number))),
    )
    return append_sources(programme)


def _find_announced(event: str, schema: ProgrammeSchema, digests: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Find the digests of the published calendar entries of an event, under every id that it had."""
    former = [one.old.split("/")[1] for one in schema.redirects if one.new == f"events/{event}/"]
    return tuple(digest for ident in (*former, event) for digest in digests.get(ident, ()))


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
    return replace(model.from_json(model.Episode, {"event": ""} | plain), transcript=transcript, review=files.review)


def build_reflection_sort_key(reflection: ReflectionFile) -> tuple[Any, ...]:
    """Return a key that sorts the reflections of an event: by ``order``, then by group, ``Tafel 2`` before ``Tafel 10``."""
    file = reflection.file
    group, order = (file.validated.group, file.validated.order) if file.validated else ("", None)
    names = build_natural_sort_key(group or file.slug), build_natural_sort_key(file.slug)
    return (order is None, order or 0, *names)


def _rename_speakers(cues: tuple[model.Cue, ...], speakers: Sequence[SpeakerSchema]) -> tuple[model.Cue, ...]:
    """Replace the labels of a transcription program, such as SPEAKER_00, by names."""
    names = {one.speaker.casefold(): one.name for one in speakers if one.speaker}
    return tuple(replace(cue, speaker=names.get(cue.speaker.casefold(), cue.speaker)) for cue in cues)


def _build_reflection(folder: ProgrammeFolder, reflection: ReflectionFile) -> model.Reflection:
    file = reflection.file
    schema = file.require_validated()
    approval, *quote_approvals = list_approvals(file)
    if schema.approved is None or not approval.is_valid:
        raise ValueError(f"{file.path} is not approved")
    quotes = (quote for quote, one in zip(schema.quotes, quote_approvals, strict=True) if one.is_valid)
    plain = _dump_fields(schema, exclude={"quotes", "moment", "pictures", "order"})
    plain |= {"slug": file.slug, "event": reflection.event, "text_md": file.body_md}
    plain["participants"] = list(schema.participants.items())
    return replace(
        model.from_json(model.Reflection, plain | {"approved": schema.approved.partition(" ")[0]}),
        quotes=tuple(model.Quote(text=quote.text, by=quote.by) for quote in quotes),
        moment=build_moment(schema.moment),
        pictures=build_text_pictures(folder, file.path, file.body_md, schema.pictures),
    )


def build_moment(moment: str | None) -> model.Moment | None:
    """Build a moment from ``01-burger-centraal#00:41``."""
    if moment is None:
        return None
    slug, _, time_code = moment.partition("#")
    return model.Moment(episode=slug, start_ms=dates.parse_time_code(time_code))


def _build_case(folder: ProgrammeFolder, case: EventFile[CaseSchema]) -> model.Case:
    file = case.file
    schema = file.require_validated()
    plain = _dump_fields(schema, exclude={"picture", "pictures"})
    plain |= {"slug": file.slug, "event": case.event, "text_md": file.body_md}
    return replace(
        model.from_json(model.Case, plain),
        picture=build_picture(folder, schema.picture),
        pictures=build_text_pictures(folder, file.path, file.body_md, schema.pictures),
    )


def _get_natural_order(one: EventFile[Any]) -> Any:
    return build_natural_sort_key(one.file.slug)


def _build_story(folder: ProgrammeFolder, file: ContentFile[StorySchema]) -> model.Story:
    schema = file.require_validated()
    plain = _dump_fields(schema, exclude={"picture", "pictures"}) | {"slug": file.slug, "text_md": file.body_md}
    return replace(
        model.from_json(model.Story, plain),
        picture=build_picture(folder, schema.picture, width="full"),
        pictures=build_text_pictures(folder, file.path, file.body_md, schema.pictures),
    )


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
    shown = value.get_picture() if isinstance(value, ImageSchema) else None
    picture = build_picture(folder, shown, width="page", fit="crop" if kind == "cover" else "")
    return model.Article(kind=kind, headline=value.headline, picture=picture)


def _build_newsletter(file: ContentFile[NewsletterSchema]) -> model.Newsletter:
    schema = file.require_validated()
    return model.Newsletter(
        slug=file.slug,
        number=schema.number,
        day=schema.date,
        subject=schema.subject,
        preview=schema.preview,
        blocks=tuple(map(_build_newsletter_block, schema.blocks)),
        text_md=file.body_md,
    )


def _build_newsletter_block(block: NewsletterBlockSchema) -> model.NewsletterBlock:
    kind, button = block.get_kind(), block.button
    return model.NewsletterBlock(
        kind=kind,
        ref=getattr(block, kind) if kind in {"story", "episode", "event"} else "",
        text=button.text if button else "",
        target=button.to if button else "",
        tips=tuple(
            model.Tip(text=tip.text, source_title=tip.source.title, source_url=tip.source.url)
            for tip in block.tips or ()
        ),
    )
