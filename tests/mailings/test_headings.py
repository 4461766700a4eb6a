"""Headings of documents: no short word stands alone on the last line, hours have their end, and partners are named."""

from dataclasses import replace

import pytest

from pipeline.mailings.flyers import render_flyers
from pipeline.model import AgendaItem, Partner
from pipeline.typesetting import Theme
from tests.mailings.conftest import make_programme


def render_flyer(partners=(), **changes):
    programme = make_programme()
    first, *others = programme.events
    programme = replace(programme, partners=partners, events=(replace(first, **changes), *others))
    (flyer, *_) = render_flyers(programme, (), theme=Theme(folder="mailings", language="nl"))
    return flyer.html


@pytest.mark.parametrize(("title", "shown"), [
    ("Samenwerken in het sociaal domein", "Samenwerken in het sociaal\u00a0domein"),
    ("Netwerkdag: doen wat nodig is", "Netwerkdag: doen wat nodig\u00a0is"),
    ("Wie draagt de eindverantwoordelijkheid", "Wie draagt de eindverantwoordelijkheid"),
    ("Burger centraal", "Burger centraal"),
])  # fmt: skip
def test_last_short_word_of_a_heading_stays_with_the_word_before_it(title, shown):
    assert f"<h2>{shown}</h2>" in render_flyer(title=title)


def test_agenda_of_a_flyer_has_end_times():
    html = render_flyer(
        agenda=(AgendaItem(at="13:30", until="14:00", what="Inloop"), AgendaItem(at="14:00", what="Gesprek"))
    )

    assert "<dt>13.30–14.00</dt><dd>Inloop</dd>" in html
    assert "<dt>14.00</dt><dd>Gesprek</dd>" in html


def test_flyer_names_the_partners_and_announces_the_recording():
    html = render_flyer(partners=(Partner(name="Een fonds"), Partner(name="Gemeente Overal")), recorded=True)

    assert "Overheid van Nu · Een fonds · Gemeente Overal · Van deze bijeenkomst" in html
