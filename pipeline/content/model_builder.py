"""Makes the frozen values of checked forms. Nothing can be wrong here any more."""

from dataclasses import replace
from typing import TypeVar
from zoneinfo import ZoneInfo

from pipeline.content import approvals, dates
from pipeline.content.cross_checks import picture_paths
from pipeline.content.discovery import EpisodePages, Page, Pages, ReflectionPage
from pipeline.content.files import Folder, by_number
from pipeline.content.published_events import load_published_events
from pipeline.content.schema.base import Form
from pipeline.content.schema.files import (
    CutForm,
    EventForm,
    ImageForm,
    ItemForm,
    JingleForm,
    LiveForm,
    MagazineForm,
    PersonForm,
    PictureForm,
    ProgrammeForm,
    ReflectionForm,
    SoundForm,
    StoryForm,
    VoiceForm,
)
from pipeline.content.schema.podcast import FrequencyForm, LicenseForm, PodcastForm, TxtForm
from pipeline.model import (
    AgendaItem,
    Article,
    Case,
    Chapter,
    Cue,
    Cut,
    Draft,
    Episode,
    Event,
    Jingle,
    Live,
    Magazine,
    Moment,
    Person,
    Picture,
    Print,
    Programme,
    Quote,
    Reflection,
    SoundTarget,
    Story,
    Teaser,
    Venue,
)
from pipeline.model.licences import LICENCES
from pipeline.model.podcast import Frequency, Funding, License, Podcast, Season, Txt

F = TypeVar("F", bound=Form)


def programme_of(pages: Pages) -> Programme:
    """The whole, once no fault is left."""
    form = _checked(pages.programme)
    zone = ZoneInfo(form.timezone)
    before = load_published_events(pages.folder.root)
    events = tuple(
        replace(_event(event, number, zone), announced=before.get(event.id, ()))
        for number, event in enumerate(form.events, start=1)
    )
    order = {event.id: event.number for event in events}
    reflections = sorted(pages.reflections, key=lambda one: (order[one.event], by_number(one.page.slug)))
    return Programme(
        title=form.title,
        subtitle=form.subtitle,
        language=form.language,
        organiser=form.organiser,
        url=form.url,
        timezone=form.timezone,
        podcast=_podcast(form.podcast, zone) if form.podcast else None,
        sound=_sound(form),
        intro=form.sound.intro or "",
        outro=form.sound.outro or "",
        profile=form.profile,
        events=events,
        episodes=tuple(
            sorted(
                (_episode(one, form.sound, zone) for one in pages.episodes), key=lambda one: (one.season, one.number)
            )
        ),
        magazine=_magazine(pages.folder, pages.magazine, form.language) if pages.magazine else None,
        reflections=tuple(_reflection(one) for one in reflections if _is_cleared(one)),
        drafts=tuple(Draft(slug=one.page.slug, event=one.event) for one in reflections if not _is_cleared(one)),
        stories=tuple(_story(pages.folder, page) for page in pages.stories),
    )


def _event(form: EventForm, number: int, zone: ZoneInfo) -> Event:
    return Event(
        id=form.id,
        number=number,
        title=form.title,
        theme=form.theme,
        starts=dates.aware(form.starts, zone),
        ends=dates.aware(form.ends, zone),
        venue=Venue(**dict(form.venue)) if form.venue else None,
        online=form.online or "",
        live=_live(form.live) if form.live else None,
        agenda=tuple(AgendaItem(at=item.at, what=item.what) for item in form.agenda),
        guests=_people(form.guests),
        cases=tuple(
            Case(title=case.title, organisation=case.organisation, summary=case.summary, role=case.role)
            for case in form.cases
        ),
    )


def _live(form: LiveForm) -> Live:
    return Live(page=form.page, stream=form.stream or "", media_type=form.type)


def _people(forms: tuple[PersonForm, ...]) -> tuple[Person, ...]:
    return tuple(Person(name=form.name, role=form.role, organisation=form.organisation) for form in forms)


def _podcast(form: PodcastForm, zone: ZoneInfo) -> Podcast:
    return Podcast(
        guid=form.guid,
        author=form.author,
        description=form.description,
        category=form.category,
        type=form.type,
        explicit=form.explicit,
        cover=form.cover or "",
        hub=form.hub or "",
        cover_alt=form.cover_alt,
        medium=form.medium,
        locked=form.locked,
        license=_license(form.license) if form.license else None,
        funding=tuple(Funding(url=one.url, text=one.text) for one in form.funding),
        txt=_txt(form.txt),
        frequency=_frequency(form.frequency, zone) if form.frequency else None,
        complete=form.complete,
        seasons=tuple(Season(number=season.number, name=season.name) for season in form.seasons),
        grace_days=form.grace_days,
        page_items=form.page_items or 0,
    )


def _license(form: str | LicenseForm) -> License:
    """One that everybody knows, with the address of its text; or one of one's own."""
    return License(name=form, url=LICENCES[form]) if isinstance(form, str) else License(name=form.name, url=form.url)


def _txt(forms: tuple[TxtForm, ...]) -> tuple[Txt, ...]:
    return tuple(Txt(text=form.text, purpose=form.purpose) for form in forms)


def _frequency(form: FrequencyForm, zone: ZoneInfo) -> Frequency:
    starts = dates.aware(form.starts, zone) if form.starts else None
    return Frequency(text=form.text, rrule=form.rrule, starts=starts)


