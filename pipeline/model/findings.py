"""Findings of linters and checks, and editorial warnings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A finding of a linter, a preflight or a check of this machine."""

    code: str
    severity: str  # error | warning | info
    where: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorialWarning:
    """Advice on something that people wrote; it blocks nothing."""

    file: str
    at: tuple[str | int, ...] = ()  # keys and indexes of the value in the front matter; empty: the text below it
    words: str = ""  # where in that text
    code: str
    message: str
    hint: str = ""
