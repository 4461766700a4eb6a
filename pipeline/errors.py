"""Every error that a user can act on, with its exit code. Imports nothing from this package."""

from dataclasses import dataclass


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
        lines = [f"{self.location}: {self.severity}: {self.message}"]
        if self.source.strip():
            number = f"{self.location.line:5}"
            lines.append(f"{number} | {self.source.expandtabs(1)}")
            lines.append(f"{' ' * len(number)} | {' ' * (self.location.column - 1)}^")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class WeerslagError(Exception):
    """The command cannot continue, and the user can fix the cause."""

    exit_code = 1

    def __init__(self, message: str = "", *, where: SourceLocation | str = "", hint: str = "") -> None:
        """Store the parts. All have defaults, so that the error can be unpickled."""
        super().__init__(message)
        self.message, self.where, self.hint = message, where, hint

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle all attributes, so that an error comes back complete from a worker process."""
        return type(self), (self.message,), self.__dict__

    def __str__(self) -> str:
        """Return ``where: message``, and the hint on its own line."""
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  hint: {self.hint}" if self.hint else text


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
