"""Posts for social media, as text files to copy from: nothing is posted, and no word is added to those of the programme.

Each file has a text per network within its limit, the picture to add, and its text alternative.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline import urls
from pipeline.model import Event, Output, Programme, Release, Story
from pipeline.typesetting import apply_typography, format_date, format_time_range, load_translator

_URL = re.compile(r"https?://\S+")
_SENTENCE = re.compile(r".+?[.!?…]+[”’\"')]*(?=\s|\Z)|.+\Z", re.DOTALL)
_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))  # code points that X counts once


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialNetwork:
    """What a network allows; an address counts as ``url_length`` characters, or as it is if that is 0.

    Source: LinkedIn help a528176; docs.joinmastodon.org/user/posting; docs.bsky.app, app.bsky.feed.post;
    docs.x.com/resources/fundamentals/counting-characters.
    """

    name: str
    limit: int
    url_length: int = 0
    is_weighted: bool = False

    def count(self, text: str) -> int:
        """Count the characters of a post as the network does."""
        plain = unicodedata.normalize("NFC", text)
        rest = _URL.sub("", plain)
        found = _URL.findall(plain)
        length = sum(map(self._weigh, rest)) if self.is_weighted else len(rest)
        return length + (self.url_length * len(found) if self.url_length else sum(map(len, found)))

    @staticmethod
    def _weigh(character: str) -> int:
        return 1 if any(first <= ord(character) <= last for first, last in _LIGHT) else 2


NETWORKS = (
    SocialNetwork(name="LinkedIn", limit=3000),
    SocialNetwork(name="Mastodon", limit=500, url_length=23),
    SocialNetwork(name="Bluesky", limit=300),
    SocialNetwork(name="X", limit=280, url_length=23, is_weighted=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialPost:
    """What a post may consist of; the later of these give way first."""

    kind: str  # story | episode | event | teaser
    slug: str
    title: str
    address: str
    facts: str = ""
    text: str = ""
    quote: str = ""
    picture: str = ""  # a path in public/
    alt: str = ""
    files: tuple[str, ...] = ()  # in press/: a sound or a clip to add

    def compose(self, network: SocialNetwork, hashtags: Sequence[str]) -> str:
        """Compose the longest text of whole sentences within the limit of a network."""
        tags = " ".join(f"#{tag}" for tag in hashtags)
        sentences = [one.strip() for one in _SENTENCE.findall(self.text)]
        for quote, used_tags in ((self.quote, tags), ("", tags), ("", "")):
            for count in range(len(sentences), -1 if not used_tags else 0, -1):
                parts = (self.title, self.facts, " ".join(sentences[:count]), quote, self.address, used_tags)
                post = "\n\n".join(filter(None, parts))
                if network.count(post) <= network.limit:
                    return post
        return f"{self.title}\n\n{self.address}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialContext:
    """What the posts of a programme are made from."""

    programme: Programme  # public events only
    releases: Sequence[Release] = ()  # published
    pictures: Mapping[str, str] = field(default_factory=dict)  # ``Picture.name``: path in public/
    social_images: Mapping[str, str] = field(default_factory=dict)  # path of a page: path in public/
    clips: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # ``slug-number`` of a teaser: paths in press/

    def render_posts(self) -> Iterator[Output]:
        """Render a file under ``press/`` for each story, published episode, event and teaser."""
        for post in self._list_posts():
            yield Output(path=f"press/{urls.social_post(post.kind, post.slug)}", content=self._format(post).encode())

    def _list_posts(self) -> Iterator[SocialPost]:
        yield from map(self._build_story, self.programme.stories)
        for release in self.releases:
            yield self._build_episode(release)
            yield from self._build_teasers(release)
        yield from map(self._build_event, self.programme.events)

    def _build_story(self, story: Story) -> SocialPost:
        page = urls.event(story.event) if story.event else urls.HOME
        picture = self.pictures.get(story.picture.name, "") if story.picture else ""
        return SocialPost(
            kind="story",
            slug=story.slug,
            title=self._typeset(story.title),
            text=self._typeset(story.intro),
            address=self._make_address(urls.story(story.slug)),
            picture=picture or self.social_images.get(page, ""),
            alt=story.picture.alt if picture and story.picture else self._describe_image(story.event),
        )

    def _build_episode(self, release: Release) -> SocialPost:
        episode, page = release.episode, urls.episode(release.episode.slug)
        return SocialPost(
            kind="episode",
            slug=episode.slug,
            title=self._typeset(episode.title),
            text=self._typeset(episode.summary),
            address=self._make_address(page),
            picture=self.social_images.get(page, ""),
            alt=self._translate("“{title}”, above the waveform of the conversation").format(title=episode.title),
        )

    def _build_teasers(self, release: Release) -> Iterator[SocialPost]:
        episode = self._build_episode(release)
        for number, teaser in enumerate(release.teasers, start=1):
            slug = f"{episode.slug}-{number}"
            yield SocialPost(
                kind="teaser",
                slug=slug,
                title=self._typeset(teaser.title) or episode.title,
                facts=episode.title if teaser.title else "",
                address=self._make_address(urls.episode_moment(episode.slug, teaser.from_ms)),
                picture=episode.picture,
                alt=episode.alt,
                files=(urls.teaser(episode.slug, number), *self.clips.get(slug, ())),
            )

    def _build_event(self, event: Event) -> SocialPost:
        day = format_date(event.starts.date(), language=self.programme.language)
        hours = format_time_range(event.starts, event.ends, language=self.programme.language)
        venue = [event.venue.name, event.venue.city] if event.venue else []
        online = [self._translate("online")] if event.online else []
        cancelled = [self._translate("This event is cancelled.")] if event.status == "cancelled" else []
        picture = self.pictures.get(event.picture.name, "") if event.picture else ""
        return SocialPost(
            kind="event",
            slug=event.id,
            title=self._typeset(event.title),
            facts=self._typeset(", ".join(filter(None, (day, hours, *venue, *online, *cancelled)))),
            text=self._typeset(event.summary or event.theme),
            quote=self._find_quote(event),
            address=self._make_address(urls.event(event.id)),
            picture=picture or self.social_images.get(urls.event(event.id), ""),
            alt=event.picture.alt if picture and event.picture else self._describe_image(event.id),
        )

    def _find_quote(self, event: Event) -> str:
        """Return the first approved quote of the groups, with its source."""
        for reflection in self.programme.find_reflections(event.id):
            for quote in reflection.quotes:
                source = ", ".join(filter(None, (quote.by, reflection.group)))
                return self._typeset(f"“{quote.text}” ({source})")
        return ""

    def _describe_image(self, event: str) -> str:
        found = self.programme.find_event(event) if event else None
        has_waveform = any(release.episode.event == event for release in self.releases)
        text = "“{title}”, above the waveform of the conversation" if has_waveform else "“{title}”"
        return self._translate(text).format(title=(found.theme or found.title) if found else self.programme.title)

    def _format(self, post: SocialPost) -> str:
        lines = [post.title, post.address]
        if post.picture:
            lines += [self._translate("Picture: {name}").format(name=f"public/{post.picture}")]
            lines += [self._translate("Text alternative: {text}").format(text=self._typeset(post.alt))]
        lines += [self._translate("File: {name}").format(name=f"press/{file}") for file in post.files]
        for network in NETWORKS:
            text = post.compose(network, self.programme.hashtags)
            size = self._translate("{count} of {limit} characters")
            heading = f"{network.name} ({size.format(count=network.count(text), limit=network.limit)})"
            lines += ["", heading, "-" * len(heading), text]
        return "\n".join(lines) + "\n"

    def _make_address(self, path: str) -> str:
        return urls.make_absolute(self.programme.url, path)

    def _translate(self, text: str) -> str:
        return load_translator(self.programme.language)(text)

    def _typeset(self, text: str) -> str:
        return apply_typography(text, language=self.programme.language).replace("\u00a0", " ")
