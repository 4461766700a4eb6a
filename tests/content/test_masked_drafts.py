"""Masked drafts have the length of the text, and no readable word."""

import re

from hypothesis import given
from hypothesis import strategies as st

from pipeline.content import mask_drafts
from pipeline.content.masked_drafts import mask_text
from pipeline.magazine.copyfit import estimate_column_lines
from pipeline.magazine.page_geometry import PRINT_SCALE
from pipeline.model import MaskedDraft

DUTCH = (
    "Aan onze tafel ging het niet over regels, maar over wie er belt als het misgaat. Dat kost een avond en scheelt een jaar.\n\n"
    "## Wat we deden\n\n- Zes collega's liepen door de wijk\n- Op maandag belde niemand\n\n"
)


def test_masked_draft_keeps_line_breaks_and_no_words(content):
    content.change("magazine/reflections/burger-centraal/tafel-4.md", "GEHEIME TEKST", DUTCH * 3)

    (draft,) = mask_drafts(content.load_files())

    assert ("tafel-4", "burger-centraal", "tafel-3") == (draft.slug, draft.event, draft.after)
    assert re.sub(r"\w", "", DUTCH * 3).rstrip() == re.sub(r"\w", "", draft.text_md).rstrip()
    assert not re.search("tafel|regels|belt|misgaat|avond|collega|wijk|maandag|niemand", draft.text_md)


def test_masked_text_takes_as_many_lines_as_the_text():
    for times in (1, 5, 20):
        text, masked = DUTCH * times, mask_text(DUTCH * times)

        assert abs(estimate_column_lines(text, PRINT_SCALE) - estimate_column_lines(masked, PRINT_SCALE)) <= max(
            1, 0.03 * estimate_column_lines(text, PRINT_SCALE)
        )


def test_approved_reflection_is_not_a_draft(content):
    content.change(
        "magazine/reflections/burger-centraal/tafel-4.md",
        "group: GEHEIME TAFEL",
        "group: Tafel 4\napproved: 2024-07-01",
    )

    assert () == mask_drafts(content.load_files())


@given(text=st.text(max_size=300))
def test_masked_text_has_only_a_few_different_letters(text):
    masked = mask_text(text)

    assert len(text) == len(masked)
    assert {letter for letter in masked if letter.isalpha()} <= set("itsauwmEMI")


def test_masked_draft_has_no_other_fields():
    """Roles and the attribution of quotes do not affect the length."""
    assert {"slug", "event", "after", "group", "question", "insights", "quotes", "moment", "text_md"} == set(
        MaskedDraft.__dataclass_fields__
    )
