"""Documents of events for participants only, and of cancelled events."""

from dataclasses import replace

from pipeline.mailings.cards import render_cards
from pipeline.mailings.flyers import render_flyers
from pipeline.mailings.summaries import find_next_event
from pipeline.model import Registration
from pipeline.typesetting import Theme
from tests.mailings.conftest import make_programme

THEME = Theme(folder="mailings", language="nl")


def make_closed_programme(**changes):
    programme = make_programme()
    first, *others = programme.events
    return replace(programme, events=(replace(first, visibility="participants", **changes), *others))


def test_documents_of_a_closed_event_do_not_refer_to_a_public_page():
    programme = make_closed_programme()

    documents = [*render_cards(programme, theme=THEME), *render_flyers(programme, (), theme=THEME)]

    own = [one for one in documents if "burger-centraal" in one.path]
    assert 3 == len(own)
    assert [] == [one.path for one in own if programme.url in one.html]
    assert any(programme.url in one.html for one in documents)


def test_full_event_asks_nobody_to_register():
    registration = Registration(url="https://example.org/aanmelden", full=True)
    programme = make_closed_programme(registration=registration)

    (flyer, *_) = render_flyers(programme, (), theme=THEME)

    assert "https://example.org/aanmelden" not in flyer.html


def test_next_event_is_public_and_takes_place():
    programme = make_programme()
    first, second, third, cancelled = programme.events

    assert [second, third, None] == [find_next_event(programme, one) for one in (first, second, third)]
    hidden = replace(programme, events=(first, replace(second, visibility="participants"), third, cancelled))
    assert third == find_next_event(hidden, first)
