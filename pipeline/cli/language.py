"""The language of the command line: Dutch or English, as the environment asks for."""

from __future__ import annotations

import gettext
import inspect
import os
import re
from typing import TYPE_CHECKING

import click

from pipeline.catalogue import DOMAIN, get_locale_folder
from pipeline.errors import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.model import Sentence

_VARIABLES = ("WEERSLAG_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set decides
_EXAMPLES = re.compile("\b\n(Examples?:)")


def choose_language(environment: Mapping[str, str]) -> str:
    """Choose ``nl`` if the environment asks for Dutch, else ``en``."""
    value = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return "nl" if re.match(r"nl(\W|_|$)", value.lower()) else "en"


def set_language() -> None:
    """Make gettext translate to the language of the environment; Click translates its own sentences by gettext, too."""
    if choose_language(os.environ) == "nl":
        os.environ["LANGUAGE"] = "nl"  # which gettext reads first
        gettext.bindtextdomain(DOMAIN, str(get_locale_folder()))
        gettext.textdomain(DOMAIN)


def translate(text: str) -> str:
    """Translate a message of the catalogue, with its fields if it has any; text without a translation stays English."""
    if isinstance(text, Message):
        return text.render(_look_up)
    return _look_up(text)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Translate a message with ``{count}``, in the singular or the plural."""
    return gettext.ngettext(singular, plural, count).format(count=count)


def _look_up(text: str) -> str:
    return gettext.gettext(text) if text else ""  # gettext("") returns the header of the catalogue


def translate_message(message: Sentence) -> str:
    """Translate a message with its figures; in English no library is loaded for it."""
    if os.environ.get("LANGUAGE") != "nl":
        return str(message)
    from pipeline.typesetting import translate_sentence  # noqa: PLC0415  # only for Dutch

    return translate_sentence(message, language="nl")


def translate_command(command: click.Command) -> None:
    """Translate the help of a command, of its options and of the commands below it."""
    command.help = translate_help(command.help or "")
    command.epilog = translate_help(command.epilog or "")
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            parameter.help = translate_help(parameter.help or "")
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            translate_command(inner)


def translate_help(text: str) -> str:
    """Translate a help text, paragraph by paragraph."""
    return "\n\n".join(_translate_paragraph(paragraph) for paragraph in split_help(text))


def split_help(text: str) -> list[str]:
    r"""Split a help text into its paragraphs, as the catalogue has them.

    A paragraph is one line, unless ``\b`` makes Click keep its lines.
    """
    paragraphs = [paragraph.rstrip() for paragraph in inspect.cleandoc(text).split("\n\n")]
    return [one if one.startswith("\b") else " ".join(one.split()) for one in paragraphs]


def _translate_paragraph(paragraph: str) -> str:
    if match := _EXAMPLES.match(paragraph):  # only the word before the commands, which stay aligned
        label = translate(match[1])
        first, *others = paragraph.replace(match[1], label, 1).split("\n")[1:]
        indent = " " * max(0, len(label) - len(match[1]))
        return "\n".join(
            ["\b", first, *(indent + line if line.startswith(" ") else translate(line) for line in others)]
        )
    if paragraph.startswith("Example: "):
        return translate("Example:") + paragraph.removeprefix("Example:")
    return translate(paragraph)
