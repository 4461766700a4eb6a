"""Cuts, mutes and bleeps are added to episode.md and removed; comments, order and layout stay."""

import pytest

from pipeline.content.content_files import parse_markdown_file
from pipeline.content.editing import add_time_range, remove_time_range
from pipeline.content.programme_folder import decode_source
from pipeline.content.schema.episode import EpisodeSchema
from pipeline.content.time_checks import iter_time_ranges
from pipeline.errors import ContentError
from pipeline.model import Cut

HEAD = "---\ntitle: Een titel   # een opmerking\n"
TAIL = "---\nDe tekst.\n\n---\n"
CUT = Cut(from_ms=61_500, to_ms=62_000)
ITEM = '{from: "01:01.500", to: "01:02"}'


def parse(text):
    return parse_markdown_file(decode_source("episode.md", text.encode()), "episode.md", EpisodeSchema, []).yaml


def cuts(text):
    return [cut for _, cut in iter_time_ranges(parse(text), "cuts")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"cuts:\n  - {ITEM}\n"),
        ("cuts: []\n", f"cuts:\n  - {ITEM}\n"),
        ("cuts:   # nog niets\n", f"cuts:   # nog niets\n  - {ITEM}\n"),
        ('cuts: [{from: "00:10", to: "00:12"}]  # kuch\n', f'cuts: [{{from: "00:10", to: "00:12"}}, {ITEM}]  # kuch\n'),
        (
            'cuts:\n- {from: "00:10", to: "00:12"}  # kuch\n\n# hierna\nnumber: 1\n',
            f'cuts:\n- {{from: "00:10", to: "00:12"}}  # kuch\n- {ITEM}\n\n# hierna\nnumber: 1\n',
        ),
        (
            'cuts:\n  - from: "00:10"\n    to: "00:12"\nnumber: 1\n',
            f'cuts:\n  - from: "00:10"\n    to: "00:12"\n  - {ITEM}\nnumber: 1\n',
        ),
    ],
)
def test_a_cut_is_added_and_removed_again(before, after):
    added = add_time_range(parse(HEAD + before + TAIL), "cuts", CUT)
    removed = remove_time_range(parse(added), "cuts", CUT)

    assert HEAD + after + TAIL == added
    assert cuts(HEAD + before + TAIL) == cuts(removed)
    assert added == add_time_range(parse(added), "cuts", CUT)
    assert removed in {HEAD + before + TAIL, HEAD + "cuts: []\n" + TAIL, HEAD + "cuts: []   # nog niets\n" + TAIL}


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("layout", ["cuts: [{}, {}, {}]\n", "cuts:\n  - {}\n  - {}\n  - {}\n"])
def test_any_cut_of_several_is_removed(layout, index):
    all_cuts = [Cut(from_ms=at, to_ms=at + 1000) for at in (1000, 5000, 9000)]
    items = [f'{{from: "00:0{cut.from_ms // 1000}", to: "00:{cut.to_ms // 1000:02}"}}' for cut in all_cuts]
    text = HEAD + layout.format(*items) + TAIL

    removed = remove_time_range(parse(text), "cuts", all_cuts[index])

    assert all_cuts[:index] + all_cuts[index + 1 :] == cuts(removed)


def test_a_list_in_brackets_over_several_lines_is_left_alone():
    text = f'{HEAD}cuts: [\n  {{from: "00:10", to: "00:12"}},\n]\n{TAIL}'

    with pytest.raises(ContentError, match="one per line"):
        add_time_range(parse(text), "cuts", CUT)
