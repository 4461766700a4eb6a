"""The pages in a browser that people use: Chromium, over HTTP on this machine and from a folder. Needs Debian's chromium."""

import io
import re
import wave
from dataclasses import replace

import pytest

from pipeline.model import Enclosure
from pipeline.site import render_site
from tests.site.sample import COVER, NOW, THEME, programme, releases
from tests.site.tabs import slowly, until

SOUND_S = 120


def silence():
    held = io.BytesIO()
    with wave.open(held, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 8000 * SOUND_S)
    return held.getvalue()


def heard(release):
    """The release with a sound that lies there: silence, two minutes of it."""
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
    made = [heard(release) for release in releases()]
    made[2] = replace(made[2], transcript=(), chapters=())
    long_words = replace(programme(), title="Arbeidsongeschiktheidsverzekeringsprogramma")
    long_words = replace(
        long_words,
        podcast=replace(long_words.podcast, description="x"),
        url="https://" + "zeerlangedomeinnaam" * 4 + ".nl/",
    )
    for output in render_site(long_words, made, theme=THEME, now=NOW, cover=COVER):
        file = root / output.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(output.content)
    for release in made[:3]:
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


def test_no_page_asks_another_host_for_anything_or_breaks_its_own_policy_or_scrolls_sideways(tab, host, public):
    asked, said, wide = [], [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))

    for page in pages(public):
        tab.goto(host + page)
        if tab.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(page)

    assert [] == [url for url in asked if not url.startswith((host, "data:"))]
    assert [] == said
    assert [] == wide


def test_the_site_is_dressed_when_it_is_opened_from_a_folder(tab, public):
    said = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(f"file://{public}/index.html")
    tab.click(".strip h3 a")
    tab.click(".episode-box .go a")

    assert "episodes/01-burger-centraal/index.html" in tab.url
    assert "rgb(251, 248, 241)" == tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert [] == said


def test_the_page_for_what_is_lost_wears_its_own_style(tab, host):
    tab.goto(f"{host}404.html")

    assert "rgb(251, 248, 241)" == tab.evaluate("getComputedStyle(document.body).backgroundColor")


def test_a_chapter_seeks_and_the_line_that_sounds_is_marked_while_focus_stays(tab, host):
    tab.goto(f"{host}episodes/01-burger-centraal/index.html")
    until(tab, "document.querySelector('audio').readyState >= 1")
    tab.evaluate("document.querySelector('audio').muted = true")
    slowly(tab)

    tab.focus(".chapters li:nth-child(2) a")
    tab.keyboard.press("Enter")
    until(tab, "document.querySelector('audio').currentTime > 41")

    assert tab.url.endswith("#t=41")
    assert "Het omgekeerde beleidsproces" in tab.inner_text(".chapters [aria-current]")
    assert "37.2" == tab.get_attribute(".line[aria-current]", "data-from")
    assert "#t=41" == tab.evaluate("document.activeElement.getAttribute('href')")


def test_an_address_with_a_time_opens_there_and_a_line_can_be_clicked(tab, host):
    tab.goto(f"{host}episodes/01-burger-centraal/index.html#t=64")
    until(tab, "document.querySelector('audio').readyState >= 1")

    opened = (
        tab.evaluate("document.querySelector('audio').currentTime"),
        tab.get_attribute(".line[aria-current]", "data-from"),
    )
    slowly(tab)
    tab.click(".line[data-from='82.2']")
    until(tab, "document.querySelector('audio').currentTime >= 82.2")

    assert (64.2, "64.2") == opened
    assert "82.2" == tab.get_attribute(".line[aria-current]", "data-from")


@pytest.fixture
def player(tab, host):
    """The page of an episode, its sound at hand and silent."""
    tab.goto(f"{host}episodes/01-burger-centraal/index.html")
    until(tab, "document.querySelector('audio').readyState >= 1")
    tab.evaluate("document.querySelector('audio').muted = true")
    slowly(tab)
    return tab


def second(tab):
    return tab.evaluate("document.querySelector('audio').currentTime")


