"""From episodes to releases: measure, master, encode, draw and tag, in the order of how rarely their input changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pipeline import typesetting, urls
from pipeline.audio.tasks import (
    EncodeResult,
    EncodeTask,
    MasterResult,
    MasterTask,
    MeasureTask,
    RecordingFacts,
    TagResult,
    TagTask,
    TeaserTask,
    build_processing_report,
    select_master_settings,
)
from pipeline.builder.cover_images import COVER_PX, PROGRAMME, TAG_COVER_PX, CoverImages, Covers, shrink_cover
from pipeline.builder.denoised_recordings import DenoisedRecordings, denoise_recordings, use_denoised
from pipeline.builder.passthrough import build_passthrough_release, copy_finished_audio, drop_finished_audio
from pipeline.builder.recording_bounds import find_out_of_bounds
from pipeline.builder.takes import describe_take, mix_takes
from pipeline.builder.task_functions import run_encode, run_master, run_measure, run_tag, run_teaser
from pipeline.builder.task_runner import PendingTask, TaskResult, TaskRunner
from pipeline.builder.teaser_plan import map_teasers, plan_teasers
from pipeline.executors import start_worker
from pipeline.feed.chapters import shift_chapters
from pipeline.feed.transcripts import redact_cues, shift_cues
from pipeline.model import Defect, Enclosure, Episode, Programme, Release, sentence

Recordings = Mapping[str, TaskResult[RecordingFacts]]
Masters = Mapping[str, TaskResult[MasterResult]]  # by slug
Encodings = Mapping[tuple[str, str], TaskResult[EncodeResult]]  # by slug and format
Enclosures = Mapping[tuple[str, str], Enclosure]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSet:
    """All releases, held back or not, and their files."""

    releases: tuple[Release, ...]
    cover: str  # of the podcast, relative to public/; empty without releases
    small_cover: str  # the same for the home page
    public: Mapping[str, str]  # path in public/: sha256
    press: Mapping[str, str]  # path in press/: sha256
    master_files: Mapping[str, str]  # slug: path


def build_releases(programme: Programme, runner: TaskRunner, *, root: Path, now: datetime) -> ReleaseSet:
    """Build the releases of all episodes with a recording; failures are in ``runner.failures``.

    Args:
        programme: The programme.
        runner: Runs the tasks.
        root: The folder of the programme.
        now: The podcast's cover is drawn from the episodes published by then.
    """
    programme, take_set = mix_takes(programme, runner, root=root)
    copied = copy_finished_audio(programme, runner, root=root)
    recordings, masters = _measure_and_master(programme, runner, root)
    encoding = _start_encoding(programme, masters, runner)
    waveforms = {slug: result.value.waveform for slug, result in masters.items()}
    waveforms |= {slug: result.value.waveform for slug, result in copied.items()}
    drawing = CoverImages(programme, waveforms, runner, root=root, now=now)  # beside the encoders
    encodings, covers = runner.finish(encoding), drawing.finish()
    enclosures = _tag_files(programme, masters, encodings, covers, runner)
    press = {**take_set.press, **_encode_teasers(programme, masters, covers, runner)}
    releases: list[Release] = []
    public: dict[str, str] = {}
    for episode in programme.episodes:
        slug, cover = episode.slug, covers.get((episode.slug, COVER_PX))
        files = [enclosures[slug, one] for one in programme.sound.formats if (slug, one) in enclosures]
        sha256 = cover.outputs["out"].sha256 if cover else ""
        if sha256 and slug in copied:
            path = urls.episode_cover(slug, sha256)
            releases.append(build_passthrough_release(episode, copied[slug], cover=path))
        elif sha256 and len(files) == len(programme.sound.formats):
            facts, master = recordings[slug].value, masters[slug].value
            release = _build_release(programme, episode, facts, master, files, urls.episode_cover(slug, sha256))
            releases.append(replace(release, take=take_set.takes.get(slug)))
        else:
            continue
        public |= {file.path: file.sha256 for file in releases[-1].enclosures}
        public |= {releases[-1].cover: sha256, urls.episode_cover_alias(slug): sha256}
    cover = covers.get((PROGRAMME, COVER_PX))
    cover_path = urls.cover(cover.outputs["out"].sha256) if cover else ""
    public |= {cover_path: cover.outputs["out"].sha256} if cover else {}
    small = shrink_cover(cover, runner) if cover else ""
    public |= {urls.small_cover(small): small} if small else {}
    return ReleaseSet(
        releases=tuple(releases),
        cover=cover_path,
        small_cover=urls.small_cover(small) if small else "",
        public=public,
        press=press,
        master_files={slug: runner.find_output(master) for slug, master in masters.items()},
    )


def find_sound_defects(programme: Programme, runner: TaskRunner, *, root: Path) -> dict[str, tuple[Defect, ...]]:
    """Measure and master all recordings, or load the results.

    Returns:
        By slug the defects of recording and master, of each episode that was mastered; and a note, if
        its files are tracks.
    """
    programme, take_set = mix_takes(programme, runner, root=root)
    notes = {slug: (describe_take(take),) for slug, take in take_set.takes.items()}
    recordings, masters = _measure_and_master(programme, runner, root)
    return {
        slug: (*notes.get(slug, ()), *recordings[slug].value.defects, *master.value.defects)
        for slug, master in masters.items()
    }


def _measure_and_master(programme: Programme, runner: TaskRunner, root: Path) -> tuple[Recordings, Masters]:
    programme = drop_finished_audio(programme)
    recordings = measure_recordings(programme, runner, root)
    denoised = denoise_recordings(programme, recordings, runner, root)
    return recordings, _master_recordings(programme, recordings, denoised, runner, root)


def measure_recordings(programme: Programme, runner: TaskRunner, root: Path) -> Recordings:
    """Measure each recording; leave out those that are too short for what their episode refers to.

    Args:
        programme: With the mix of each take as its recording.
        runner: Runs the tasks.
        root: The folder of the programme.
    """
    tasks = {
        episode.slug: MeasureTask(
            subject=episode.slug,
            parts=tuple(str(root / part) for part in episode.recording),
            cuts=episode.cuts,
            input_channels=episode.input_channels,
        )
        for episode in programme.episodes
        if episode.recording
    }
    parts = [Path(part) for task in tasks.values() for part in task.parts]
    if not runner.dry_run and not all(map(runner.cache.inputs.is_known, parts)):
        start_worker(runner.executor, "pipeline.audio.mastering")  # imports while this process hashes
    recordings = runner.run(run_measure, tasks)
    for episode in programme.episodes:
        if episode.slug not in recordings:
            continue
        errors = list(find_out_of_bounds(episode, duration_s=recordings[episode.slug].value.duration_s, root=root))
        for subject, error in errors:
            runner.report_failure(subject, error)
        if errors:
            del recordings[episode.slug]
    return recordings


def _master_recordings(
    programme: Programme, recordings: Recordings, denoised: DenoisedRecordings, runner: TaskRunner, root: Path
) -> Masters:
    def plan(episode: Episode) -> MasterTask:
        task = MasterTask(
            subject=episode.slug,
            parts=tuple(str(root / part) for part in episode.recording),
            cuts=episode.cuts,
            mutes=episode.mutes,
            bleeps=episode.bleeps,
            intro=str(root / programme.intro) if programme.intro else "",
            outro=str(root / programme.outro) if programme.outro else "",
            jingles=tuple(replace(one, sound=str(root / one.sound)) for one in episode.jingles),
            target=select_master_settings(programme.sound),
            facts=replace(
                recordings[episode.slug].value, curve_lufs=()
            ),  # only for the report; excluded so that it does not affect the key
        )
        return use_denoised(task, denoised[episode.slug], runner) if denoised else task

    available = denoised or recordings  # without those that failed
    episodes = [episode for episode in programme.episodes if episode.slug in available]
    masters = runner.run(run_master, {episode.slug: plan(episode) for episode in episodes})
    return {
        slug: replace(master, value=denoised[slug].value.complete_report(master.value)) if denoised else master
        for slug, master in masters.items()
    }


def _start_encoding(
    programme: Programme, masters: Masters, runner: TaskRunner
) -> dict[tuple[str, str], PendingTask[EncodeResult]]:
    """Start all encoders; only that of MP3 uses several cores, so it is the last."""
    tasks = {
        (slug, format_): EncodeTask(
            subject=f"{slug}.{format_}",
            master=runner.find_output(master),
            format=format_,
            target=replace(programme.sound, formats=()),
            master_lufs=master.value.integrated_lufs,
            sampled=master.value.sampled,
            duration_s=master.value.duration_s,
            out=f"sound.{format_}",
        )
        for slug, master in masters.items()
        for format_ in sorted(programme.sound.formats, key="mp3".__eq__)
    }
    return {name: runner.submit(run_encode, task) for name, task in tasks.items()}


def _tag_files(
    programme: Programme, masters: Masters, encodings: Encodings, covers: Covers, runner: TaskRunner
) -> Enclosures:
    tasks = {}
    for episode in programme.episodes:
        for format_ in programme.sound.formats:
            encoded = encodings.get((episode.slug, format_))
            cover = covers.get((episode.slug, TAG_COVER_PX))
            if encoded is None or cover is None:
                continue
            master = masters[episode.slug].value
            # ffmpeg 5.1 decodes more of an m4a than was encoded
            duration_s = min(encoded.value.duration_s, master.duration_s)
            duration_ms = round(duration_s * 1000)
            timeline = master.build_timeline(episode.cuts)
            tasks[episode.slug, format_] = replace(
                _plan_tags(programme, episode),
                subject=f"{episode.slug}.{format_}",
                source=runner.find_output(encoded),
                cover=runner.find_output(cover),
                format=format_,
                chapters=shift_chapters(episode.chapters, timeline=timeline, duration_ms=duration_ms),
                duration_ms=duration_ms,
                out=f"tagged.{format_}",
            )
    taggings = runner.run(run_tag, tasks)
    return {key: _build_enclosure(key[0], encodings[key].value, tagged) for key, tagged in taggings.items()}


def _plan_tags(programme: Programme, episode: Episode) -> TagTask:
    """Plan the tags that all files of an episode share."""
    podcast = programme.podcast
    return TagTask(
        title=episode.title,
        album=programme.title,
        artist=podcast.author if podcast else programme.organiser,
        number=episode.number,
        date=episode.published.date().isoformat(),
        language=programme.language,
        guid=episode.guid,
        comment=episode.summary,
        url=urls.make_absolute(programme.url, urls.episode(episode.slug)),
        copyright=f"{episode.published.year} {programme.organiser}",
    )


def _encode_teasers(programme: Programme, masters: Masters, covers: Covers, runner: TaskRunner) -> dict[str, str]:
    """Encode all teasers.

    Returns:
        Digests of the files by their path in press/.
    """
    tasks: dict[str, TeaserTask] = {}
    for episode in programme.episodes:
        master, cover = masters.get(episode.slug), covers.get((episode.slug, TAG_COVER_PX))
        if master and cover and episode.teasers:
            tags = replace(_plan_tags(programme, episode), cover=runner.find_output(cover))
            timeline = master.value.build_timeline(episode.cuts)
            tasks |= plan_teasers(programme, episode, master=runner.find_output(master), tags=tags, timeline=timeline)
    return {path: result.outputs["out"].sha256 for path, result in runner.run(run_teaser, tasks).items()}


def _build_release(
    programme: Programme,
    episode: Episode,
    facts: RecordingFacts,
    master: MasterResult,
    enclosures: Sequence[Enclosure],
    cover: str,
) -> Release:
    duration_s = enclosures[0].duration_s
    timeline, duration_ms = master.build_timeline(episode.cuts), round(duration_s * 1000)
    mark = typesetting.load_translator(programme.language)("[bleep]")
    cues = redact_cues(episode.transcript, removed=(*episode.cuts, *episode.mutes), bleeps=episode.bleeps, mark=mark)
    return Release(
        episode=episode,
        enclosures=tuple(enclosures),
        duration_s=duration_s,
        chapters=shift_chapters(episode.chapters, timeline=timeline, duration_ms=duration_ms),
        transcript=shift_cues(cues, timeline=timeline, duration_ms=duration_ms),
        waveform=master.waveform,
        cover=cover,
        offset_ms=master.offset_ms,
        timed_jingles=master.timed_jingles,
        processing=build_processing_report(facts, master),
        defects=(*facts.defects, *master.defects, *_find_late_chapters(episode, facts)),
        teasers=map_teasers(episode, timeline=timeline),
    )


def _build_enclosure(slug: str, encoded: EncodeResult, tagged: TaskResult[TagResult]) -> Enclosure:
    blob = tagged.outputs["out"]
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


def _find_late_chapters(episode: Episode, facts: RecordingFacts) -> tuple[Defect, ...]:
    """Report chapters that begin after the end: they are in no list, so either they are wrong or audio is missing."""
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
