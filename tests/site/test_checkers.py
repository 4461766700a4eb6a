"""Every kind of page, checked with axe-core, the Nu HTML checker and Lighthouse, and at a width of 320 px."""

import json
import re
import subprocess
from dataclasses import replace

import pytest

from pipeline.site import SiteContext, render_site
from tests.node import MODULES, run_node
from tests.site import sample

pytestmark = pytest.mark.external

# WCAG 2.0, 2.1 and 2.2, levels A and AA, and what axe calls best practice (axe-core, API, "Axe-core tags").
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = "axe.run(document, {runOnly: %s, resultTypes: ['violations']}).then(({violations}) => violations)"


def get_kind(page):
    """``stories/vooraf/index.html`` is of the kind ``stories/*``, ``magazine/quotes-10/index.html`` of ``magazine/quotes``."""
    page = re.sub(r"^(cases|embed|episodes|events|newsletters|stories)/.+", r"\1/*", page.removesuffix("index.html"))
    return re.sub(r"^(magazine/[a-z]+).*", r"\1", page)


def list_one_page_of_each_kind(host):
    return {get_kind(page): page for page in host.pages()}


def list_pages_with_script(host):
    """List one of each kind of page that has a script; the web magazine has none."""
    return {kind: page for kind, page in list_one_page_of_each_kind(host).items() if not kind.startswith("magazine")}


def find_violations(tab):
    """Find the violations on the page with axe-core, which bypasses the policy of the page, as a browser extension would."""
    tab.evaluate((MODULES / "axe-core/axe.min.js").read_text())
    found = tab.evaluate(AXE % json.dumps(RULES))
    return [(one["id"], node["target"], node["failureSummary"]) for one in found for node in one["nodes"]]


def test_each_kind_of_page_is_checked(published_site):
    kinds = set(list_one_page_of_each_kind(published_site))

    assert {
        "",
        "404.html",
        "episodes/*",
        "events/*",
        "stories/*",
        "embed/*",
        "volgen/",
        "zoeken/",
        "toegankelijkheid/",
    } <= kinds
    assert {
        "magazine/",
        "magazine/story",
        "magazine/event",
        "magazine/quotes",
        "magazine/photo",
        "magazine/colophon",
    } <= kinds


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violations_on_any_kind_of_page(open_tab, published_site, scheme):
    tab = open_tab(viewport={"width": 1280, "height": 800}, color_scheme=scheme)

    found = {}
    for kind, page in list_one_page_of_each_kind(published_site).items():
        tab.goto(published_site.address + page)
        found[kind] = find_violations(tab)

    assert {kind: [] for kind in found} == found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violations_on_a_narrow_episode_page_in_use(open_tab, published_site, scheme):
    tab = open_tab(viewport={"width": 360, "height": 720}, color_scheme=scheme)
    tab.goto(f"{published_site.address}{list_one_page_of_each_kind(published_site)['episodes/*']}")
    tab.click(".chapters li:nth-child(2) a")
    tab.fill("#search-input", "de")
    tab.check("#follow")

    assert tab.locator(".cue.match").count() > 1
    assert [] == find_violations(tab)


def test_axe_finds_a_planted_violation(open_tab):
    tab = open_tab()
    tab.set_content("<html><body><img src='x'><h3>Kop</h3><a href='#' style='color:#eee'>grijs</a></body></html>")

    assert {"image-alt", "html-has-lang", "color-contrast", "page-has-heading-one"} <= {
        one[0] for one in find_violations(tab)
    }


# False positives: the checker does not know hashes of inline text, and takes data (JSON-LD) for a script; Chromium accepts
# both (test_no_page_loads_from_another_host_violates_its_policy_or_scrolls_sideways). The English sample has Dutch content.
KNOWN_BETTER = re.compile(
    r"Inline (script|style) violates Content Security Policy \(meta tag\)|appears to be written in Dutch but"
)


