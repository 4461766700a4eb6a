"""The spine: which maker runs on what, and what a key is made of; outputs become ``public/`` and ``press/``."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path

from pipeline import feed, pdf, reports, site, urls
from pipeline.builder.cached_build import NAME, Remembered, Told, Whole, is_known, parts_of, recalled, remember
from pipeline.builder.editions import Bench, Papers, papers
from pipeline.builder.pictures import Pictures, cleaned
from pipeline.builder.proofs import proof_of
from pipeline.builder.releases import Released, Sources, released
from pipeline.builder.social_images import Shares, drawn
from pipeline.builder.task_runner import Making, Progress, Talk
from pipeline.cache import Changes, File, Store, Tree
from pipeline.errors import GateError, MachineError, WeerslagError
from pipeline.lint import lint_feed
from pipeline.magazine.web_edition import render_web
from pipeline.media import executable
from pipeline.model import Finding, Output, Programme, Release, Step
from pipeline.model.build_outline import Outline, outline_of
from pipeline.typesetting import Theme, templates_folder

__all__ = [
    "TARGETS",
    "Built",
    "Progress",
    "Talk",
    "Whole",
    "as_before",
    "bring_up_to_date",
    "is_known",
    "parts_of",
    "recalled",
]

TARGETS = ("episodes", "feed", "site", "magazine", "press")
WEB = "web"  # of the magazine its pages on the web alone, for who waits: they cost a blink, and its PDFs seconds
TREES = ("public", "press")


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a build did. With failures, ``public/`` and ``press/`` are as they were, and ``changes`` is empty."""

    steps: tuple[Step, ...]
    failures: tuple[tuple[Step, WeerslagError], ...]
    changes: Mapping[str, Changes]  # by tree
    held_back: tuple[tuple[str, datetime], ...]  # slug and hour of what is made and not yet shown
    silent: tuple[str, ...]  # slugs of episodes that have no recording yet
    outline: Outline
    releases: tuple[Release, ...] = ()  # whose sound is made, held back or not; of a recalled build the outline is all
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)  # of the preflight, by the path of a PDF


def bring_up_to_date(  # noqa: PLR0913  # each argument is another thing from outside
    programme: Programme,
    *,
    root: Path,
    store: Store,
    pool: Executor,
    now: datetime,
    talk: Talk,
    targets: Sequence[str] = TARGETS,
    dry_run: bool = False,
    letters: Sequence[Output] = (),
    whole: Whole | None = None,
) -> Built:
    """Make what is missing, then replace ``public/`` and ``press/`` whole, or leave both as they are.

    ``letters`` go into ``press/`` as they are: what the ledger asks to be told to others. As a ``whole`` a build of all
    targets is remembered, so that it can be recalled.

    Raises:
        MachineError: a tool that the targets need is not there; nothing was begun.
        GateError: the feed would break a rule.
        WeerslagError: the folders could not be replaced.
    """
    _refuse_without_tools(programme, targets)
    with store.workspace() as folder:
        making = Making(store=store, pool=pool, folder=folder, talk=talk, dry_run=dry_run)
        sources = _sources(root, store)
        out = released(programme, making, sources, now=now)
        shown = _shown(out.releases, now)
        pictures = cleaned(programme, making=making, root=root, tools=sources.picture_tools)
        wants_shares = "site" in targets and not making.failures
        shares = _shares(programme, shown, making, sources) if wants_shares else Shares()
        wants_paper = "magazine" in targets and not making.failures
        paper = _papers(programme, shown, pictures, making, root, sources) if wants_paper else Papers()
        if making.failures or any(step.kind == "would" for step in making.steps):
            return _built(making, {}, programme, now, out.releases, paper.findings)
        wanted = _wanted(programme, out, pictures, shares, paper.files, root=root, now=now, targets=targets)
        for path, file in wanted["public"].items():
            if path == urls.FEED or urls.is_feed_page(path):
                _refuse_a_bad_feed(path, file, programme, making, now=now)
        if "press" in targets:
            wanted["press"] |= _as_files(letters)
        changes = _replaced(root, store, wanted, targets, dry_run=dry_run)
        built = _built(making, changes, programme, now, out.releases, paper.findings)
        if not dry_run:
            if whole is not None and set(targets) == set(TARGETS):
                told = _told(built, making, wanted)
                key = remember(whole, root, programme, store=store, now=now, letters=letters, told=told)
                making.keys |= {NAME: key} if key else {}
            store.finish_build(making.keys, [file.sha256 for tree in wanted.values() for file in tree.values()])
    return built


