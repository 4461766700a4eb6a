"""What LibreOffice shows comes out, what it hides does not, and nothing is lost on the way."""

import re

import pytest
from PIL import Image

from tests.intake.office_files import odt
from tests.intake.test_office_readers import render_body
from tests.intake.test_word_content import draw_halves, encode

HIDDEN = "kanarie-verborgen"
HIDING = '<style:style style:name="H"><style:text-properties text:display="none"/></style:style>'
BLACKED_OUT = '<style:style style:name="B"><style:text-properties fo:color="#000000" fo:background-color="#000000"/></style:style>'
CHILD = '<style:style style:name="H2" style:parent-style-name="H"/>'
FORM = 'xmlns:form="urn:oasis:names:tc:opendocument:xmlns:form:1.0"'
LOEXT = 'xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"'


@pytest.mark.parametrize(
    "body",
    {
        "a span": f'<text:p>Tekst.<text:span text:style-name="H">{HIDDEN}</text:span></text:p>',
        "a span, by the parent of its style": f'<text:p>Tekst.<text:span text:style-name="H2">{HIDDEN}</text:span></text:p>',
        "a span that is blacked out": f'<text:p>Tekst.<text:span text:style-name="B">{HIDDEN}</text:span></text:p>',
        "a paragraph": f'<text:p>Tekst.</text:p><text:p text:style-name="H">{HIDDEN}</text:p>',
        "a heading": f'<text:p>Tekst.</text:p><text:h text:style-name="H">{HIDDEN}</text:h>',
        "hidden text": f'<text:p>Tekst.<text:hidden-text text:is-hidden="true">{HIDDEN}</text:hidden-text></text:p>',
        "a hidden paragraph": (
            f'<text:p>Tekst.</text:p><text:p>{HIDDEN}<text:hidden-paragraph text:is-hidden="true"/></text:p>'
        ),
        "a section": f'<text:p>Tekst.</text:p><text:section text:display="none"><text:p>{HIDDEN}</text:p></text:section>',
    }.values(),
)
def test_hidden_text_is_omitted_and_counted(read, body):
    assert "Tekst.\n=== omitted: 1 × hidden passage\n" == render_body(
        read(odt(body, HIDING + BLACKED_OUT + CHILD), "a.odt")
    )


def test_hidden_rows_and_columns_of_a_table_are_omitted(read):
    def row(*texts, attributes=""):
        cells = "".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in texts)
        return f"<table:table-row {attributes}>{cells}</table:table-row>"

    hides = 'table:visibility="collapse"'
    body = f"<table:table><table:table-column/><table:table-column {hides}/><table:table-column/>"
    body += (
        row("a", HIDDEN, "b") + row("x", HIDDEN, HIDDEN, attributes=hides) + row("c", HIDDEN, "d") + "</table:table>"
    )

    written = render_body(read(odt(body), "a.odt"))

    assert "| a | b |\n| --- | --- |\n| c | d |\n" in written
    assert HIDDEN not in written
    assert {"1 × hidden column", "1 × hidden row"} == set(re.findall("1 × hidden .*", written))


@pytest.mark.parametrize(("ppi", "clip"), [((96, 96), "0.6614cm"), ((192, 192), "0.3307cm"), (None, "0.5208in")])
def test_cropped_part_of_a_picture_does_not_come_out(read, ppi, clip):
    options = {"dpi": ppi} if ppi else {}
    picture = encode(draw_halves(), "PNG", **options)
    styles = (
        f'<style:style style:name="F"><style:graphic-properties fo:clip="rect(0cm, 0cm, 0cm, {clip})"/></style:style>'
    )
    frame = (
        '<draw:frame draw:style-name="F"><draw:image xlink:href="Pictures/a.png"/><svg:desc>x</svg:desc></draw:frame>'
    )

    result = read(odt(f"<text:p>Zie {frame}</text:p>", styles, {"Pictures/a.png": picture}), "a.odt")

    with Image.open(result.images[0]) as image:
        assert (
            100 - round(float(clip[:-2]) / (2.54 if clip.endswith("cm") else 1) * (ppi or (96, 96))[0]),
            60,
        ) == image.size
    assert "1 × cropped part of a picture\n" in render_body(result)


