"""Look up what a newsletter refers to; mail, plain text and the web page are rendered from the result."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline import urls
from pipeline.graphics.palette import wrap_colour_number
from pipeline.model import (
    Event,
    Letter,
    LetterItem,
    LetterLogo,
    LetterSection,
    Newsletter,
    NewsletterBlock,
    Picture,
    Programme,
)
from pipeline.typesetting import apply_typography, format_date, format_time_range, load_translator

_LOGO_PX = (140, 40)  # at most


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterContext:
    """What the letters of a programme are built from."""

    programme: Programme
    pictures: Mapping[str, str] = field(default_factory=dict)  # ``Picture.name``: path in public/
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # path in public/: width and height in pixels
    social_images: Mapping[str, str] = field(default_factory=dict)  # path of a page: path in public/

    def build_letters(self) -> tuple[Letter, ...]:
        """Build all letters, in the order of their days."""
        return tuple(map(self._build_letter, self.programme.newsletters))

    def _build_letter(self, newsletter: Newsletter) -> Letter:
        return Letter(
            slug=newsletter.slug,
            path=urls.newsletter(newsletter.slug),
            number=newsletter.number,
            day=newsletter.day,
            subject=self._typeset(newsletter.subject),
            preview=self._typeset(newsletter.preview),
            sections=tuple(self._build_sections(newsletter)),
            logos=tuple(self._list_logos()),
        )

    def _build_sections(self, newsletter: Newsletter) -> Iterator[LetterSection]:
        for block in newsletter.blocks:
            match block.kind:
                case "intro" if newsletter.text_md.strip():
                    yield LetterSection(kind="intro", text_md=newsletter.text_md)
                case "tips":
                    yield self._build_tips(block)
                case "story":
                    yield self._build_story(block.ref)
                case "episode":
                    yield self._build_episode(block.ref)
                case "event":
                    yield self._build_event(self.programme.find_event(block.ref), newsletter)
                case "button":
                    yield LetterSection(
                        kind="button", link=self._typeset(block.text), link_target=find_page(block.target)
                    )
                case "agenda" if items := tuple(self._list_coming_events(newsletter)):
                    yield LetterSection(kind="agenda", title=self._translate("Coming up"), items=items)

    def _list_logos(self) -> Iterator[LetterLogo]:
        for path in filter(None, (self.pictures.get(one.logo) for one in self.programme.partners)):
            width, height = self.sizes.get(path, _LOGO_PX)
            scale = min(_LOGO_PX[0] / width, _LOGO_PX[1] / height)
            yield LetterLogo(path=path, width_px=round(width * scale), height_px=round(height * scale))

    def _build_tips(self, block: NewsletterBlock) -> LetterSection:
        items = (
            LetterItem(text=self._typeset(tip.text), link=self._typeset(tip.source_title), target=tip.source_url)
            for tip in block.tips
        )
        return LetterSection(kind="tips", title=self._translate("Tips"), items=tuple(items))

    def _build_story(self, slug: str) -> LetterSection:
        story = next(one for one in self.programme.stories if one.slug == slug)
        section = LetterSection(
            kind="story",
            label=self._translate("Story"),
            title=self._typeset(story.title),
            target=urls.story(slug),
            text=self._typeset(story.intro),
            colour=wrap_colour_number(self.programme.find_event(story.event).number if story.event else 0),
        )
        return self._add_picture(section, story.picture)

    def _build_episode(self, slug: str) -> LetterSection:
        episode = next(one for one in self.programme.episodes if one.slug == slug)
        page = urls.episode(slug)
        return LetterSection(
            kind="episode",
            label=self._translate("Episode {number}").format(number=episode.number),
            title=self._typeset(episode.title),
            target=page,
            text=self._typeset(episode.summary),
            picture=self.social_images.get(page, ""),
            alt=self._translate("“{title}”, above the waveform of the conversation").format(title=episode.title),
            colour=wrap_colour_number(self.programme.find_colour_number(episode)),
        )

    def _build_event(self, event: Event, newsletter: Newsletter) -> LetterSection:
        place = (
            self._translate("This event is cancelled.") if event.status == "cancelled" else self._describe_place(event)
        )
        hours = format_time_range(event.starts, event.ends, language=self.programme.language)
        registration = event.registration if event.status != "cancelled" else None
        section = LetterSection(
            kind="event",
            label=self._translate("Event {number}").format(number=event.number),
            title=self._typeset(event.title),
            target=urls.event(event.id),
            facts=", ".join(filter(None, (self._format_day(event.starts), hours, place))),
            text=self._typeset(event.summary or event.theme),
            colour=wrap_colour_number(event.number),
        )
        until = (registration and registration.closes) or event.ends
        if registration and registration.open_url and until.date() >= newsletter.day:
            link = self._typeset(self._translate("Register for “{title}”").format(title=event.title))
            section = replace(section, link=link, link_target=registration.open_url, link_until=until)
        return self._add_picture(section, event.picture)

    def _list_coming_events(self, newsletter: Newsletter) -> Iterator[LetterItem]:
        for event in sorted(self.programme.events, key=lambda one: one.starts):
            if event.starts.date() > newsletter.day and event.visibility == "public" and event.status != "cancelled":
                yield LetterItem(
                    lead=self._format_day(event.starts),
                    link=self._typeset(event.title),
                    target=urls.event(event.id),
                    text=self._describe_place(event),
                )

    def _add_picture(self, section: LetterSection, picture: Picture | None) -> LetterSection:
        path = self.pictures.get(picture.name, "") if picture else ""
        return replace(section, picture=path, alt=picture.alt) if picture and path else section

    def _describe_place(self, event: Event) -> str:
        venue = [event.venue.name, event.venue.city] if event.venue else []
        online = [self._translate("online")] if event.online else []
        return self._typeset(", ".join(filter(None, venue + online)))

    def _format_day(self, at: datetime) -> str:
        return format_date(at.date(), language=self.programme.language)

    def _translate(self, text: str) -> str:
        return load_translator(self.programme.language)(text)

    def _typeset(self, text: str) -> str:
        return str(apply_typography(text, language=self.programme.language))


def find_page(target: str) -> str:
    """Return the page of a target such as ``event:<id>``; an address is returned unchanged."""
    kind, _, ref = target.partition(":")
    pages = {"story": urls.story, "episode": urls.episode, "event": urls.event}
    return pages[kind](ref) if kind in pages else target
