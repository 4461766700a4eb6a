"""From episodes to releases: measure, master, encode, draw, tag, in the order of how rarely their input changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pipeline import graphics, typesetting, urls
from pipeline.audio import tasks
from pipeline.builder.recording_bounds import outside
from pipeline.builder.task_runner import Made, Making, Request
from pipeline.builder.teasers import Teasing, heard_teasers
from pipeline.executors import Limits
from pipeline.feed.chapters import moved_chapters
from pipeline.feed.transcripts import moved_cues, without_hidden
from pipeline.model import Defect, Enclosure, Episode, Programme, Release, sentence

A = TypeVar("A")

_GIB = 2**30
_COVER_PX = 3000  # Apple 896: 1400 to 3000, preferably 3000
_TAG_COVER_PX = 1400  # of the picture inside a sound file, which every download pays for


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the makers of sound stand on: where the programme lies, and which tools work on it."""

    root: Path
    sound_tools: Mapping[str, str]
    picture_tools: Mapping[str, str]
    fonts: str  # a digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """All that the outputs need: releases, the podcast's cover, and which object lies behind each path in public/."""

    releases: tuple[Release, ...]
    cover: str  # relative to public/; empty without releases
    objects: Mapping[str, str]  # path in public/: sha256
    press: Mapping[str, str]  # path in press/: sha256


def released(programme: Programme, making: Making, sources: Sources, *, now: datetime) -> Released:
    """The releases of all episodes whose sound could be made; what failed stands in ``making.failures``.

    The podcast's cover is drawn of the episodes whose hour has come by ``now``.
    """
    stages = _Stages(programme=programme, making=making, sources=sources, now=now)
    measured = stages.measured(programme.episodes)
    mastered = stages.mastered(measured)
    covers = stages.covers(mastered)
    encoded = stages.encoded(mastered)
    tagged = stages.tagged(mastered, encoded, covers)
    teased = stages.teased(mastered, covers)
    return stages.gathered(measured, mastered, encoded, tagged, covers, teased)


