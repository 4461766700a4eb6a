"""Render the files of ``public/`` and ``press/``, and replace both folders."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline import feed, reports, urls
from pipeline.builder.clips import ClipSet
from pipeline.builder.editions import MagazineFiles
from pipeline.builder.excerpt_plan import ExcerptSet
from pipeline.builder.newsletters import filter_sent
from pipeline.builder.pictures import CleanPictures
from pipeline.builder.preview import mark_title
from pipeline.builder.releases import ReleaseSet
from pipeline.builder.report_inputs import build_report_input
from pipeline.builder.social_images import SocialImages
from pipeline.builder.trees import TARGETS, TREES, WEB_MAGAZINE, open_tree
from pipeline.cache import Cache, OutputTree, TreeChanges, TreeFile
from pipeline.errors import GateError, fill, make_message
from pipeline.lint import lint_feed
from pipeline.magazine.web_edition import render_web
from pipeline.model import Letter, Output, Programme, Release, Step
from pipeline.site import SiteContext, render_site
from pipeline.typesetting import Theme, get_templates_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputParts:
    """What the tasks of a build made."""

    release_set: ReleaseSet
    pictures: CleanPictures
    social_images: SocialImages
    magazine: MagazineFiles
    excerpts: ExcerptSet
    mailings: tuple[Output, ...] = ()
    letters: tuple[Letter, ...] = ()
    clips: ClipSet = field(default_factory=ClipSet)
    participant_pages: Mapping[str, TreeFile] = field(default_factory=dict)  # by path in press/

    @property
    def releases(self) -> tuple[Release, ...]:
        """All releases, held back or not."""
        return self.release_set.releases


def collect_files(
    programme: Programme, parts: OutputParts, *, root: Path, now: datetime, shown_at: datetime, targets: Sequence[str]
) -> dict[str, dict[str, TreeFile]]:
    """Collect every file that each tree must hold, by its path in the tree.

    Args:
        programme: The programme.
        parts: What the tasks made.
        root: The folder of the programme.
        now: Decides which releases are marked as held back.
        shown_at: Decides which releases are shown: ``now``, or later in a preview.
        targets: What to collect.
    """
    published = [release for release in parts.releases if release.episode.published <= shown_at]
    pictures, images, magazine = parts.pictures, parts.social_images, parts.magazine.files
    trees: dict[str, dict[str, TreeFile]] = {tree: {} for tree in TREES}
    trees["public"] |= _list_episode_files(parts.release_set, published)
    if magazine:  # its pages show the same pictures as the site
        trees["public"] |= _list_pictures(pictures, "magazine")
    outputs: dict[str, Iterable[Output]] = {"magazine": magazine}
    if "feed" in targets and programme.podcast and published:
        marked = [mark_title(release, now=now, language=programme.language) for release in published]
        outputs["feed"] = feed.render_feed(programme, marked, now=shown_at, cover=parts.release_set.cover)
    if "site" in targets:
        outputs["site"] = _render_site(programme, parts, published, root=root, now=now, shown_at=shown_at)
        trees["public"] |= _list_objects(images.objects, "site") | _list_pictures(pictures, "site")
    if WEB_MAGAZINE in targets and "magazine" not in targets and programme.magazine:
        theme = find_theme("magazine", programme, root)
        outputs["magazine"] = render_web(programme, published, theme=theme, pictures=pictures.paths)
    if "press" in targets:
        mastered = [release for release in parts.releases if not release.episode.is_passthrough]
        reported = [build_report_input(programme, release, parts.excerpts) for release in mastered]
        processing = reports.render_reports(reported, theme=find_theme("press", programme, root))
        outputs["press"] = (*processing, *parts.mailings)
        trees["press"] |= _list_objects(
            {**parts.release_set.press, **parts.excerpts.files, **parts.clips.files}, "press"
        )
        trees["press"] |= parts.participant_pages
    for target, files in outputs.items():
        for output in files:
            tree, _, path = output.path.partition("/")
            trees[tree][path] = TreeFile(target=target, content=output.content, sha256=output.sha256)
    return trees


def check_feed(public: Mapping[str, TreeFile], programme: Programme, *, now: datetime) -> Iterator[Step]:
    """Lint the pages of the feed.

    Yields:
        A step for each warning.

    Raises:
        GateError: The first error, and how many there are.
    """
    for path, file in public.items():
        if file.content is None or not (path == urls.FEED or urls.is_feed_page(path)):
            continue
        address = urls.make_absolute(programme.url, path)
        findings = lint_feed(file.content, file=path, addresses=(address,), now=now).findings
        errors = [finding for finding in findings if finding.severity == "error"]
        if errors:
            message = fill("the feed breaks a rule: {message}", message=make_message(errors[0].message))
            if len(errors) > 1:
                message = fill("{message} (and {more} more)", message=message, more=len(errors) - 1)
            raise GateError(message, where=errors[0].where, hint=errors[0].hint)
        for finding in findings:
            yield Step(kind="warned", subject=finding.where, detail=finding.message)


def replace_trees(
    root: Path, cache: Cache, files: Mapping[str, dict[str, TreeFile]], targets: Sequence[str], *, dry_run: bool
) -> dict[str, TreeChanges]:
    """Replace each tree as a whole; files of other targets are carried over.

    Raises:
        StorageError: A tree could not be replaced.
    """
    trees = {name: open_tree(root, cache, name) for name in files}
    if set(targets) != set(TARGETS):
        for name, expected in files.items():
            _carry_over(trees[name], expected, targets)
    if dry_run:
        return {name: trees[name].compare(expected) for name, expected in files.items()}
    changes = {name: trees[name].stage(expected) for name, expected in files.items()}  # all that can fail comes first
    for name, expected in files.items():
        trees[name].swap(expected)
    return changes


def find_theme(folder: str, programme: Programme, root: Path) -> Theme:
    """Find the theme of the programme: its own templates, if any, before the default ones."""
    own = root / "templates"
    is_default = own.resolve() == get_templates_folder().resolve()
    overrides = own if own.is_dir() and not is_default else None
    return Theme(folder=folder, language=programme.language, overrides=overrides)


def _render_site(
    programme: Programme,
    parts: OutputParts,
    published: Sequence[Release],
    *,
    root: Path,
    now: datetime,
    shown_at: datetime,
) -> tuple[Output, ...]:
    context = SiteContext(
        programme=programme,
        releases=published,
        theme=find_theme("site", programme, root),
        now=shown_at,
        marked_from=now,
        cover=parts.release_set.cover,
        small_cover=parts.release_set.small_cover,
        pictures=parts.pictures.paths,
        social_images=parts.social_images.paths,
        sizes=parts.pictures.sizes,
        letters=filter_sent(parts.letters, shown_at, timezone=programme.timezone),
    )
    return render_site(context)


def _list_episode_files(release_set: ReleaseSet, published: Sequence[Release]) -> dict[str, TreeFile]:
    """List audio files and covers of what is published."""
    paths = {enclosure.path for release in published for enclosure in release.enclosures}
    paths |= {release.cover for release in published} | (
        {release_set.cover, release_set.small_cover} if published else set()
    )
    paths |= {urls.episode_cover_alias(release.episode.slug) for release in published}
    paths |= {chapter.image for release in published for chapter in release.chapters}
    return {
        path: TreeFile(target="episodes", sha256=sha256) for path, sha256 in release_set.public.items() if path in paths
    }


def _list_objects(objects: Mapping[str, str], target: str) -> dict[str, TreeFile]:
    return {path: TreeFile(target=target, sha256=sha256) for path, sha256 in objects.items()}


def _list_pictures(pictures: CleanPictures, target: str) -> dict[str, TreeFile]:
    return _list_objects({path: pictures.objects[file] for file, path in pictures.paths.items()}, target)


def _carry_over(tree: OutputTree, files: dict[str, TreeFile], targets: Sequence[str]) -> None:
    for path, file in tree.list_untouched().items():
        if file.target not in ("episodes", *targets):
            files.setdefault(path, tree.carry_over(path, file))
    for path, file in tree.read_unrecorded().items():
        files.setdefault(path, file)
