"""Find the files of a programme, read each once, and validate each against its schema.

Rules that involve several files are in ``cross_checks``.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pipeline.content.content_files import (
    BodyText,
    ContentFile,
    EpisodeFiles,
    EventFile,
    ProgrammeFiles,
    extract_body_md,
    parse_markdown_file,
)
from pipeline.content.field_error import FieldError, TextDecodingError
from pipeline.content.located_yaml import EMPTY_YAML, parse_yaml
from pipeline.content.programme_folder import PUT_FILE_THERE, ProgrammeFolder, SourceText, find_name_collisions
from pipeline.content.recording_files import (
    RecordingFolder,
    find_misnamed_folder,
    find_misnamed_transcript,
    format_names,
    list_recording_folder,
)
from pipeline.content.review_log import REVIEW_LOG, read_review_log
from pipeline.content.schema.base import ContentSchema
from pipeline.content.schema.case import CaseSchema
from pipeline.content.schema.episode import EpisodeSchema
from pipeline.content.schema.magazine import MagazineSchema
from pipeline.content.schema.newsletter import NewsletterSchema
from pipeline.content.schema.programme import ProgrammeSchema
from pipeline.content.schema.reflection import ReflectionSchema
from pipeline.content.schema.story import StorySchema
from pipeline.content.validation import validate_yaml
from pipeline.content.webvtt import read_webvtt
from pipeline.errors import SourceLocation, ValidationError, fill, make_message
from pipeline.media.part_order import order_parts
from pipeline.model import Cue
from pipeline.model.review import ReviewRecord
from pipeline.text import escape_message, escape_unprintable, is_slug, slugify

S = TypeVar("S", bound=ContentSchema)


def read_programme_files(folder: ProgrammeFolder, errors: list[ValidationError]) -> ProgrammeFiles:
    """Read and validate every file.

    Args:
        folder: The programme.
        errors: Errors inside one file are added to this list.

    Returns:
        The files, as far as they could be read.
    """
    reader = _FileReader(folder=folder, errors=errors)
    magazine = "magazine/magazine.yaml"
    return ProgrammeFiles(
        folder=folder,
        programme=reader.read_yaml("programme.yaml", ProgrammeSchema),
        episodes=tuple(reader.read_episode(slug) for slug in reader.list_folders("episodes")),
        magazine=reader.read_yaml(magazine, MagazineSchema) if folder.exists(magazine) else ContentFile(path=magazine),
        reflections=tuple(reader.read_event_files("reflection", ReflectionSchema)),
        cases=tuple(reader.read_event_files("case", CaseSchema)),
        about=reader.read_plain_markdown("about.md"),
        stories=reader.read_folder("magazine/stories", StorySchema),
        newsletters=reader.read_folder("magazine/newsletters", NewsletterSchema),
    )


def read_episode_file(folder: ProgrammeFolder, slug: str) -> ContentFile[EpisodeSchema]:
    """Read only the episode.md of one episode; its errors are ignored."""
    return _FileReader(folder=folder, errors=[]).read_markdown(f"episodes/{slug}/episode.md", EpisodeSchema)


_MISSING_FILE_HINTS = {
    "programme.yaml": "change to the folder of a programme, or create one: weerslag init DIR",
    "episode.md": "write it, or create one: weerslag new episode SLUG",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _FileReader:
    folder: ProgrammeFolder
    errors: list[ValidationError]

    def read_yaml(self, path: str, schema: type[S]) -> ContentFile[S]:
        source = self.read_source(path)
        if source is None or (located := parse_yaml(source, self.errors)) is None:
            return ContentFile(path=path)
        return ContentFile(path=path, yaml=located, validated=validate_yaml(located, schema, self.errors))

    def read_markdown(self, path: str, schema: type[S]) -> ContentFile[S]:
        source = self.read_source(path)
        return parse_markdown_file(source, path, schema, self.errors) if source else ContentFile(path=path)

    def read_source(self, path: str) -> SourceText | None:
        try:
            return self.folder.read(path)
        except FieldError as error:
            message, hint = fill("the file {message}", message=error.message), error.hint
            if error.code == "missing-file" and not self.folder.exists(path):
                known = _MISSING_FILE_HINTS.get(path.rpartition("/")[2], "")
                message, hint = "file not found", known if hint == PUT_FILE_THERE else hint
            found_at = (error.line, error.column, error.source) if isinstance(error, TextDecodingError) else ()
            self.add_error(error.code, path, message, hint, *found_at)
            return None

    def read_episode(self, slug: str) -> EpisodeFiles:
        file = self.read_markdown(f"episodes/{slug}/episode.md", EpisodeSchema)
        folder = f"episodes/{slug}"
        recording = self.read_recording_folder(folder)
        transcript: tuple[Cue, ...] = ()
        path = f"{folder}/transcript.vtt"
        if self.folder.exists(path) and (source := self.read_source(path)):
            transcript = read_webvtt(source, self.errors)
        review: tuple[ReviewRecord, ...] = ()
        path = f"{folder}/{REVIEW_LOG}"
        if self.folder.exists(path) and (source := self.read_source(path)):
            review = read_review_log(source, self.errors)
        return EpisodeFiles(
            file=file,
            recording=order_parts(f"{folder}/recording/{name}" for name in recording.audio),
            ignored=recording.ignored,
            transcript=transcript,
            review=review,
        )

    def read_recording_folder(self, folder: str) -> RecordingFolder:
        """List the recording of an episode; report what would be lost if it were ignored."""
        path = f"{folder}/recording"
        self.report_misnamed(folder)
        if not self.folder.exists(path):
            return RecordingFolder()
        try:
            found = list_recording_folder(self.folder, path)
        except FieldError as error:
            self.add_error(error.code, path, fill("the folder {message}", message=error.message), error.hint)
            return RecordingFolder()
        for name, hint in found.unreadable:
            self.add_error("no-sound", f"{path}/{name}", "this file cannot be read as audio", hint)
        if not found.audio and not found.unreadable:
            self.report_empty(path, found)
        self.report_collisions(path, found.audio)
        for name in found.files:
            self.report_unusable(f"{path}/{name}")
        return found

    def report_unusable(self, path: str) -> None:
        """Report an audio file that lies outside the programme, or in which nothing is."""
        try:
            size = self.folder.resolve(path).stat().st_size
        except FieldError as error:
            self.add_error(error.code, path, fill("the file {message}", message=error.message), error.hint)
            return
        if not size:
            hint = "Copy the file from the recorder again, or leave it out."
            self.add_error("no-sound", path, "the file is empty", hint)

    def report_misnamed(self, folder: str) -> None:
        """Report a recording or a transcript beside ``episode.md`` whose name is not the one that is read."""
        with suppress(FieldError):  # reported with episode.md
            if name := find_misnamed_folder(self.folder, folder):
                message = "this folder has audio files, but is not read"
                self.add_error("misnamed", f"{folder}/{name}", message, "did you mean `recording`? Rename the folder")
            if name := find_misnamed_transcript(self.folder, folder):
                hint = "did you mean `transcript.vtt`? Rename the file"
                if not name.endswith(".vtt"):
                    slug = folder.rpartition("/")[2]
                    hint = fill(
                        "convert it to `transcript.vtt`: weerslag transcribe {slug} --import {folder}/{name}",
                        slug=slug,
                        folder=folder,
                        name=name,
                    )
                self.add_error("misnamed", f"{folder}/{name}", "this transcript is not read", hint)

    def report_empty(self, path: str, found: RecordingFolder) -> None:
        message, hint = "the folder has no audio files", "add the recording, or delete the folder"
        if found.nested:
            folders = format_names([f"{name}/" for name in found.nested])
            hint = fill("the audio is in {folders}: move the files up", folders=folders)
        elif found.ignored:
            message = fill("the folder has no audio files, only {ignored}", ignored=format_names(found.ignored))
        self.add_error("no-sound", path, message, hint)

    def read_event_files(self, noun: str, schema: type[S]) -> Iterator[EventFile[S]]:
        """Read the files in the folders of events in ``magazine/reflections`` or ``magazine/cases``."""
        path = f"magazine/{noun}s"
        for name in self.list_names(path) or ():
            if name.endswith(".md"):
                message = make_message(
                    "a reflection must be in the folder of its event"
                    if noun == "reflection"
                    else "a case must be in the folder of its event"
                )
                self.add_error("misplaced", f"{path}/{name}", message, fill("move it to {path}/<event>/", path=path))
        for event in self.list_folders(path):
            yield from (EventFile(file=file, event=event) for file in self.read_folder(f"{path}/{event}", schema))

    def read_folder(self, path: str, schema: type[S]) -> tuple[ContentFile[S], ...]:
        return tuple(self.read_markdown(f"{path}/{name}", schema) for name in self.list_markdown(path))

    def read_plain_markdown(self, path: str) -> ContentFile[Any]:
        """Read a Markdown file without front matter, if it exists."""
        source = self.read_source(path) if self.folder.exists(path) else None
        if source is None:
            return ContentFile(path=path)
        body_md = extract_body_md(source, BodyText(text=source.text), self.errors)
        return ContentFile(path=path, yaml=replace(EMPTY_YAML, source=source), body_md=body_md)

    def list_folders(self, path: str) -> tuple[str, ...]:
        """Return the folders in a folder; a name that is not a slug is an error."""
        names = self.list_names(path) or ()
        return self.check_names(path, {name: name for name in names if self.folder.is_folder(f"{path}/{name}")})

    def list_markdown(self, path: str) -> tuple[str, ...]:
        """Return the Markdown files in a folder; a name that is not a slug is an error."""
        names = self.list_names(path) or ()
        for name in names:
            stem, dot, extension = name.rpartition(".")
            if dot and extension != "md" and extension.casefold() in {"md", "markdown", "mdown"}:
                self.add_error(
                    "bad-slug", f"{path}/{name}", "the extension must be .md", fill("rename it to {stem}.md", stem=stem)
                )
        return self.check_names(path, {name: name.removesuffix(".md") for name in names if name.endswith(".md")})

    def check_names(self, path: str, slugs: dict[str, str]) -> tuple[str, ...]:
        """Report names that collide or are not slugs.

        Of two colliding names one is never a slug; it is reported as a collision only.
        """
        colliding = self.report_collisions(path, slugs)
        for name, slug in slugs.items():
            if not is_slug(slug) and name not in colliding:
                suggestion = slugify(slug)
                message = "a name must consist of lower-case letters, digits and hyphens"
                hint = (
                    fill("rename it to {suggestion}{name}", suggestion=suggestion, name=name[len(slug) :])
                    if suggestion
                    else ""
                )
                self.add_error("bad-slug", f"{path}/{name}", message, hint)
        return tuple(slugs)

    def report_collisions(self, path: str, names: Iterable[str]) -> set[str]:
        """Report each pair of names that some file system treats as the same, and return these names."""
        collisions = find_name_collisions(names)
        for name, other in collisions:
            message = fill("this name and `{other}` are the same on some file systems", other=escape_unprintable(other))
            self.add_error("name-collision", f"{path}/{name}", message, "rename one of them")
        return set().union(*collisions)

    def list_names(self, path: str) -> tuple[str, ...] | None:
        try:
            return self.folder.list_names(path)
        except FieldError as error:
            self.add_error(error.code, path, fill("the folder {message}", message=error.message), error.hint)
            return None

    def add_error(
        self, code: str, path: str, message: str, hint: str = "", line: int = 0, column: int = 0, source: str = ""
    ) -> None:
        location, hint = SourceLocation(escape_unprintable(path), line, column), escape_message(hint)
        self.errors.append(ValidationError(location=location, message=message, hint=hint, source=source, code=code))
