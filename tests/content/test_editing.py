"""Changes to files that people write keep everything else as it is."""

import pytest

from pipeline.content.editing import append_item
from pipeline.content.programme_folder import SourceText
from pipeline.errors import ContentError

EVENT = "- id: nieuw\n  title: Nieuw\n"
ADDED = "  - id: nieuw\n    title: Nieuw\n"
FIRST = '  - id: eerste   # een opmerking\n    title: Eerste\n    agenda:\n      - {at: "16:30", what: Inloop}\n'


def append(text):
    return append_item(SourceText(file="programme.yaml", text=text, lines=tuple(text.split("\n"))), "events", EVENT)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"title: x\nevents:\n{FIRST}", f"title: x\nevents:\n{FIRST}{ADDED}"),
        (f"events:\n{FIRST}\n# hierna\nprofile: open\n", f"events:\n{FIRST}{ADDED}\n# hierna\nprofile: open\n"),
        ("events:\n- id: a\n  title: A\nprofile: open\n", f"events:\n- id: a\n  title: A\n{EVENT}profile: open\n"),
        ("events: []\nprofile: open\n", f"events:\n{ADDED}profile: open\n"),
        ("events:   # nog geen\nprofile: open\n", f"events:   # nog geen\n{ADDED}profile: open\n"),
        ("title: x\n", f"title: x\nevents:\n{ADDED}"),
        ("title: x", f"title: x\nevents:\n{ADDED}"),
    ],
)
def test_an_event_is_added_behind_the_last_one(before, after):
    assert append(before) == after


def test_a_text_of_several_lines_is_part_of_the_last_event():
    before = "events:\n  - id: a\n    summary: >-\n      Een regel.\n\n      # geen opmerking\n      Nog een.\nprofile: open\n"

    after = append(before)

    assert after == before.replace("profile:", f"{ADDED}profile:")


def test_events_on_one_line_are_refused_with_what_to_do():
    with pytest.raises(ContentError, match="not one per line"):
        append("events: [{id: a, title: A}]\n")


def test_a_file_that_is_not_yaml_is_refused():
    with pytest.raises(ContentError):
        append("events: [\n")
