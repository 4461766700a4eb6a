"""Every error that a user can act on, with its exit code. Imports nothing from this package."""

import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

_PLAIN = (str, int, float, date)  # what a field may be, so that a message can be sent to another process


class Message(str):
    """An English message that can be translated: text with fields that were filled in.

    It is a plain ``str`` to all that stores, sorts or sends it, also to another process.
    """

    __slots__ = ("fields", "template")

    template: str  # of the catalogue
    fields: Mapping[str, Any] | None  # None: the template is the whole message, braces too

    def __new__(cls, template: str, fields: Mapping[str, Any] | None = None) -> Self:
        """Fill in the fields; a field may be another message."""
        message = super().__new__(cls, template if fields is None else template.format_map(fields))
        message.template, message.fields = template, fields
        return message

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the template and its fields."""
        return type(self), (self.template, self.fields)

    def render(self, translate: Callable[[str], str]) -> str:
        """Return the message in another language, with the fields that are messages.

        ``translate`` returns a message of the catalogue in that language.
        """
        if self.fields is None:
            return translate(self.template)
        fields = {name: _render_field(name, field, translate) for name, field in self.fields.items()}
        return translate(self.template).format_map(fields)


def _render_field(name: str, field: Any, translate: Callable[[str], str]) -> Any:
    if isinstance(field, Message):
        return field.render(translate)
    return translate(field) if name == "strerror" and field else field  # the reasons of the system are in the catalogue


def make_message(text: str) -> Message:
    """Return a text as a message, so that it is translated also as a field of another one."""
    return text if isinstance(text, Message) else Message(text)


def fill(template: str, **fields: Any) -> str:
    """Fill in a ``Message``; ``template`` must be a msgid of the catalogue, with a name for each field in braces."""
    return Message(template, {name: one if isinstance(one, _PLAIN) else str(one) for name, one in fields.items()})


def suggest_install(extra: str) -> str:
    """Return the command that installs an optional part for the Python that runs this: `pip` may be that of another one.

    Args:
        extra: The name of the part in pyproject.toml, such as ``s3``.
    """
    from importlib import metadata  # noqa: PLC0415  # 45 ms that every process would pay

    try:
        listed = [one.partition(";") for one in metadata.requires("weerslag") or ()]
    except metadata.PackageNotFoundError:
        listed = []
    names = [name.strip() for name, _, marker in listed if f'"{extra}"' in marker.replace("'", '"')]
    return suggest_pip(*(names or [f"weerslag[{extra}]"]))


def suggest_pip(*words: str) -> str:
    """Return a command of ``pip install`` for the Python that runs this."""
    return fill("{python} -m pip install {packages}", python=shlex.quote(sys.executable), packages=shlex.join(words))


@dataclass(frozen=True, slots=True, order=True)
class SourceLocation:
    """A position in a file. Line and column count from 1; 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return ``file:line:column``, which editors and terminals can open."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ValidationError:
    """One error or ``warning`` in the content. Warnings do not block a build.

    ``source`` is the line of the file, for the caret; empty if there is none. ``code`` names the
    kind of error for machines: ``unknown-key``, ``missing-file`` …
    """

    location: SourceLocation
    message: str
    hint: str = ""
    source: str = ""
    code: str = ""
    severity: str = "error"  # error | warning | note

    def __str__(self) -> str:
        """Return ``file:line:column: error: message``, the line with a caret, and the hint."""
        return self.format(str)

    def format(self, translate: Callable[[str], str]) -> str:
        """Return what ``str`` returns, with message and hint in the language of ``translate``."""
        lines = [f"{self.location}: {self.severity}: {translate(self.message)}"]
        if self.source.strip():
            number = f"{self.location.line:5}"
            lines.append(f"{number} | {self.source.expandtabs(1)}")
            lines.append(f"{' ' * len(number)} | {' ' * (self.location.column - 1)}^")
        if self.hint:
            lines.append(f"  hint: {translate(self.hint)}")
        return "\n".join(lines)


class WeerslagError(Exception):
    """The command cannot continue, and the user can fix the cause."""

    exit_code = 1

    def __init__(self, message: str = "", *, where: SourceLocation | str = "", hint: str = "") -> None:
        """Store the parts. All have defaults, so that the error can be unpickled."""
        super().__init__(message)
        self.message, self.where, self.hint = make_message(message), where, make_message(hint)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle all attributes, so that an error comes back complete from a worker process."""
        return type(self), (self.message,), self.__dict__

    def __str__(self) -> str:
        """Return ``where: message``, and the hint on its own line."""
        return self.format(str)

    def format(self, translate: Callable[[str], str]) -> str:
        """Return what ``str`` returns, with message and hint in the language of ``translate``."""
        message = translate(self.message)
        text = f"{self.where}: {message}" if self.where else message
        return f"{text}\n  hint: {translate(self.hint)}" if self.hint else text


class ContentError(WeerslagError):
    """The content has errors: all of them at once."""

    exit_code = 3

    def __init__(
        self,
        message: str = "",
        *,
        errors: tuple[ValidationError, ...] = (),
        where: SourceLocation | str = "",
        hint: str = "",
    ) -> None:
        """Sort the errors by file and line, and drop duplicates."""
        self.errors = tuple(sorted(set(errors)))
        count = len(self.errors)
        super().__init__(
            message or f"{count} {'error' if count == 1 else 'errors'} in the content", where=where, hint=hint
        )


class UsageError(WeerslagError):
    """The command line is not valid."""

    exit_code = 2


class AudioError(WeerslagError):
    """A recording or an enclosure cannot be used."""


class StorageError(WeerslagError):
    """A file cannot be read or written."""


class TaskError(WeerslagError):
    """A task failed, crashed, timed out or exceeded its memory limit; other tasks continue."""


class MagazineError(WeerslagError):
    """The magazine cannot be produced."""


class GateError(WeerslagError):
    """A publish gate blocked the command."""

    exit_code = 4


class DependencyError(WeerslagError):
    """A program or library is missing; the hint is the command that installs it."""

    exit_code = 5


class LockedError(WeerslagError):
    """Another build holds the lock."""

    exit_code = 75
