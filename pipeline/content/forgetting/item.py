"""Plan to take a whole episode or reflection out of a programme."""

import hashlib
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.content.content_files import ContentFile, ProgrammeFiles
from pipeline.content.forgetting.file_search import decode_text
from pipeline.content.forgetting.plan import (
    FRONT_MATTER,
    KEPT,
    PICTURES,
    FileChange,
    ForgetPlan,
    ForgetStep,
    check_changes,
    is_recording,
    scan_files,
)
from pipeline.content.forgetting.yaml_removal import remove_from_yaml
from pipeline.content.located_yaml import Loc
from pipeline.content.publication_log import LOG_FILE
from pipeline.errors import ContentError, fill
from pipeline.model import sentence

_IGNORED, _IGNORED_KEPT = "episodes/*/recording/", f"{KEPT}/*/recording/"  # lines of .gitignore


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenItem:
    """The episode or reflection that is meant."""

    kind: str  # episode | reflection
    path: str  # of its file
    guid: str = ""

    @property
    def slug(self) -> str:
        """Of an episode, the name of its folder."""
        return self.path.split("/")[1]


def find_item(files: ProgrammeFiles, asked: str) -> ForgottenItem | None:
    """Find the episode or reflection that somebody means; ``None``: it is a name.

    Args:
        files: The programme.
        asked: A slug or guid of an episode, the path of its folder, or the path of a reflection; of that
            ``<event>/<group>`` is enough.

    Raises:
        ContentError: Several reflections are called so.
    """
    wanted = asked.strip().strip("/")
    for episode in files.episodes:
        slug, guid = episode.file.slug, str(episode.file.yaml.get(("guid",)) or "").strip()
        if wanted in (slug, guid, f"episodes/{slug}", episode.file.path):
            return ForgottenItem(kind="episode", path=episode.file.path, guid=guid)
    found = [one.file.path for one in files.reflections if wanted in _list_reflection_names(one.file.path)]
    if len(found) > 1:
        names = ", ".join(found)
        raise ContentError(fill("several items have this name: {names}", names=names), hint="Give the whole path.")
    return ForgottenItem(kind="reflection", path=found[0]) if found else None


def _list_reflection_names(path: str) -> tuple[str, ...]:
    plain = path.removesuffix(".md")
    short = plain.removeprefix("magazine/reflections/")
    return (path, plain, plain.removeprefix("magazine/"), short, short.rpartition("/")[2])


def plan_item(root: Path, files: ProgrammeFiles, item: ForgottenItem, *, cache_folder: Path) -> ForgetPlan:
    """Plan to forget an episode or a reflection. Changes nothing.

    Args:
        root: The folder of the programme.
        files: The programme.
        item: What is forgotten.
        cache_folder: Is not searched: it is not a source.
    """
    paths = list(scan_files(root, cache_folder=cache_folder))
    planner = _ItemPlanner(root=root, files=files, item=item)
    return planner.plan(paths)


