"""A syntax error is explained by the mistake behind it, at the line where it was made."""

import pytest

from pipeline.content.located_yaml import parse_yaml
from pipeline.content.programme_folder import decode_source

MISTAKES = [  # (YAML, place, message, hint)
    ("title: a\nsound:\n\tloudness_lufs: -16\n", "3:1", "this line begins with a tab", "use spaces, as in the line above"),
    ("title Dichtbij\nsummary: x\n", "1:1", "this line has no colon", "write `title: Dichtbij`"),
    ("a: b\ntitle Dichtbij\nsummary: x\n", "2:1", "this line has no colon", "write `title: Dichtbij`"),
    ("a: b\nsound:\n  x: 1\n  channels stereo\n", "4:3", "this line has no colon", "write `channels: stereo`"),
    ("a: b\ntitle:Dichtbij\nc: d\n", "2:1", "no space after the colon", "write `title: Dichtbij`"),
    ('a: b\ntitle: "Dichtbij\nc: d\ne: "f"\n', "2:8", "a quotation mark is opened here and not closed", 'add " at its end'),
    (
        "a: b\ntitle: 't Hart\nc: d\n", "2:8", "a quotation mark is opened here and not closed",
        "add ' at its end; or, if it is an apostrophe, write \"'t Hart\"",
    ),
    ("events:\n  - id: a\n   title: b\n", "3:4", "this line is indented by 3 spaces, and its neighbours by 4", "indent it by 4"),
    ("a: b\nsound:\n  x: 1\n   y: 2\n", "4:4", "this line is indented by 3 spaces, and its neighbours by 2", "indent it by 2"),
    ("a: b\nsound:\n    x: 1\n  y: 2\n", "4:3", "this line is indented by 2 spaces, and its neighbours by 4", "indent it by 4"),
    ("a: b\n c: d\n", "2:2", "this line is indented by 1 space, and its neighbours by 0", "indent it by 0"),
    ('cuts: [{from: "00:10", to: "00:12"}\nd: e\n', "1:7", "`[` is opened here and not closed", "add ] at its end"),
    ("a: {b: c\nd: e\n", "1:4", "`{` is opened here and not closed", "add } at its end"),
    (
        "title: Burger: centraal\n", "1:14", "the text contains a colon followed by a space",
        'put it in quotation marks: title: "Burger: centraal"',
    ),
    ("by: @redactie\n", "1:5", "the text begins with `@`", 'put it in quotation marks: by: "@redactie"'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "message", "hint"), MISTAKES)
@pytest.mark.parametrize("in_front_matter", [False, True])
def test_mistake_is_explained_where_it_was_made(text, place, message, hint, in_front_matter):
    errors = []
    line, column = (int(number) for number in place.split(":"))
    whole = f'---\n{text}---\nTekst: met een "teken.\n' if in_front_matter else text

    source = decode_source("a.md", whole.encode())
    assert parse_yaml(source, errors, text=text if in_front_matter else None, first_line=1 + in_front_matter) is None

    (error,) = errors
    assert (line + in_front_matter, column) == (error.location.line, error.location.column)
    assert (message, hint) == (error.message, error.hint)


@pytest.mark.parametrize(
    "before", ['text: |\n  title Dichtbij\n  "open', 'text: "een\n  lange regel"', "text: een\n  woord"]
)
def test_text_over_several_lines_is_no_mistake(before):
    errors = []

    assert parse_yaml(decode_source("a.yaml", f"{before}\nfout: b: c\n".encode()), errors) is None

    assert ["the text contains a colon followed by a space"] == [error.message for error in errors]