@pytest.mark.parametrize("shape", ["custom-shape", "rect", "ellipse", "frame/draw:text-box", "g/draw:custom-shape"])
def test_text_in_a_shape_follows_its_paragraph(read, shape):
    names = [f"draw:{name.removeprefix('draw:')}" for name in shape.split("/")]
    opened, closed = "".join(f"<{name}>" for name in names), "".join(f"</{name}>" for name in reversed(names))
    body = f"<text:p>Voor {opened}<text:p>In de vorm.</text:p>{closed}en na.</text:p><text:p>Dan dit.</text:p>"

    assert "Voor en na.\n\nIn de vorm.\n\nDan dit.\n" == render_body(read(odt(body), "a.odt"))


def test_content_control_keeps_its_text_and_state(read):
    body = (
        f"<text:p>Thema: <loext:content-control {LOEXT}>Wonen</loext:content-control></text:p><text:p>"
        f'<loext:content-control {LOEXT} loext:checkbox="true" loext:checked="true">☒</loext:content-control> akkoord</text:p>'
        f'<text:p>Naam: <loext:content-control {LOEXT} loext:showing-place-holder="true">Kies</loext:content-control></text:p>'
    )

    expected = "Thema: Wonen\n\n☒ akkoord\n\nNaam:\n=== omitted: 1 × field that was not filled in\n"
    assert expected == render_body(read(odt(body), "a.odt"))


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        ('<form:checkbox form:id="c" form:label="akkoord" form:current-state="checked"/>', "☒ akkoord"),
        ('<form:checkbox form:id="c" form:label="akkoord"/>', "☐ akkoord"),
        ('<form:checkbox xml:id="c" form:label="akkoord" form:state="checked"/>', "☒ akkoord"),
        ('<form:radio form:id="c" form:label="ja" form:current-selected="true"/>', "☒ ja"),
        ('<form:text form:id="c" form:current-value="Bel terug"/>', "Bel terug"),
    ],
)
def test_form_control_keeps_what_was_filled_in(read, control, expected):
    forms = f"<office:forms {FORM}><form:form>{control}</form:form></office:forms>"

    body = forms + '<text:p>Antwoord: <draw:control draw:control="c"/></text:p>'
    assert f"Antwoord: {expected}\n" == render_body(read(odt(body), "a.odt"))


LISTS = (
    '<text:list-style style:name="L"><text:list-level-style-number text:level="1"/>'
    '<text:list-level-style-number text:level="2"/></text:list-style>'
)


def numbered(*texts, attributes=""):
    """A numbered list."""
    items = "".join(f"<text:list-item><text:p>{text}</text:p></text:list-item>" for text in texts)
    return f'<text:list text:style-name="L" {attributes}>{items}</text:list>'


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", 'text:continue-numbering="true"'),
        ('xml:id="list1"', 'text:continue-list="list1"'),
    ],
)
def test_numbered_list_goes_on_after_other_text(read, first, second):
    body = (
        numbered("een", "twee", attributes=first) + "<text:p>Tussendoor.</text:p>" + numbered("drie", attributes=second)
    )

    assert "1. een\n2. twee\n\nTussendoor.\n\n3. drie\n" == render_body(read(odt(body, LISTS), "a.odt"))


def test_new_numbered_list_starts_where_it_says(read):
    start = '<text:list text:style-name="L"><text:list-item text:start-value="5"><text:p>vijf</text:p></text:list-item></text:list>'
    body = numbered("een") + "<text:p>Nieuw:</text:p>" + numbered("een") + "<text:p>En:</text:p>" + start

    assert "1. een\n\nNieuw:\n\n1. een\n\nEn:\n\n5. vijf\n" == render_body(read(odt(body, LISTS), "a.odt"))


def test_merged_and_nested_tables_keep_their_cells(read):
    inner = "<table:table><table:table-row>" + "".join(
        f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in ("a1", "a2")
    )
    inner += "</table:table-row></table:table>"
    body = (
        "<table:table><table:table-row><table:table-cell><text:p>Wat</text:p></table:table-cell><table:table-cell>"
        '<text:p>Hoe</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell table:number-rows-spanned="2">'
        f"<text:p>Wonen</text:p></table:table-cell><table:table-cell><text:p>zie</text:p>{inner}</table:table-cell></table:table-row>"
        f"<table:table-row><table:covered-table-cell><text:p>{HIDDEN}</text:p></table:covered-table-cell><table:table-cell>"
        "<text:p>tweede</text:p></table:table-cell></table:table-row></table:table>"
    )

    assert "| Wat | Hoe |\n| --- | --- |\n| Wonen | zie a1, a2 |\n|  | tweede |\n" == render_body(
        read(odt(body), "a.odt")
    )
