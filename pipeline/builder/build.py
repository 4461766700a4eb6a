"""Build a programme: run its tasks, render its outputs, replace ``public/`` and ``press/``, or the preview."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline import pdf, site
from pipeline.builder.build_result import BuildResult
from pipeline.builder.cached_build import BuildKey, save_build
from pipeline.builder.chapter_images import add_chapter_images
from pipeline.builder.clips import ClipSet, make_clips
from pipeline.builder.editions import MagazineContext, MagazineFiles, build_magazine
from pipeline.builder.excerpt_plan import ExcerptSet, make_excerpts
from pipeline.builder.mailings import build_mailings
from pipeline.builder.newsletters import build_letters, build_newsletters, build_social_posts
from pipeline.builder.output_files import OutputParts, check_feed, collect_files, find_theme, replace_trees
from pipeline.builder.participant_pages import build_participant_pages
from pipeline.builder.pdf_theme import hash_theme_files
from pipeline.builder.pictures import CleanPictures, clean_pictures
from pipeline.builder.preview import build_preview_tree, find_last_publication
from pipeline.builder.proofs import read_proof
from pipeline.builder.releases import build_releases
from pipeline.builder.social_images import SocialImages, draw_social_images
from pipeline.builder.task_runner import DRY_RUN, UP_TO_DATE, Reporter, TaskRunner
from pipeline.builder.transcript_reviews import digest_reviewed_transcripts, review_transcripts
from pipeline.builder.trees import TARGETS
from pipeline.builder.worker_cache import read_copies_limit
from pipeline.cache import Cache, TreeChanges, TreeFile
from pipeline.content.recording_files import find_stored_sound
from pipeline.errors import DependencyError, StorageError, fill
from pipeline.executors import find_blind_workers, open_executor
from pipeline.media import executable
from pipeline.model import Output, Programme, Release, Step
from pipeline.model.build_outline import build_outline


def run_build(  # noqa: PLR0913  # everything from outside is an argument
    programme: Programme,
    *,
    root: Path,
    cache: Cache,
    executor: Executor,
    now: datetime,
    reporter: Reporter,
    targets: Sequence[str] = TARGETS,
    dry_run: bool = False,
    preview: bool = False,
    notices: Sequence[Output] = (),
    build_key: BuildKey | None = None,
) -> BuildResult:
    """Run the tasks that are not in the cache, then replace ``public/`` and ``press/``, or leave both unchanged.

    Args:
        programme: The programme in ``root``, whose ``cache`` is locked.
        now: Decides what is held back.
        dry_run: Report what would be run, and change nothing.
        preview: Replace the preview instead, which shows what is held back; ``public/`` and ``press/`` stay as they are.
        notices: Files of ``press/`` that the publication log requires.
        build_key: With it, the build is cached as a whole; only for all targets.

    Raises:
        DependencyError: A tool is missing; nothing was begun.
        GateError, StorageError: The feed breaks a rule, or the folders could not be replaced.
    """
    _check_tools(programme, targets)
    whole, programme = programme, programme if preview else programme.select_public()
    with cache.open_workspace() as folder:
        _check_places(root, cache, executor, folder)
        runner = TaskRunner(cache=cache, executor=executor, folder=folder, reporter=reporter, dry_run=dry_run)
        shown_at = find_last_publication(programme, now) if preview else now
        parts = _run_tasks(programme, runner, root, shown_at, targets, whole=whole)
        if runner.failures or any(step.kind == DRY_RUN for step in runner.steps):
            return _summarise(runner, {}, programme, root, now, parts)
        files = collect_files(programme, parts, root=root, now=now, shown_at=shown_at, targets=targets)
        for step in check_feed(files["public"], programme, now=shown_at):
            runner.report(step)
        files["press"] |= _convert_notices(notices) if "press" in targets else {}
        if preview:
            files = build_preview_tree(files, parts.releases, programme, now=now)
        changes = replace_trees(root, cache, files, targets, dry_run=dry_run)
        result = _summarise(runner, changes, programme, root, now, parts)
        if not dry_run:
            if build_key is not None:
                replay = _prepare_replay(result, runner, files)
                runner.keys |= save_build(build_key, replay, whole, root, cache, now=now, notices=notices)
            _record_build(runner, files)
    return result


def _run_tasks(
    programme: Programme,
    runner: TaskRunner,
    root: Path,
    shown_at: datetime,
    targets: Sequence[str],
    *,
    whole: Programme,
) -> OutputParts:
    """Run all tasks of the targets; after a failure only those that other failures may be in.

    Mailings are of the ``whole`` programme, also of the events that are for participants only.
    """
    release_set = add_chapter_images(build_releases(programme, runner, root=root, now=shown_at), runner, root=root)
    published = tuple(release for release in release_set.releases if release.episode.published <= shown_at)
    pictures = clean_pictures(programme, runner, root=root)
    images, magazine, excerpts, clips = SocialImages(), MagazineFiles(), ExcerptSet(), ClipSet()
    if ("site" in targets or "press" in targets) and not runner.failures:
        images = draw_social_images(programme, published, runner)
    letters = build_letters(programme, pictures, images)
    if "magazine" in targets and not runner.failures:
        magazine = _build_magazine(programme, published, pictures, runner, root)
    mailings: tuple[Output, ...] = ()
    participant_pages: dict[str, TreeFile] = {}
    if "press" in targets and not runner.failures:
        theme = find_theme("mailings", programme, root)
        mailings = build_mailings(whole, published, runner, theme=theme)
        mailings += build_newsletters(programme, letters, runner, theme=theme)
        clips = make_clips(programme, published, release_set.press, runner, root=root)
        mailings += build_social_posts(programme, published, pictures, images, clips)
        participant_pages = build_participant_pages(whole, runner, root=root, now=shown_at, find_theme=find_theme)
    if "press" in targets and not runner.failures:
        excerpts = make_excerpts(published, release_set.master_files, runner, root=root)
    return OutputParts(
        release_set=release_set,
        pictures=pictures,
        social_images=images,
        magazine=magazine,
        excerpts=excerpts,
        mailings=mailings,
        letters=letters,
        clips=clips,
        participant_pages=participant_pages,
    )


def load_releases(programme: Programme, *, root: Path, cache: Cache, now: datetime) -> tuple[Release, ...]:
    """Load the releases whose audio is in the cache; build nothing.

    Raises:
        DependencyError: ffmpeg is missing.
    """
    reporter = Reporter(step=lambda _: None)
    with open_executor("local") as executor:
        return run_build(
            programme,
            root=root,
            cache=cache,
            executor=executor,
            now=now,
            reporter=reporter,
            targets=("episodes",),
            dry_run=True,
        ).releases


def _convert_notices(notices: Sequence[Output]) -> dict[str, TreeFile]:
    return {notice.path.removeprefix("press/"): TreeFile(target="press", content=notice.content) for notice in notices}


def _record_build(runner: TaskRunner, files: Mapping[str, Mapping[str, TreeFile]]) -> None:
    """Record what the build needs, and delete copies of objects that were not used for longest."""
    runner.cache.record_build(runner.keys, [file.sha256 for tree in files.values() for file in tree.values()])
    if runner.cache.store is not None:
        runner.cache.trim_copies(read_copies_limit())


def _check_places(root: Path, cache: Cache, executor: Executor, folder: Path) -> None:
    """Check that the cache has the store that ``.ref`` files refer to; and that workers see this disk, if it has none."""
    hint = "weerslag build --cache s3://bucket/prefix"
    for path in find_stored_sound(root):
        if str(path) not in cache.declared and not path.exists():
            message, where = "this recording is in a store, and the cache is not", path.relative_to(root).as_posix()
            raise StorageError(message, where=where, hint=hint)
    for name in find_blind_workers(executor, folder) if cache.store is None else ():
        message = fill("worker {name} does not see this disk", name=name)
        raise DependencyError(message, where=str(cache.folder), hint=hint)


def _check_tools(programme: Programme, targets: Sequence[str]) -> None:
    executable.find_ffmpeg()
    has_pages = ("magazine" in targets and programme.magazine) or ("press" in targets and programme.events)
    missing = pdf.find_missing_libraries() if has_pages else ()
    for finding in missing:
        raise DependencyError(finding.message, hint=finding.hint)


def _build_magazine(
    programme: Programme, releases: Sequence[Release], pictures: CleanPictures, runner: TaskRunner, root: Path
) -> MagazineFiles:
    theme = find_theme("magazine", programme, root)
    context = MagazineContext(
        root=root,
        runner=runner,
        pictures=pictures,
        theme=theme,
        theme_digest=hash_theme_files(theme, ("magazine", "fonts"), runner),
        proof=read_proof(root),
    )
    return build_magazine(programme, releases, context)


def _summarise(
    runner: TaskRunner,
    changes: Mapping[str, TreeChanges],
    programme: Programme,
    root: Path,
    now: datetime,
    parts: OutputParts,
) -> BuildResult:
    held_back = [
        (episode.slug, episode.published)
        for episode in programme.episodes
        if episode.recording and episode.published > now
    ]
    entries = [(event.id, site.hash_entry(event, programme)) for event in programme.events]
    reviews = review_transcripts(programme, root=root, cache=runner.cache)
    digests = digest_reviewed_transcripts(programme, root=root, cache=runner.cache)
    return BuildResult(
        steps=tuple(runner.steps),
        failures=tuple(runner.failures),
        changes=changes,
        held_back=tuple(sorted(held_back, key=lambda pair: pair[1])),
        without_recording=tuple(episode.slug for episode in programme.episodes if not episode.recording),
        outline=build_outline(programme, parts.releases, entries=entries, reviews=reviews, digests=digests),
        releases=parts.releases,
        findings=parts.magazine.findings,
    )


def _prepare_replay(
    result: BuildResult, runner: TaskRunner, files: Mapping[str, Mapping[str, TreeFile]]
) -> BuildResult:
    """Return what the same build reports when nothing changed."""
    up_to_date = (Step(kind=UP_TO_DATE, subject=label) for label in runner.keys)
    warnings = (step for step in result.steps if step.kind == "warned")
    changes = {name: TreeChanges(unchanged=len(tree)) for name, tree in files.items()}
    return replace(result, steps=(*up_to_date, *warnings), changes=changes, releases=())
