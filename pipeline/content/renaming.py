"""Rename an episode, event, case or story: every reference to it changes, and its former address forwards."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.content.content_files import ContentFile, ProgrammeFiles
from pipeline.content.editing import append_item
from pipeline.content.located_yaml import Loc, iter_scalars
from pipeline.content.programme_folder import decode_source
from pipeline.content.redirect_checks import list_page_paths
from pipeline.errors import ContentError, fill
from pipeline.text import is_slug, slugify, suggest_similar

_FOLDERS = {  # by the first part of the path of a page: what is moved on disk
    "episodes": ("episodes/{}",),
    "events": ("magazine/reflections/{}", "magazine/cases/{}"),
    "cases": ("magazine/cases/{}.md",),
    "stories": ("magazine/stories/{}.md",),
}
_KEYS = {"events": ("event", "briefing_from"), "episodes": ("episode",), "stories": ("story",), "cases": ()}
_NOT_FORMER = r"(?<!from: )(?<!from: [\"'])"  # the address from which a redirect leads stays
_TARGETS = {"events": "event:", "episodes": "episode:", "stories": "story:"}  # of buttons in newsletters


@dataclass(frozen=True, slots=True, kw_only=True)
class Renaming:
    """What changes on disk, in this order: a rename that was interrupted is finished by repeating it."""

    edits: tuple[tuple[str, bytes], ...]  # path, new content; programme.yaml, with the redirects, first
    moves: tuple[tuple[str, str], ...]  # files and folders: old path, new path


def plan_renaming(files: ProgrammeFiles, name: str, new: str) -> Renaming:
    """Plan to rename an item.

    A folder that was renamed by hand before counts as moved already.

    Args:
        files: The programme; broken references in it are no error.
        name: The item: its slug, or the path of its page, such as ``stories/vooraf``.
        new: Its new slug.

    Raises:
        ContentError: There is no such item, or the new name is taken or not a slug.
    """
    if not is_slug(new):
        hint = fill("write `{suggestion}`", suggestion=slugify(new)) if slugify(new) else ""
        raise ContentError(
            fill("`{slug}` is not a slug of lower-case letters, digits and hyphens", slug=new), hint=hint
        )
    old_path, new_path = _find_paths(files, name.strip("/"), new)
    kind, _, old = old_path.strip("/").partition("/")
    moves = tuple(_list_moves(files, kind, old, new_path.strip("/").partition("/")[2]))
    pages = [(old_path, new_path)]
    if kind == "events":
        cases = (one.file.slug for one in files.cases if one.event in (old, new))
        pages += [(f"cases/{old}/{slug}/", f"cases/{new}/{slug}/") for slug in cases]
    edits = dict(_edit_references(files, kind, old, new, moves=moves, pages=pages))
    edits["programme.yaml"] = _add_redirects(files, edits, pages)
    changed = tuple(
        (path, content)
        for path, content in sorted(edits.items(), key=lambda one: one[0] != "programme.yaml")
        if content != files.folder.read(path).raw
    )
    return Renaming(edits=changed, moves=tuple(one for one in moves if files.folder.exists(one[0])))


def _find_paths(files: ProgrammeFiles, name: str, new: str) -> tuple[str, str]:
    """Find the path of the page now, and after the renaming."""
    pages = [path.strip("/") for path in list_page_paths(files)]
    folder, old = posixpath.split(name)
    found = [page for page in pages if name in (page, posixpath.basename(page))]
    renamed = [page for page in pages if posixpath.basename(page) == new]
    if folder:
        renamed = [page for page in renamed if posixpath.dirname(page) == folder]
    if len(found) > 1 or (not found and len(renamed) > 1):
        names = ", ".join(found or renamed)
        raise ContentError(fill("several items have this name: {names}", names=names), hint="Give the whole path.")
    if not found:
        if not renamed or not is_slug(old):
            hint = suggest_similar(name, [posixpath.basename(page) for page in pages])
            raise ContentError(fill("there is no episode, event, case or story `{name}`", name=name), hint=hint)
        return f"{posixpath.dirname(renamed[0])}/{old}/", f"{renamed[0]}/"
    path = f"{posixpath.dirname(found[0])}/{new}/"
    if path.rstrip("/") in pages:
        raise ContentError(fill("there is a page at {path} already", path=path), hint="choose another slug")
    if path in {value for _, value in files.programme.yaml.find("redirects", None, "from")}:
        message = fill("{path} is a former address that forwards", path=path)
        raise ContentError(message, hint="choose another slug, or delete its line in `redirects` of programme.yaml")
    return f"{found[0]}/", path


def _list_moves(files: ProgrammeFiles, kind: str, old: str, new: str) -> Iterator[tuple[str, str]]:
    for pattern in _FOLDERS[kind]:
        source, target = pattern.format(old), pattern.format(new)
        if files.folder.exists(source) and files.folder.exists(target):
            raise ContentError(fill("{path} exists already", path=target), hint="move it away, or choose another slug")
        yield source, target


def _edit_references(
    files: ProgrammeFiles,
    kind: str,
    old: str,
    new: str,
    *,
    moves: Sequence[tuple[str, str]],
    pages: Sequence[tuple[str, str]],
) -> Iterator[tuple[str, bytes]]:
    """Change every reference, each in its place: comments, order and layout stay."""
    events = {id(one.file): one.event for one in files.reflections}  # only these refer to a case of their event
    for file in files.list_files():
        if not files.folder.exists(file.path):  # a programme without a magazine
            continue
        event, slug = events.get(id(file), ""), old.rpartition("/")[2]
        changes = [
            (file.yaml.locate(loc), before, after)
            for loc, value in iter_scalars(file.yaml.data)
            for before, after in _find_change(
                loc, value, kind, slug, new, event=event, case_event=old.partition("/")[0]
            )
        ]
        text = _replace_values(file, changes, pages)
        yield file.path, _replace_paths(text, file.path, moves).encode()


def _replace_paths(text: str, file: str, moves: Sequence[tuple[str, str]]) -> str:
    """Change the paths of moved files and folders; they may be relative to ``magazine/``, or to the folder of ``file``."""
    for source, target in moves:
        before, after = source.removeprefix("magazine/"), target.removeprefix("magazine/")
        text = re.sub(
            rf"{_NOT_FORMER}(?<![\w-]){re.escape(before)}(?=[/)#\s>,\"'}}]|$)", after, text, flags=re.MULTILINE
        )
        if posixpath.dirname(file) == posixpath.dirname(source):
            text = re.sub(
                rf"(?<=\]\(){re.escape(posixpath.basename(source))}(?=[)#])", posixpath.basename(target), text
            )
    return text


def _find_change(
    loc: Loc, value: str, kind: str, old: str, new: str, *, event: str, case_event: str
) -> Iterator[tuple[str, str]]:
    """Yield what to replace in a value, and by what; nothing if it does not refer to the item."""
    key, value = next((one for one in reversed(loc) if isinstance(one, str)), ""), value.strip()
    is_reference = value == old and (
        key in _KEYS[kind]
        or (kind == "events" and len(loc) == 3 and (loc[0], key) == ("events", "id"))
        or (kind == "cases" and key == "case" and event == case_event)
    )
    is_moment = kind == "episodes" and key == "moment" and value.startswith(f"{old}#")
    is_target = key == "to" and kind in _TARGETS and value == _TARGETS[kind] + old
    is_article = kind == "stories" and key == "article" and value == f"stories/{old}.md"
    if is_reference or is_moment or is_target or is_article:
        yield old, new


def _replace_values(
    file: ContentFile[Any], changes: Sequence[tuple[tuple[int, int], str, str]], pages: Sequence[tuple[str, str]]
) -> str:
    lines = file.yaml.source.raw.decode("utf-8").splitlines(keepends=True)
    for (number, column), before, after in sorted(changes, reverse=True):
        line = lines[number - 1]
        found = list(re.finditer(rf"(?<![\w-]){re.escape(before)}(?![\w-])", line))
        if not found:
            message = fill("`{name}` cannot be replaced in this form", name=before)
            raise ContentError(message, where=f"{file.path}:{number}", hint="write it on one line, and rename again")
        nearest = min(found, key=lambda one: abs(one.start() - (column - 1)))
        lines[number - 1] = line[: nearest.start()] + after + line[nearest.end() :]
    text = "".join(lines)
    if file.path == "programme.yaml":  # earlier redirects lead to the new address at once
        for before, after in pages:
            text = re.sub(rf"(\bto:\s*[\"']?){re.escape(before)}", rf"\g<1>{after}", text)
    return text


def _add_redirects(files: ProgrammeFiles, edits: dict[str, bytes], pages: Sequence[tuple[str, str]]) -> bytes:
    content = edits["programme.yaml"]
    known = {value for _, value in files.programme.yaml.find("redirects", None, "from")}
    for old, new in pages:
        if old not in known:
            item = f"- {{from: {old}, to: {new}}}\n"
            content = append_item(decode_source("programme.yaml", content), "redirects", item).encode()
    return content