@dataclass(slots=True)
class _Stages:
    programme: Programme
    making: Making
    sources: Sources
    now: datetime

    # --------------------------------------------------------------------------------------------------------- stages

    def measured(self, episodes: Sequence[Episode]) -> dict[str, Made[tasks.RecordingFacts]]:
        measured = self._made({episode.slug: self._measure(episode) for episode in episodes if episode.recording})
        return {slug: facts for slug, facts in measured.items() if self._is_within(self._episode(slug), facts.answer)}

    def mastered(self, measured: dict[str, Made[tasks.RecordingFacts]]) -> dict[str, Made[tasks.Mastered]]:
        return self._made({slug: self._master(self._episode(slug), facts.answer) for slug, facts in measured.items()})

    def covers(self, mastered: dict[str, Made[tasks.Mastered]]) -> dict[str, Made[graphics.CoverFacts]]:
        wanted = {}
        for slug, master in mastered.items():
            for size_px in (_COVER_PX, _TAG_COVER_PX):
                wanted[f"{slug} {size_px}"] = self._episode_cover(self._episode(slug), master.answer, size_px)
        given = self.programme.podcast.cover if self.programme.podcast else ""
        shown = [episode for episode in self.programme.episodes if episode.published <= self.now]
        heard = [(episode, mastered[episode.slug].answer) for episode in shown if episode.slug in mastered]
        heard = heard[: graphics.MOST_BANDS]
        if given:
            wanted["programme"] = self._given_cover(given)
        elif heard:
            wanted["programme"] = self._programme_cover(heard)
        return self._made(wanted)

    def encoded(self, mastered: dict[str, Made[tasks.Mastered]]) -> dict[str, Made[tasks.Encoded]]:
        formats = self.programme.sound.formats
        return self._made(
            {
                f"{slug}.{format_}": self._encode(slug, format_, master)
                for slug, master in mastered.items()
                for format_ in formats
            }
        )

    def tagged(
        self,
        mastered: dict[str, Made[tasks.Mastered]],
        encoded: dict[str, Made[tasks.Encoded]],
        covers: dict[str, Made[graphics.CoverFacts]],
    ) -> dict[str, Made[tasks.Tagged]]:
        wanted = {}
        for name, file in encoded.items():
            slug, _, format_ = name.rpartition(".")
            cover = covers.get(f"{slug} {_TAG_COVER_PX}")
            if cover is not None:
                wanted[name] = self._tag(self._episode(slug), format_, mastered[slug], file, cover)
        return self._made(wanted)

    def teased(
        self, mastered: dict[str, Made[tasks.Mastered]], covers: dict[str, Made[graphics.CoverFacts]]
    ) -> dict[str, Made[tasks.Encoded]]:
        """Path under ``press/`` → the teaser that stands there."""
        wanted: dict[str, Request[tasks.Encoded]] = {}
        for slug, master in mastered.items():
            cover, episode = covers.get(f"{slug} {_TAG_COVER_PX}"), self._episode(slug)
            if cover is not None and episode.teasers:
                teasing = Teasing(
                    programme=self.programme,
                    episode=episode,
                    master=master,
                    cover=cover.outputs["cover.jpg"],
                    tags=self._tag_job(episode, "mp3", master.answer, duration_s=master.answer.duration_s),
                )
                wanted |= teasing.requests(self.making.store, self.sources.sound_tools)
        return self._made(wanted)

    def gathered(
        self,
        measured: dict[str, Made[tasks.RecordingFacts]],
        mastered: dict[str, Made[tasks.Mastered]],
        encoded: dict[str, Made[tasks.Encoded]],
        tagged: dict[str, Made[tasks.Tagged]],
        covers: dict[str, Made[graphics.CoverFacts]],
        teased: dict[str, Made[tasks.Encoded]],
    ) -> Released:
        bleep = typesetting.words(self.programme.language)("[bleep]")
        releases: list[Release] = []
        objects: dict[str, str] = {}
        for slug, master in mastered.items():
            names = [f"{slug}.{format_}" for format_ in self.programme.sound.formats]
            if not all(name in tagged for name in names) or f"{slug} {_COVER_PX}" not in covers:
                continue
            enclosures = tuple(_enclosure(slug, encoded[name].answer, tagged[name]) for name in names)
            objects |= {enclosure.path: enclosure.sha256 for enclosure in enclosures}
            picture = covers[f"{slug} {_COVER_PX}"].outputs["cover.jpg"].sha256
            cover = urls.episode_cover(slug, picture)
            objects |= {cover: picture, urls.episode_cover_of_today(slug): picture}
            facts = measured[slug].answer
            releases.append(_release(self._episode(slug), facts, master.answer, enclosures, cover=cover, bleep=bleep))
        shown = ""
        if "programme" in covers:
            sha256 = covers["programme"].outputs["cover.jpg"].sha256
            shown = urls.cover(sha256)
            objects[shown] = sha256
        press = {path: made.outputs["teaser.mp3"].sha256 for path, made in teased.items()}
        return Released(releases=tuple(releases), cover=shown, objects=objects, press=press)

    # ------------------------------------------------------------------------------------------------------- requests

    def _measure(self, episode: Episode) -> Request[tasks.RecordingFacts]:
        parts = tuple(str(self.sources.root / part) for part in episode.recording)
        size = sum(Path(part).stat().st_size for part in parts)
        return Request(
            verb="measured",
            subject=episode.slug,
            maker=tasks.MeasureJob.MAKER,
            recipe=tasks.MeasureJob.RECIPE,
            settings={"cuts": episode.cuts, "names": [Path(part).name for part in parts]},
            inputs=self._inputs(episode.recording),
            tools=self.sources.sound_tools,
            job=lambda _: tasks.MeasureJob(parts=parts, cuts=episode.cuts),
            answer=tasks.RecordingFacts,
            limits=Limits(memory_bytes=6 * _GIB, deadline_s=120 + size / 20_000),
            weight_s=size / 1e6,
        )

    def _master(self, episode: Episode, facts: tasks.RecordingFacts) -> Request[tasks.Mastered]:
        clips = [clip for clip in (self.programme.intro, self.programme.outro) if clip]
        sounds = list(dict.fromkeys(jingle.sound for jingle in episode.jingles))
        jingles = [{"at_ms": jingle.at_ms, "sound": sounds.index(jingle.sound)} for jingle in episode.jingles]
        target = replace(self.programme.sound, formats=())  # another list of formats is not another master
        job = tasks.MasterJob(
            parts=tuple(str(self.sources.root / part) for part in episode.recording),
            cuts=episode.cuts,
            mutes=episode.mutes,
            bleeps=episode.bleeps,
            intro=str(self.sources.root / self.programme.intro) if self.programme.intro else "",
            outro=str(self.sources.root / self.programme.outro) if self.programme.outro else "",
            jingles=tuple(replace(one, sound=str(self.sources.root / one.sound)) for one in episode.jingles),
            target=target,
            facts=facts,
            out="",
        )
        return Request(
            verb="mastered",
            subject=episode.slug,
            maker=tasks.MasterJob.MAKER,
            recipe=tasks.MasterJob.RECIPE,
            settings={
                "target": target,
                "cuts": episode.cuts,
                "facts": replace(facts, curve_lufs=()),  # a drawing of what the rest tells
                "mutes": episode.mutes,
                "bleeps": episode.bleeps,
                "intro": bool(self.programme.intro),
                "outro": bool(self.programme.outro),
                **({"jingles": jingles} if jingles else {}),  # who has none keeps the master of an older Weerslag
            },
            inputs=self._inputs([*episode.recording, *clips, *sounds]),
            tools=self.sources.sound_tools,
            job=lambda files: replace(job, out=str(files["master"])),
            answer=tasks.Mastered,
            outputs=("master",),
            limits=_sound_limits(facts.duration_s),
            weight_s=facts.duration_s,
        )

    def _encode(self, slug: str, format_: str, master: Made[tasks.Mastered]) -> Request[tasks.Encoded]:
        target = replace(self.programme.sound, formats=())
        source = str(self.making.store.path_of(master.outputs["master"].sha256))
        return Request(
            verb="encoded",
            subject=f"{slug}.{format_}",
            maker=tasks.EncodeJob.MAKER,
            recipe=tasks.EncodeJob.RECIPE,
            settings={"format": format_, "target": target},
            inputs={"master": master.outputs["master"].sha256},
            tools=self.sources.sound_tools,
            job=lambda files: tasks.EncodeJob(
                master=source, format=format_, target=target, out=str(files[f"sound.{format_}"])
            ),
            answer=tasks.Encoded,
            outputs=(f"sound.{format_}",),
            limits=_sound_limits(master.answer.duration_s),
            weight_s=master.answer.duration_s,
        )

    def _tag(
        self,
        episode: Episode,
        format_: str,
        master: Made[tasks.Mastered],
        encoded: Made[tasks.Encoded],
        cover: Made[graphics.CoverFacts],
    ) -> Request[tasks.Tagged]:
        blob, picture = encoded.outputs[f"sound.{format_}"], cover.outputs["cover.jpg"]
        length_s = min(encoded.answer.duration_s, master.answer.duration_s)  # ffmpeg 5.1 decodes an m4a too long
        job = self._tag_job(episode, format_, master.answer, duration_s=length_s)
        source, cover_file = self.making.store.path_of(blob.sha256), self.making.store.path_of(picture.sha256)
        return Request(
            verb="tagged",
            subject=f"{episode.slug}.{format_}",
            maker=tasks.TagJob.MAKER,
            recipe=tasks.TagJob.RECIPE,
            settings=job,
            inputs={"sound": blob.sha256, "cover": picture.sha256},
            tools=self.sources.sound_tools,
            job=lambda files: replace(
                job, source=str(source), cover=str(cover_file), out=str(files[f"tagged.{format_}"])
            ),
            answer=tasks.Tagged,
            outputs=(f"tagged.{format_}",),
            limits=_sound_limits(master.answer.duration_s),
        )

    def _tag_job(self, episode: Episode, format_: str, master: tasks.Mastered, *, duration_s: float) -> tasks.TagJob:
        podcast = self.programme.podcast
        duration_ms = round(duration_s * 1000)
        chapters = moved_chapters(episode.chapters, clock=master.clock(episode.cuts), duration_ms=duration_ms)
        return tasks.TagJob(
            source="",
            out="",
            format=format_,
            title=episode.title,
            album=self.programme.title,
            artist=podcast.author if podcast else self.programme.organiser,
            number=episode.number,
            date=episode.published.date().isoformat(),
            language=self.programme.language,
            guid=episode.guid,
            comment=episode.summary,
            url=urls.absolute(self.programme.url, urls.episode(episode.slug)),
            genre="Podcast",
            copyright=f"{episode.published.year} {self.programme.organiser}",
            chapters=chapters,
            duration_ms=duration_ms,
            cover="",
        )

    def _episode_cover(self, episode: Episode, master: tasks.Mastered, size_px: int) -> Request[graphics.CoverFacts]:
        return self._cover(
            f"{episode.slug}-{size_px}",
            graphics.CoverJob(
                kind="episode",
                traces=(master.trace,),
                inks=(self.programme.ink_number(episode),),
                title=episode.title,
                label=str(episode.number),
                size_px=size_px,
                fonts="",
                out="",
            ),
        )

    def _programme_cover(self, heard: Sequence[tuple[Episode, tasks.Mastered]]) -> Request[graphics.CoverFacts]:
        return self._cover(
            "programme",
            graphics.CoverJob(
                kind="programme",
                traces=tuple(master.trace for _, master in heard),
                inks=tuple(self.programme.ink_number(episode) for episode, _ in heard),
                title=self.programme.title,
                label=self.programme.subtitle,
                size_px=_COVER_PX,
                fonts="",
                out="",
            ),
        )

    def _cover(self, name: str, job: graphics.CoverJob) -> Request[graphics.CoverFacts]:
        fonts = str(typesetting.templates_folder() / "fonts")
        return Request(
            verb="drawn",
            subject=f"cover {name}",
            maker="pipeline.graphics:draw_cover",
            recipe=graphics.RECIPE,
            settings=job,
            inputs={"fonts": self.sources.fonts},
            tools=self.sources.picture_tools,
            job=lambda files: replace(job, fonts=fonts, out=str(files["cover.jpg"])),
            answer=graphics.CoverFacts,
            outputs=("cover.jpg",),
            limits=Limits(memory_bytes=4 * _GIB, deadline_s=120),
        )

    def _given_cover(self, path: str) -> Request[graphics.CoverFacts]:
        source = self.sources.root / path
        return Request(
            verb="drawn",
            subject="cover programme",
            maker="pipeline.graphics:fit_cover",
            recipe=graphics.RECIPE,
            settings={"size_px": _COVER_PX},
            inputs=self._inputs([path]),
            tools=self.sources.picture_tools,
            job=lambda files: graphics.FitJob(source=str(source), size_px=_COVER_PX, out=str(files["cover.jpg"])),
            answer=graphics.CoverFacts,
            outputs=("cover.jpg",),
            limits=Limits(memory_bytes=4 * _GIB, deadline_s=120, isolated=True),
        )

    # --------------------------------------------------------------------------------------------------------- helpers

    def _made(self, wanted: Mapping[str, Request[A]]) -> dict[str, Made[A]]:
        made = self.making.make(list(wanted.values()))
        return {name: one for name, one in zip(wanted, made, strict=True) if one is not None}

    def _is_within(self, episode: Episode, facts: tasks.RecordingFacts) -> bool:
        """Whether every cut and teaser lies in the recording; which one does not is told."""
        beyond = list(outside(episode, duration_s=facts.duration_s, root=self.sources.root))
        for subject, error in beyond:
            self.making.fail(subject, error)
        return not beyond

    def _episode(self, slug: str) -> Episode:
        return next(episode for episode in self.programme.episodes if episode.slug == slug)

    def _inputs(self, paths: Sequence[str]) -> dict[str, str]:
        digest = self.making.store.digest
        return {
            f"{number:03} {Path(path).suffix}": digest(self.sources.root / path) for number, path in enumerate(paths)
        }


