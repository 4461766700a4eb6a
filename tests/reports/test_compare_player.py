"""The player that compares recording and master, in Chromium, from a folder on disk and by keyboard."""

import subprocess

import pytest

from tests.reports.test_processing_report import EXCERPTS, TREATED, render

STATE = """() => Object.fromEntries([...document.querySelectorAll("#compare audio")].map(
    (audio) => [audio.dataset.side, {time: audio.currentTime, muted: audio.muted, paused: audio.paused}]))"""
CONTRAST = """() => {
    const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
        .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
    const find = (name) => {
        const style = getComputedStyle(document.querySelector(name));
        const paper = style.backgroundColor.endsWith(", 0)") ? getComputedStyle(document.body).backgroundColor : style.backgroundColor;
        const [a, b] = [light(style.color), light(paper)];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    };
    return ["#compare button", "#compare button[aria-pressed=true]", "#compare .label"].map(find);
}"""


@pytest.fixture
def report(tmp_path):
    """A report with its excerpts, which are tones."""
    slug = TREATED.episode.slug
    (tmp_path / f"{slug}.html").write_bytes(render(excerpts=EXCERPTS)[0].content)
    for side, hz in (("recording", 300), ("master", 500)):
        argv = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"sine={hz}:duration=34", "-b:a", "64k"]
        subprocess.run([*argv, str(tmp_path / f"{slug}-{side}.mp3")], check=True)
    return tmp_path / f"{slug}.html"


@pytest.fixture
def opened(chromium, report):
    pages, requests = [], []

    def open_(**screen):
        page = chromium.browser.new_page(**screen)
        pages.append(page)
        page.on("request", lambda request: requests.append(request.url))
        page.goto(report.as_uri())
        return page

    yield open_
    for page in pages:
        page.close()
    assert {report.parent.as_uri()} == {url.rpartition("/")[0] for url in requests}  # nothing from elsewhere


def test_both_sides_play_together_and_one_is_heard(opened):
    page = opened()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")  # the choice between recording and master
    assert "recording" == page.evaluate("document.activeElement.value")

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the second place
    page.wait_for_function(f"({STATE})().recording.time > 10.5")
    state = page.evaluate(STATE)
    assert (False, True) == (state["recording"]["muted"], state["master"]["muted"])
    assert abs(state["recording"]["time"] - state["master"]["time"]) < 0.1

    page.check("input[value=master]")
    state = page.evaluate(STATE)
    assert [(True, False), (False, False)] == [(one["muted"], one["paused"]) for one in state.values()]
    assert ["false", "true", "false", "false"] == page.eval_on_selector_all(
        "#compare button", "(all) => all.map((one) => one.getAttribute('aria-pressed'))"
    )
    assert page.eval_on_selector("progress", "(one) => one.value") > 0.1

    page.locator("#compare button").nth(1).press("Space")
    assert [True, True] == [one["paused"] for one in page.evaluate(STATE).values()]


def test_a_place_repeats_and_never_plays_the_next_one(opened):
    page = opened()
    page.locator("#compare button").nth(1).click()
    page.evaluate("for (const audio of document.querySelectorAll('#compare audio')) audio.currentTime = 16")

    page.wait_for_function(f"({STATE})().master.time < 10")

    assert not page.evaluate(STATE)["master"]["paused"]
    assert page.evaluate(STATE)["master"]["time"] >= 8.4


def test_missing_files_are_reported(opened, report):
    for file in report.parent.glob("*.mp3"):
        file.unlink()
    page = opened()
    page.locator("#compare button").first.click()

    page.wait_for_function("document.querySelector('[role=status]').textContent.includes('mp3')")


def test_without_script_each_side_has_the_controls_of_the_browser(chromium, report):
    page = chromium.browser.new_page(java_script_enabled=False)
    page.goto(report.as_uri())

    assert 2 == page.locator("#compare audio:visible").count()
    assert 0 == page.locator("#compare button:visible").count()
    assert "in de bestanden vanaf 0:08" in page.inner_text("#compare")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_and_width_are_sufficient(opened, scheme):
    page = opened(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    page.locator("#compare button").first.click()

    assert 320 == page.evaluate("document.documentElement.scrollWidth")
    assert min(page.evaluate(CONTRAST)) >= 4.5


def test_print_lists_the_places_without_controls(opened):
    page = opened()
    page.emulate_media(media="print")

    assert 0 == page.locator("#compare :is(input, audio, progress):visible").count()
    assert "op 0:20 in de opname" in page.inner_text("#compare")
