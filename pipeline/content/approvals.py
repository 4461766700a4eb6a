"""Approvals: whether a text was approved, and whether it still says exactly what was approved.

A person writes ``approved: true``, or a date. `weerslag approve` adds a digest of the text. Any
later change to a letter revokes the approval; changes to white space, line breaks, quotes and
dashes do not.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.content.content_files import ContentFile
from pipeline.content.located_yaml import Loc
from pipeline.content.schema.reflection import ReflectionSchema

ApprovalStatus = Literal["pending", "unlocked", "locked", "revoked"]  # unlocked: approved, without a digest

_PREFIX, _LENGTH = "sha256-", 12
_EQUIVALENT = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‘’‚‛‹›′`´", "'"),
        **dict.fromkeys("–—−‐‑‒", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u2060\ufeff", ""),  # invisible: only control line breaks
        "…": "...",
        "ĳ": "ij",
        "Ĳ": "IJ",
    }
)
_HYPHENS, _SPACES = re.compile("-{2,3}"), re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedText:
    """The text that a person approves, as parts in a fixed order."""

    parts: tuple[tuple[str, str, Loc], ...]  # name, normalised text, path in the front matter (empty: the body)

    @property
    def text(self) -> str:
        """All parts, one per line."""
        return "\n".join(f"{name}: {text}" for name, text, _ in self.parts)

    @property
    def digest(self) -> str:
        """The digest that locks an approval to this text."""
        return _PREFIX + hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]


def parse_wording(text: str) -> list[tuple[str, str]]:
    """Return the names and the texts of the parts of a stored ``ApprovedText.text``."""
    return [(name, part) for name, _, part in (line.partition(": ") for line in text.split("\n"))]


def normalise_wording(text: str) -> str:
    """Return ``text`` without what typesetting may change.

    These are the kinds of quotes and dashes, white space and soft hyphens.
    """
    plain = unicodedata.normalize("NFC", text).translate(_EQUIVALENT)
    return _SPACES.sub(" ", _HYPHENS.sub("-", plain)).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A key ``approved``, and the text that it covers: that of a reflection, or one of its quotes."""

    loc: Loc  # of the reflection or the quote
    is_given: bool
    digest: str  # written by `weerslag approve`; empty: not locked
    approver: str = ""  # the role that a quote is attributed to; empty: the group
    text: ApprovedText

    @property
    def status(self) -> ApprovalStatus:
        """Whether the text was approved, and still is what was approved."""
        if self.digest:
            return "locked" if self.digest == self.text.digest else "revoked"
        return "unlocked" if self.is_given else "pending"

    @property
    def is_valid(self) -> bool:
        """Whether the text may be published."""
        return self.status in ("unlocked", "locked")


def list_approvals(file: ContentFile[ReflectionSchema]) -> tuple[Approval, ...]:
    """Return the approval of the text of a reflection without errors, then that of each of its quotes.

    That of the text covers roles, question, insights and body, but not the name of the group.
    """
    reflection = file.require_validated()
    parts: list[tuple[str, str, Loc]] = [
        ("roles", ", ".join(reflection.roles), ("roles",)),
        ("question", reflection.question, ("question",)),
        *(("insight", insight, ("insights", index)) for index, insight in enumerate(reflection.insights)),
        ("text", file.body_md, ()),
    ]
    day, _, digest = (reflection.approved or "").partition(" ")
    approvals = [Approval(loc=(), is_given=bool(day), digest=digest, text=_build_text(parts))]
    for number, quote in enumerate(reflection.quotes):
        text = _build_text([("quote", quote.text, ("text",)), ("by", quote.by, ("by",))])
        digest = quote.approved.removeprefix("true")
        approvals.append(
            Approval(loc=("quotes", number), is_given=bool(quote.approved), digest=digest, approver=quote.by, text=text)
        )
    return tuple(approvals)


def is_approved(file: ContentFile[ReflectionSchema]) -> bool:
    """Return whether the text of a reflection may be published; in a file with errors, whether it claims so."""
    if file.validated is None:
        return bool(file.yaml.get(("approved",)))
    return list_approvals(file)[0].is_valid


def _build_text(parts: Sequence[tuple[str, str, Loc]]) -> ApprovedText:
    return ApprovedText(parts=tuple((name, normalise_wording(text), loc) for name, text, loc in parts))
