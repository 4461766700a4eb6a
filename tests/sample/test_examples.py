"""The programmes in examples/: each is built once by the command, then checked as its editors and readers meet it."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pikepdf
import pytest

from tests.shared_folders import share_folder
from tests.site.test_checkers import find_violations, get_kind, run_nu_checker

pytestmark = [pytest.mark.slow, pytest.mark.external]

ROOT = Path(__file__).parents[2]
NAMES = ("estafette", "netwerkdag")
SITES = ("estafette/public", "netwerkdag/public", "netwerkdag/press/participants")


def run_weerslag(folder, *arguments):
    """Run the command in a programme; return its standard output."""
    completed = subprocess.run(
        [sys.executable, "-m", "pipeline", "-C", folder, *arguments],
        cwd=ROOT,
        env={**os.environ, "WEERSLAG_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert 0 == completed.returncode, completed.stdout + completed.stderr
    return completed.stdout


@dataclass(frozen=True)
class Example:
    """An example that was built in a folder of its own."""

    folder: Path

    def read(self, path):
        """The text of a page without tags, in one line."""
        html = (self.folder / path).read_text("utf-8")
        text = unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style).*?</\1>", " ", html, flags=re.DOTALL)))
        return " ".join(text.replace("\u00ad", "").split())

    def read_bytes(self, tree):
        return b"\0".join(file.read_bytes() for file in sorted((self.folder / tree).rglob("*")) if file.is_file())


def build_examples(folder):
    for name in NAMES:
        files = shutil.ignore_patterns("public", "press", ".weerslag")  # what a build in the checkout left
        shutil.copytree(ROOT / "examples" / name, folder / name, ignore=files)
        run_weerslag(folder / name, "build")


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """Both examples, built once; no test changes them."""
    folder = share_folder(tmp_path_factory, "examples", build_examples)
    return {name: Example(folder / name) for name in NAMES}


@pytest.fixture
def relay(examples):
    return examples["estafette"]


@pytest.fixture
def day(examples):
    return examples["netwerkdag"]


@pytest.mark.parametrize("name", NAMES)
def test_check_has_neither_errors_nor_warnings(name):
    assert [] == json.loads(run_weerslag(ROOT / "examples" / name, "check", "--json"))


@pytest.mark.parametrize("site", SITES)
def test_axe_finds_no_violations_and_no_page_scrolls_sideways(examples, open_tab, serve, site):
    name, _, tree = site.partition("/")
    host = serve(examples[name].folder / tree)
    tab = open_tab(viewport={"width": 320, "height": 640})

    found, kinds = {}, {get_kind(page): page for page in host.pages()}
    for page in kinds.values():
        tab.goto(host.address + page)
        found[page] = (find_violations(tab), tab.evaluate("document.documentElement.scrollWidth"))

    assert len(found) > 6
    assert {page: ([], 320) for page in found} == found


def test_the_nu_html_checker_has_no_messages(examples, serve):
    hosts = [serve(examples[name].folder / tree) for name, _, tree in (site.partition("/") for site in SITES)]

    assert [] == run_nu_checker([host.address + page for host in hosts for page in host.pages()])


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("estafette/press/magazine/magazine-print.pdf", []),
        ("estafette/public/magazine/magazine.pdf", ["--for", "screen"]),
        ("netwerkdag/press/flyers/netwerkdag-print.pdf", ["--multiple-of", "1"]),
    ],
)
def test_preflight_finds_no_errors(examples, path, options):
    name, _, file = path.partition("/")

    findings = json.loads(run_weerslag(ROOT, "preflight", *options, "--json", examples[name].folder / file))

    assert [] == [one for one in findings if one["severity"] == "error"]


# The relay


def test_each_meeting_of_the_relay_has_eight_cases_with_pages_and_table_cards(relay):
    cases = [file.parent.parent.name for file in (relay.folder / "public/cases").glob("*/*/index.html")]

    assert {name: cases.count(name) for name in cases} == dict.fromkeys(
        ["sociaal-domein", "energietransitie", "leefbaarheid-en-veiligheid", "omgevingswet", "kompas"], 8
    )
    assert {file.stem for file in (relay.folder / "press/cards").iterdir()} == set(cases)


def test_each_meeting_after_the_first_starts_from_the_outcome_of_the_one_before(relay):
    briefings = {file.stem for file in (relay.folder / "press/briefings").iterdir()}

    assert briefings == {"energietransitie", "leefbaarheid-en-veiligheid", "omgevingswet", "kompas"}
    page = relay.read("public/events/energietransitie/index.html")
    assert "Uit de vorige bijeenkomst: Samenwerken in het sociaal domein" in page
    assert "Een tweede stoel kost niets en verandert het gesprek." in page


def test_the_essay_lists_what_it_links_to_on_the_site_and_in_the_magazine(relay):
    text = (ROOT / "examples/estafette/magazine/stories/wat-je-doorgeeft.md").read_text("utf-8")
    links = set(re.findall(r"\]\(\.\./([^)]+)\.md\)", text))

    for path in ("public/stories/wat-je-doorgeeft/index.html", "public/magazine/story-wat-je-doorgeeft/index.html"):
        sources = relay.read(path).partition("Gebaseerd op")[2]
        assert sources.count(", Tafel ") == sum(link.startswith("reflections") for link in links) == 9
        assert "Samenwerken in het sociaal domein: De keukentafel met twee stoelen" in sources


def test_the_page_of_an_essay_names_the_medium_that_published_it_first(relay):
    html = (relay.folder / "public/stories/wat-je-doorgeeft/index.html").read_text("utf-8")

    assert '<link rel="canonical" href="https://example.org/vakblad/wat-je-doorgeeft/">' in html
    assert "Door Redactie · Essay · donderdag 14 februari 2019" in relay.read(
        "public/stories/wat-je-doorgeeft/index.html"
    )
    sitemap = (relay.folder / "public/sitemap.xml").read_text("utf-8")
    assert ("stories/vooraf/" in sitemap, "wat-je-doorgeeft" in sitemap) == (True, False)


def test_the_home_page_and_the_colophon_say_who_is_behind_the_programme(relay):
    page = relay.read("public/index.html")
    pdf = relay.folder / "public/magazine/magazine.pdf"
    text = subprocess.run(["pdftotext", "-raw", pdf, "-"], capture_output=True, text=True, check=True).stdout

    assert "Bestuurders, ambtenaren, inwoners en ondernemers" in page
    assert "Ambtenaar van Nu (voorbeeld)" in page
    partner = "Ministerie van Binnenlandse Zaken en Koninkrijksrelaties"
    assert f"{partner} opdrachtgever" in page
    assert f"{partner}, opdrachtgever" in " ".join(text.split("\f")[-3].split())


def test_the_picture_of_a_meeting_opens_it_on_paper_and_on_its_page(relay):
    command = ["pdfimages", "-list", "-f", "6", "-l", "6", relay.folder / "press/magazine/magazine-print.pdf"]
    (image,) = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    colour, ppi = image.split()[5], float(image.split()[12])
    screen = ["pdftotext", "-f", "6", "-l", "6", relay.folder / "public/magazine/magazine.pdf", "-"]
    words = subprocess.run(screen, capture_output=True, text=True, check=True).stdout
    with pikepdf.open(relay.folder / "public/magazine/magazine.pdf") as pdf:
        elements = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary)]
        alternatives = [str(one["/Alt"]) for one in elements if one.get("/S") == "/Figure" and "/Alt" in one]

    assert [
        "Een ronde tafel met acht stoelen, van boven gezien. Eén stoel is geel en staat naar achteren."
    ] == alternatives
    assert "cmyk" == colour
    assert 299 <= ppi <= 301
    assert "Beeld: Weerslag" in words
    for path in (
        "events/sociaal-domein",
        "cases/sociaal-domein/keukentafel-met-twee-stoelen",
        "magazine/event-sociaal-domein",
    ):
        page = relay.folder / "public" / path / "index.html"
        (source,) = re.findall(r'<img src="([^"]*pictures/[^"]+)"', page.read_text("utf-8"))
        assert (page.parent / source).is_file()


def test_a_magazine_without_sound_names_no_episodes(relay):
    pdf = relay.folder / "public/magazine/magazine.pdf"
    text = subprocess.run(["pdftotext", "-raw", pdf, "-"], capture_output=True, text=True, check=True).stdout

    assert "Het stokje" in text.split("\f")[-2]
    assert "aflevering" not in text.casefold()
    assert "Gezegd aan tafel" not in text  # all quotes stand with their groups, so there is no page of them


# The online day


def test_what_participants_said_is_on_their_pages_and_in_no_public_file(day):
    words = [b"Een jas in november", b"schrap de regel die steeds in de weg zit", b"Niemand had het me verteld"]
    public, closed = day.read_bytes("public"), day.read_bytes("press/participants")

    assert [(False, True)] * 3 == [(one in public, one in closed) for one in words]
    assert b"Disallow: /\n" in (day.folder / "press/participants/robots.txt").read_bytes()
    assert not (day.folder / "press/participants/sitemap.xml").exists()


def test_a_draft_is_on_no_page_for_participants_either(day):
    everywhere = day.read_bytes("public") + day.read_bytes("press")

    assert b"Groep Noord" in everywhere
    assert [] == [one for one in (b"Groep West", b"Kom langs zonder plan", b"sta ik in de krant") if one in everywhere]


def test_the_day_shows_its_deadlines_and_its_registration(day):
    page = day.read("public/events/netwerkdag/index.html")

    assert "Reacties op het platform 28 mei 2020, 24.00 uur" in page
    assert "50 plaatsen" in page
    assert "Live gesprek Erik Dannenberg, Janny Bakker" in page


def test_the_summary_shows_no_role_of_fewer_than_five_people_by_itself(day):
    text = (day.folder / "press/summaries/gesprekken.txt").read_text("utf-8")
    roles, _, following = text.partition("PER ROL")[2].partition("VOLGENDE BIJEENKOMST")

    assert "Uitvoering: 7 personen" in roles
    assert "Beleid: 5 personen" in roles
    assert not re.search("management|bestuur", roles, re.IGNORECASE)
    assert "https://example.org/doen-wat-nodig-is/events/vervolg.ics" in following


def test_status_lists_the_groups_that_miss_a_role(day):
    status = json.loads(run_weerslag(day.folder, "status", "--json"))

    missing = {one["group"]: one["missing"] for one in status["incomplete_groups"]}
    assert missing == {"Groep Oost": ["bestuur"], "Groep West": ["uitvoering", "bestuur"]}


def test_a_note_after_the_deadline_is_marked_and_imported_only_once(day, tmp_path):
    folder, note = tmp_path / "netwerkdag", tmp_path / "groep-laat.txt"
    shutil.copytree(ROOT / "examples/netwerkdag", folder)
    note.write_text("Groep Laat\n\nWij bespraken de jas.\n")

    drafts = [
        json.loads(run_weerslag(folder, "notes", "import", note, "--event", "gesprekken", "--json"))["drafts"]
        for _ in range(2)
    ]

    assert ["written", "up to date"] == [one["state"] for (one,) in drafts]
    draft = (folder / drafts[0][0]["file"]).read_text("utf-8")
    assert "# weerslag-late: ingelezen na de deadline, 28 mei 2020, 24.00 uur\n" in draft


def test_pages_for_participants_are_uploaded_to_a_place_of_their_own_only(day, tmp_path):
    closed, public = tmp_path / "closed", tmp_path / "public"
    public.mkdir()
    (public / "index.html").write_text("a public site")
    publish = ["publish", "--participants", "--json"]

    first, second = (json.loads(run_weerslag(day.folder, *publish, closed)) for _ in range(2))

    assert "events/gesprekken/index.html" in first["uploaded"]
    assert ([], []) == (second["uploaded"], second["removed"])
    pages = day.folder / "press/participants"
    for file in pages.rglob("*.html"):
        assert file.read_bytes() == (closed / file.relative_to(pages)).read_bytes()
    with pytest.raises(AssertionError, match="holds other files"):
        run_weerslag(day.folder, *publish, public)
    assert ["index.html"] == [one.name for one in public.iterdir()]
