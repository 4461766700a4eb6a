"""A magazine of real groups, long and short: nothing lost or doubled, no page near empty, contents that are right."""

import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from pipeline.builder.editions import build_pdfs
from pipeline.content import load_programme
from pipeline.magazine.edition import list_theme_folders
from pipeline.magazine.sections import render_edition
from pipeline.model import AgendaItem
from pipeline.pdf.renderer import render_pdf
from pipeline.pdf.tasks import RenderPdfTask
from pipeline.typesetting import Theme
from tests.magazine.conftest import create_context
from tests.magazine.stress_programme import write_stress_programme

pytestmark = pytest.mark.slow

EVENTS, GROUPS = 1, 8
MIN_FILL = 0.25
PT = 72 / 25.4
TOP, FOOT, HEIGHT = 18 * PT, 24 * PT, 297 * PT


@dataclass(frozen=True)
class Edition:
    """A PDF, the text of its pages as poppler reads it, and the page of each link target."""

    file: Path
    pages: list[str]
    anchors: dict[str, int]

    def list_pages(self, first: str, end: str) -> range:
        """List the numbers of the pages from one link target up to another."""
        return range(self.anchors[first], self.anchors[end])


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = tmp_path_factory.mktemp("stress") / "programme"
    write_stress_programme(root, events=EVENTS, groups=GROUPS)
    programme = load_programme(root)
    folder = tmp_path_factory.mktemp("build")
    shutil.copytree(root / "magazine", folder / "magazine")
    context = create_context(folder, programme, Theme(folder="magazine", language="nl"))
    editions = {}
    for one in build_pdfs(programme, (), programme.magazine, context):
        file = folder / one.name
        shutil.copyfile(context.runner.cache.get_object_path(one.sha256), file)
        editions["print" if "print" in one.name else "screen"] = Edition(file, read_pages(file), dict(one.anchors))
    assert [] == context.runner.failures
    return programme, editions


def read_pages(file: Path) -> list[str]:
    text = subprocess.run(["pdftotext", "-raw", file, "-"], check=True, capture_output=True, encoding="utf-8").stdout
    return text.split("\f")[:-1]


def count_words(text: str) -> Counter[str]:
    """Count words without case; one that is hyphenated at the end of a line or a page is one word."""
    joined = re.sub(r"(?<=\w)[-\u2010\u00ad]\n+(?=\w)|[\u200b\u00ad]", "", text)
    return Counter(re.findall(r"\w+", joined.casefold()))


def strip_markdown(text_md: str) -> str:
    """Leave the printed words of a text: no marks, and of a picture its caption."""
    text = re.sub(r'!\[[^]]*\]\([^" )]*(?: "([^"]*)")?\)', r"\1", text_md)
    return re.sub(r"^\|[-| ]+\|$", "", text, flags=re.MULTILINE)


def remove_foot(text: str, title: str) -> str:
    """Remove page number and running foot, and the heading of the pages of quotes."""
    foot = re.compile(rf"^(\d+ )?({title}|Gezegd aan tafel)( \d+)?$|^\d+$", re.MULTILINE)
    return foot.sub("", text)


def list_printed_texts(programme):
    for one in programme.reflections:
        yield from (one.group, *one.roles, one.question, strip_markdown(one.text_md), *one.insights)
        yield "Wat we meenemen" if one.insights else ""
        for quote in one.quotes:
            yield f"{quote.text} {quote.by} {one.group}"


@pytest.mark.parametrize("medium", ["screen", "print"])
def test_every_word_of_every_reflection_is_printed_once(built, medium):
    programme, editions = built
    edition = editions[medium]
    first = f"event-{programme.events[0].id}"
    begin = min(page for name, page in edition.anchors.items() if name.startswith("quote-before-") or name == first)
    left_out = {edition.anchors[first], edition.anchors[first] + 1}
    left_out |= {page for name, page in edition.anchors.items() if name.startswith(("photo-", "index-"))}
    left_out |= {number for number, text in enumerate(edition.pages, 1) if "Aantekeningen" in text}
    end = next(page for name, page in edition.anchors.items() if name.startswith("colophon-"))
    numbers = [number for number in range(begin, end) if number not in left_out]
    title = programme.events[0].title
    printed = count_words("\n".join(remove_foot(edition.pages[number - 1], title) for number in numbers))
    expected = sum(map(count_words, list_printed_texts(programme)), Counter())

    assert {} == dict(expected - printed), "lost"
    assert {} == dict(printed - expected), "printed twice"


