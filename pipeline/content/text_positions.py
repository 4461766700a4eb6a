"""The texts of a file, in its front matter and after it, and where each letter of them is in the file."""

from collections.abc import Callable, Iterator
from functools import partial

from pipeline.content.content_files import extract_body
from pipeline.content.located_yaml import Loc, LocatedYaml, iter_scalars

_PROSE_KEYS = {
    "alt", "caption", "colophon", "description", "headline", "insights", "intro", "preview", "pulls", "question", "subject", "subtitle", "summary", "text", "theme",
    "title", "what",
}  # fmt: skip


def iter_texts(
    yaml: LocatedYaml, is_wanted: Callable[[Loc], bool]
) -> Iterator[tuple[str, Callable[[int], tuple[int, int]]]]:
    """Yield the body and the wanted texts of the front matter, each with the function that locates an offset in it."""
    body = extract_body(yaml.source)
    yield body.text, body.locate
    for loc, value in iter_scalars(yaml.data):
        if is_wanted(loc):
            yield value, partial(_locate_in_value, yaml, loc, value)


def is_prose(loc: Loc) -> bool:
    """Return whether the value at ``loc`` is text for readers."""
    return next((step for step in reversed(loc) if isinstance(step, str)), "") in _PROSE_KEYS


def _locate_in_value(yaml: LocatedYaml, loc: Loc, value: str, start: int) -> tuple[int, int]:
    """Return the position of ``start`` in the file.

    If the file does not have the value literally, it is the position at which the value begins.
    """
    line, column = yaml.locate(loc)
    for context in (12, 4, 0):  # in a folded value, a short snippet is found more often
        begin = max(value.rfind("\n", 0, start) + 1, start - context)
        snippet = value[begin : start + 6].split("\n", maxsplit=1)[0]
        for number, text in enumerate(yaml.source.lines[line - 1 : line + 40], start=line):
            found = text.find(snippet, column - 1 if number == line else 0)
            if found >= 0:
                return number, found + start - begin + 1
    return line, column