def run_nu_checker(addresses):
    """Return all messages of the Nu HTML checker on these pages, warnings too."""
    jar = MODULES / "vnu-jar/build/dist/vnu.jar"
    completed = subprocess.run(
        ["java", "-Dnu.validator.servlet.allow-forbidden-hosts=true", "-jar", jar, "--format", "json", *addresses],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = json.loads(completed.stderr[completed.stderr.index("{") :])["messages"]  # after notes of Java itself
    return [
        f"{one['url']}:{one.get('lastLine')}: {one['message']}"
        for one in found
        if not KNOWN_BETTER.search(one["message"])
    ]


def iter_unusual_sites(programme, releases):
    """Yield unusual programmes: in English, before the first episode, without transcripts, with little more than a title."""
    programme = replace(programme, events=programme.events[:1])
    yield "english", replace(programme, language="en"), releases[:1]
    yield "early", programme, ()
    yield "silent", programme, [replace(releases[0], transcript=(), chapters=())]
    bare = replace(programme, podcast=None, subtitle="", episodes=(), magazine=None, reflections=(), stories=())
    yield "bare", bare, ()


def test_the_nu_html_checker_has_no_messages_on_any_page(published_site, serve, programme, releases, tmp_path):
    for name, odd, published in iter_unusual_sites(programme, releases):
        site = SiteContext(programme=odd, releases=published, theme=sample.THEME, now=sample.NOW, cover=sample.COVER)
        for output in render_site(site):
            file = tmp_path / name / output.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(output.content)
    (tmp_path / "bad.html").write_text("<!doctype html><html lang=nl><title>x</title><p><i id=a></i><b id=a></b>")
    odd = serve(tmp_path)

    messages = run_nu_checker([host.address + page for host in (published_site, odd) for page in host.pages()])

    assert len(odd.pages()) > 20
    assert any("Duplicate ID" in line for line in messages if "bad.html" in line)  # the checker works
    assert [] == [line for line in messages if "bad.html" not in line]


def test_no_page_loads_from_another_host_violates_its_policy_or_scrolls_sideways(open_tab, published_site):
    tab = open_tab(viewport={"width": 320, "height": 640})
    requested, messages, wide, failed = [], [], [], []
    tab.on("request", lambda request: requested.append(request.url))
    tab.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    tab.on("console", lambda message: messages.append(message.text))
    tab.on("pageerror", lambda error: messages.append(str(error)))

    for page in published_site.pages():
        tab.goto(published_site.address + page)
        if tab.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(page)

    assert [] == [url for url in requested if not url.startswith((published_site.address, "data:"))]
    assert ([], [], []) == (messages, wide, failed)


def get_text(tab, address):
    """Return the visible text of a page in lines, without the controls of player and search."""
    tab.goto(address)
    lines = tab.evaluate("""(() => {
        document.querySelectorAll('.controls, .search, .site-search, .share, [data-copy-target]').forEach((one) => { one.style.display = 'none'; });
        return document.body.innerText;
    })()""").splitlines()
    return [line.strip() for line in lines if line.strip()]


def test_all_text_is_readable_without_script(open_tab, published_site):
    scripted, bare = open_tab(), open_tab(java_script_enabled=False)

    read = {}
    for kind, page in list_pages_with_script(published_site).items():
        read[kind] = (get_text(scripted, published_site.address + page), get_text(bare, published_site.address + page))

    assert {kind: without for kind, (_, without) in read.items()} == {kind: with_ for kind, (with_, _) in read.items()}


# WCAG 2.1, 1.4.12: nothing may be lost when a reader sets text this wide.
SPACED = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }"


def test_text_with_wider_spacing_is_neither_clipped_nor_wider_than_the_page(open_tab, published_site):
    tab = open_tab(viewport={"width": 320, "height": 640}, bypass_csp=True)
    clipped = """[...document.querySelectorAll('body *')].filter((one) => {
        const style = getComputedStyle(one);
        return style.overflow !== 'visible' && !one.closest('.visually-hidden, .control-label, svg, .hero') && one.scrollWidth > one.clientWidth + 1;
    }).map((one) => one.outerHTML.slice(0, 120))"""

    found = {}
    for kind, page in list_one_page_of_each_kind(published_site).items():
        tab.goto(published_site.address + page)
        tab.add_style_tag(content=SPACED)
        found[kind] = (tab.evaluate("document.documentElement.scrollWidth"), tab.evaluate(clipped))

    assert {kind: (320, []) for kind in found} == found


def test_home_page_and_episode_get_full_lighthouse_scores(chromium, published_site):
    pages = list_one_page_of_each_kind(published_site)
    addresses = [published_site.address + pages[kind] for kind in ("", "episodes/*")]

    found = json.loads(
        run_node("lighthouse.js", chromium.port, "accessibility,best-practices,seo", *addresses, timeout_s=180)
    )

    full = {"accessibility": 1, "best-practices": 1, "seo": 1, "failing": {}}
    assert dict.fromkeys(addresses, full) == found