def _as_files(letters: Sequence[Output]) -> dict[str, File]:
    return {one.path.removeprefix("press/"): File(target="press", content=one.content) for one in letters}


def as_before(known: Remembered, talk: Talk) -> Built:
    """A build that was recalled, told as if it had been done once more."""
    told = known.told
    steps = (*(Step(kind="kept", subject=name) for name in told.kept), *told.warnings)
    for step in steps:
        talk.step(step)
    return Built(
        steps=steps,
        failures=(),
        changes={name: Changes(kept=count) for name, count in told.files.items()},
        held_back=told.later(),
        silent=told.silent,
        outline=told.outline,
        findings=told.findings,
    )


def _told(built: Built, making: Making, wanted: Mapping[str, Mapping[str, File]]) -> Told:
    return Told(
        kept=tuple(making.keys),
        warnings=tuple(step for step in built.steps if step.kind == "warned"),
        files={name: len(files) for name, files in wanted.items()},
        held_back=tuple((slug, hour.isoformat()) for slug, hour in built.held_back),
        silent=built.silent,
        outline=built.outline,
        findings=built.findings,
    )


def _refuse_without_tools(programme: Programme, targets: Sequence[str]) -> None:
    executable.find()
    lacking = pdf.missing() if "magazine" in targets and programme.magazine else ()
    for finding in lacking:
        raise MachineError(finding.message, hint=finding.hint)


def _sources(root: Path, store: Store) -> Sources:
    program = executable.find()
    sound = {
        "ffmpeg": store.remembered(program, executable.version),
        **{name: metadata.version(name) for name in ("mutagen", "numpy", "pydub")},
    }
    return Sources(
        root=root,
        sound_tools=sound,
        picture_tools={"pillow": metadata.version("pillow")},
        fonts=_digest_of([templates_folder() / "fonts"], store),
    )


def _papers(
    programme: Programme,
    releases: Sequence[Release],
    pictures: Pictures,
    making: Making,
    root: Path,
    sources: Sources,
) -> Papers:
    theme = _theme("magazine", programme, root)
    places = [theme.own, templates_folder()] if theme.own else [templates_folder()]
    digest = _digest_of([place / part for place in places for part in ("magazine", "fonts")], making.store)
    bench = Bench(
        root=root,
        making=making,
        pictures=pictures,
        theme=theme,
        theme_digest=digest,
        tools=sources.picture_tools,
        proof=proof_of(root),
    )
    return papers(programme, releases, bench)


def _shares(programme: Programme, shown: Sequence[Release], making: Making, sources: Sources) -> Shares:
    return drawn(programme, shown, making=making, fonts=sources.fonts, tools=sources.picture_tools)


def _wanted(
    programme: Programme,
    out: Released,
    pictures: Pictures,
    shares: Shares,
    pdfs: Sequence[Output],
    *,
    root: Path,
    now: datetime,
    targets: Sequence[str],
) -> dict[str, dict[str, File]]:
    """Every file that each tree must hold, by path in that tree."""
    shown = _shown(out.releases, now)
    trees: dict[str, dict[str, File]] = {tree: {} for tree in TREES}
    shown_paths = {enclosure.path for release in shown for enclosure in release.enclosures}
    shown_paths |= {release.cover for release in shown} | ({out.cover} if shown else set())
    shown_paths |= {urls.episode_cover_of_today(release.episode.slug) for release in shown}
    for path, sha256 in out.objects.items():
        if path in shown_paths:
            trees["public"][path] = File(target="episodes", sha256=sha256)
    if pdfs:  # its pages show the same pictures as the site
        trees["public"] |= _shown_pictures(pictures, "magazine")
    outputs: dict[str, Iterable[Output]] = {"magazine": pdfs}
    if "feed" in targets and programme.podcast and shown:
        outputs["feed"] = feed.render_feed(programme, shown, now=now, cover=out.cover)
    if "site" in targets:
        theme = _theme("site", programme, root)
        outputs["site"] = site.render_site(
            programme,
            shown,
            theme=theme,
            now=now,
            cover=out.cover,
            pictures=pictures.paths,
            shares=shares.paths,
            sizes=pictures.sizes,
        )
        trees["public"] |= {path: File(target="site", sha256=sha256) for path, sha256 in shares.objects.items()}
        trees["public"] |= _shown_pictures(pictures, "site")
    if WEB in targets and "magazine" not in targets and programme.magazine:
        theme = _theme("magazine", programme, root)
        outputs["magazine"] = render_web(programme, shown, theme=theme, pictures=pictures.paths)
    if "press" in targets:
        outputs["press"] = reports.render_reports(programme, out.releases, theme=_theme("press", programme, root))
        trees["press"] |= {path: File(target="press", sha256=sha256) for path, sha256 in out.press.items()}
    for target, files in outputs.items():
        for output in files:
            tree, _, path = output.path.partition("/")
            trees[tree][path] = File(target=target, content=output.content, sha256=output.sha256)
    return trees


