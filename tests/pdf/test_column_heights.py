"""Columns are balanced in few layouts, whatever is in them."""

import pytest
import weasyprint
from weasyprint.layout import block, column

from pipeline.pdf.column_heights import enlarge_balancing_steps

STYLE = "<style>@page { size: 150mm 200mm } div { columns: 2 } table, h3 { break-inside: avoid } h3 { break-after: avoid }</style>"
TABLE = f"<table>{'<tr><td>een<td>twee<td>drie<td>vier</tr>' * 7}</table>"


HEADINGS = "<h3>Kop</h3>" * 8


@pytest.fixture
def count_layouts(monkeypatch):
    """Lays out a text in two columns, and counts how often a block is laid out."""

    def count(inside):
        original, counts = block.block_box_layout, []
        with monkeypatch.context() as patch:
            patch.setattr(
                block, "block_box_layout", lambda *fields, **options: counts.append(1) or original(*fields, **options)
            )
            document = weasyprint.HTML(string=f"{STYLE}<div>{inside}</div>").render()
        return len(counts), document

    return count


def read_places(document):
    """Each word, with its page and place."""
    boxes = ((number, box) for number, page in enumerate(document.pages) for box in page._page_box.descendants())
    return [(number, box.position_x, box.position_y, box.text) for number, box in boxes if hasattr(box, "text")]


@pytest.mark.parametrize("inside", [TABLE, HEADINGS], ids=["table", "headings"])
def test_columns_that_cannot_be_broken_are_balanced_in_few_layouts(inside, count_layouts):
    slow, _ = count_layouts(inside)
    with enlarge_balancing_steps():
        fast, document = count_layouts(inside)

    assert 5 * fast < slow
    assert len(document.pages) == 1


def test_running_text_is_laid_out_as_before(count_layouts):
    text = "".join(f"<p>{'Een zin over de wijk en de bewoners. ' * length}</p>" for length in range(1, 12))
    slow, before = count_layouts(text)
    with enlarge_balancing_steps():
        fast, after = count_layouts(text)

    assert read_places(before) == read_places(after)
    assert fast <= slow


def test_weasyprint_is_as_before_outside_the_context():
    with enlarge_balancing_steps():
        assert block.columns_layout is not column.columns_layout

    assert block.columns_layout is column.columns_layout
