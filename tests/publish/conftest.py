"""A programme whose public/ is written by the real feed and the real store, with made-up sound, and publishes of it."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import urls
from pipeline.cache import File, Store
from pipeline.feed import render_feed
from pipeline.model.build_outline import outline_of
from pipeline.publish import Wishes, candidate_of, carry_out, open_books, open_target, prepare
from pipeline.publish.publication_log import read_ledger
from pipeline.site import entry_digest
from tests.feed.samples import PROGRAMME, enclosure, release

REVIEWED = date(2024, 5, 1)
COVER = b"a cover, said to be a picture"


@dataclass
class Stage:
    """Episodes by number, as values that a test changes; ``public/`` follows with ``build``."""

    root: Path
    where: Path
    programme: object = PROGRAMME
    now: datetime = datetime(2025, 1, 1, tzinfo=UTC)
    episodes: dict = field(default_factory=dict)
    sounds: dict = field(default_factory=dict)
    covers: dict = field(default_factory=dict)
    formats: tuple = ("mp3",)

    @property
    def store(self):
        return Store(self.root / ".weerslag")

    @property
    def target(self):
        return open_target(str(self.where), root=self.root)

    @property
    def books(self):
        return open_books(self.root, store=self.store, target=self.target.name)

    @property
    def ledger(self):
        return read_ledger(self.books.ledger)

    def put(self, number, *, sound=None, **changes):
        """A new or another episode."""
        self.sounds[number] = sound or self.sounds.get(number) or bytes([number % 256]) * (20_000 + number)
        self.episodes[number] = {**self.episodes.get(number, {}), **changes}

    def releases(self):
        return [self._release(number, changes) for number, changes in self.episodes.items()]

    def build(self):
        """``public/``, as a build would leave it."""
        releases = [one for one in self.releases() if one.episode.published <= self.now]
        files = {urls.HOME: File(target="site", content=self._page("home", *(one.episode.title for one in releases)))}
        if self.programme.profile == "public-sector":
            path = f"{urls.accessibility(self.programme.language)}index.html"
            files[path] = File(target="site", content=self._page("Toegankelijkheidsverklaring"))
        cover = urls.cover(hashlib.sha256(COVER).hexdigest())
        files[cover] = File(target="episodes", content=COVER)
        for one, number in zip(self.releases(), self.episodes, strict=True):
            if one in releases:
                slug = one.episode.slug
                files[urls.episode(slug) + "index.html"] = File(target="site", content=self._page(one.episode.title))
                for name in (one.cover, urls.episode_cover_of_today(slug)):
                    files[name] = File(target="episodes", content=self._cover(slug))
                for sound in one.enclosures:
                    files[sound.path] = File(target="episodes", content=self._sound(number, sound.format))
        for output in render_feed(self.programme, releases, now=self.now, cover=cover) if releases else ():
            files[output.path.removeprefix("public/")] = File(target="feed", content=output.content)
        public = self.store.tree(self.root / "public")
        public.stage(files)
        public.switch(files)

    def outline(self, releases=None):
        """What a build would tell of it."""
        entries = [(event.id, entry_digest(event, self.programme)) for event in self.programme.events]
        return outline_of(self.programme, self.releases() if releases is None else releases, entries=entries)

    def prepare(self, **wishes):
        candidate = candidate_of(self.outline(), root=self.root, store=self.store, now=self.now)
        return prepare(candidate, self.target, self.books, Wishes(**wishes))

    def publish(self, *, served=False, **wishes):
        """Build, plan, carry out; the plan, and what was said."""
        self.build()
        plan = self.prepare(**wishes)
        said = []
        carry_out(plan, self.target, base=self.programme.url, books=self.books, say=said.append, served=served)
        return plan, [f"{step.kind} {step.subject}" for step in said]

    def objections(self, **wishes):
        """The codes of all that would stop it."""
        self.build()
        return sorted({one.code for one in self.prepare(**wishes).blocking})

    def later(self, **span):
        self.now += timedelta(**span)

    def _release(self, number, changes):
        one = release(number, **{"transcript_reviewed": REVIEWED, **changes})
        slug = one.episode.slug
        return replace(
            one,
            enclosures=tuple(self._enclosure(slug, number, it) for it in self.formats),
            cover=urls.episode_cover(slug, hashlib.sha256(self._cover(slug)).hexdigest()),
        )

    def _cover(self, slug):
        return self.covers.get(slug, COVER) + slug.encode()

    def _enclosure(self, slug, number, format_):
        sound = self._sound(number, format_)
        sha256 = hashlib.sha256(sound).hexdigest()
        made = enclosure(slug, format_, size_bytes=len(sound))
        return replace(made, sha256=sha256, path=urls.enclosure(slug, sha256, format_))

    def _sound(self, number, format_):
        return format_.encode() + self.sounds[number]

    @staticmethod
    def _page(*words):
        return f"<!doctype html><title>{' '.join(words)}</title>".encode()


@pytest.fixture
def stage(tmp_path):
    made = Stage(root=tmp_path / "programme", where=tmp_path / "served")
    made.root.mkdir()
    for number in (1, 2, 3):
        made.put(number)
    return made


def everything(folder):
    """Every file below a folder, by path; the note of what is ours left out."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {path: file.read_bytes() for path, file in files.items() if not path.startswith(".weerslag")}