def _sound(programme: ProgrammeForm) -> SoundTarget:
    form = programme.sound
    return SoundTarget(
        loudness_lufs=form.loudness_lufs,
        true_peak_dbtp=form.true_peak_dbtp,
        channels=form.channels,
        bitrate_kbps=form.bitrate_kbps,
        formats=form.formats,
        high_pass_hz=form.high_pass_hz,
        hum=form.hum,
        noise_reduction=form.noise_reduction,
        levelling=form.levelling,
        intro_overlap_s=form.intro_overlap_s,
        outro_overlap_s=form.outro_overlap_s,
    )


def _episode(pages: EpisodePages, sound: SoundForm, zone: ZoneInfo) -> Episode:
    form = _checked(pages.page)
    return Episode(
        slug=pages.page.slug,
        guid=form.guid,
        number=form.number,
        event=form.event or "",
        title=form.title,
        summary=form.summary,
        published=dates.aware(form.published, zone),
        kind=form.kind,
        season=form.season or 0,
        explicit=form.explicit,
        people=_people(form.people),
        txt=_txt(form.txt),
        chapters=tuple(Chapter(start_ms=chapter.start, title=chapter.title) for chapter in form.chapters),
        cuts=_stretches(form.cuts),
        mutes=_stretches(form.mutes),
        bleeps=_stretches(form.bleeps),
        jingles=_jingles(form.jingles, sound),
        teasers=tuple(Teaser(from_ms=one.from_, to_ms=one.to, title=one.title) for one in form.teasers),
        notes_md=pages.page.body_md,
        recording=pages.recording,
        transcript=_named(pages.transcript, form.people),
        transcript_reviewed=form.transcript_reviewed,
    )


def _named(cues: tuple[Cue, ...], voices: tuple[VoiceForm, ...]) -> tuple[Cue, ...]:
    """The transcript, with the names of people where it has what a machine or a typist called them."""
    names = {voice.speaker.casefold(): voice.name for voice in voices if voice.speaker}
    return tuple(replace(cue, speaker=names.get(cue.speaker.casefold(), cue.speaker)) for cue in cues)


def _stretches(forms: tuple[CutForm, ...]) -> tuple[Cut, ...]:
    return tuple(Cut(from_ms=form.from_, to_ms=form.to) for form in sorted(forms, key=lambda form: form.from_))


def _jingles(forms: tuple[JingleForm, ...], sound: SoundForm) -> tuple[Jingle, ...]:
    given = [Jingle(at_ms=form.at, sound=form.sound or sound.jingle or "") for form in forms]
    return tuple(sorted(given, key=lambda jingle: jingle.at_ms))


def _is_cleared(page: ReflectionPage) -> bool:
    return approvals.is_cleared(approvals.standing_of_reflection(_checked(page.page), page.page.body_md))


def _reflection(page: ReflectionPage) -> Reflection:
    form = _checked(page.page)
    if form.cleared is None or not _is_cleared(page):
        raise ValueError(f"{page.page.file} was not cleared")
    return Reflection(
        slug=page.page.slug,
        event=page.event,
        group=form.group,
        roles=form.roles,
        question=form.question,
        cleared=dates.parse_day(form.cleared.partition(" ")[0]),
        insights=form.insights,
        quotes=tuple(Quote(text=quote.text, by=quote.by) for quote in approvals.shown_quotes(form)),
        moment=_moment(form),
        text_md=page.page.body_md,
    )


def _moment(form: ReflectionForm) -> Moment | None:
    if form.moment is None:
        return None
    slug, _, clock = form.moment.partition("#")
    return Moment(episode=slug, start_ms=dates.parse_clock(clock))


def _story(folder: Folder, page: Page[StoryForm]) -> Story:
    form = _checked(page)
    return Story(
        slug=page.slug,
        title=form.title,
        intro=form.intro,
        by=form.by,
        event=form.event or "",
        picture=_picture(folder, form.picture),
        pulls=form.pulls,
        text_md=page.body_md,
    )


def _magazine(folder: Folder, page: Page[MagazineForm], language: str) -> Magazine:
    form = _checked(page)
    return Magazine(
        title=form.title,
        edition=form.edition,
        language=form.language or language,
        page=form.page,
        flatplan=tuple(_article(folder, item) for item in form.flatplan),
        print=Print(
            bleed_mm=form.print.bleed_mm,
            profile=form.print.profile,
            condition=form.print.condition,
            ink_percent=form.print.ink_percent,
            multiple_of=form.print.multiple_of,
        ),
        colophon=form.colophon,
        hyphenation=form.hyphenation,
        name=form.name,
    )


def _article(folder: Folder, form: ItemForm) -> Article:
    kind = form.kind()
    if form.article is not None:
        return Article(kind=kind, ref=form.article.removeprefix("stories/").removesuffix(".md"))
    if form.event is not None:
        return Article(kind=kind, ref=form.event)
    item = getattr(form, kind)
    picture = _picture(folder, item.picture()) if isinstance(item, ImageForm) else None
    return Article(kind=kind, headline=item.headline, picture=picture)


def _picture(folder: Folder, form: PictureForm | None) -> Picture | None:
    if form is None:
        return None
    file = next(path for path in picture_paths(form.file) if folder.exists(path))
    return Picture(file=file, alt=form.alt, credit=form.credit, caption=form.caption)


def _checked(page: Page[F]) -> F:
    if page.form is None:
        raise ValueError(f"{page.file} has faults")
    return page.form