def test_no_page_is_near_empty(built, tmp_path):
    programme, editions = built
    edition = editions["print"]
    first = f"event-{programme.events[0].id}"
    numbers = [edition.anchors["story-vooraf"], *range(edition.anchors["story-vooraf"], edition.anchors[first])]
    end = next(page for name, page in edition.anchors.items() if name.startswith("photo-"))
    numbers += range(edition.anchors[first] + 2, end)
    fills = {
        number: fill
        for number in numbers
        if "Aantekeningen" not in edition.pages[number - 1]
        for fill in [measure_fill(edition.file, number, tmp_path)]
    }

    assert {} == {number: round(fill, 2) for number, fill in fills.items() if fill < MIN_FILL}


def measure_fill(file: Path, number: int, folder: Path) -> float:
    """Measure the share of the type area down to its lowest ink, in a picture of the page."""
    image = folder / f"{number}.png"
    area = ["-r", "36", "-x", "20", "-y", "0", "-W", "280", "-H", "500"]
    page = [str(number), "-l", str(number), "-singlefile", "-gray", "-png", file, image.with_suffix("")]
    subprocess.run(["pdftoppm", *area, "-f", *page], check=True, capture_output=True)
    picture = Image.open(image)
    scale = 36 / 72
    offset = (picture.height - HEIGHT * scale) / 2
    top, bottom = round(offset + TOP * scale), round(offset + (HEIGHT - FOOT) * scale)
    box = picture.crop((0, top, picture.width, bottom)).point(lambda tone: 255 if tone < 200 else 0).getbbox()
    return box[3] / (bottom - top) if box else 0.0


@pytest.mark.parametrize("medium", ["screen", "print"])
def test_contents_show_the_page_of_each_group(built, medium):
    programme, editions = built
    edition = editions[medium]
    contents = "\n".join(edition.pages[number - 1] for number in edition.list_pages("contents-2", "story-vooraf"))
    listed = re.findall(r"(Tafel \d+)\b(?:(?!Tafel \d).)*?\b(\d+)$", contents, re.DOTALL | re.MULTILINE)

    assert sorted(one.group for one in programme.reflections) == sorted(group for group, _ in listed)
    for group, number in listed:
        assert re.search(rf"^{group}\b", edition.pages[int(number) - 1], re.IGNORECASE | re.MULTILINE), (group, number)


def test_pages_for_notes_do_not_follow_each_other(built):
    for edition in built[1].values():
        are_notes = ["Aantekeningen" in page for page in edition.pages]
        assert (True, True) not in pairwise(are_notes)


def test_agenda_and_text_that_exceed_their_page_flow_on(built, tmp_path):
    programme, _ = built
    event = replace(programme.events[0], agenda=tuple(AgendaItem(at="17:00", what=f"Punt {n}") for n in range(60)))
    theme = Theme(folder="magazine", language="nl")
    sections = render_edition(replace(programme, events=(event,)), (), theme=theme, medium="screen")
    (tmp_path / "style.css").write_text(sections.stylesheet)
    opening = next(one for one in sections.sections if one.name == f"event-{event.id}")
    single = next(one for one in sections.sections if 'class="reflection-page running-foot single"' in one.html)
    longer = single.html.replace('<div class="text">', '<div class="text">' + "<p>Een regel erbij.</p>" * 150, 1)

    printed = [
        render_section(tmp_path, html, list_theme_folders(theme)) for html in (opening.fill_in({}, frozenset()), longer)
    ]

    assert [f"Punt {n}" for n in range(60)] == re.findall(r"Punt \d+", printed[0])
    assert 150 == printed[1].count("Een regel erbij.")


def render_section(folder, html, theme_folders) -> str:
    source, out = folder / "section.html", folder / "section.pdf"
    source.write_text(html)
    style = str(folder / "style.css")
    render_pdf(
        RenderPdfTask(
            subject="a", html=str(source), stylesheet=style, pictures="", theme_folders=theme_folders, out=str(out)
        )
    )
    return "".join(read_pages(out))
