"""A guest who must not be recorded is named by no episode of the event."""

import pytest

from pipeline.content import load_programme
from pipeline.errors import ContentError

PROGRAMME = """\
title: Doen wat kan
organiser: Een netwerk
url: https://example.org/doen/
podcast: {{guid: 2f0c8c38-5d0f-5f4f-a6f3-2b0d1f6f8a12, author: Wij, description: Tekst., category: [Government]}}
events:
  - id: open
    title: Open
    starts: 2020-05-27 09:30
    ends: 2020-05-27 18:00
    guests: [{{name: Roos  Wijnveldt, record: {record}}}, {{name: Bo Dal}}]
"""
EPISODE = """\
---
guid: 3f0c8c38-5d0f-5f4f-a6f3-2b0d1f6f8a11
number: 1
event: open
title: Het begin
summary: Kort.
published: 2020-06-20 06:00
people: [{name: Bo Dal}, {name: roos Wijnveldt}]
---
"""


@pytest.fixture
def write(tmp_path):
    def run(record):
        (tmp_path / "programme.yaml").write_text(PROGRAMME.format(record=record))
        (tmp_path / "episodes/01-begin").mkdir(parents=True, exist_ok=True)
        (tmp_path / "episodes/01-begin/episode.md").write_text(EPISODE)
        return tmp_path

    return run


def test_an_episode_may_not_name_a_guest_who_must_not_be_recorded(write):
    with pytest.raises(ContentError) as raised:
        load_programme(write("false"))

    (error,) = raised.value.errors
    assert ("not-to-be-recorded", 8) == (error.code, error.location.line)
    assert "roos Wijnveldt" in error.message


def test_an_episode_may_name_other_guests(write):
    assert "roos Wijnveldt" in [one.name for one in load_programme(write("true")).episodes[0].people]
