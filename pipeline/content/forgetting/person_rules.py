"""What goes as a whole when a person is removed: entries of people, quotes, credits, pictures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.content.forgetting.names import NamePattern
from pipeline.content.located_yaml import Loc
from pipeline.model import Sentence, sentence

_PEOPLE = ("people", "guests")
_WHOLE_KEYS = ("credit", "contact", "speaker", "by")  # optional: without them nothing is wrong
_PICTURE_TEXTS = ("alt", "caption")
_PICTURE_FILES = ("image", "file", "picture")
_SINGLE_PICTURES = ("cover", "logo")  # paths without a mapping; so is the image of a chapter
_PICTURE_KEYS = ("image", "credit", "caption", "fit", "focus", "alt")  # of a picture without a mapping of its own
_FLAT = ("cover", "photo", "back")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^()\s]*)(?:\s[^()]*)?\)[ \t]*")


@dataclass(slots=True, kw_only=True)
class PersonRules:
    """Chooses what is removed for the sake of a name, and remembers the files of the pictures."""

    pattern: NamePattern
    pictures: set[str] = field(default_factory=set)  # paths as the texts write them

    def choose(self, loc: Loc, value: str, plain: Any) -> Loc | None:
        """Choose what to remove for a value with the name; ``None``: only the name in it is replaced."""
        if not self.pattern.has_name(value):
            return None
        key, parent = loc[-1], loc[-2] if len(loc) > 1 else ""
        owner = loc[-3] if len(loc) > 2 else ""
        if key == "name" and owner in _PEOPLE:
            return loc[:-1]
        if owner == "redirects":  # a former address with the name
            return loc[:-1]
        if isinstance(key, int):
            return loc if parent in _PEOPLE else None
        if owner == "quotes" or key in _WHOLE_KEYS:
            return loc[:-1] if owner == "quotes" else loc
        is_single = key in _SINGLE_PICTURES or (key == "image" and owner == "chapters")
        if is_single and re.search(r"\.\w+$", value):
            self.pictures.add(value)
            return loc
        if key in _PICTURE_TEXTS or (key in _PICTURE_FILES and re.search(r"\.\w+$", value)):
            return self._choose_picture(loc, plain)
        return None

    def _choose_picture(self, loc: Loc, plain: Any) -> Loc | None:
        """Choose a picture that shows the person, as its text alternative, its caption or its file name says."""
        mapping = plain
        for step in loc[:-1]:
            mapping = mapping[step]
        if not isinstance(mapping, dict):
            return None
        file = next((mapping[key] for key in _PICTURE_FILES if isinstance(mapping.get(key), str)), "")
        self.pictures |= {file} if file else set()
        if len(loc) > 1 and loc[-2] not in _FLAT:
            return loc[:-1] if file else None
        others = [key for key in _PICTURE_KEYS if key in mapping and key != loc[-1]]
        return (*loc[:-1], others[0]) if others else loc

    def remove_images(self, text_md: str) -> str:
        """Remove pictures from Markdown that show the person."""

        def decide(found: re.Match[str]) -> str:
            if not any(map(self.pattern.has_name, found.groups())):
                return found[0]
            self.pictures.add(found[2])
            return ""

        return _IMAGE.sub(decide, text_md)


def describe_removal(loc: Loc) -> Sentence:
    """Say what a removed value was."""
    keys = [step for step in loc if isinstance(step, str)]
    names = {
        "people": sentence("the person is removed from the list"),
        "guests": sentence("the person is removed from the list"),
        "quotes": sentence("the quote is removed"),
        "credit": sentence("the credit is removed"),
    }
    if keys[-1:] and keys[-1] in names:
        return names[keys[-1]]
    if {*keys} & {"picture", "photo", "cover", "image"}:
        return sentence("the picture is removed: its text says that it shows this person")
    return sentence("`{key}` is removed", key=".".join(keys))


def find_lines(text: str, pattern: NamePattern) -> Iterator[int]:
    """Yield the numbers of the lines in which the name begins."""
    for found in pattern.certain.finditer(text):
        yield text.count("\n", 0, found.start()) + 1
