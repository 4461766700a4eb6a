"""The pages in Chromium, over HTTP and from a folder. Needs the chromium of Debian."""

import io
import re
import wave
from dataclasses import replace

import pytest

from pipeline.model import Enclosure
from pipeline.site import SiteContext, render_site
from tests.site.sample import COVER, NOW, THEME, programme, releases
from tests.site.tabs import slow_down, wait_until

SOUND_S = 120


def silence():
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 8000 * SOUND_S)
    return content.getvalue()


def with_audio(release):
    """Return the release with an existing audio file: two minutes of silence."""
    path = f"audio/{release.episode.slug}.wav"
    enclosure = Enclosure(
        format="wav",
        media_type="audio/wav",
        path=path,
        sha256="",
        size_bytes=1,
        duration_s=SOUND_S,
        integrated_lufs=-16,
        true_peak_dbtp=-1,
        bitrate_kbps=64,
    )
    return replace(release, enclosures=(enclosure,))


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    root = tmp_path_factory.mktemp("site")
    sample_releases = [with_audio(release) for release in releases()]
    sample_releases[2] = replace(sample_releases[2], transcript=(), chapters=())
    long_words = replace(programme(), title="Arbeidsongeschiktheidsverzekeringsprogramma")
    long_words = replace(
        long_words,
        podcast=replace(long_words.podcast, description="x"),
        url="https://" + "zeerlangedomeinnaam" * 4 + ".nl/",
    )
    site = SiteContext(programme=long_words, releases=sample_releases, theme=THEME, now=NOW, cover=COVER)
    for output in render_site(site):
        file = root / output.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(output.content)
    for release in sample_releases[:3]:
        (root / "public/audio").mkdir(exist_ok=True)
        (root / "public" / release.enclosures[0].path).write_bytes(silence())
    return root / "public"


@pytest.fixture(scope="module")
def host(public, serve):
    return serve(public).address


@pytest.fixture
def tab(open_tab):
    return open_tab(viewport={"width": 320, "height": 640})


def pages(public):
    return sorted(str(file.relative_to(public)) for file in public.rglob("*.html"))


def test_no_page_loads_from_another_host_violates_its_policy_or_scrolls_sideways(tab, host, public):
    requested, messages, wide = [], [], []
    tab.on("request", lambda request: requested.append(request.url))
    tab.on("console", lambda message: messages.append(message.text))
    tab.on("pageerror", lambda error: messages.append(str(error)))

    for page in pages(public):
        tab.goto(host + page)
        if tab.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(page)

    assert [] == [url for url in requested if not url.startswith((host, "data:"))]
    assert [] == messages
    assert [] == wide


READ_LINES = """heading => {
  const range = document.createRange(), lines = [];
  const walker = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(), bottom = 0; node; node = walker.nextNode())
    for (let at = 0; at < node.length; at++) {
      range.setStart(node, at); range.setEnd(node, at + 1);
      const box = range.getBoundingClientRect();
      if (box.width && box.bottom > bottom + 9) { lines.push(""); bottom = box.bottom; }
      if (lines.length) lines[lines.length - 1] += node.data[at];
    }
  return lines;
}"""


def test_a_long_word_of_a_heading_is_parted_between_syllables_and_only_if_it_fits_on_no_line(tab, host):
    title = "Arbeidsongeschiktheidsverzekeringsprogramma"
    tab.goto(f"{host}index.html")
    narrow = tab.evaluate(f"({READ_LINES})(document.querySelector('h1'))")
    tab.set_viewport_size({"width": 1200, "height": 640})
    tab.evaluate("document.querySelector('h1').style.fontSize = '30px'")
    wide = tab.evaluate(f"({READ_LINES})(document.querySelector('h1'))")

    assert [title] == [line.replace("\u00ad", "") for line in wide]
    assert len(narrow) > 3
    assert title == "".join(narrow).replace("\u00ad", "")
    assert [] == [line for line in narrow[:-1] if not line.endswith("\u00ad")]