@dataclass(slots=True, kw_only=True)
class _ItemPlanner:
    root: Path
    files: ProgrammeFiles
    item: ForgottenItem
    steps: list[ForgetStep] = field(default_factory=list)
    changes: dict[str, FileChange] = field(default_factory=dict)

    def plan(self, paths: Sequence[str]) -> ForgetPlan:
        is_episode = self.item.kind == "episode"
        folder = posixpath.dirname(self.item.path) + "/"
        own = [path for path in paths if path.startswith(folder)] if is_episode else [self.item.path]
        for path in own:
            self.delete(path)
        self.delete_pictures(paths, own)
        for file in self.files.list_files():
            if file.path not in self.changes and file.yaml.data:
                self.remove_references(file)
        self.remove_records(paths)
        left = tuple(self.keep_recording()) if is_episode else ()
        self.ignore_kept_recordings()
        return ForgetPlan(
            steps=tuple(self.steps),
            changes=tuple(self.changes.values()),
            left=left,
            problems=check_changes(self.root, self.changes, folders=(folder.rstrip("/"),) if is_episode else ()),
            episodes=(self.item.slug,) if is_episode else (),
            withdrawn=(self.item.guid,) if is_episode else (),
        )

    def delete(self, path: str) -> None:
        self.put(path, None)
        self.steps.append(ForgetStep(where=path, what=sentence("the file is deleted")))

    def delete_pictures(self, paths: Sequence[str], own: Sequence[str]) -> None:
        """Delete pictures that only these files show."""
        texts = {path: decode_text((self.root / path).read_bytes()) or "" for path in paths if _is_text(path)}
        for path in (one for one in paths if one.lower().endswith(PICTURES)):
            name = posixpath.basename(path)
            users = {one for one, text in texts.items() if name in text}
            if users and users <= {*own}:
                self.put(path, None)
                what = sentence("the picture is deleted: no page shows it any more")
                self.steps.append(ForgetStep(where=path, what=what))

    def remove_references(self, file: ContentFile[Any]) -> None:
        """Remove what refers to an episode: moments, items of newsletters, redirects."""
        if self.item.kind != "episode":
            return
        slug = self.item.slug
        text = (self.root / file.path).read_bytes().decode("utf-8")
        front = FRONT_MATTER.match(text) if file.path.endswith(".md") else None
        start, end = front.span(1) if front else (0, len(text))

        def choose(loc: Loc, value: str, _: Any) -> Loc | None:
            key, value = loc[-1], value.strip()
            if (key == "moment" and value.startswith(f"{slug}#")) or (key == "episode" and value == slug):
                return loc
            if key == "to" and value in (f"episode:{slug}", f"episodes/{slug}/"):
                return loc[:-1]
            return None

        new, removed = remove_from_yaml(text[start:end], choose)
        for one in removed:
            what = sentence("a reference to the episode is removed")
            line = one.line + text.count("\n", 0, start)
            self.steps.append(ForgetStep(where=f"{file.path}:{line}", what=what))
        if removed:
            self.put(file.path, (text[:start] + new + text[end:]).encode())

    def remove_records(self, paths: Sequence[str]) -> None:
        """Remove lines of logs that are about a reflection, such as who approved it."""
        if self.item.kind != "reflection":
            return
        names = {name for name in _list_reflection_names(self.item.path) if "/" in name}
        for path in paths:
            if not path.endswith(".jsonl") or path == LOG_FILE:
                continue
            lines = (self.root / path).read_bytes().decode("utf-8", "replace").splitlines(keepends=True)
            kept = [line for line in lines if not any(name in line for name in names)]
            if len(kept) < len(lines):
                self.put(path, "".join(kept).encode())
                what = sentence("its lines are removed: {count}", count=len(lines) - len(kept))
                self.steps.append(ForgetStep(where=path, what=what))

    def keep_recording(self) -> Iterator[ForgetStep]:
        """Move the recording out of ``episodes/``, where a folder without ``episode.md`` is an error."""
        folder = self.root / "episodes" / self.item.slug / "recording"
        for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
            path = file.relative_to(self.root).as_posix()
            if file.is_file() and is_recording(path):
                target = f"{KEPT}/{path.removeprefix('episodes/')}"
                self.put(path, None, moved_to=target)
                what = "the recording was moved here: Weerslag never changes recordings; delete it if you must"
                yield ForgetStep(where=target, what=sentence(what))

    def ignore_kept_recordings(self) -> None:
        """Keep recordings that were moved out of git, as those of episodes are."""
        ignored = self.root / ".gitignore"
        if not any(one.moved_to for one in self.changes.values()) or not ignored.is_file():
            return
        text = ignored.read_bytes().decode("utf-8", "replace")
        if _IGNORED in text and _IGNORED_KEPT not in text:
            self.put(".gitignore", text.replace(_IGNORED, f"{_IGNORED}\n{_IGNORED_KEPT}", 1).encode())

    def put(self, path: str, content: bytes | None, *, moved_to: str = "") -> None:
        with (self.root / path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.changes[path] = FileChange(path=path, old_sha256=digest, content=content, moved_to=moved_to)


def _is_text(path: str) -> bool:
    return path.endswith((".md", ".yaml", ".yml", ".html", ".css", ".j2"))
