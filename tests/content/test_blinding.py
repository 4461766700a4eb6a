"""Drafts without their words: what may be measured, and nothing that could be read."""

import re

from hypothesis import given
from hypothesis import strategies as st

from pipeline.content import blind_drafts
from pipeline.content.masked_drafts import blinded
from pipeline.magazine.copyfit import PRINT, column_lines
from pipeline.model import BlindDraft

DUTCH = (
    "Aan onze tafel ging het niet over regels, maar over wie er belt als het misgaat. Dat kost een avond en scheelt een jaar.\n\n"
    "## Wat we deden\n\n- Zes collega's liepen door de wijk\n- Op maandag belde niemand\n\n"
)


def test_of_a_draft_no_word_is_left_and_its_breaks_are(content):
    content.change("magazine/reflections/burger-centraal/tafel-4.md", "GEHEIME TEKST", DUTCH * 3)

    (draft,) = blind_drafts(content.root)

    assert ("tafel-4", "burger-centraal", "tafel-3") == (draft.slug, draft.event, draft.after)
    assert re.sub(r"\w", "", DUTCH * 3).rstrip() == re.sub(r"\w", "", draft.text_md).rstrip()
    assert not re.search("tafel|regels|belt|misgaat|avond|collega|wijk|maandag|niemand", draft.text_md)


def test_a_blinded_text_takes_the_room_of_the_text():
    for times in (1, 5, 20):
        seen, blind = DUTCH * times, blinded(DUTCH * times)

        assert abs(column_lines(seen, PRINT) - column_lines(blind, PRINT)) <= max(1, 0.03 * column_lines(seen, PRINT))


def test_what_was_cleared_is_no_draft(content):
    content.change(
        "magazine/reflections/burger-centraal/tafel-4.md", "group: GEHEIME TAFEL", "group: Tafel 4\ncleared: 2024-07-01"
    )

    assert () == blind_drafts(content.root)


@given(text=st.text(max_size=300))
def test_only_a_few_letters_are_left_of_any_text(text):
    blind = blinded(text)

    assert len(text) == len(blind)
    assert {letter for letter in blind if letter.isalpha()} <= set("itsauwmEMI")


def test_nothing_but_these_fields_leaves_the_folder():
    """Roles and names behind quotes are no matter of room."""
    assert {"slug", "event", "after", "group", "question", "insights", "quotes", "moment", "text_md"} == set(
        BlindDraft.__dataclass_fields__
    )
