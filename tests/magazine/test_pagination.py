"""Pagination of the magazine in sections that are rendered in parallel, cached and merged."""

import json
import re
from concurrent.futures import Executor, Future
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.builder.editions import build_pdfs
from pipeline.builder.pagination import EditionLayout, paginate_editions
from pipeline.builder.section_order import arrange_sections
from pipeline.builder.task_runner import UP_TO_DATE, Reporter, TaskRunner
from pipeline.cache import Cache
from pipeline.errors import MagazineError
from pipeline.magazine.sections import EditionHtml, SectionHtml, render_edition
from pipeline.model import from_json, to_json
from pipeline.pdf.reader import read_pdf
from pipeline.pdf.tasks import RenderPdfResult, RenderPdfTask
from tests.magazine.conftest import InlineExecutor

pytestmark = pytest.mark.slow

PROFILE = Path(__file__).parents[2] / "templates/magazine/profiles/ISOcoated_v2_300_bas.icc"


def make_section(name, pages=1, **flags) -> SectionHtml:
    return SectionHtml(name=name, html="", estimated_pages=pages, **flags)


def arrange(sections, multiple_of=1):
    edition = EditionHtml(stylesheet="", sections=tuple(sections), notes_page=make_section("notes"), titles={})
    placed = arrange_sections(edition, lambda section: section.estimated_pages, multiple_of)
    return [(one.section.name, one.first_page) for one in placed]


def test_page_for_notes_moves_opening_from_right_to_left_page():
    assert [("a", 1), ("b", 2)] == arrange([make_section("a"), make_section("b", starts_left=True)])
    assert [("a", 1), ("notes-3", 3), ("b", 4)] == arrange([make_section("a", 2), make_section("b", starts_left=True)])


def test_full_page_quote_stands_before_an_opening_only_if_a_page_is_missing():
    quote, opening = make_section("quote", is_filler=True), make_section("b", starts_left=True)

    assert [("a", 1), ("b", 2)] == arrange([make_section("a"), quote, opening])
    assert [("a", 1), ("quote", 3), ("b", 4)] == arrange([make_section("a", 2), quote, opening])


def test_sheet_is_filled_at_different_places_with_quotes_first_and_one_page_for_notes():
    sections = [
        make_section("event", 2, starts_left=True),
        make_section("quote-1", is_filler=True),
        make_section("quotes"),
        make_section("quote-2", is_filler=True),
        make_section("index"),
        make_section("colophon", at_end=True),
    ]

    names = [name for name, _ in arrange(sections, 8)]

    assert ["notes-1", "event", "quotes", "quote-2", "index", "notes-7", "colophon"] == names
    assert ["notes-1", "event", "quote-1", "quotes", "quote-2", "index", "notes-8", "colophon"] == [
        name for name, _ in arrange([*sections[:-1], make_section("colophon", at_end=True)], 9)
    ]


def test_page_of_quotes_leaves_out_the_quote_that_has_a_page_of_its_own():
    section = make_section("quotes")
    section = replace(section, html="<p>a</p>\ufdd2quote-1\ufdd3<p>b</p>\ufdd4<p>c</p>")

    assert "<p>a</p><p>b</p><p>c</p>" == section.fill_in({}, frozenset())
    assert "<p>a</p><p>c</p>" == section.fill_in({"quote-1": 8}, frozenset())
    assert {"quote-1"} == section.page_references


def test_pages_for_notes_fill_sheet_before_colophon():
    assert [("a", 1), ("notes-2", 2), ("b", 3), ("c", 4)] == arrange(
        [make_section("a"), make_section("b", at_end=True), make_section("c", starts_left=True, at_end=True)], 4
    )


