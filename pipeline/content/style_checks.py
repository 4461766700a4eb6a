"""Style checks: typing errors, signs without a glyph, repeated sentences, wrong pull quotes, incomplete pictures."""

import re
from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from pipeline.content.check_helpers import find_pictures
from pipeline.content.content_files import ContentFile, ProgrammeFiles, extract_body
from pipeline.content.located_yaml import Loc, LocatedYaml
from pipeline.content.text_positions import is_prose, iter_texts
from pipeline.errors import ValidationError, fill, make_message
from pipeline.text import HTML_COMMENT
from pipeline.typesetting import Typo, find_images, find_missing_glyphs, find_typos, name_character

_CONTEXT = 22  # characters shown on either side of a typing error
_MIN_WORDS = 7  # shorter sentences may well occur twice
_SENTENCE = re.compile(r"[^.!?…\n]++(?:[.!?…]++[\"'”’)]*+|(?P<unfinished>))")  # possessive: linear also without a stop
_MARKUP = re.compile(r"!?\[|\]\([^)\n]*\)|[*_`#>~]")
_NO_CREDIT = "this picture has no credit"
_DESCRIBE = "describe in one sentence what the picture shows"
_REPLACE_CHARACTER = (
    "replace it; otherwise a font of this machine prints it, or an empty box: for Chinese, Japanese and Korean, "
    "install the Debian package fonts-noto-cjk and look at the page"
)
_FILE_NAME = re.compile(
    r"\.(?:jpe?g|png|webp)\Z|\A(?:IMG|DSC|DSCN|PXL|foto|image|afbeelding)[-_ ]?\d+\Z", re.IGNORECASE
)


def check_style(files: ProgrammeFiles) -> Iterator[ValidationError]:
    """Yield every warning about the style of the texts; files with errors are skipped."""
    language = files.programme.validated.language if files.programme.validated else "nl"
    for file in files.list_files():
        yield from _check_spelling(file.yaml, language)
    if files.magazine.validated:
        for file in files.list_files():
            yield from _check_glyphs(file.yaml)
    yield from _check_repetition(files)
    for story in files.stories:
        yield from _check_pull_quotes(story)
    yield from _check_pictures(files)


# Typing errors


def _check_spelling(yaml: LocatedYaml, language: str) -> Iterator[ValidationError]:
    for text, locate in iter_texts(yaml, is_prose):
        for error in find_typos(text, language=language):
            position = locate(error.start)
            yield yaml.source.create_warning(error.code, *position, _describe(error, text), error.hint)


def _describe(error: Typo, text: str) -> str:
    """Return the message with the words around the error, on one line."""
    first = max(0, error.start - _CONTEXT)
    last = min(len(text), error.start + len(error.found) + _CONTEXT)
    excerpt = f"{'…' if first else ''}{' '.join(text[first:last].split())}{'…' if last < len(text) else ''}"
    return fill("{message}: “{excerpt}”", message=make_message(error.message), excerpt=excerpt)


# Glyphs


def _check_glyphs(yaml: LocatedYaml) -> Iterator[ValidationError]:
    """Yield a warning at the first place of each character that the fonts of the magazine lack."""
    first: dict[str, tuple[int, int]] = {}
    counts: Counter[str] = Counter()
    for text, locate in iter_texts(yaml, lambda _: True):
        visible = HTML_COMMENT.sub(lambda found: " " * len(found[0]), text)
        for start, character in find_missing_glyphs(visible):
            first.setdefault(character, locate(start))
            counts[character] += 1
    for character, position in first.items():
        message = fill(
            "no font of the magazine has the character {sign}, {name} ({count} ×)",
            sign=character,
            name=name_character(character),
            count=counts[character],
        )
        yield yaml.source.create_warning("missing-glyph", *position, message, _REPLACE_CHARACTER)


# Repetition


