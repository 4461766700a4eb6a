"""Reads what people wrote as an editor would: slips of the typist, sentences twice, pulls that nobody wrote, pictures without a maker."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pipeline.content.discovery import Page, Pages, body_line, every_page
from pipeline.content.located_yaml import Loc, Marked
from pipeline.errors import Fault
from pipeline.text import COMMENT
from pipeline.typesetting import pictures_in, slips_in

_PROSE = {  # keys whose values are set as text
    "alt", "caption", "colophon", "description", "headline", "insights", "intro", "pulls", "question", "subtitle", "summary", "text", "theme",
    "title", "what",
}  # fmt: skip
_AROUND = 22  # characters to either side of what is shown
_LEAST_WORDS = 7  # shorter sentences may well stand twice
_SENTENCE = re.compile(r"[^.!?…\n]*[^\s.!?…][.!?…]+[\"'”’)]*")
_MARKUP = re.compile(r"!?\[|\]\([^)\n]*\)|[*_`#>~]")
_NOBODY = "nobody is named as the maker of this picture"
_NAMELIKE = re.compile(r"\.(?:jpe?g|png|webp)\Z|\A(?:IMG|DSC|DSCN|PXL|foto|image|afbeelding)[-_ ]?\d+\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """The text below a head, as it stands in the file, and the file's own lines around it."""

    marked: Marked
    text: str
    first: int  # the line on which it begins

    def place(self, start: int) -> tuple[int, int]:
        return self.first + self.text.count("\n", 0, start), start - self.text.rfind("\n", 0, start)


def read_as_an_editor(pages: Pages) -> Iterator[Fault]:
    """Every warning about the words themselves."""
    language = pages.programme.form.language if pages.programme.form else "nl"
    for page in every_page(pages):
        if page.marked:
            yield from _slips(page.marked, language)
    yield from _repeated(pages)
    for story in pages.stories:
        yield from _pulls_nobody_wrote(story)
    yield from _pictures(pages)


# --------------------------------------------------------------------------------------------------------------- slips


def _slips(marked: Marked, language: str) -> Iterator[Fault]:
    for loc, value in _leaves(marked.data, ()):
        if _is_prose(loc):
            for slip in slips_in(value, language=language):
                message = f"{slip.message}: {_around(value, slip.start, len(slip.found))}"
                yield marked.source.warning(slip.code, *_place_in(marked, loc, value, slip.start), message, slip.hint)
    if body := _body(marked):
        for slip in slips_in(body.text, language=language):
            message = f"{slip.message}: {_around(body.text, slip.start, len(slip.found))}"
            yield marked.source.warning(slip.code, *body.place(slip.start), message, slip.hint)


def _leaves(data: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if isinstance(data, str):
        yield loc, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, (*loc, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _leaves(value, (*loc, index))


def _is_prose(loc: Loc) -> bool:
    return next((step for step in reversed(loc) if isinstance(step, str)), "") in _PROSE


def _place_in(marked: Marked, loc: Loc, value: str, start: int) -> tuple[int, int]:
    """Where a slip stands in the file, if the value is written there as it is; else where the value begins."""
    line, column = marked.place(loc)
    for before in (12, 4, 0):  # fewer words are found more surely where a value goes over lines
        begin = max(value.rfind("\n", 0, start) + 1, start - before)
        snippet = value[begin : start + 6].split("\n", maxsplit=1)[0]
        for number, written in enumerate(marked.source.lines[line - 1 : line + 40], start=line):
            found = written.find(snippet, column - 1 if number == line else 0)
            if found >= 0:
                return number, found + start - begin + 1
    return line, column


def _around(text: str, start: int, length: int) -> str:
    """The words around a slip, on one line, for whoever looks for it in a long paragraph."""
    first, last = max(0, start - _AROUND), min(len(text), start + length + _AROUND)
    return f"“{'…' if first else ''}{' '.join(text[first:last].split())}{'…' if last < len(text) else ''}”"


def _body(marked: Marked) -> _Text | None:
    first = body_line(marked.source)
    lines = marked.source.lines[first - 1 :]
    return _Text(marked=marked, text="\n".join(lines), first=first) if lines else None


# ------------------------------------------------------------------------------------------------------- the same twice


def _repeated(pages: Pages) -> Iterator[Fault]:
    """Sentences that stand in two places, each told at the second; a quote of a reflection may stand in its own text."""
    first: dict[str, tuple[Marked, tuple[int, int], bool]] = {}
    pieces: list[Page[Any]] = [*pages.stories, *(one.page for one in pages.reflections)]
    for marked in (page.marked for page in pieces if page.marked):
        told: Marked | None = None  # a whole paragraph that stands twice is told once
        for sentence, place, in_head in _sentences(marked):
            other, there, was_head = first.setdefault(_letters(sentence), (marked, place, in_head))
            again = (other is not marked or was_head == in_head) and (other, there) != (marked, place)
            if again and told is not other:
                message = (
                    f"this stands in {other.source.file}:{there[0]} too: “{_shortened(' '.join(sentence.split()))}”"
                )
                yield marked.source.warning("repeated", *place, message, "leave one of them out, unless it is meant")
            told = other if again else None


def _shortened(text: str) -> str:
    return text if len(text) <= 64 else f"{text[:60].rstrip()}…"


def _sentences(marked: Marked) -> Iterator[tuple[str, tuple[int, int], bool]]:
    """Every sentence that is long enough, where it begins, and whether that is in the head."""
    for path in (("insights", None), ("quotes", None, "text")):
        for loc, value in marked.find(*path):
            if isinstance(value, str) and len(value.split()) >= _LEAST_WORDS:
                yield value, marked.place(loc), True
    if body := _body(marked):
        plain = COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), body.text)
        for found in _SENTENCE.finditer(plain):
            sentence = found[0].lstrip(" -*+>#\t")
            if len(sentence.split()) >= _LEAST_WORDS:
                yield sentence, body.place(found.end() - len(sentence)), False


