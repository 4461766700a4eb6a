"""Files to publish, and the steps of a build."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One file of ``public/`` or ``press/``: either its content, or the digest of an object in the cache."""

    path: str  # public/… or press/…, with forward slashes
    content: bytes | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a build: ``tagged 01-burger-centraal``."""

    kind: str  # a verb in the past tense (measured, mastered, encoded, tagged, failed …), or: up to date
    subject: str  # display name: a slug, a file
    why: str = ""  # the part of the cache key that changed
    detail: str = ""
