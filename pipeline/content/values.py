"""Makes the frozen values of checked forms. Nothing can be wrong here any more."""

from typing import TypeVar
from zoneinfo import ZoneInfo

from pipeline.content import clocks
from pipeline.content.files import Folder, by_number
from pipeline.content.forms import (
    CutForm,
    EventForm,
    Form,
    ImageForm,
    ItemForm,
    MagazineForm,
    PersonForm,
    PictureForm,
    ProgrammeForm,
    ReflectionForm,
    StoryForm,
)
from pipeline.content.gathering import EpisodePages, Page, Pages, ReflectionPage
from pipeline.content.rules import picture_paths
from pipeline.model import (
    AgendaItem,
    Article,
    Case,
    Chapter,
    Cut,
    Draft,
    Episode,
    Event,
    Magazine,
    Moment,
    Person,
    Picture,
    Podcast,
    Print,
    Programme,
    Quote,
    Reflection,
    SoundTarget,
    Story,
    Venue,
)

F = TypeVar("F", bound=Form)


def programme_of(pages: Pages) -> Programme:
    """The whole, once no fault is left."""
    form = _checked(pages.programme)
    zone = ZoneInfo(form.timezone)
    events = tuple(_event(event, number, zone) for number, event in enumerate(form.events, start=1))
    order = {event.id: event.number for event in events}
    reflections = sorted(pages.reflections, key=lambda one: (order[one.event], by_number(one.page.slug)))
    return Programme(
        title=form.title,
        subtitle=form.subtitle,
        language=form.language,
        organiser=form.organiser,
        url=form.url,
        timezone=form.timezone,
        podcast=_podcast(form),
        sound=_sound(form),
        intro=form.sound.intro or "",
        outro=form.sound.outro or "",
        profile=form.profile,
        events=events,
        episodes=tuple(sorted((_episode(one, zone) for one in pages.episodes), key=lambda episode: episode.number)),
        magazine=_magazine(pages.folder, pages.magazine, form.language) if pages.magazine else None,
        reflections=tuple(_reflection(one) for one in reflections if _checked(one.page).cleared),
        drafts=tuple(
            Draft(slug=one.page.slug, event=one.event) for one in reflections if not _checked(one.page).cleared
        ),
        stories=tuple(_story(pages.folder, page) for page in pages.stories),
    )


def _event(form: EventForm, number: int, zone: ZoneInfo) -> Event:
    venue = form.venue
    return Event(
        id=form.id,
        number=number,
        title=form.title,
        theme=form.theme,
        starts=clocks.aware(form.starts, zone),
        ends=clocks.aware(form.ends, zone),
        venue=Venue(name=venue.name, address=venue.address, city=venue.city) if venue else None,
        online=form.online or "",
        agenda=tuple(AgendaItem(at=item.at, what=item.what) for item in form.agenda),
        guests=_people(form.guests),
        cases=tuple(
            Case(title=case.title, organisation=case.organisation, summary=case.summary, role=case.role)
            for case in form.cases
        ),
    )


def _people(forms: tuple[PersonForm, ...]) -> tuple[Person, ...]:
    return tuple(Person(name=form.name, role=form.role, organisation=form.organisation) for form in forms)


def _podcast(programme: ProgrammeForm) -> Podcast | None:
    form = programme.podcast
    if form is None:
        return None
    return Podcast(
        guid=form.guid,
        author=form.author,
        description=form.description,
        category=form.category,
        type=form.type,
        explicit=form.explicit,
        cover=form.cover or "",
        hub=form.hub or "",
    )


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
    )


def _episode(pages: EpisodePages, zone: ZoneInfo) -> Episode:
    form = _checked(pages.page)
    return Episode(
        slug=pages.page.slug,
        guid=form.guid,
        number=form.number,
        event=form.event or "",
        title=form.title,
        summary=form.summary,
        published=clocks.aware(form.published, zone),
        kind=form.kind,
        explicit=form.explicit,
        people=_people(form.people),
        chapters=tuple(Chapter(start_ms=chapter.start, title=chapter.title) for chapter in form.chapters),
        cuts=_stretches(form.cuts),
        mutes=_stretches(form.mutes),
        bleeps=_stretches(form.bleeps),
        notes_md=pages.page.body_md,
        recording=pages.recording,
        transcript=pages.transcript,
        transcript_reviewed=form.transcript_reviewed,
    )


def _stretches(forms: tuple[CutForm, ...]) -> tuple[Cut, ...]:
    return tuple(Cut(from_ms=form.from_, to_ms=form.to) for form in sorted(forms, key=lambda form: form.from_))


def _reflection(page: ReflectionPage) -> Reflection:
    form = _checked(page.page)
    if form.cleared is None:
        raise ValueError(f"{page.page.file} was not cleared")
    return Reflection(
        slug=page.page.slug,
        event=page.event,
        group=form.group,
        roles=form.roles,
        question=form.question,
        cleared=form.cleared,
        insights=form.insights,
        quotes=tuple(Quote(text=quote.text, by=quote.by) for quote in form.quotes if quote.cleared),
        moment=_moment(form),
        text_md=page.page.body_md,
    )


def _moment(form: ReflectionForm) -> Moment | None:
    if form.moment is None:
        return None
    slug, _, clock = form.moment.partition("#")
    return Moment(episode=slug, start_ms=clocks.parse_clock(clock))


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
        print=Print(bleed_mm=form.print.bleed_mm, profile=form.print.profile, multiple_of=form.print.multiple_of),
        colophon=form.colophon,
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
