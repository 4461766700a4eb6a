"""What other people's checkers say of every kind of page: axe-core, the Nu HTML checker, Lighthouse, and the eye of 320 px."""

import json
import re
import subprocess
from dataclasses import replace

import pytest

from pipeline.site import render_site
from tests.node import MODULES, node
from tests.site import sample

# WCAG 2.0, 2.1 and 2.2, levels A and AA, and what axe calls best practice (axe-core, API, "Axe-core tags").
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = "axe.run(document, {runOnly: %s, resultTypes: ['violations']}).then(({violations}) => violations)"


def kind_of(page):
    """``stories/vooraf/index.html`` is of the kind ``stories/*``, ``magazine/quotes-10/index.html`` of ``magazine/quotes``."""
    page = re.sub(r"^(episodes|events|stories)/.*", r"\1/*", page.removesuffix("index.html"))
    return re.sub(r"^(magazine/[a-z]+).*", r"\1", page)


def one_of_each_kind(host):
    return {kind_of(page): page for page in host.pages()}


def with_script(host):
    """One of each kind of page that has a script; the web magazine has none."""
    return {kind: page for kind, page in one_of_each_kind(host).items() if not kind.startswith("magazine")}


def violations(tab):
    """What axe-core finds on the page as it is now, in a line each. It comes in past the page's policy, as an extension would."""
    tab.evaluate((MODULES / "axe-core/axe.min.js").read_text())
    found = tab.evaluate(AXE % json.dumps(RULES))
    return [(one["id"], node["target"], node["failureSummary"]) for one in found for node in one["nodes"]]


def test_there_is_a_page_of_each_kind_to_look_at(whole):
    kinds = set(one_of_each_kind(whole))

    assert {"", "404.html", "episodes/*", "events/*", "stories/*", "volgen/", "toegankelijkheid/"} <= kinds
    assert {
        "magazine/",
        "magazine/story",
        "magazine/event",
        "magazine/quotes",
        "magazine/photo",
        "magazine/colophon",
    } <= kinds


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_kind_of_page(open_tab, whole, scheme):
    tab = open_tab(viewport={"width": 1280, "height": 800}, color_scheme=scheme)

    found = {}
    for kind, page in one_of_each_kind(whole).items():
        tab.goto(whole.address + page)
        found[kind] = violations(tab)

    assert {kind: [] for kind in found} == found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_narrow_episode_that_plays_is_searched_and_follows(open_tab, whole, scheme):
    tab = open_tab(viewport={"width": 360, "height": 720}, color_scheme=scheme)
    tab.goto(f"{whole.address}{one_of_each_kind(whole)['episodes/*']}")
    tab.click(".chapters li:nth-child(2) a")
    tab.fill("#words", "de")
    tab.check("#follow")

    assert tab.locator(".line.found").count() > 1
    assert [] == violations(tab)


def test_axe_is_awake(open_tab):
    tab = open_tab()
    tab.set_content("<html><body><img src='x'><h3>Kop</h3><a href='#' style='color:#eee'>grijs</a></body></html>")

    assert {"image-alt", "html-has-lang", "color-contrast", "page-has-heading-one"} <= {
        one[0] for one in violations(tab)
    }


# Of inline text the checker knows no hash, and takes data (JSON-LD) for a script; Chromium, which decides, says nothing
# of either (test_every_page_keeps_to_its_own_host_and_policy_and_to_its_width). And our English sample speaks Dutch.
KNOWN_BETTER = re.compile(
    r"Inline (script|style) violates Content Security Policy \(meta tag\)|appears to be written in Dutch but"
)


