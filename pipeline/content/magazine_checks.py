"""Rules for the texts, the pictures and the flatplan of the magazine."""

import posixpath
from collections.abc import Callable, Iterator

from pipeline.content.approvals import is_approved
from pipeline.content.check_helpers import (
    check_event_exists,
    check_file,
    check_picture,
    collect_values,
    find_duplicates,
    find_hidden_events,
    find_pictures,
    list_picture_paths,
)
from pipeline.content.content_files import ContentFile, ProgrammeFiles, extract_body
from pipeline.content.field_error import FieldError
from pipeline.content.located_yaml import Loc, LocatedYaml
from pipeline.content.picture_builder import find_picture_in_text, resolve_in_text
from pipeline.content.schema.reflection import ReflectionSchema
from pipeline.errors import ValidationError, fill, make_message
from pipeline.text import escape_unprintable, strip_comments, suggest_similar
from pipeline.typesetting import find_images, find_links, resolve_link_target

_UNIQUE_ITEMS = {"cover", "contents", "index", "colophon", "back"}  # at most one each
_DEFAULT_PROFILE = "coated-fogra39"
_WHOLE_FILE = (0, 0)  # line and column


def _check_stories_and_pictures(files: ProgrammeFiles) -> Iterator[ValidationError]:
    for story in files.stories:
        yield from check_event_exists(files, story.yaml, ("event",))
    for yaml, loc, key in find_pictures(files):
        if isinstance(file := yaml.get((*loc, key)), str) and file.strip():
            paths = list_picture_paths(file.strip())
            yield from check_file(files.folder, yaml, (*loc, key), paths, is_picture=True)


def _check_pictures_in_text(files: ProgrammeFiles) -> Iterator[ValidationError]:
    for text in files.list_texts():
        source = text.yaml.source
        for image in find_images(text.body_md):
            position = source.find(image.source) or _WHOLE_FILE
            if not image.alt:
                message = fill("the picture `{source}` has no text alternative", source=image.source[:80])
                yield source.create_error("no-alt", *position, message, "write ![what the picture shows](file.jpg)")
            try:
                check_picture(files.folder, resolve_in_text(image.source, source.file))
            except FieldError as error:
                message = fill("the picture `{source}` {message}", source=image.source[:80], message=error.message)
                yield source.create_error(error.code, *position, message, error.hint)


def _check_picture_settings(files: ProgrammeFiles) -> Iterator[ValidationError]:
    """Check that ``pictures:`` in the head of a text lists pictures that the text shows."""
    for text in files.list_texts():
        for loc, name in text.yaml.find("pictures", None, "file"):
            if isinstance(name, str) and name.strip() and not find_picture_in_text(name, text.path, text.body_md):
                sources = [image.source for image in find_images(text.body_md)]
                hint = suggest_similar(name, sources) or (
                    fill("its pictures are {sources}", sources=", ".join(sources[:12]))
                    if sources
                    else "write ![what it shows](file.jpg)"
                )
                message = fill("the text does not show the picture `{name}`", name=escape_unprintable(name[:80]))
                yield text.yaml.create_error("unknown-picture", loc, message, hint)


def _check_links_between_texts(files: ProgrammeFiles) -> Iterator[ValidationError]:
    paths = {text.path for text in files.list_texts()}
    for text in (*files.list_texts(), *files.newsletters):
        folder = posixpath.dirname(text.path)
        for target in find_links(text.body_md):
            path = resolve_link_target(target, folder=folder)
            if path.endswith(".md") and path not in paths:
                relative = {posixpath.relpath(one, folder) for one in paths}
                same_name = next((one for one in sorted(relative) if one.endswith(f"/{posixpath.basename(path)}")), "")
                hint = suggest_similar(target, relative) or (
                    fill("did you mean `{same_name}`?", same_name=same_name)
                    if same_name
                    else "write a path relative to this file"
                )
                message = fill("there is no text `{target}` to link to", target=escape_unprintable(target[:80]))
                position = text.yaml.source.find(target) or _WHOLE_FILE
                yield text.yaml.source.create_error("unknown-text", *position, message, hint)


def _check_flatplan_references(files: ProgrammeFiles) -> Iterator[ValidationError]:
    yaml = files.magazine.yaml
    stories = {f"stories/{story.slug}.md" for story in files.stories}
    for loc, path in yaml.find("flatplan", None, "article"):
        if isinstance(path, str) and path not in stories:
            hint = suggest_similar(path, stories) or "write it as stories/<slug>.md"
            yield yaml.create_error(
                "unknown-story", loc, fill("there is no story `{path}`", path=escape_unprintable(path[:80])), hint
            )
    hidden = find_hidden_events(files)
    for loc, event_id in yaml.find("flatplan", None, "event"):
        yield from check_event_exists(files, yaml, loc)
        if event_id in hidden:
            message = fill("the event `{event}` is for participants, and the magazine is public", event=event_id)
            yield yaml.create_error("for-participants", loc, message, "remove it from the flatplan")