def test_the_trace_is_the_seek_bar_for_a_pointer_and_shows_how_far_it_is(player):
    box = player.locator(".seeking").bounding_box()

    player.mouse.click(box["x"] + box["width"] * 0.1, box["y"] + box["height"] / 2)

    assert 58 <= second(player) <= 62  # a tenth of the ten minutes that the sample says it lasts
    assert (
        0.095 <= float(player.evaluate("document.querySelector('.seeking').style.getPropertyValue('--heard')")) <= 0.105
    )
    assert "1:00" == player.inner_text("#heard")[:4] or second(player) < 60


def test_the_seek_bar_obeys_the_keyboard_and_says_where_it_is(player):
    player.focus("#seek")
    player.keyboard.press("PageUp")  # to the next chapter
    chapter = second(player)
    player.keyboard.press("ArrowRight")
    player.keyboard.press("ArrowUp")
    player.keyboard.press("ArrowLeft")
    player.keyboard.press("PageDown")  # from chapter 2 to chapter 1
    said = player.get_attribute("#seek", "aria-valuetext")
    outline = player.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")

    assert (41, 0, "0:00 van 10:00, Welkom") == (chapter, second(player), said)
    assert outline >= 2


def test_the_buttons_step_play_pause_and_change_the_speed(player):
    player.evaluate("location.hash = '#t=64'")
    until(player, "document.querySelector('audio').currentTime > 60")
    player.click("[data-step='30']")
    on = second(player)
    player.click("[data-step='-15']")
    back = second(player)
    player.select_option("#speed", "1.5")
    player.click("#play")
    until(player, "document.querySelector('#play').textContent === 'Pauzeer'")
    player.click("#play")
    until(player, "document.querySelector('#play').textContent === 'Speel af'")

    assert (30, 15) == (round(on - 64.2), round(back - 64.2))
    assert 1.5 == player.evaluate("document.querySelector('audio').playbackRate")
    assert ["0,75×", "1×", "1,25×", "1,5×", "1,75×", "2×"] == player.locator("#speed option").all_inner_texts()


def test_the_text_follows_only_who_asked_for_it_and_no_longer_than_they_like(player):
    player.emulate_media(reduced_motion="reduce")
    place = "document.querySelector('.line[aria-current]').getBoundingClientRect().top"
    player.evaluate("document.querySelector('[data-chapter=\"41.0\"]').click()")
    before = player.evaluate("scrollY")
    player.check("#follow")
    followed = player.evaluate(place)
    player.mouse.wheel(0, -50)
    until(player, "!document.querySelector('#follow').checked")

    assert before < 500
    assert 100 < followed < 640


def test_the_transcript_can_be_searched_without_accents_and_played_from_what_was_found(player):
    player.fill("#words", "KOFFIE in")
    found = player.inner_text("#found")
    player.press("#words", "Enter")
    second_hit = player.inner_text("#found")
    marked = player.locator(".line.here").inner_text()
    player.click("#from")
    heard = second(player)
    player.fill("#words", "zebra")

    assert re.fullmatch(r"1 van \d+", found)
    assert second_hit.startswith("2 van ")
    assert "koffie in het buurthuis" in marked
    assert heard > 60
    assert "Niets gevonden" == player.inner_text("#found")
    assert 0 == player.locator(".line.found").count()


def test_an_episode_without_transcript_or_chapters_has_a_player_too(tab, host):
    tab.goto(f"{host}episodes/03-uitvoering/index.html#t=64")
    until(tab, "document.querySelector('audio').readyState >= 1")
    tab.click("[data-step='30']")

    assert 94 == second(tab)
    assert "1:34" == tab.inner_text("#heard")
    assert 0 == tab.locator("#follow, #search").count()


def test_a_sound_that_is_not_there_is_told(tab, host, public):
    sound = public / "audio/02-welvarende-regio.wav"
    held = sound.read_bytes()
    sound.unlink()
    tab.goto(f"{host}episodes/02-welvarende-regio/index.html")
    until(tab, "document.querySelector('#told').textContent !== ''")
    sound.write_bytes(held)

    assert tab.inner_text("#told").startswith("Dit geluid kan hier niet worden afgespeeld.")


def test_without_script_everything_is_there_and_a_chapter_leads_to_its_words(open_tab, host):
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


def test_the_first_tab_skips_to_the_content_and_focus_is_always_seen(tab, host):
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
