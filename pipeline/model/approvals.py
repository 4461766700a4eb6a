"""Approval sheets: the exact words that a group is asked to approve, and what it answered."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetItem:
    """One thing to approve: the text of a reflection, or one of its quotes."""

    code: str  # of exactly these words in this file
    digest: str  # that locks the approval
    words: str  # all of them, normalised
    quote: int = -1  # its place in `quotes:`, from 0; -1: the text
    text: str = ""  # of the quote
    by: str = ""  # of the quote: a role

    @property
    def is_quote(self) -> bool:
        """Whether it is a quote."""
        return self.quote >= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalSheet:
    """What one group is asked to approve; its words are those of a draft, and never in a build."""

    file: str
    event: str
    slug: str
    group: str
    code: str  # of all items together
    roles: tuple[str, ...] = ()
    question: str = ""
    insights: tuple[str, ...] = ()
    text_md: str = ""
    items: tuple[SheetItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalReply:
    """What an answer says: the codes of what was agreed to, who agreed and when, where it says so."""

    codes: tuple[str, ...]
    by: str = ""  # a role or initials
    day: date | None = None
    is_paper: bool = False  # its boxes were not read: a person has to look at them
    means: str = ""  # how it came: mail, file, code or scan


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRecord:
    """One line of ``magazine/approvals.jsonl``: who of a group agreed, when, and to which words."""

    file: str
    what: str  # text | quote
    digest: str
    by: str
    agreed: str  # ISO date
    code: str
    means: str = ""  # how the answer came: mail, file, code, scan, paper, phone, message or meeting
    recorded_by: str = ""  # initials of who recorded it at the review desk; empty: the command