def nu(addresses):
    """What the Nu HTML checker says of these pages, warnings too."""
    jar = MODULES / "vnu-jar/build/dist/vnu.jar"
    done = subprocess.run(
        ["java", "-Dnu.validator.servlet.allow-forbidden-hosts=true", "-jar", jar, "--format", "json", *addresses],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = json.loads(done.stderr)["messages"]
    return [
        f"{one['url']}:{one.get('lastLine')}: {one['message']}"
        for one in told
        if not KNOWN_BETTER.search(one["message"])
    ]


def odd_sites(programme, releases):
    """Programmes that make odd pages: in English, before the first episode, without transcripts, of little more than a title."""
    programme = replace(programme, events=programme.events[:1])
    yield "english", replace(programme, language="en"), releases[:1]
    yield "early", programme, ()
    yield "silent", programme, [replace(releases[0], transcript=(), chapters=())]
    bare = replace(programme, podcast=None, subtitle="", episodes=(), magazine=None, reflections=(), stories=())
    yield "bare", bare, ()


def test_the_nu_html_checker_has_nothing_to_say_of_any_page(whole, serve, programme, releases, tmp_path):
    for name, odd, heard in odd_sites(programme, releases):
        for output in render_site(odd, heard, theme=sample.THEME, now=sample.NOW, cover=sample.COVER):
            file = tmp_path / name / output.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(output.content)
    (tmp_path / "bad.html").write_text("<!doctype html><html lang=nl><title>x</title><p><i id=a></i><b id=a></b>")
    odd = serve(tmp_path)

    said = nu([host.address + page for host in (whole, odd) for page in host.pages()])

    assert len(odd.pages()) > 20
    assert any("Duplicate ID" in line for line in said if "bad.html" in line)  # it is awake
    assert [] == [line for line in said if "bad.html" not in line]


def test_every_page_keeps_to_its_own_host_and_policy_and_to_its_width(open_tab, whole):
    tab = open_tab(viewport={"width": 320, "height": 640})
    asked, said, wide, failed = [], [], [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))

    for page in whole.pages():
        tab.goto(whole.address + page)
        if tab.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(page)

    assert [] == [url for url in asked if not url.startswith((whole.address, "data:"))]
    assert ([], [], []) == (said, wide, failed)


def words_of(tab, address):
    """What somebody reads on a page, in lines; the controls of the player and of the search left out."""
    tab.goto(address)
    lines = tab.evaluate("""(() => {
        document.querySelectorAll('.controls, .search, .share, [data-copies]').forEach((one) => { one.style.display = 'none'; });
        return document.body.innerText;
    })()""").splitlines()
    return [line.strip() for line in lines if line.strip()]


def test_all_that_can_be_read_with_script_can_be_read_without(open_tab, whole):
    scripted, bare = open_tab(), open_tab(java_script_enabled=False)

    read = {}
    for kind, page in with_script(whole).items():
        read[kind] = (words_of(scripted, whole.address + page), words_of(bare, whole.address + page))

    assert {kind: without for kind, (_, without) in read.items()} == {kind: with_ for kind, (with_, _) in read.items()}


# WCAG 2.1, 1.4.12: nothing may be lost when somebody sets text this wide.
SPACED = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }"


def test_text_that_is_set_wider_is_neither_cut_off_nor_wider_than_the_page(open_tab, whole):
    tab = open_tab(viewport={"width": 320, "height": 640}, bypass_csp=True)
    clipped = """[...document.querySelectorAll('body *')].filter((one) => {
        const style = getComputedStyle(one);
        return style.overflow !== 'visible' && !one.closest('.unseen, .word, svg, .opener') && one.scrollWidth > one.clientWidth + 1;
    }).map((one) => one.outerHTML.slice(0, 120))"""

    found = {}
    for kind, page in one_of_each_kind(whole).items():
        tab.goto(whole.address + page)
        tab.add_style_tag(content=SPACED)
        found[kind] = (tab.evaluate("document.documentElement.scrollWidth"), tab.evaluate(clipped))

    assert {kind: (320, []) for kind in found} == found


def test_lighthouse_gives_the_programme_and_an_episode_full_marks(chromium, whole):
    pages = one_of_each_kind(whole)
    addresses = [whole.address + pages[kind] for kind in ("", "episodes/*")]

    told = json.loads(
        node("lighthouse.js", chromium.port, "accessibility,best-practices,seo", *addresses, timeout_s=180)
    )

    full = {"accessibility": 1, "best-practices": 1, "seo": 1, "failing": {}}
    assert dict.fromkeys(addresses, full) == told
