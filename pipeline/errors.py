"""What can go wrong, in the reader's words, with the exit code that belongs to it. Imports nothing of ours."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands; line and column count from 1, and 0 means: the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """``file:line:column``, as editors and terminals open it."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """One thing in the content that a person must mend; or, as a ``warning``, should look at: that stops nothing.

    ``source`` is the line as it stands in the file, for the caret; empty where there is none. ``code`` names the kind
    of fault for machines: ``unknown-key``, ``missing-file`` …
    """

    place: Place
    message: str
    hint: str = ""
    source: str = ""
    code: str = ""
    severity: str = "error"  # error | warning

    def __str__(self) -> str:
        """``file:line:column: error: what``, then the line with a caret, then the hint."""
        told = [f"{self.place}: {self.severity}: {self.message}"]
        if self.source.strip():
            number = f"{self.place.line:5}"
            told.append(f"{number} | {self.source.expandtabs(1)}")
            told.append(f"{' ' * len(number)} | {' ' * (self.place.column - 1)}^")
        if self.hint:
            told.append(f"  hint: {self.hint}")
        return "\n".join(told)


class WeerslagError(Exception):
    """The work cannot go on, and a person can mend it."""

    exit_code = 1

    def __init__(self, message: str = "", *, where: Place | str = "", hint: str = "") -> None:
        """Keep the parts apart, so that each printer can lay them out; all have defaults, so that it can be pickled."""
        super().__init__(message)
        self.message, self.where, self.hint = message, where, hint

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with what stands in the instance, so that an error comes home whole from a worker."""
        return type(self), (self.message,), self.__dict__

    def __str__(self) -> str:
        """``where: message``, then the hint on a line of its own."""
        told = f"{self.where}: {self.message}" if self.where else self.message
        return f"{told}\n  hint: {self.hint}" if self.hint else told


class ContentError(WeerslagError):
    """The content needs mending: all its faults at once."""

    exit_code = 3

    def __init__(
        self, message: str = "", *, faults: tuple[Fault, ...] = (), where: Place | str = "", hint: str = ""
    ) -> None:
        """Sort the faults as a reader meets them, file by file and down the page; told twice is told once."""
        self.faults = tuple(sorted(set(faults)))
        count = len(self.faults)
        super().__init__(
            message or f"{count} {'fault' if count == 1 else 'faults'} in the content", where=where, hint=hint
        )


class UsageError(WeerslagError):
    """The command was not understood."""

    exit_code = 2


class AudioError(WeerslagError):
    """A recording or an enclosure cannot be used."""


class StoreError(WeerslagError):
    """Something cannot be read or written."""


class JobError(WeerslagError):
    """A job failed, died, hung or ate its memory; the others went on."""


class MagazineError(WeerslagError):
    """The magazine cannot be made."""


class GateError(WeerslagError):
    """A gate stopped it."""

    exit_code = 4


class MachineError(WeerslagError):
    """This machine lacks something; the hint is the command that installs it."""

    exit_code = 5


class LockedError(WeerslagError):
    """Another build has the lock."""

    exit_code = 75