def _letters(text: str) -> str:
    """Letters and digits only: markup, quotes, dashes and white space of either side do not count."""
    return "".join(letter for letter in _MARKUP.sub("", text).casefold() if letter.isalnum())


# --------------------------------------------------------------------------------------------------------------- stories


def _pulls_nobody_wrote(story: Page[Any]) -> Iterator[Fault]:
    """Pull quotes that are not in the text: they say again what the text says."""
    marked = story.marked
    if marked is None:
        return
    letters = _letters(story.body_md)
    sentences = [" ".join(found.split()) for found in _SENTENCE.findall(_MARKUP.sub("", story.body_md))]
    for loc, pull in marked.find("pulls", None):
        if isinstance(pull, str) and _letters(pull) and _letters(pull) not in letters:
            near = get_close_matches(pull, sentences, n=1)
            hint = f"the text says: “{near[0]}”" if near else "take it from the text, word for word"
            yield marked.source.warning(
                "pull-not-in-text", *marked.place(loc), "this pull quote is not in the text", hint
            )


# -------------------------------------------------------------------------------------------------------------- pictures


def _pictures(pages: Pages) -> Iterator[Fault]:
    for story in pages.stories:
        if story.marked:
            yield from _picture(story.marked, ("picture",), "file")
    texts: list[Page[Any]] = [*pages.stories, *(one.page for one in pages.reflections)]
    for page in texts:
        yield from _pictures_in_text(page)
    marked = pages.magazine.marked if pages.magazine else None
    for item in ("cover", "photo"):
        for loc, value in marked.find("flatplan", None, item) if marked else ():
            if marked and isinstance(value, dict) and isinstance(value.get("image"), str):
                yield from _picture(marked, loc, "image")
            elif marked and isinstance(value, dict):
                yield from _picture(marked, (*loc, "image"), "file")


def _pictures_in_text(page: Page[Any]) -> Iterator[Fault]:
    """The same of pictures in the text: who made one stands behind its caption."""
    marked = page.marked
    if marked is None:
        return
    for one in pictures_in(page.body_md):
        line = next((number for number, text in enumerate(marked.source.lines, 1) if one.source in text), 1)
        column = max(0, marked.source.lines[line - 1].find(one.source)) + 1
        if not one.credit:
            hint = 'write it behind the caption: ![what is seen](file.jpg "Caption. Beeld: name")'
            yield marked.source.warning("no-credit", line, column, _NOBODY, hint)
        if _NAMELIKE.search(one.alt):
            message = f"what is seen is told by the name of a file: `{one.alt[:60]}`"
            yield marked.source.warning("poor-alt", line, column, message, "say in a sentence what is to be seen")


def _at(data: Any, loc: Loc) -> Any:
    for step in loc:
        data = data[step] if isinstance(step, int) else data.get(step) if isinstance(data, dict) else None
    return data


def _picture(marked: Marked, loc: Loc, name: str) -> Iterator[Fault]:
    """A picture says who made it, and what is to be seen in words and not by its file."""
    picture = _at(marked.data, loc)
    if not isinstance(picture, dict) or not picture.get(name):
        return
    if not picture.get("credit"):
        hint = "add `credit:`, the name that should stand under it"
        yield marked.source.warning("no-credit", *marked.key_place((*loc, name)), _NOBODY, hint)
    alt = picture.get("alt")
    if isinstance(alt, str) and _NAMELIKE.search(alt.strip()):
        message = f"`alt` is the name of a file: `{alt.strip()[:60]}`"
        yield marked.source.warning(
            "poor-alt", *marked.place((*loc, "alt")), message, "say in a sentence what is to be seen"
        )