@given(
    st.lists(
        st.builds(make_section, st.uuids().map(str), st.integers(1, 5), starts_left=st.booleans()),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from([1, 2, 4]),
)
def test_each_section_occurs_once_in_order_and_openings_are_on_left_pages(sections, multiple_of):
    plan = arrange(sections, multiple_of)

    assert [one.name for one in sections] == [name for name, _ in plan if not name.startswith("notes")]
    assert all(dict(plan)[one.name] % 2 == 0 for one in sections if one.starts_left)
    sizes = {one.name: one.estimated_pages for one in sections}
    last, first = plan[-1]
    assert 0 == (first - 1 + sizes.get(last, 1)) % multiple_of
    assert all(one + sizes.get(name, 1) == two for (name, one), (_, two) in pairwise(plan))


def test_edit_of_one_reflection_renders_only_its_page_with_same_result_as_full_build(
    programme, releases, context, editions, theme, tmp_path
):
    first, *others = programme.reflections
    text = first.text_md.replace("een brief schrijft", "een mail schrijft", 1)
    edited = replace(programme, reflections=(replace(first, text_md=text), *others))
    steps = []
    again = replace(context, runner=_create_runner(context, context.runner.cache.folder, tmp_path / "a", steps))
    from_nothing = replace(context, runner=_create_runner(context, tmp_path / "cache", tmp_path / "b", []))
    from_nothing.runner.executor = WideExecutor()  # many guesses run at a time, and some turn out wrong
    for sha256 in context.pictures.objects.values():
        path = from_nothing.runner.cache.get_object_path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(context.runner.cache.get_object_path(sha256).read_bytes())

    pdfs = build_pdfs(edited, releases, programme.magazine, again)

    assert {
        "rendered ambtenaar-van-nu.pdf: event-burger-centraal-1",
        "rendered ambtenaar-van-nu-print.pdf: event-burger-centraal-1",
        "merged ambtenaar-van-nu.pdf",
        "merged ambtenaar-van-nu-print.pdf",
    } == {f"{step.kind} {step.subject}" for step in steps if step.kind != UP_TO_DATE}
    assert pdfs == build_pdfs(edited, releases, programme.magazine, from_nothing)


class WideExecutor(InlineExecutor):
    """Takes many sections at a time."""

    workers = 5


class OscillatingExecutor(Executor):
    """Gives a section that refers to page 2 two pages, which moves page 2, and then one."""

    def submit(self, fn, /, message):
        task = from_json(RenderPdfTask, json.loads(message)["task"])
        Path(task.out).write_bytes(b"")
        result = RenderPdfResult(pages=2 if "page 2" in Path(task.html).read_text() else 1)
        future = Future()
        future.set_result(json.dumps(to_json(result)))
        return future


def test_page_numbers_that_do_not_converge_are_an_error(tmp_path):
    referring = SectionHtml(name="contents", html='<p id="a">page \ufdd0b\ufdd1</p>', estimated_pages=1)
    target = SectionHtml(name="b", html='<p id="b">', estimated_pages=1)
    edition = EditionHtml(stylesheet="", sections=(referring, target), notes_page=make_section("notes"), titles={})
    layout = EditionLayout(
        name="a.pdf", html=edition, variant="pdf/a-2a", bleed_mm=0, multiple_of=1, folder=tmp_path / "work",
        picture_digests={}, theme_folders=(), theme_digest="",
    )  # fmt: skip
    runner = TaskRunner(
        cache=Cache(folder=tmp_path / "cache"),
        executor=OscillatingExecutor(),
        folder=tmp_path,
        reporter=Reporter(step=print),
    )

    with pytest.raises(MagazineError, match="page numbers did not converge after 60 passes"):
        paginate_editions([layout], runner)


def _create_runner(context, cache, folder, steps) -> TaskRunner:
    folder.mkdir()
    executor = context.runner.executor
    return TaskRunner(cache=Cache(folder=cache), executor=executor, folder=folder, reporter=Reporter(step=steps.append))


def test_profile_of_the_printer_becomes_output_intent(programme, releases, context, editions, tmp_path):
    custom_profile = tmp_path / "print/drukker.icc"
    custom_profile.parent.mkdir()
    custom_profile.write_bytes(PROFILE.read_bytes() + b"of ones own")
    settings = replace(programme.magazine.print, profile="print/drukker.icc", condition="FOGRA52")
    there = replace(programme.magazine, print=settings)
    quiet = replace(_quiet(context, tmp_path / "work"), root=tmp_path)

    (_, printed) = build_pdfs(replace(programme, magazine=there), releases, there, quiet)

    with pikepdf.open(quiet.runner.cache.get_object_path(printed.sha256)) as pdf:
        (intent,) = pdf.Root.OutputIntents
        assert ("FOGRA52", 4) == (str(intent.OutputConditionIdentifier), intent.DestOutputProfile.N)
        assert custom_profile.read_bytes() == intent.DestOutputProfile.read_bytes()


def _read_digests(context, sha256):
    return [page.digest for page in read_pdf(context.runner.cache.get_object_path(sha256)).pages]


def _quiet(context, folder):
    return replace(context, runner=_create_runner(context, context.runner.cache.folder, folder, []))


def test_page_digest_changes_only_with_content(programme, releases, context, editions, tmp_path):
    first, *others = programme.reflections
    edited = replace(programme, reflections=(replace(first, insights=("Iets heel anders.",)), *others))
    folders = {"a": programme, "b": edited}

    before, after = (
        {
            one.name: _read_digests(context, one.sha256)
            for one in build_pdfs(each, releases, programme.magazine, quiet_context)
        }
        for name, each in folders.items()
        if (quiet_context := _quiet(context, tmp_path / name))
    )

    for name, digests in before.items():
        assert 1 == sum(one != two for one, two in zip(digests, after[name], strict=True))


def test_page_numbers_and_links_to_other_sections_are_filled_in():
    text = SectionHtml(
        name="a",
        html='<a href="#b">b</a> \ufdd0b\ufdd1 <a id="c" href="#c">c</a> <a href="#fn-1">1</a>',
        estimated_pages=1,
    )

    filled = text.fill_in({"b": 12}, frozenset({"b", "c"}))

    assert {"b"} == text.page_references
    assert '<a href="https://weerslag.invalid/#b">b</a> 12 <a id="c" href="#c">c</a> <a href="#fn-1">1</a>' == filled


def test_no_placeholder_remains_when_all_pages_are_known(programme, releases, theme):
    edition = render_edition(programme, releases, theme=theme)
    anchors = frozenset(anchor for one in edition.sections for anchor in one.anchors)

    assert all(one.page_references <= anchors for one in edition.sections)
    assert not any(
        re.search("[\ufdd0\ufdd1]", one.fill_in(dict.fromkeys(anchors, 1), anchors)) for one in edition.sections
    )
