"""Finds the files of a programme, reads each, and holds each against its form; what stands between files is for ``rules``."""

import re
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pipeline.content.field_error import EncodingError, WrongError
from pipeline.content.files import Folder, Source, by_number, twins
from pipeline.content.located_yaml import Marked, read_marked
from pipeline.content.schema.base import Form
from pipeline.content.schema.files import EpisodeForm, MagazineForm, ProgrammeForm, ReflectionForm, StoryForm
from pipeline.content.validation import check
from pipeline.content.webvtt import read_transcript
from pipeline.errors import Fault, Place
from pipeline.model import Cue
from pipeline.text import is_slug, shown, slug_of, without_comments

F = TypeVar("F", bound=Form)
SOUND = {  # what ffmpeg may open here: wav, w64, aiff, caf, flac, mp3, ogg, mov, matroska, aac
    *("wav", "wave", "bwf", "rf64", "w64", "aif", "aiff", "aifc", "caf", "flac", "mp3", "ogg", "oga", "opus"),
    *("m4a", "m4b", "mp4", "mov", "mka", "mkv", "webm", "aac"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[F]):
    """One file that people write. ``marked`` is ``None`` if it is no YAML, ``form`` if anything in it is wrong."""

    file: str
    slug: str
    marked: Marked | None
    form: F | None
    body_md: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodePages:
    """All that stands in the folder of an episode."""

    page: Page[EpisodeForm]
    recording: tuple[str, ...]
    transcript: tuple[Cue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectionPage:
    """A reflection, or the draft of one, and the event in whose folder it stands."""

    page: Page[ReflectionForm]
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """A whole programme, as far as it could be read."""

    folder: Folder
    programme: Page[ProgrammeForm]
    episodes: tuple[EpisodePages, ...]
    magazine: Page[MagazineForm] | None
    reflections: tuple[ReflectionPage, ...]
    stories: tuple[Page[StoryForm], ...]


def gather(folder: Folder, faults: list[Fault], *, without: str = "") -> Pages:
    """Read everything but the episode ``without``; what is wrong inside one file goes to ``faults``."""
    has_magazine = folder.exists("magazine/magazine.yaml")
    return Pages(
        folder=folder,
        programme=_yaml(folder, "programme.yaml", ProgrammeForm, "programme", faults),
        episodes=tuple(
            _episode(folder, slug, faults) for slug in _folders(folder, "episodes", faults) if slug != without
        ),
        magazine=_yaml(folder, "magazine/magazine.yaml", MagazineForm, "magazine", faults) if has_magazine else None,
        reflections=tuple(_reflections(folder, faults)),
        stories=tuple(
            _markdown(folder, f"magazine/stories/{name}", StoryForm, "story", faults)
            for name in _articles(folder, "magazine/stories", faults)
        ),
    )


def head_of(folder: Folder, slug: str) -> Marked | None:
    """The head of an episode with the place of each word in it."""
    return _markdown(folder, f"episodes/{slug}/episode.md", EpisodeForm, "episode", []).marked


def every_page(pages: Pages) -> tuple[Page[Any], ...]:
    """All files that people write, in no order that matters."""
    magazine = (pages.magazine,) if pages.magazine else ()
    episodes = (one.page for one in pages.episodes)
    return (pages.programme, *magazine, *episodes, *(one.page for one in pages.reflections), *pages.stories)


# ------------------------------------------------------------------------------------------------------------ one file


def _yaml(folder: Folder, file: str, form: type[F], thing: str, faults: list[Fault]) -> Page[F]:
    source = _read(folder, file, faults)
    marked = read_marked(source, faults) if source else None
    checked = check(marked, form, thing, faults) if marked else None
    return Page(file=file, slug="", marked=marked, form=checked)


def _markdown(folder: Folder, file: str, form: type[F], thing: str, faults: list[Fault]) -> Page[F]:
    slug = file.rpartition("/")[2].removesuffix(".md")
    slug = slug if thing != "episode" else file.split("/")[-2]
    source = _read(folder, file, faults)
    if source is None:
        return Page(file=file, slug=slug, marked=None, form=None)
    return page_of(source, file, slug, form, thing, faults)


def page_of(source: Source, file: str, slug: str, form: type[F], thing: str, faults: list[Fault]) -> Page[F]:
    """A head with a text below it, whoever read it."""
    parts = _head_and_body(source, faults)
    if parts is None:
        return Page(file=file, slug=slug, marked=None, form=None)
    marked = read_marked(source, faults, text=parts[0], first_line=2)
    checked = check(marked, form, thing, faults) if marked else None
    return Page(file=file, slug=slug, marked=marked, form=checked, body_md=_uncommented(source, parts, faults))


def body_line(source: Source) -> int:
    """The line on which the text below the head begins; behind the last one where there is no head."""
    rule = _rules(source)
    return rule[1] + 2 if len(rule) > 1 else len(source.lines) + 1


def _rules(source: Source) -> list[int]:
    return [number for number, line in enumerate(source.lines) if re.match(r"---\s*\Z", line)]


def _head_and_body(source: Source, faults: list[Fault]) -> tuple[str, str] | None:
    rule = _rules(source)
    if not rule or rule[0] != 0:
        faults.append(
            source.fault("no-head", 1, 1, "the head is missing", "begin with a line ---, then `key: value`, then ---")
        )
        return None
    if len(rule) < 2:
        faults.append(source.fault("no-head", 1, 1, "the head has no end", "put a line --- behind its last key"))
        return None
    body = "\n".join(source.lines[rule[1] + 1 :])
    return "\n".join(source.lines[1 : rule[1]]) + "\n", body


def _uncommented(source: Source, parts: tuple[str, str], faults: list[Fault]) -> str:
    """The body without its comments; one that never ends would show everything behind it, and is a fault."""
    body = without_comments(parts[1])
    if "<!--" in body:
        place = source.text.rfind("<!--")
        line, column = source.text.count("\n", 0, place) + 1, place - source.text.rfind("\n", 0, place)
        faults.append(source.fault("no-end", line, column, "the comment has no end", "put --> behind it"))
    return body.strip("\n").rstrip()


def _read(folder: Folder, file: str, faults: list[Fault]) -> Source | None:
    try:
        return folder.read(file)
    except WrongError as wrong:
        place, source = Place(shown(file)), ""
        if isinstance(wrong, EncodingError):
            place, source = Place(shown(file), wrong.line, wrong.column), wrong.source
        message, hint = f"this file {wrong.message}", wrong.hint
        if wrong.code == "missing-file" and not folder.exists(file):
            message, hint = "there is no such file", hint or _MISSING.get(file.rpartition("/")[2], "")
        faults.append(Fault(place=place, message=message, hint=hint, source=source, code=wrong.code))
        return None


_MISSING = {
    "programme.yaml": "go to the folder of a programme, or make one: weerslag init DIR",
    "episode.md": "write it, or make one: weerslag new episode SLUG",
}

# -------------------------------------------------------------------------------------------------------------- folders


def _episode(folder: Folder, slug: str, faults: list[Fault]) -> EpisodePages:
    page = _markdown(folder, f"episodes/{slug}/episode.md", EpisodeForm, "episode", faults)
    recording = _recording(folder, f"episodes/{slug}/recording", faults)
    transcript: tuple[Cue, ...] = ()
    if folder.exists(file := f"episodes/{slug}/transcript.vtt") and (source := _read(folder, file, faults)):
        transcript = read_transcript(source, faults)
    return EpisodePages(page=page, recording=recording, transcript=transcript)


def _recording(folder: Folder, path: str, faults: list[Fault]) -> tuple[str, ...]:
    """The sound files in the order of their names, ``part 2`` before ``part 10``."""
    if not folder.exists(path):
        return ()
    names = _names(folder, path, faults)
    if names is None:
        return ()
    if not names:
        _tell(
            faults, "no-sound", path, "there is no sound in this folder", "put the recording here, or delete the folder"
        )
    for name, other in twins(names):
        message = f"this name and `{shown(other)}` are one name on some computers"
        _tell(faults, "twin", f"{path}/{name}", message, "rename one of them")
    for name in names:
        file = f"{path}/{name}"
        try:
            folder.real(file)
            if name.rpartition(".")[2].lower() not in SOUND:
                _tell(
                    faults, "no-sound", file, "this is no sound file that Weerslag knows", "move it out of recording/"
                )
        except WrongError as wrong:
            _tell(faults, wrong.code, file, f"this file {wrong.message}", wrong.hint)
    return tuple(f"{path}/{name}" for name in sorted(names, key=by_number))


def _reflections(folder: Folder, faults: list[Fault]) -> list[ReflectionPage]:
    path = "magazine/reflections"
    for name in _names(folder, path, faults) or ():
        if name.endswith(".md"):
            _tell(
                faults,
                "misplaced",
                f"{path}/{name}",
                "a reflection stands in the folder of its event",
                f"move it to {path}/<event>/",
            )
    return [
        ReflectionPage(
            page=_markdown(folder, f"{path}/{event}/{name}", ReflectionForm, "reflection", faults), event=event
        )
        for event in _folders(folder, path, faults)
        for name in _articles(folder, f"{path}/{event}", faults)
    ]


def _folders(folder: Folder, path: str, faults: list[Fault]) -> tuple[str, ...]:
    """The folders in a folder; a name that is no slug is told."""
    names = _names(folder, path, faults) or ()
    inner = [name for name in names if folder.is_folder(f"{path}/{name}")]
    return _well_named(path, {name: name for name in inner}, faults)


def _articles(folder: Folder, path: str, faults: list[Fault]) -> tuple[str, ...]:
    """The Markdown files in a folder; a name that is no slug is told."""
    names = _names(folder, path, faults) or ()
    for name in names:
        stem, dot, extension = name.rpartition(".")
        if dot and extension != "md" and extension.casefold() in {"md", "markdown", "mdown"}:
            _tell(faults, "bad-slug", f"{path}/{name}", "an article's name ends in .md", f"rename it to {stem}.md")
    return _well_named(path, {name: name.removesuffix(".md") for name in names if name.endswith(".md")}, faults)


def _well_named(path: str, slugs: dict[str, str], faults: list[Fault]) -> tuple[str, ...]:
    same = dict(twins(slugs))  # of such a pair one is always a bad name: the pair is told, and the name is not
    for name, slug in slugs.items():
        if name in same:
            message = f"this name and `{shown(same[name])}` are one name on some computers"
            _tell(faults, "twin", f"{path}/{name}", message, "rename one of them")
        elif not is_slug(slug) and slug not in {same[twin].removesuffix(".md") for twin in same}:
            near = slug_of(slug)
            message = "a name here has lower case letters, digits and hyphens"
            _tell(
                faults, "bad-slug", f"{path}/{name}", message, f"rename it to {near}{name[len(slug) :]}" if near else ""
            )
    return tuple(slugs)


def _names(folder: Folder, path: str, faults: list[Fault]) -> tuple[str, ...] | None:
    try:
        return folder.names(path)
    except WrongError as wrong:
        _tell(faults, wrong.code, path, f"this folder {wrong.message}", wrong.hint)
        return None


def _tell(faults: list[Fault], code: str, file: str, message: str, hint: str = "") -> None:
    faults.append(Fault(place=Place(shown(file)), message=message, hint=shown(hint), code=code))
