"""Teasers: where they lie in what listeners hear, and a file in ``press/`` for each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline import urls
from pipeline.audio import tasks
from pipeline.builder.task_runner import Made, Request
from pipeline.cache import Blob, Store
from pipeline.executors import Limits
from pipeline.model import Clock, Episode, Programme, Teaser

_GIB = 2**30


def heard_teasers(episode: Episode, *, clock: Clock) -> tuple[Teaser, ...]:
    """The teasers of an episode on the clock of its enclosure, in the order in which they were written down."""
    spans = [clock.span_ms(teaser.from_ms, teaser.to_ms) for teaser in episode.teasers]
    return tuple(
        replace(teaser, from_ms=from_ms, to_ms=to_ms)
        for teaser, (from_ms, to_ms) in zip(episode.teasers, spans, strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Teasing:
    """What the teasers of one episode are made of; ``tags`` are those of the whole episode."""

    programme: Programme
    episode: Episode
    master: Made[tasks.Mastered]
    cover: Blob
    tags: tasks.TagJob

    def requests(self, store: Store, tools: Mapping[str, str]) -> dict[str, Request[tasks.Encoded]]:
        """Path under ``press/`` → the teaser wanted there."""
        heard = heard_teasers(self.episode, clock=self.master.answer.clock(self.episode.cuts))
        return {
            urls.teaser(self.episode.slug, number): self._request(teaser, number, store, tools)
            for number, teaser in enumerate(heard, start=1)
        }

    def _request(self, teaser: Teaser, number: int, store: Store, tools: Mapping[str, str]) -> Request[tasks.Encoded]:
        master = self.master.outputs["master"]
        job = tasks.TeaserJob(
            master="",
            from_ms=teaser.from_ms,
            to_ms=teaser.to_ms,
            target=replace(self.programme.sound, formats=()),
            tags=self._tags(teaser, number),
            out="",
        )
        source, cover = str(store.path_of(master.sha256)), str(store.path_of(self.cover.sha256))
        return Request(
            verb="teased",
            subject=f"{self.episode.slug}-{number}",
            maker=tasks.TeaserJob.MAKER,
            recipe=tasks.TeaserJob.RECIPE,
            settings=job,
            inputs={"master": master.sha256, "cover": self.cover.sha256},
            tools=tools,
            job=lambda files: replace(
                job, master=source, tags=replace(job.tags, cover=cover), out=str(files["teaser.mp3"])
            ),
            answer=tasks.Encoded,
            outputs=("teaser.mp3",),
            limits=Limits(memory_bytes=6 * _GIB, deadline_s=120),
        )

    def _tags(self, teaser: Teaser, number: int) -> tasks.TagJob:
        """Those of the episode, with a title and a guid of its own, and the address where the talk goes on."""
        moment = urls.moment(self.episode.slug, teaser.from_ms)
        return replace(
            self.tags,
            format="mp3",
            title=teaser.title or self.episode.title,
            guid=f"{self.episode.guid}-teaser-{number}",
            url=urls.absolute(self.programme.url, moment),
            chapters=(),
            duration_ms=0,
        )
