"""A sample podcast whose public/ is written by the real feed and cache, with invented audio, to be published."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import urls
from pipeline.cache import Cache, TreeFile
from pipeline.content.publication_log import read_publication_log
from pipeline.feed import render_feed
from pipeline.model.build_outline import build_outline
from pipeline.publish.candidate import build_candidate
from pipeline.publish.log_store import open_log_store
from pipeline.publish.plan import PublishOptions, prepare_plan
from pipeline.publish.target_factory import open_target
from pipeline.publish.upload import run_plan
from pipeline.site import hash_entry
from tests.feed.samples import PROGRAMME, enclosure, release

REVIEWED = date(2024, 5, 1)
COVER = b"a cover"


@dataclass
class SamplePodcast:
    """Episodes by number, as values that a test changes; ``build`` writes them to ``public/``."""

    root: Path
    served: Path
    programme: object = PROGRAMME
    now: datetime = datetime(2025, 1, 1, tzinfo=UTC)
    episodes: dict = field(default_factory=dict)
    audio_files: dict = field(default_factory=dict)
    covers: dict = field(default_factory=dict)
    formats: tuple = ("mp3",)
    reviews: dict = field(default_factory=dict)  # of transcripts, by slug
    digests: dict = field(default_factory=dict)  # of transcripts that were reviewed elsewhere, by slug

    @property
    def cache(self):
        return Cache(self.root / ".weerslag")

    @property
    def target(self):
        return open_target(str(self.served), root=self.root)

    @property
    def log_store(self):
        return open_log_store(self.root, cache=self.cache, target=self.target.name)

    @property
    def log(self):
        return read_publication_log(self.log_store.path)

    def put(self, number, *, audio=None, **changes):
        """Add or change an episode."""
        self.audio_files[number] = audio or self.audio_files.get(number) or bytes([number % 256]) * (20_000 + number)
        self.episodes[number] = {**self.episodes.get(number, {}), **changes}

    def releases(self):
        return [self._release(number, changes) for number, changes in self.episodes.items()]

    def build(self):
        """Write ``public/`` as a build does."""
        releases = [one for one in self.releases() if one.episode.published <= self.now]
        files = {
            urls.HOME: TreeFile(target="site", content=self._page("home", *(one.episode.title for one in releases)))
        }
        if self.programme.profile == "public-sector":
            path = f"{urls.accessibility_page(self.programme.language)}index.html"
            files[path] = TreeFile(target="site", content=self._page("Toegankelijkheidsverklaring"))
        cover = urls.cover(hashlib.sha256(COVER).hexdigest())
        files[cover] = TreeFile(target="episodes", content=COVER)
        for one, number in zip(self.releases(), self.episodes, strict=True):
            if one in releases:
                slug = one.episode.slug
                files[urls.episode(slug) + "index.html"] = TreeFile(
                    target="site", content=self._page(one.episode.title)
                )
                for name in (one.cover, urls.episode_cover_alias(slug)):
                    files[name] = TreeFile(target="episodes", content=self._cover(slug))
                for audio in one.enclosures:
                    files[audio.path] = TreeFile(target="episodes", content=self._audio(number, audio.format))
        for output in render_feed(self.programme, releases, now=self.now, cover=cover) if releases else ():
            files[output.path.removeprefix("public/")] = TreeFile(target="feed", content=output.content)
        public = self.cache.get_output_tree(self.root / "public")
        public.stage(files)
        public.swap(files)

    def outline(self, releases=None):
        """Return the outline that a build returns."""
        entries = [(event.id, hash_entry(event, self.programme)) for event in self.programme.events]
        releases = self.releases() if releases is None else releases
        return build_outline(self.programme, releases, entries=entries, reviews=self.reviews, digests=self.digests)

    def prepare(self, **options):
        candidate = build_candidate(self.outline(), root=self.root, cache=self.cache, now=self.now)
        return prepare_plan(candidate, self.target, self.log_store, PublishOptions(**options))

    def publish(self, *, check_urls=False, **options):
        """Build, plan and upload; return the plan and the reported steps."""
        self.build()
        plan = self.prepare(**options)
        steps = []
        run_plan(plan, self.target, log_store=self.log_store, report=steps.append, check_urls=check_urls)
        return plan, [f"{step.kind} {step.subject}" for step in steps]

    def find_blocking_codes(self, **options):
        """Return the codes of all blocking findings."""
        self.build()
        return sorted({one.code for one in self.prepare(**options).blocking})

    def advance_clock(self, **span):
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
        audio = self._audio(number, format_)
        sha256 = hashlib.sha256(audio).hexdigest()
        one = enclosure(slug, format_, size_bytes=len(audio))
        return replace(one, sha256=sha256, path=urls.enclosure(slug, sha256, format_))

    def _audio(self, number, format_):
        return format_.encode() + self.audio_files[number]

    @staticmethod
    def _page(*words):
        return f"<!doctype html><title>{' '.join(words)}</title>".encode()


@pytest.fixture
def podcast(tmp_path):
    sample = SamplePodcast(root=tmp_path / "programme", served=tmp_path / "served")
    sample.root.mkdir()
    for number in (1, 2, 3):
        sample.put(number)
    return sample


def read_tree(folder):
    """Read every file below a folder, by path, without the upload manifest."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {path: file.read_bytes() for path, file in files.items() if not path.startswith(".weerslag")}
