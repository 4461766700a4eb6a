"""What was cleared, and whether it still says what was cleared: each clearance is tied to its words by a digest.

A person writes ``cleared: true``, or a day. `weerslag clear` puts the digest of the words beside it, and from then on one
other letter voids the clearance; white space, line breaks and the kind of a quotation mark or a dash do not.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline.content.located_yaml import Loc
from pipeline.content.schema.files import QuoteForm, ReflectionForm

Standing = Literal["waiting", "by hand", "tied", "voided"]

_MARK, _LENGTH = "sha256-", 12
_SAME = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‘’‚‛‹›′`´", "'"),
        **dict.fromkeys("–—−‐‑‒", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u2060\ufeff", ""),  # may break here, may not: nobody reads them
        "…": "...",
        "ĳ": "ij",
        "Ĳ": "IJ",
    }
)
_HYPHENS, _SPACES = re.compile("-{2,3}"), re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What somebody agreed to, part by part in a fixed order, as far as it counts; ``at`` leads to each part in the head.

    Nothing leads to the text below the head.
    """

    parts: tuple[tuple[str, str], ...]  # what it is, and its words
    at: tuple[Loc, ...]

    @property
    def text(self) -> str:
        """All of it, a line a part."""
        return "\n".join(f"{name}: {words}" for name, words in self.parts)

    @property
    def digest(self) -> str:
        """What ties a clearance to these words."""
        return _MARK + hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]


def that_counts(text: str) -> str:
    """``text`` without what a typesetter may change: kinds of quotes and dashes, white space, soft hyphens."""
    plain = unicodedata.normalize("NFC", text).translate(_SAME)
    return _SPACES.sub(" ", _HYPHENS.sub("-", plain)).strip()


def words_of_quote(form: QuoteForm) -> Words:
    """What somebody said, and as whom."""
    return _words([("quote", form.text, ("text",)), ("by", form.by, ("by",))])


def words_of_reflection(form: ReflectionForm, body_md: str) -> Words:
    """What a group left behind, and the roles it had; its quotes are cleared one by one, and its name is a label."""
    parts: list[tuple[str, str, Loc]] = [
        ("roles", ", ".join(form.roles), ("roles",)),
        ("question", form.question, ("question",)),
    ]
    parts += [("insight", insight, ("insights", index)) for index, insight in enumerate(form.insights)]
    return _words([*parts, ("text", body_md, ())])


def standing_of_quote(form: QuoteForm) -> Standing:
    """Whether a quote may be shown: only ``by hand`` and ``tied`` may."""
    if form.cleared in ("", "true"):
        return "by hand" if form.cleared else "waiting"
    return "tied" if form.cleared == words_of_quote(form).digest else "voided"


def standing_of_reflection(form: ReflectionForm, body_md: str) -> Standing:
    """Whether a reflection may be shown: only ``by hand`` and ``tied`` may."""
    if form.cleared is None:
        return "waiting"
    _, _, digest = form.cleared.partition(" ")
    if not digest:
        return "by hand"
    return "tied" if digest == words_of_reflection(form, body_md).digest else "voided"


def is_cleared(standing: Standing) -> bool:
    """Whether it may be shown."""
    return standing in ("by hand", "tied")


def shown_quotes(form: ReflectionForm) -> Iterator[QuoteForm]:
    """The quotes that may be shown."""
    return (quote for quote in form.quotes if is_cleared(standing_of_quote(quote)))


def _words(parts: list[tuple[str, str, Loc]]) -> Words:
    return Words(
        parts=tuple((name, that_counts(text)) for name, text, _ in parts), at=tuple(loc for _, _, loc in parts)
    )