def _check_icc_profile(files: ProgrammeFiles) -> Iterator[ValidationError]:
    """Check that an own ICC profile exists, and is a CMYK output profile.

    Source: ICC.1:2022, 7.2 (profile header).
    """
    yaml = files.magazine.yaml
    for loc, path in yaml.find("print", "profile"):
        if not isinstance(path, str) or path.strip() == _DEFAULT_PROFILE:
            continue
        try:
            with files.folder.resolve(path.strip()).open("rb") as file:
                header = file.read(40)
        except FieldError as error:
            hint = fill(
                "write {default_profile}, or the path of an ICC profile in the programme, e.g. print/printer.icc",
                default_profile=_DEFAULT_PROFILE,
            )
            yield yaml.create_error(error.code, loc, fill("the ICC profile {message}", message=error.message), hint)
            continue
        colour_space = header[16:20].decode("ascii", "replace").strip()
        if header[36:40] != b"acsp":
            message = "the file is not an ICC profile"
            yield yaml.create_error("no-profile", loc, message, "ask the printer for one: a file that ends in .icc")
        elif (header[12:16], header[16:20]) != (b"prtr", b"CMYK"):
            message = (
                "the ICC profile is not an output profile"
                if colour_space == "CMYK"
                else fill("the ICC profile is for {colour_space}", colour_space=colour_space)
            )
            yield yaml.create_error("wrong-profile", loc, message, "ask the printer for a CMYK output profile")


def _check_flatplan_duplicates(files: ProgrammeFiles) -> Iterator[ValidationError]:
    yaml = files.magazine.yaml
    for kind, message in (
        ("article", make_message("the flatplan has two items for the story")),
        ("event", make_message("the flatplan has two items for the event")),
    ):
        references = collect_values([yaml], "flatplan", None, kind)
        yield from find_duplicates(references, message)
    unique = ((yaml, loc, kind) for loc, kind in _find_item_kinds(yaml) if kind in _UNIQUE_ITEMS)
    yield from find_duplicates(unique, "the flatplan has two items")


def _check_flatplan_is_complete(files: ProgrammeFiles) -> Iterator[ValidationError]:
    yaml = files.magazine.yaml
    if not any(yaml.find("flatplan", None)):
        return
    in_flatplan = {event_id for _, event_id in yaml.find("flatplan", None, "event") if isinstance(event_id, str)}
    listed = in_flatplan | find_hidden_events(files)
    approved = [reflection.event for reflection in files.reflections if is_approved(reflection.file)]
    for event_id in dict.fromkeys(approved):
        if event_id not in listed and event_id in (files.event_ids or ()):
            count = approved.count(event_id)
            message = fill(
                "the flatplan has no event `{event_id}`; approved reflections of it: {count}",
                event_id=event_id,
                count=count,
            )
            position = yaml.locate_key(("flatplan",))
            yield yaml.source.create_error(
                "left-out", *position, message, fill("add `- event: {event_id}`", event_id=event_id)
            )


def _check_approved_reflections_have_text(files: ProgrammeFiles) -> Iterator[ValidationError]:
    """Require words in an approved reflection: a photo of a sheet is not text."""
    for file in (reflection.file for reflection in files.reflections):
        validated = file.validated
        if validated and is_approved(file) and not (validated.insights or _has_words(file)):
            hint = "write the text, or remove `approved` until it is there"
            yield file.yaml.create_error("no-text", ("approved",), "this approved reflection has no text", hint)


def _has_words(file: ContentFile[ReflectionSchema]) -> bool:
    """Whether words are below the front matter, also if they are too many to be read."""
    return bool(file.body_md or strip_comments(extract_body(file.yaml.source).text).strip())


RULES: tuple[Callable[[ProgrammeFiles], Iterator[ValidationError]], ...] = (
    _check_stories_and_pictures,
    _check_pictures_in_text,
    _check_picture_settings,
    _check_links_between_texts,
    _check_flatplan_references,
    _check_icc_profile,
    _check_flatplan_duplicates,
    _check_flatplan_is_complete,
    _check_approved_reflections_have_text,
)


def _find_item_kinds(yaml: LocatedYaml) -> Iterator[tuple[Loc, str]]:
    for loc, item in yaml.find("flatplan", None):
        if isinstance(item, dict) and len(item) == 1:
            yield loc, next(iter(item))
        elif isinstance(item, str):
            yield loc, item
