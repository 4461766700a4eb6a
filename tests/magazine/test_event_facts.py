"""The facts of an event beside its opener."""

from dataclasses import replace

import pytest

from pipeline.magazine.event_facts import choose_facts_class, has_room_for_summary
from pipeline.magazine.flatplan import build_parts
from pipeline.magazine.page_geometry import PRINT_SCALE
from pipeline.model import AgendaItem


@pytest.fixture
def part(programme, releases):
    parts = build_parts(programme, programme.magazine, releases, PRINT_SCALE)
    return next(part for part in parts if part.kind == "event")


def add_agenda(part, count):
    agenda = tuple(AgendaItem(at="17:00", what=f"Gesprek {number}") for number in range(count))
    return replace(part, event=replace(part.event, agenda=agenda))


def test_usual_facts_have_their_usual_size(part):
    assert "" == choose_facts_class(part, 0)


def test_many_facts_get_smaller_type(part):
    sizes = [choose_facts_class(add_agenda(part, count), 0) for count in (3, 6, 20)]

    assert ["", "", "compact"] == sizes


def test_facts_without_an_episode_have_more_room(part):
    crowded = add_agenda(part, 12)

    assert "compact" == choose_facts_class(crowded, 0)
    assert "" == choose_facts_class(replace(crowded, box=None), 0)


def test_summary_is_shown_where_the_facts_keep_their_size(part):
    with_summary = replace(part, event=replace(part.event, summary="Twee gasten vertellen hoe het begon. " * 4))

    assert has_room_for_summary(with_summary, 0)
    assert not has_room_for_summary(add_agenda(with_summary, 12), 0)
    assert not has_room_for_summary(part, 0)
