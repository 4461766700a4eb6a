"""Mask drafts, only to measure their length; see ``model_builder`` for what is published."""

from pipeline.content.approvals import is_approved
from pipeline.content.content_files import ProgrammeFiles
from pipeline.content.model_builder import build_moment, build_reflection_sort_key
from pipeline.model import MaskedDraft

_EQUAL_WIDTH = {  # letters of about the same width in a serif font; the first replaces all of them
    letter: letters[0]
    for letters in ("ijlïíì", "tf", "srzc", "aevgxyéëèáàç", "ukobpdqhnöóüú", "w", "m", "ERKABCDFGHLNOPQTUVXYZSÉË", "MW", "IJ", "0123456789")
    for letter in letters
}  # fmt: skip


def mask_text(text: str) -> str:
    """Replace every letter by one of similar width.

    Line breaks and punctuation stay: `uitleg` becomes `uittva`.
    """
    return "".join(_EQUAL_WIDTH.get(letter, "a" if letter.isalpha() else letter) for letter in text)


def mask_drafts(files: ProgrammeFiles) -> tuple[MaskedDraft, ...]:
    """Return every draft without errors, masked, with all its quotes."""
    drafts = []
    previous: dict[str, str] = {}
    for one in sorted(files.reflections, key=build_reflection_sort_key):
        reflection = one.file.validated
        if reflection and not is_approved(one.file):
            draft = MaskedDraft(
                slug=one.file.slug,
                event=one.event,
                after=previous.get(one.event, ""),
                group=mask_text(reflection.group),
                question=mask_text(reflection.question),
                insights=tuple(map(mask_text, reflection.insights)),
                quotes=tuple(mask_text(quote.text) for quote in reflection.quotes),
                moment=build_moment(reflection.moment),
                text_md=mask_text(one.file.body_md),
            )
            drafts.append(draft)
        previous[one.event] = one.file.slug
    return tuple(drafts)