def _enclosure(slug: str, encoded: tasks.Encoded, tagged: Made[tasks.Tagged]) -> Enclosure:
    (blob,) = tagged.outputs.values()
    return Enclosure(
        format=encoded.format,
        media_type=encoded.media_type,
        path=urls.enclosure(slug, blob.sha256, encoded.format),
        sha256=blob.sha256,
        size_bytes=blob.size_bytes,
        duration_s=encoded.duration_s,
        integrated_lufs=encoded.integrated_lufs,
        true_peak_dbtp=encoded.true_peak_dbtp,
        bitrate_kbps=encoded.bitrate_kbps,
    )


def _release(
    episode: Episode,
    facts: tasks.RecordingFacts,
    master: tasks.Mastered,
    enclosures: tuple[Enclosure, ...],
    *,
    cover: str,
    bleep: str,
) -> Release:
    duration_s = enclosures[0].duration_s
    clock, duration_ms = master.clock(episode.cuts), round(duration_s * 1000)
    cues = without_hidden(episode.transcript, gone=(*episode.cuts, *episode.mutes), bleeps=episode.bleeps, mark=bleep)
    return Release(
        episode=episode,
        enclosures=enclosures,
        duration_s=duration_s,
        chapters=moved_chapters(episode.chapters, clock=clock, duration_ms=duration_ms),
        transcript=moved_cues(cues, clock=clock, duration_ms=duration_ms),
        trace=master.trace,
        cover=cover,
        offset_ms=master.offset_ms,
        interludes=master.interludes,
        treatment=tasks.treatment_of(facts, master),
        defects=(*facts.defects, *master.defects, *_chapters_beyond(episode, facts)),
        teasers=heard_teasers(episode, clock=clock),
    )


def _chapters_beyond(episode: Episode, facts: tasks.RecordingFacts) -> tuple[Defect, ...]:
    """A chapter that begins behind the end is in no list; whoever wrote it, or misses the sound, should know."""
    return tuple(
        Defect(
            code="chapter-beyond",
            at_s=chapter.start_ms / 1000,
            message=sentence(
                "the chapter “{title}” begins after the end of the recording, and is left out", title=chapter.title
            ),
        )
        for chapter in episode.chapters
        if chapter.start_ms >= facts.duration_s * 1000
    )


def _sound_limits(duration_s: float) -> Limits:
    """Four times as long as it sounds is more than any stage takes on a slow machine."""
    return Limits(memory_bytes=6 * _GIB, deadline_s=max(60.0, 4 * duration_s))