def test_the_site_has_its_style_when_opened_from_a_folder(tab, public):
    messages = []
    tab.on("console", lambda message: messages.append(message.text))
    tab.goto(f"file://{public}/index.html")
    tab.click(".event-item h3 a")
    tab.click(".episode-box .main-link a")

    assert "episodes/01-burger-centraal/index.html" in tab.url
    assert "rgb(251, 248, 241)" == tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert [] == messages


def test_the_not_found_page_has_its_own_style(tab, host):
    tab.goto(f"{host}404.html")

    assert "rgb(251, 248, 241)" == tab.evaluate("getComputedStyle(document.body).backgroundColor")


def test_a_chapter_link_seeks_and_marks_the_current_cue_without_moving_focus(tab, host):
    tab.goto(f"{host}episodes/01-burger-centraal/index.html")
    wait_until(tab, "document.querySelector('audio').readyState >= 1")
    tab.evaluate("document.querySelector('audio').muted = true")
    slow_down(tab)

    tab.focus(".chapters li:nth-child(2) a")
    tab.keyboard.press("Enter")
    wait_until(tab, "document.querySelector('audio').currentTime > 41")

    assert tab.url.endswith("#t=41")
    assert "Het omgekeerde beleidsproces" in tab.inner_text(".chapters [aria-current]")
    assert "37.2" == tab.get_attribute(".cue[aria-current]", "data-start")
    assert "#t=41" == tab.evaluate("document.activeElement.getAttribute('href')")


def test_an_address_with_a_time_starts_there_and_a_cue_can_be_clicked(tab, host):
    tab.goto(f"{host}episodes/01-burger-centraal/index.html#t=64")
    wait_until(tab, "document.querySelector('audio').readyState >= 1")

    opened = (
        tab.evaluate("document.querySelector('audio').currentTime"),
        tab.get_attribute(".cue[aria-current]", "data-start"),
    )
    slow_down(tab)
    tab.click(".cue[data-start='82.2']")
    wait_until(tab, "document.querySelector('audio').currentTime >= 82.2")

    assert (64.2, "64.2") == opened
    assert "82.2" == tab.get_attribute(".cue[aria-current]", "data-start")


@pytest.fixture
def player(tab, host):
    """The page of an episode, with loaded and muted audio."""
    tab.goto(f"{host}episodes/01-burger-centraal/index.html")
    wait_until(tab, "document.querySelector('audio').readyState >= 1")
    tab.evaluate("document.querySelector('audio').muted = true")
    slow_down(tab)
    return tab


def get_time_s(tab):
    return tab.evaluate("document.querySelector('audio').currentTime")


def test_the_waveform_is_the_seek_bar_for_a_pointer_and_shows_progress(player):
    box = player.locator(".seek-bar").bounding_box()

    player.mouse.click(box["x"] + box["width"] * 0.1, box["y"] + box["height"] / 2)

    assert 58 <= get_time_s(player) <= 62  # a tenth of the ten minutes that the sample declares
    assert (
        0.095
        <= float(player.evaluate("document.querySelector('.seek-bar').style.getPropertyValue('--progress')"))
        <= 0.105
    )
    assert "1:00" == player.inner_text("#current-time")[:4] or get_time_s(player) < 60


def test_the_seek_bar_works_with_the_keyboard_and_has_a_text_value(player):
    player.focus("#seek")
    player.keyboard.press("PageUp")  # to the next chapter
    chapter = get_time_s(player)
    player.keyboard.press("ArrowRight")
    player.keyboard.press("ArrowUp")
    player.keyboard.press("ArrowLeft")
    player.keyboard.press("PageDown")  # from chapter 2 to chapter 1
    messages = player.get_attribute("#seek", "aria-valuetext")
    outline = player.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")

    assert (41, 0, "0:00 van 10:00, Welkom") == (chapter, get_time_s(player), messages)
    assert outline >= 2