def _shown(releases: Sequence[Release], now: datetime) -> tuple[Release, ...]:
    """Those whose hour has come."""
    return tuple(release for release in releases if release.episode.published <= now)


def _refuse_a_bad_feed(path: str, file: File, programme: Programme, making: Making, *, now: datetime) -> None:
    """Read a page of our own feed back as a stranger would: an error stops the build, a warning is a step.

    Raises:
        GateError: the first error, and how many there are; ``public/`` is as it was.
    """
    if file.content is None:
        return
    address = urls.absolute(programme.url, path)
    findings = lint_feed(file.content, file=path, addresses=(address,), now=now).findings
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        message = f"the feed would break a rule: {errors[0].message}{more}"
        raise GateError(message, where=errors[0].where, hint=errors[0].hint)
    for finding in findings:
        making.tell(Step(kind="warned", subject=finding.where, detail=finding.message))


def _shown_pictures(pictures: Pictures, target: str) -> dict[str, File]:
    return {path: File(target=target, sha256=pictures.objects[file]) for file, path in pictures.paths.items()}


def _replaced(
    root: Path, store: Store, wanted: Mapping[str, dict[str, File]], targets: Sequence[str], *, dry_run: bool
) -> dict[str, Changes]:
    """Replace each tree whole; what was not asked for stays as it stands there."""
    trees = {name: store.tree(root / name) for name in wanted}
    if set(targets) != set(TARGETS):
        for name, files in wanted.items():
            _carry_over(trees[name], files, targets)
    if dry_run:
        return {name: trees[name].differences(files) for name, files in wanted.items()}
    changes = {name: trees[name].stage(files) for name, files in wanted.items()}  # all that can fail comes first
    for name, files in wanted.items():
        trees[name].switch(files)
    return changes


def _carry_over(folder: Tree, files: dict[str, File], targets: Sequence[str]) -> None:
    for path, file in folder.standing().items():
        if file.target not in ("episodes", *targets):
            files.setdefault(path, folder.again(path, file))
    for path, file in folder.unrecorded().items():
        files.setdefault(path, file)


def _built(
    making: Making,
    changes: Mapping[str, Changes],
    programme: Programme,
    now: datetime,
    releases: tuple[Release, ...],
    findings: Mapping[str, tuple[Finding, ...]],
) -> Built:
    later = [
        (episode.slug, episode.published)
        for episode in programme.episodes
        if episode.recording and episode.published > now
    ]
    return Built(
        steps=tuple(making.steps),
        failures=tuple(making.failures),
        changes=changes,
        held_back=tuple(sorted(later, key=lambda pair: pair[1])),
        silent=tuple(episode.slug for episode in programme.episodes if not episode.recording),
        outline=outline_of(
            programme,
            releases,
            entries=[(event.id, site.entry_digest(event, programme)) for event in programme.events],
        ),
        releases=releases,
        findings=findings,
    )


def _theme(room: str, programme: Programme, root: Path) -> Theme:
    own = root / "templates"
    shipped = own.resolve() == templates_folder().resolve()
    return Theme(room=room, language=programme.language, own=own if own.is_dir() and not shipped else None)


def _digest_of(folders: Sequence[Path], store: Store) -> str:
    """One digest over every file in the folders, names included; of templates, what they gave is in the key already."""
    digest = hashlib.sha256()
    for number, folder in enumerate(folders):
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".j2"):
            digest.update(
                f"{number} {path.relative_to(folder).as_posix()} {store.digest(path)}\n".encode(
                    "utf-8", "surrogatepass"
                )
            )
    return digest.hexdigest()