def _check_repetition(files: ProgrammeFiles) -> Iterator[ValidationError]:
    """Yield a warning at the second occurrence of a sentence.

    A quote of a reflection may also be in its own text.
    """
    first: dict[str, tuple[LocatedYaml, tuple[int, int], bool]] = {}
    for yaml in (file.yaml for file in files.list_texts()):
        reported: LocatedYaml | None = None  # consecutive sentences from one file are reported once
        for sentence, position, in_yaml in _iter_sentences(yaml):
            other, other_position, other_in_yaml = first.setdefault(_keep_letters(sentence), (yaml, position, in_yaml))
            is_repeated = (other is not yaml or other_in_yaml == in_yaml) and (other, other_position) != (
                yaml,
                position,
            )
            if is_repeated and reported is not other:
                where = f"{other.source.file}:{other_position[0]}"
                message = fill(
                    "this sentence is also in {where}: “{words}”",
                    where=where,
                    words=_shorten(" ".join(sentence.split())),
                )
                hint = "remove one of them, unless this is intended"
                yield yaml.source.create_warning("repeated", *position, message, hint)
            reported = other if is_repeated else None


def _shorten(text: str) -> str:
    return text if len(text) <= 64 else f"{text[:60].rstrip()}…"


def _iter_sentences(yaml: LocatedYaml) -> Iterator[tuple[str, tuple[int, int], bool]]:
    """Yield every long sentence, its position, and whether it is in the front matter."""
    for path in (("insights", None), ("quotes", None, "text")):
        for loc, value in yaml.find(*path):
            if isinstance(value, str) and len(value.split()) >= _MIN_WORDS:
                yield value, yaml.locate(loc), True
    body = extract_body(yaml.source)
    text = HTML_COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), body.text)
    for found in _SENTENCE.finditer(text):
        sentence = found[0].lstrip(" -*+>#\t")
        if found["unfinished"] is None and len(sentence.split()) >= _MIN_WORDS:
            yield sentence, body.locate(found.end() - len(sentence)), False


def _keep_letters(text: str) -> str:
    """Return letters and digits only.

    Markup, punctuation and white space do not count in a comparison.
    """
    return "".join(letter for letter in _MARKUP.sub("", text).casefold() if letter.isalnum())


# Stories


def _check_pull_quotes(story: ContentFile[Any]) -> Iterator[ValidationError]:
    yaml = story.yaml
    letters = _keep_letters(story.body_md)
    found = (one for one in _SENTENCE.finditer(_MARKUP.sub("", story.body_md)) if one["unfinished"] is None)
    sentences = [" ".join(one[0].split()) for one in found]
    for loc, pull in yaml.find("pulls", None):
        if isinstance(pull, str) and _keep_letters(pull) and _keep_letters(pull) not in letters:
            similar = get_close_matches(pull, sentences, n=1)
            hint = (
                fill("the text says: “{similar}”", similar=similar[0])
                if similar
                else "copy it from the text, word for word"
            )
            message = "this pull quote is not in the text"
            yield yaml.source.create_warning("pull-not-in-text", *yaml.locate(loc), message, hint)


# Pictures


def _check_pictures(files: ProgrammeFiles) -> Iterator[ValidationError]:
    for yaml, loc, key in find_pictures(files):
        yield from _check_picture(yaml, loc, key)
    for text in files.list_texts():
        yield from _check_pictures_in_text(text)


def _check_pictures_in_text(file: ContentFile[Any]) -> Iterator[ValidationError]:
    source = file.yaml.source
    for image in find_images(file.body_md):
        line, column = source.find(image.source) or (1, 1)
        if not image.credit:
            hint = 'add it to the caption: ![what the picture shows](file.jpg "Caption. Beeld: name")'
            yield source.create_warning("no-credit", line, column, _NO_CREDIT, hint)
        if _FILE_NAME.search(image.alt):
            message = fill("the text alternative is a file name: `{alt}`", alt=image.alt[:60])
            yield source.create_warning("poor-alt", line, column, message, _DESCRIBE)


def _check_picture(yaml: LocatedYaml, loc: Loc, key: str) -> Iterator[ValidationError]:
    """Check credit and text alternative of a picture whose file is at ``key``."""
    picture = yaml.get(loc)
    if not isinstance(picture, dict) or not picture.get(key):
        return
    if not picture.get("credit"):
        hint = "add `credit:` with the name of the maker"
        yield yaml.source.create_warning("no-credit", *yaml.locate_key((*loc, key)), _NO_CREDIT, hint)
    alt = picture.get("alt")
    if isinstance(alt, str) and _FILE_NAME.search(alt.strip()):
        message = fill("`alt` is a file name: `{alt}`", alt=alt.strip()[:60])
        yield yaml.source.create_warning("poor-alt", *yaml.locate((*loc, "alt")), message, _DESCRIBE)
