"""The player of an episode in Chromium with a real MP3: playing, seeking, marking cues, and keyboard control."""

import json

import pytest

from tests.site.tabs import slow_down, wait_until

PAGE = "episodes/01-burger-centraal/index.html"
FOCUSED = """(() => { const one = document.activeElement; const box = one.getBoundingClientRect(); const style = getComputedStyle(one);
  const over = document.elementFromPoint(box.left + Math.min(box.width, 20) / 2, box.top + Math.min(box.height, 20) / 2);
  return {what: one.id || one.dataset.step || one.dataset.chapter || one.getAttribute('href') || one.tagName,
    outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth), visible: !!over && (one.contains(over) || over.contains(one))}; })()"""


@pytest.fixture
def player(open_tab, published_site):
    tab = open_tab(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    tab.goto(published_site.address + PAGE)
    wait_until(tab, "document.querySelector('audio').readyState >= 1")
    return tab


def audio(tab, word):
    return tab.evaluate(f"document.querySelector('audio').{word}")


CUES = """(() => {
    const now = document.querySelector('audio').currentTime;
    const begun = [...document.querySelectorAll('.cue')].filter((line) => Number(line.dataset.start) <= now + 0.05);
    return [document.querySelector('.cue[aria-current]')?.textContent ?? '', begun.at(-1)?.textContent ?? ''];
})()"""


def get_current_cue(tab):
    """Return the text of the current cue, which is updated some four times a second (HTML, `timeupdate`)."""
    wait_until(tab, f"((lines) => lines[0] === lines[1] && lines[0] !== '')({CUES})")
    return tab.evaluate(CUES)[0]


def test_chromium_plays_the_mp3_and_marks_the_current_cue(player):
    player.click("#play")
    wait_until(player, "document.querySelector('audio').currentTime > 1")
    marked = get_current_cue(player)

    assert audio(player, "currentSrc").endswith(".mp3")
    assert not audio(player, "paused")
    assert marked in player.locator(".cue").all_text_contents()


def test_a_click_on_a_chapter_or_cue_seeks_and_plays(player):
    slow_down(player)
    chapter = player.locator(".chapters a").nth(2)
    starts = float(chapter.get_attribute("data-chapter"))
    chapter.click()
    wait_until(player, f"document.querySelector('audio').currentTime > {starts}")
    in_chapter = (audio(player, "currentTime"), get_current_cue(player), player.url.rpartition("#")[2])
    line = player.locator(".cue").nth(4)
    begins = float(line.get_attribute("data-start"))
    line.click()
    wait_until(player, f"document.querySelector('audio').currentTime > {begins}")
    on_line = (audio(player, "currentTime"), get_current_cue(player))

    assert starts <= in_chapter[0] < starts + 4
    assert in_chapter[1] != on_line[1]
    assert f"t={int(starts)}" == in_chapter[2]
    assert begins <= on_line[0] < begins + 4
    assert line.text_content() == on_line[1]
    assert not audio(player, "paused")


@pytest.mark.parametrize(
    ("address", "second"), [("#t=41", "41"), ("#t=64.5", "64.5"), ("#t=99999", "audio.duration"), ("#t=x", "0")]
)
def test_an_address_with_a_time_starts_there_and_an_invalid_one_at_0(open_tab, published_site, address, second):
    tab = open_tab()
    tab.goto(f"{published_site.address}{PAGE}{address}")
    wait_until(
        tab,
        f"((audio) => audio.duration && Math.abs(audio.currentTime - {second}) < 1.5)(document.querySelector('audio'))",
    )

    assert audio(tab, "paused")  # nothing plays without a click


def tab_through(tab):
    """Press Tab from the first link of the page to its end, and return each focused element once."""
    tab.focus(".skip")
    met = {}
    while (focused := tab.evaluate(FOCUSED))["what"] not in ("BODY", "HTML", *met):
        met[focused["what"]] = focused
        tab.keyboard.press("Tab")
    return met


def test_the_tab_key_reaches_every_control_in_order_with_visible_focus(player):
    player.fill("#search-input", "de")  # then there are the buttons of a search too

    met = tab_through(player)

    order = [
        "#main",
        "seek",
        "play",
        "-15",
        "30",
        "speed",
        "follow",
        "0.0",
        "share",
        "search-input",
        "search-next",
        "search-play",
    ]
    assert order == [name for name in met if name in order]
    assert [] == [name for name, focused in met.items() if focused["outline"] < 2 or not focused["visible"]]


def test_the_player_works_with_only_a_keyboard(player):
    press = player.keyboard.press
    player.focus("#play")
    press("Space")
    wait_until(player, "document.querySelector('audio').currentTime > 0.3")
    press("Enter")
    wait_until(player, "document.querySelector('audio').paused")
    results = {"played and paused": audio(player, "currentTime") > 0.3}

    player.focus("[data-step='30']")
    press("Enter")
    at_s = audio(player, "currentTime")
    results["thirty on"] = at_s >= 30
    player.focus("[data-step='-15']")
    press("Space")
    results["fifteen back"] = abs(at_s - 15 - audio(player, "currentTime")) < 0.1
    player.focus("#speed")
    press("ArrowDown")
    results["faster"] = audio(player, "playbackRate") == 1.25
    player.focus("#follow")
    press("Space")
    results["follows"] = player.is_checked("#follow")
    player.focus("#seek")
    press("End")
    results["to the end"] = abs(audio(player, "currentTime") - audio(player, "duration")) < 1.5
    press("Home")
    results["to the beginning"] = audio(player, "currentTime") < 1
    player.focus("#search-input")
    player.keyboard.type("de ")
    press("Enter")
    results["second match"] = player.inner_text("#search-status").startswith("2 van")
    slow_down(player)
    player.focus("#search-play")
    press("Enter")
    wait_until(player, "!document.querySelector('audio').paused")
    results["from the match"] = player.locator(".cue.current-match").get_attribute("data-start") in json.dumps(
        [audio(player, "currentTime"), player.locator(".cue[aria-current]").get_attribute("data-start")]
    )

    assert dict.fromkeys(results, True) == results


def reopen(tab, published_site, fragment=""):
    tab.goto("about:blank")
    tab.goto(f"{published_site.address}{PAGE}{fragment}")
    wait_until(tab, "document.querySelector('audio').readyState >= 1")


def play_from(tab, second):
    slow_down(tab)
    tab.evaluate(f"location.hash = '#t={second}'")
    wait_until(tab, f"document.querySelector('audio').currentTime > {second - 2}")
    for sign in ("===", "!=="):  # the label changes when the event is handled; `paused` already before that
        tab.click("#play")
        wait_until(
            tab, f"((button) => button.textContent {sign} button.dataset.pause)(document.querySelector('#play'))"
        )


def test_the_position_is_resumed_and_announced_after_a_reload(player, published_site):
    play_from(player, 41)
    stopped_s = audio(player, "currentTime")
    player.evaluate("history.replaceState(null, '', location.pathname)")
    player.reload()
    wait_until(player, "document.querySelector('audio').readyState >= 1")
    resumed = (audio(player, "currentTime"), audio(player, "paused"), player.inner_text("#player-status"))
    reopen(player, published_site, "#t=20")
    by_link_s = audio(player, "currentTime")

    assert abs(resumed[0] - stopped_s) < 0.2
    assert resumed[1]
    assert resumed[2].startswith("Verder vanaf 0:4")
    assert by_link_s < 30  # an address with a time comes first


def test_remembering_is_off_after_one_click_and_leaves_nothing(player, published_site):
    play_from(player, 41)
    stored = player.evaluate("Object.keys(localStorage).length")
    player.click(".player-options summary")
    player.uncheck("#remember")
    left = player.evaluate("Object.keys(localStorage).filter((key) => key.includes('position '))")
    play_from(player, 64)
    reopen(player, published_site)

    assert stored == 1
    assert [] == left
    assert audio(player, "currentTime") == 0
    assert not player.is_checked("#remember")


def test_the_player_works_where_storage_is_forbidden(open_tab, published_site):
    tab = open_tab()
    errors = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no'); }})")
    tab.goto(published_site.address + PAGE)
    wait_until(tab, "document.querySelector('audio').readyState >= 1")
    play_from(tab, 41)

    assert [] == errors
    assert audio(tab, "currentTime") > 35


def test_the_sleep_timer_stops_the_audio_at_the_end_of_the_chapter(player):
    ends = float(player.locator("[data-chapter]").nth(1).get_attribute("data-chapter"))
    player.click(".player-options summary")
    player.select_option("#sleep", "chapter")
    slow_down(player)
    player.evaluate(f"document.querySelector('audio').currentTime = {ends - 0.05}")
    player.click("#play")
    wait_until(player, f"document.querySelector('audio').currentTime >= {ends}")
    wait_until(player, "document.querySelector('audio').paused")

    assert audio(player, "currentTime") < ends + 2
    assert "" == player.input_value("#sleep")


def test_the_sleep_timer_stops_the_audio_after_minutes(player):
    player.clock.install()
    player.click(".player-options summary")
    player.select_option("#sleep", "15")
    player.click("#play")
    wait_until(player, "document.querySelector('audio').currentTime > 0.5")
    before = audio(player, "paused")
    player.clock.set_system_time(player.evaluate("Date.now()") / 1000 + 16 * 60)
    wait_until(player, "document.querySelector('audio').paused")

    assert not before
    assert audio(player, "currentTime") < 60


def test_the_volume_can_be_set(player):
    player.click(".player-options summary")
    player.fill("#volume", "0.25")

    assert 0.25 == audio(player, "volume")
