"""Briefings, summaries, flyers and table cards, read back with poppler, and judged by veraPDF and the preflight."""

import re
import subprocess
from html.parser import HTMLParser

import pytest

from pipeline.preflight.checks import check_pdf
from pipeline.preflight.tasks import PreflightTask
from pipeline.preflight.verapdf import check_with_verapdf

pytestmark = [pytest.mark.external, pytest.mark.slow]


def read_text(mailings, path: str) -> str:
    """Read the words of a PDF, or of a page."""
    file = mailings.folder / path
    if path.endswith(".pdf"):
        text = subprocess.run(["pdftotext", str(file), "-"], check=True, capture_output=True, text=True).stdout
    else:
        parser = TextParser()
        parser.feed(mailings.read(path))
        text = " ".join(parser.words) if path.endswith(".html") else mailings.read(path)
    return " ".join(text.replace("\xa0", " ").split())


class TextParser(HTMLParser):
    """Collects the words of a page."""

    def __init__(self):
        super().__init__()
        self.words, self.in_style = [], False

    def handle_starttag(self, tag, attrs):
        self.in_style = tag == "style"

    def handle_data(self, data):
        if not self.in_style:
            self.words.append(data)


def preflight(mailings, path: str, **options):
    task = PreflightTask(pdf=str(mailings.folder / path), multiple_of=1, **options)
    return check_pdf(task).findings


def count_pages(mailings, path: str) -> int:
    output = subprocess.run(["pdfinfo", str(mailings.folder / path)], check=True, capture_output=True, text=True).stdout
    return int(re.search(r"Pages: +(\d+)", output)[1])


def test_each_event_gets_its_files(mailings):
    events = ("burger-centraal", "uitvoerder-aan-zet", "welvaart-dichtbij")
    assert {
        *(f"press/cards/{event}.pdf" for event in events),
        "press/cards/afgelast.pdf",
        "press/briefings/welvaart-dichtbij.pdf",
        *(f"press/summaries/burger-centraal.{suffix}" for suffix in ("pdf", "html", "txt")),
        *(f"press/flyers/{event}-{medium}.pdf" for event in events for medium in ("print", "screen")),
    } == set(mailings.paths)


def test_preflight_finds_nothing_in_screen_documents(mailings):
    screen = [path for path in mailings.paths if path.endswith(".pdf") and "-print" not in path]
    found = {path: preflight(mailings, path, purpose="screen", external_tools=False) for path in screen}

    assert len(screen) == 9
    assert dict.fromkeys(screen, ()) == found


@pytest.mark.parametrize("path", [
    "briefings/welvaart-dichtbij.pdf", "summaries/burger-centraal.pdf", "flyers/uitvoerder-aan-zet-screen.pdf", "cards/burger-centraal.pdf",
])  # fmt: skip
def test_verapdf_accepts_each_kind_of_document(mailings, path):
    assert [] == list(check_with_verapdf(mailings.folder / "press" / path, ()))


@pytest.mark.parametrize("event", ["burger-centraal", "uitvoerder-aan-zet"])
def test_print_flyer_is_pdfx4_within_the_ink_limit(mailings, event):
    assert () == preflight(mailings, f"press/flyers/{event}-print.pdf", purpose="print", max_ink=2.8)


@pytest.mark.parametrize("event", ["burger-centraal", "welvaart-dichtbij", "uitvoerder-aan-zet"])
@pytest.mark.parametrize("medium", ["print", "screen"])
def test_flyer_is_one_page_on_which_no_texts_overlap(mailings, event, medium):
    path = f"press/flyers/{event}-{medium}.pdf"
    command = ["pdftotext", "-bbox-layout", str(mailings.folder / path), "-"]
    words = re.findall(
        r"<word xMin=\"([\d.]+)\" yMin=\"([\d.]+)\" xMax=\"([\d.]+)\" yMax=\"([\d.]+)\">([^<]+)<",
        subprocess.run(command, check=True, capture_output=True, text=True).stdout,
    )
    boxes = [(*(float(side) for side in word[:4]), word[4]) for word in words]

    assert 1 == count_pages(mailings, path)
    assert len(boxes) > 20
    assert [] == [
        (one[4], other[4])
        for number, one in enumerate(boxes)
        for other in boxes[number + 1 :]
        if min(one[2], other[2]) - max(one[0], other[0]) > 1
        and min(one[3], other[3]) - max(one[1], other[1]) > 0.4 * min(one[3] - one[1], other[3] - other[1])
    ]


def test_flyer_leads_to_the_registration(mailings):
    assert "example.org/aanmelden" in read_text(mailings, "press/flyers/welvaart-dichtbij-screen.pdf")
    assert "Meld je aan" in read_text(mailings, "press/flyers/welvaart-dichtbij-print.pdf")
    assert "events/burger-centraal" in read_text(mailings, "press/flyers/burger-centraal-screen.pdf")


def test_briefing_has_approved_words_of_the_event_before(mailings):
    text = read_text(mailings, "press/briefings/welvaart-dichtbij.pdf")

    parts = [
        "Wat maakt een regio",
        "Uit de vorige bijeenkomst: Burger centraal",
        "Casus nummer 2",
        "Inzicht van groep 1.",
    ]
    parts += ["Citaat van groep 1.", "jurist", "Inzicht van groep 3."]
    assert parts == sorted(parts, key=text.index)


def test_summary_says_the_same_in_all_formats(mailings):
    texts = [read_text(mailings, f"press/summaries/burger-centraal.{suffix}") for suffix in ("html", "txt", "pdf")]

    for text in texts:
        for part in (
            "Inzicht van groep 1.",
            "Citaat van groep 3.",
            "Rollen met minder dan 5 personen",
            "Welvaart dichtbij",
        ):
            assert part in text
        assert text.lower().index("per onderwerp") < text.lower().index("per rol")


def test_summary_shows_no_role_of_few_people(mailings):
    for suffix in ("html", "txt", "pdf"):
        text = read_text(mailings, f"press/summaries/burger-centraal.{suffix}")
        assert "Uitvoering" in text
        assert "Andere rollen" in text
        assert "jurist" not in text.lower()
        assert "bestuur" not in text.lower()


def test_summary_invites_to_the_next_event_with_its_calendar_file(mailings):
    for suffix in ("html", "txt"):
        page = mailings.read(f"press/summaries/burger-centraal.{suffix}")
        assert "https://example.org/ambtenaar-van-nu/events/welvaart-dichtbij.ics" in page
        assert "https://example.org/aanmelden" in page


def test_odd_number_of_cards_leaves_no_half_sheet_empty(mailings):
    text = read_text(mailings, "press/cards/burger-centraal.pdf")

    assert 2 == count_pages(mailings, "press/cards/burger-centraal.pdf")
    assert [1, 1, 2] == [text.count(f"Casus nummer {number}") for number in (1, 2, 3)]
    assert 4 == text.count("example.org/inleveren")