def test_the_buttons_step_play_pause_and_change_the_speed(player):
    player.evaluate("location.hash = '#t=64'")
    wait_until(player, "document.querySelector('audio').currentTime > 60")
    player.click("[data-step='30']")
    on = get_time_s(player)
    player.click("[data-step='-15']")
    back = get_time_s(player)
    player.select_option("#speed", "1.5")
    player.click("#play")
    wait_until(player, "document.querySelector('#play').textContent === 'Pauzeer'")
    player.click("#play")
    wait_until(player, "document.querySelector('#play').textContent === 'Speel af'")

    assert (30, 15) == (round(on - 64.2), round(back - 64.2))
    assert 1.5 == player.evaluate("document.querySelector('audio').playbackRate")
    assert ["0,75×", "1×", "1,25×", "1,5×", "1,75×", "2×"] == player.locator("#speed option").all_inner_texts()


def test_the_transcript_follows_only_on_request_and_until_the_reader_scrolls(player):
    player.emulate_media(reduced_motion="reduce")
    place = "document.querySelector('.cue[aria-current]').getBoundingClientRect().top"
    player.evaluate("document.querySelector('[data-chapter=\"41.0\"]').click()")
    before = player.evaluate("scrollY")
    player.check("#follow")
    followed = player.evaluate(place)
    player.mouse.wheel(0, -50)
    wait_until(player, "!document.querySelector('#follow').checked")

    assert before < 500
    assert 100 < followed < 640


def test_the_transcript_can_be_searched_without_accents_and_played_from_a_match(player):
    player.fill("#search-input", "KOFFIE in")
    found = player.inner_text("#search-status")
    player.press("#search-input", "Enter")
    second_hit = player.inner_text("#search-status")
    marked = player.locator(".cue.current-match").inner_text()
    player.click("#search-play")
    position_s = get_time_s(player)
    player.fill("#search-input", "zebra")

    assert re.fullmatch(r"1 van \d+", found)
    assert second_hit.startswith("2 van ")
    assert "koffie in het buurthuis" in marked
    assert position_s > 60
    assert "Niets gevonden" == player.inner_text("#search-status")
    assert 0 == player.locator(".cue.match").count()


def test_an_episode_without_transcript_and_chapters_has_a_player(tab, host):
    tab.goto(f"{host}episodes/03-uitvoering/index.html#t=64")
    wait_until(tab, "document.querySelector('audio').readyState >= 1")
    tab.click("[data-step='30']")

    assert 94 == get_time_s(tab)
    assert "1:34" == tab.inner_text("#current-time")
    assert 0 == tab.locator("#follow, #search").count()


def test_missing_audio_is_reported(tab, host, public):
    sound = public / "audio/02-welvarende-regio.wav"
    content = sound.read_bytes()
    sound.unlink()
    tab.goto(f"{host}episodes/02-welvarende-regio/index.html")
    wait_until(tab, "document.querySelector('#player-status').textContent !== ''")
    sound.write_bytes(content)

    assert tab.inner_text("#player-status").startswith("Dit geluid kan hier niet worden afgespeeld.")


def test_without_script_all_content_is_visible_and_a_chapter_links_to_its_text(open_tab, host):
    tab = open_tab(viewport={"width": 1280, "height": 800}, java_script_enabled=False)
    tab.goto(f"{host}episodes/01-burger-centraal/index.html")

    tab.click(".chapters li:nth-child(3) a")

    shown = tab.inner_text("#transcript")
    place = tab.locator("[id='t=190']").bounding_box()
    buttons = tab.locator("button:visible, input:visible, select:visible").count()
    native = tab.locator("audio[controls]").bounding_box()
    assert "Wij begonnen met koffie in het buurthuis." in shown
    assert 0 <= place["y"] < 400
    assert 0 == buttons
    assert native["width"] > 200


def test_the_first_tab_is_the_skip_link_and_focus_is_always_visible(tab, host):
    tab.goto(f"{host}index.html")
    outlines = []
    for _ in range(12):
        tab.keyboard.press("Tab")
        outlines.append(
            tab.evaluate(
                "[document.activeElement.getAttribute('href'), parseFloat(getComputedStyle(document.activeElement).outlineWidth), document.activeElement.getBoundingClientRect().left >= 0]"
            )
        )

    assert "#main" == outlines[0][0]
    assert [] == [outline for outline in outlines if outline[1] < 2 or not outline[2]]
