"""Blinds drafts, so that the room they take can be measured by those who may not read them."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.content import approvals, dates
from pipeline.content.discovery import Page, gather
from pipeline.content.files import Folder
from pipeline.content.schema.files import ReflectionForm
from pipeline.model import BlindDraft, Moment

_ALIKE = {  # letters of about one width in a serif; the first stands for all
    letter: letters[0]
    for letters in ("ijlïíì", "tf", "srzc", "aevgxyéëèáàç", "ukobpdqhnöóüú", "w", "m", "ERKABCDFGHLNOPQTUVXYZSÉË", "MW", "IJ", "0123456789")
    for letter in letters
}  # fmt: skip


def blinded(text: str) -> str:
    """``text`` with the same breaks, signs and widths, and no word of it: `uitleg` is `uittva`."""
    return "".join(_ALIKE.get(letter, "a" if letter.isalpha() else letter) for letter in text)


def blind_drafts(root: Path) -> tuple[BlindDraft, ...]:
    """Every draft of the programme in ``root`` that can be read, blinded; its quotes as if all were cleared."""
    return tuple(_drafts(root))


def _drafts(root: Path) -> Iterator[BlindDraft]:
    before: dict[str, str] = {}
    for one in gather(Folder(root=root.resolve()), []).reflections:
        form = one.page.form
        if form and not approvals.is_cleared(approvals.standing_of_reflection(form, one.page.body_md)):
            yield _blind(one.page, form, event=one.event, after=before.get(one.event, ""))
        before[one.event] = one.page.slug


def _blind(page: Page[ReflectionForm], form: ReflectionForm, *, event: str, after: str) -> BlindDraft:
    slug, _, clock = (form.moment or "").partition("#")
    return BlindDraft(
        slug=page.slug,
        event=event,
        after=after,
        group=blinded(form.group),
        question=blinded(form.question),
        insights=tuple(map(blinded, form.insights)),
        quotes=tuple(blinded(quote.text) for quote in form.quotes),
        moment=Moment(episode=slug, start_ms=dates.parse_clock(clock)) if slug else None,
        text_md=blinded(page.body_md),
    )
