"""The files of a programme as they were read: their text, their YAML and their validated values."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from pipeline.content.located_yaml import EMPTY_YAML, LocatedYaml, parse_yaml
from pipeline.content.programme_folder import ProgrammeFolder, SourceText
from pipeline.content.schema.base import ContentSchema
from pipeline.content.schema.case import CaseSchema
from pipeline.content.schema.episode import EpisodeSchema
from pipeline.content.schema.magazine import MagazineSchema
from pipeline.content.schema.newsletter import NewsletterSchema
from pipeline.content.schema.programme import ProgrammeSchema
from pipeline.content.schema.reflection import ReflectionSchema
from pipeline.content.schema.story import StorySchema
from pipeline.content.validation import validate_yaml
from pipeline.errors import ValidationError
from pipeline.model import Cue
from pipeline.model.review import ReviewRecord
from pipeline.text import strip_comments
from pipeline.typesetting import find_markdown_excess, find_markdown_file_excess

S = TypeVar("S", bound=ContentSchema)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFile(Generic[S]):
    """One file that people write.

    ``yaml`` is empty after a syntax error; ``validated`` is ``None`` after any error.
    """

    path: str
    yaml: LocatedYaml = EMPTY_YAML
    validated: S | None = None
    body_md: str = ""

    @property
    def slug(self) -> str:
        """The name of the file without extension, or of the folder of an episode."""
        *_, folder, name = f"/{self.path}".split("/")
        return folder if name == "episode.md" else name.removesuffix(".md")

    def require_validated(self) -> S:
        """Return the validated values.

        Raises:
            ValueError: The file has errors, so the caller should not have come here.
        """
        if self.validated is None:
            raise ValueError(f"{self.path} has errors")
        return self.validated


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeFiles:
    """The contents of the folder of an episode."""

    file: ContentFile[EpisodeSchema]
    recording: tuple[str, ...]
    ignored: tuple[str, ...]  # names in the folder of the recording that are not audio
    transcript: tuple[Cue, ...]
    review: tuple[ReviewRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFile(Generic[S]):
    """A reflection, approved or a draft, or a case, and the event whose folder it is in."""

    file: ContentFile[S]
    event: str


ReflectionFile = EventFile[ReflectionSchema]


@dataclass(frozen=True, kw_only=True)
class ProgrammeFiles:
    """All files of a programme, each read once; the functions of this package work on them."""

    folder: ProgrammeFolder
    programme: ContentFile[ProgrammeSchema]
    episodes: tuple[EpisodeFiles, ...]
    magazine: ContentFile[MagazineSchema]  # not validated, if there is no magazine
    reflections: tuple[ReflectionFile, ...]
    stories: tuple[ContentFile[StorySchema], ...]
    cases: tuple[EventFile[CaseSchema], ...] = ()
    newsletters: tuple[ContentFile[NewsletterSchema], ...] = ()
    about: ContentFile[Any] = ContentFile(path="about.md")  # has no front matter

    @cached_property
    def event_ids(self) -> tuple[str, ...] | None:
        """The ids of all events, or ``None`` if any is unreadable: without the complete list none is certainly unknown."""
        yaml = self.programme.yaml
        events = (yaml.data.get("events") or []) if isinstance(yaml.data, dict) else None
        if not isinstance(events, list):
            return None
        ids = [event_id for _, event_id in yaml.find("events", None, "id")]
        return tuple(event_id for event_id in ids if isinstance(event_id, str)) if len(ids) == len(events) else None

    def list_files(self) -> tuple[ContentFile[Any], ...]:
        """Return all files with YAML, in no particular order."""
        episodes = (one.file for one in self.episodes)
        return (self.programme, self.magazine, *episodes, *self.newsletters, *self.list_texts())

    def list_texts(self) -> tuple[ContentFile[Any], ...]:
        """Return the stories, the cases, the reflections, and what the programme is."""
        cases, reflections = (one.file for one in self.cases), (one.file for one in self.reflections)
        return (*self.stories, *cases, *reflections, *((self.about,) if self.about.body_md else ()))


def parse_markdown_file(
    source: SourceText, path: str, schema: type[S], errors: list[ValidationError]
) -> ContentFile[S]:
    """Parse and validate a Markdown file with front matter; errors are added to ``errors``."""
    front_matter = _extract_front_matter(source, errors)
    if front_matter is None:
        return ContentFile(path=path)
    located = parse_yaml(source, errors, text=front_matter, first_line=2)
    body_md = extract_body_md(source, extract_body(source), errors, is_printed=schema.is_printed)
    if located is None:
        return ContentFile(path=path)
    validated = validate_yaml(located, schema, errors)
    return ContentFile(path=path, yaml=located, validated=validated, body_md=body_md)


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyText:
    """The text after the front matter, as it is in the file."""

    text: str
    first_line: int = 1

    def locate(self, start: int) -> tuple[int, int]:
        """Return line and column in the file of an offset in the text."""
        return self.first_line + self.text.count("\n", 0, start), start - self.text.rfind("\n", 0, start)


def extract_body(source: SourceText) -> BodyText:
    """Return the text after the front matter; without front matter it is empty, after the last line."""
    separators = _find_separators(source)
    first_line = separators[1] + 2 if len(separators) > 1 else len(source.lines) + 1
    return BodyText(text="\n".join(source.lines[first_line - 1 :]), first_line=first_line)


def _find_separators(source: SourceText) -> list[int]:
    return [number for number, line in enumerate(source.lines) if re.match(r"---\s*\Z", line)]


def _extract_front_matter(source: SourceText, errors: list[ValidationError]) -> str | None:
    separators = _find_separators(source)
    if separators[:1] == [0] and len(separators) > 1:
        return "\n".join(source.lines[1 : separators[1]]) + "\n"
    message, hint = "the front matter is missing", "begin with a line ---, then `key: value` lines, then a line ---"
    if separators[:1] == [0]:
        message, hint = "the front matter is not closed", "add a line --- after the last key"
    errors.append(source.create_error("no-front-matter", 1, 1, message, hint))
    return None


def extract_body_md(
    source: SourceText, body: BodyText, errors: list[ValidationError], *, is_printed: bool = True
) -> str:
    """Return a text without comments. One that is not printed may be longer than pages can be.

    A comment that is not closed would publish all text after it, so it is an error.
    """
    find_excess = find_markdown_excess if is_printed else find_markdown_file_excess
    if excess := find_excess(body.text):  # its text is not looked at, which could take minutes
        errors.append(source.create_error("too-large", *body.locate(excess.start), excess.message, excess.hint))
        return ""
    body_md = strip_comments(body.text)
    if "<!--" in body_md:
        position = BodyText(text=source.text).locate(source.text.rfind("<!--"))
        message, hint = "the comment is not closed", "add --> at its end"
        errors.append(source.create_error("unclosed-comment", *position, message, hint))
    return body_md.strip("\n").rstrip()
